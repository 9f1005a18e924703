use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
    job::ExportJob,
    pdf::{self, Layer},
    vector_layer::VectorLayer,
};

/// A figure as a page: text as text with its fonts, data in a plane as vectors, the 3D layer as an embedded picture.
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
        let vectors = VectorLayer::of(job.scene, job.figure, job.picture.background);
        let layer = match vectors {
            Some(vectors) => Layer::Vectors(vectors),
            None => Layer::Picture(job.draw_layer()?),
        };
        pdf::document(job.figure, job.scene, layer, job.picture.software)
    }
}
