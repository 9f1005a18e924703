//! The pipelines of all primitives and passes of one device.

use super::{
    cloud::CloudRenderer, gpu_scene::GpuScene, lines::LineRenderer, mesh::MeshRenderer, pipeline,
    points::PointRenderer, surface::SurfaceRenderer, translucent::Translucency,
    walls::WallRenderer,
};
use crate::{compute::ComputePasses, context::GpuContext};

/// Pipelines of all primitives and passes of one device.
#[derive(Debug)]
pub struct Renderer {
    pub(super) context: GpuContext,
    pub(super) passes: ComputePasses,
    pub(super) frame_layout: wgpu::BindGroupLayout,
    pub(super) surfaces: SurfaceRenderer,
    pub(super) meshes: MeshRenderer,
    pub(super) lines: LineRenderer,
    pub(super) points: PointRenderer,
    pub(super) clouds: CloudRenderer,
    pub(super) walls: WallRenderer,
    pub(super) translucency: Translucency,
}

impl Renderer {
    /// The renderer of a device.
    #[must_use]
    pub fn new(context: &GpuContext) -> Self {
        Self::with_fragment_capacity(context, None)
    }

    /// A renderer with a limited capacity for translucent fragments, so that a test can exceed it.
    #[doc(hidden)]
    #[must_use]
    pub fn with_fragment_capacity(context: &GpuContext, capacity: Option<u32>) -> Self {
        let frame_layout = pipeline::frame_layout(context);
        Self {
            passes: ComputePasses::new(context),
            surfaces: SurfaceRenderer::new(context, &frame_layout),
            meshes: MeshRenderer::new(context, &frame_layout),
            lines: LineRenderer::new(context, &frame_layout),
            points: PointRenderer::new(context, &frame_layout),
            clouds: CloudRenderer::new(context, &frame_layout),
            walls: WallRenderer::new(context, &frame_layout),
            translucency: Translucency::new(capacity),
            frame_layout,
            context: context.clone(),
        }
    }

    /// The device.
    #[must_use]
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// The compute passes of the device.
    #[must_use]
    pub fn passes(&self) -> &ComputePasses {
        &self.passes
    }

    /// Triangles of the scene's surfaces and meshes when every node is drawn.
    #[must_use]
    pub fn triangles(&self, scene: &GpuScene) -> u64 {
        let of_surfaces = scene.surfaces.iter();
        let of_surfaces = of_surfaces.map(|draw| SurfaceRenderer::triangles(draw, 1));
        let of_meshes = scene.meshes.iter().map(MeshRenderer::triangles);
        of_surfaces.chain(of_meshes).sum()
    }

    /// Line segments of the scene's paths.
    #[must_use]
    pub fn line_segments(&self, scene: &GpuScene) -> u64 {
        scene.paths.iter().map(|path| path.draw.segments()).sum()
    }

    /// Points of the scene's clouds, their projections on the floor included.
    #[must_use]
    pub fn cloud_points(&self, scene: &GpuScene) -> u64 {
        scene.clouds.iter().map(CloudRenderer::points).sum()
    }
}
