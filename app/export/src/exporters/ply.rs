use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
    geometry,
    job::ExportJob,
    ply,
};

/// A scene as vertices, faces and edges, for programs of point clouds and meshes.
#[derive(Debug)]
pub(super) struct Ply;

impl Exporter for Ply {
    fn name(&self) -> &'static str {
        "PLY model"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["ply"]
    }

    fn content(&self) -> Content {
        Content::Geometry
    }

    fn has_page(&self) -> bool {
        false
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let job = job.figure(self.name())?;
        let fields = geometry::fields(job.renderer, job.scene)?;
        ply::encode(job.scene, job.figure, &fields)
    }
}
