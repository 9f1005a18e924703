use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
    job::ExportJob,
    png, svg,
};

/// A figure as a drawing: text as text, the 3D layer as an embedded picture.
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
        let layer = png::encode(&job.draw_layer()?, job.picture.dots_per_inch, &[])?;
        let (title, caption) = (&job.scene.title, &job.scene.caption);
        Ok(svg::document(job.figure, title, caption, Some(&layer)).into_bytes())
    }
}
