use crate::{
    error::ExportError,
    exporter::{Content, Exporter, SummaryUse},
    geometry, glb,
    job::ExportJob,
};

/// A scene as a 3D model.
#[derive(Debug)]
pub(super) struct Glb;

impl Exporter for Glb {
    fn name(&self) -> &'static str {
        "GLB model"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["glb"]
    }

    fn content(&self) -> Content {
        Content::Geometry
    }

    fn summary_use(&self) -> Option<SummaryUse> {
        Some(SummaryUse::Download)
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let fields = geometry::fields(job.renderer, job.scene)?;
        glb::encode(job.scene, job.figure, &fields)
    }
}
