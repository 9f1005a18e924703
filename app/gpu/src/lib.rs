//! wgpu: compute passes and the renderer. Scenes come in; textures and buffers go out.

pub mod compute;
pub mod context;
mod projections;
pub mod render;
pub mod shaders;

pub use compute::{ComputePasses, FieldBuffers, PointBuffer};
pub use context::{AdapterChoice, GpuContext, GpuError};
pub use projections::{Projections, ToTheEnd};
pub use render::{Background, GpuScene, Renderer, Targets};
