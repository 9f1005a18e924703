//! wgpu: compute passes and the renderer. Scenes come in; textures and buffers go out.

pub mod compute;
pub mod context;
pub mod render;
pub mod shaders;

pub use compute::{ComputePasses, FieldBuffers, PointBuffer};
pub use context::{AdapterChoice, GpuContext, GpuError};
pub use render::{Background, GpuScene, Renderer, Targets};
