use crate::{
    csv,
    error::ExportError,
    exporter::{Content, Exporter},
    job::ExportJob,
    plotted::Plotted,
};

/// What a figure plots, as comma-separated values.
#[derive(Debug)]
pub(super) struct PlottedCsv;

impl Exporter for PlottedCsv {
    fn name(&self) -> &'static str {
        "CSV table of what is plotted"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["csv"]
    }

    fn content(&self) -> Content {
        Content::Geometry
    }

    fn has_page(&self) -> bool {
        false
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let table = Plotted::of_figure(job.figure(self.name())?)?;
        let rows = table.rows.iter();
        let rows = rows.map(|row| row.iter().map(String::as_str));
        Ok(csv::table(&table.columns, rows)?.into_bytes())
    }
}
