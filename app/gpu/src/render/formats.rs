//! Texture formats of every picture.

/// Colour format: linear light is blended and resolved, sRGB is stored.
pub(super) const COLOUR: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8UnormSrgb;
/// Depth format; reversed depth needs float.
pub(super) const DEPTH: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;
/// Samples per pixel: the only count above 1 that WebGPU guarantees.
pub(super) const SAMPLES: u32 = 4;
