use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
    job::ExportJob,
    pdf::{self, Layer},
};

/// A figure as a page: text as text with its fonts, lines and points as vectors, surfaces as an embedded picture.
#[derive(Debug)]
pub(super) struct Pdf;

impl Exporter for Pdf {
    fn name(&self) -> &'static str {
        "PDF page"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["pdf"]
    }

    fn content(&self) -> Content {
        Content::Picture
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let layer = match job.vectors()? {
            Some(vectors) => Layer::Vectors(vectors),
            None => Layer::Picture(job.draw_layer()?),
        };
        pdf::document(job.figure, job.scene, &layer, job.picture.software)
    }
}
