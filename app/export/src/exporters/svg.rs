use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
    job::ExportJob,
    png,
    svg::{self, Layer},
};

/// A figure as a drawing: text as text, lines and points as vectors, surfaces as an embedded picture.
#[derive(Debug)]
pub(super) struct Svg;

impl Exporter for Svg {
    fn name(&self) -> &'static str {
        "SVG drawing"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["svg"]
    }

    fn content(&self) -> Content {
        Content::Picture
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let (title, caption) = (&job.scene.title, &job.scene.caption);
        if let Some(vectors) = job.vectors()? {
            let layer = Layer::Vectors(&vectors);
            return Ok(svg::document(job.figure, title, caption, layer).into_bytes());
        }
        let picture = png::encode(&job.draw_layer()?, job.picture.dots_per_inch, &[])?;
        let layer = Layer::Picture(&picture);
        Ok(svg::document(job.figure, title, caption, layer).into_bytes())
    }
}
