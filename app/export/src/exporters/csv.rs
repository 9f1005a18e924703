use crate::{
    csv,
    error::ExportError,
    exporter::{Content, Exporter},
    job::ExportJob,
};

/// Records as comma-separated values.
#[derive(Debug)]
pub(super) struct Csv;

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "CSV table"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["csv"]
    }

    fn content(&self) -> Content {
        Content::Records
    }

    fn has_page(&self) -> bool {
        false
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let table = job.records(self.name())?;
        let rows = table.rows.iter().map(|row| row.iter().copied());
        Ok(csv::table(table.columns, rows)?.into_bytes())
    }
}
