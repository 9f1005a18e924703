use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
    glb,
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

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let fields = glb::fields(job.renderer, job.scene)?;
        glb::encode(job.scene, job.figure, &fields)
    }
}
