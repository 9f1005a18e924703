use crate::{
    csv,
    error::ExportError,
    exporter::{Content, Exporter},
    geometry,
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

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let fields = geometry::fields(job.renderer, job.scene)?;
        let table = Plotted::of(job.scene, &fields)?;
        let rows = table.rows.iter();
        let rows = rows.map(|row| row.iter().map(String::as_str));
        Ok(csv::table(&table.columns, rows)?.into_bytes())
    }
}
