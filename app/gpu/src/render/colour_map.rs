//! Colour maps as textures.

use trainscape_scene::colour::ColourMap;
use wgpu::util::DeviceExt as _;

use crate::context::GpuContext;

pub(super) fn colour_texture(context: &GpuContext, map: ColourMap) -> wgpu::TextureView {
    let pixels: Vec<u8> = map
        .table()
        .iter()
        .flat_map(|&[r, g, b]| [r, g, b, 255])
        .collect();
    context.count_upload(&pixels);
    let texture = context.device.create_texture_with_data(
        &context.queue,
        &wgpu::TextureDescriptor {
            label: Some("colour map"),
            size: wgpu::Extent3d {
                width: 256,
                height: 1,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8UnormSrgb,
            usage: wgpu::TextureUsages::TEXTURE_BINDING,
            view_formats: &[],
        },
        wgpu::util::TextureDataOrder::LayerMajor,
        &pixels,
    );
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
