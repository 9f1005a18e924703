//! A scene's data on the GPU.

use trainscape_scene::scene::PathColour;

use super::{
    cloud::{CloudDraw, CloudRenderer},
    lines::LineDraw,
    mesh::MeshDraw,
    pipeline::Phase,
    points::PointDraw,
    surface::{SurfaceDraw, SurfaceRenderer},
};

/// A path, or the outline around one.
#[derive(Debug)]
pub(super) struct PathDraw {
    pub(super) draw: LineDraw,
    pub(super) colour: PathColour,
    pub(super) width_pt: f32,
    pub(super) depth_bias: f32,
}

/// A scene on the GPU.
#[derive(Debug)]
pub struct GpuScene {
    pub(super) frame: wgpu::Buffer,
    pub(super) frame_group: wgpu::BindGroup,
    pub(super) surfaces: Vec<SurfaceDraw>,
    pub(super) meshes: Vec<MeshDraw>,
    pub(super) paths: Vec<PathDraw>,
    pub(super) clouds: Vec<CloudDraw>,
    pub(super) markers: Vec<PointDraw>,
}

impl GpuScene {
    /// True when at least one primitive is translucent.
    #[must_use]
    pub fn is_translucent(&self) -> bool {
        self.surfaces.iter().any(SurfaceRenderer::is_translucent)
            || self.clouds.iter().any(CloudRenderer::is_translucent)
            || self
                .meshes
                .iter()
                .any(|draw| draw.phase == Phase::Translucent)
    }
}
