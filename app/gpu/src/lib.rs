//! wgpu: compute passes and the renderer. Scenes come in; textures and buffers go out.

mod adapter;
mod compute;
mod context;
mod error;
mod projections;
mod render;
pub mod shaders;

pub use adapter::AdapterChoice;
pub use compute::{ComputePasses, FieldBuffers, MOST_NEIGHBOURS, PointBuffer};
pub use context::GpuContext;
pub use error::GpuError;
pub use projections::{BlockingProjector, Projections};
pub use render::{
    Background, GpuScene, MARKER_BIAS, OUTLINE_BIAS, OUTLINE_PT, PATH_BIAS, Renderer, Targets,
    is_translucent, path_outlines, surface_line_colour,
};

/// Every struct that Rust and WGSL share.
#[must_use]
pub fn shared_layouts() -> Vec<shaders::SharedLayout> {
    let mut layouts = compute::shared_layouts();
    layouts.extend(render::shared_layouts());
    layouts
}
