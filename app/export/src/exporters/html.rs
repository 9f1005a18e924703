use crate::{
    error::ExportError,
    exporter::{Content, Exporter, SummaryUse},
    geometry, html,
    job::ExportJob,
    png,
};

/// Pixels per point of the still picture: sharp on a screen, and small.
const PIXELS_PER_POINT: f32 = 2.0;
const DOTS_PER_INCH: f32 = 144.0;

/// A page with a viewer that turns the figure.
#[derive(Debug)]
pub(super) struct Html;

impl Exporter for Html {
    fn name(&self) -> &'static str {
        "HTML page"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["html", "htm"]
    }

    fn content(&self) -> Content {
        Content::Geometry
    }

    fn summary_use(&self) -> Option<SummaryUse> {
        Some(SummaryUse::Live)
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let fields = geometry::fields(job.renderer, job.scene)?;
        let size = job.figure.size_pt;
        let size_in_pixel = size.map(|points| (points * PIXELS_PER_POINT).round().max(1.0) as u32);
        let still = png::encode(&job.draw_figure_at(size_in_pixel)?, DOTS_PER_INCH, &[])?;
        html::encode(job.scene, job.figure, &fields, still)
    }
}
