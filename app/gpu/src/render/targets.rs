//! The textures that a figure, or a tile of it, is drawn into: colour and depth at four samples per pixel, resolved into
//! one texture.

use std::sync::Arc;

use super::{
    formats::{COLOUR, DEPTH, SAMPLES},
    translucent::{BandLayout, Bands, FragmentLists},
};
use crate::context::GpuContext;
use crate::error::GpuError;

/// The textures of one picture size.
#[derive(Debug)]
pub struct Targets {
    /// Width and height in pixels.
    pub size_in_pixel: [u32; 2],
    /// Width and height of the whole picture in pixels; larger where these are a tile of it.
    pub(super) picture_in_pixel: [u32; 2],
    /// Where in the picture the upper left pixel is.
    pub(super) origin_in_pixel: [u32; 2],
    colour: wgpu::TextureView,
    depth: wgpu::TextureView,
    resolved: wgpu::Texture,
    resolved_view: wgpu::TextureView,
    band_layout: BandLayout,
}

impl Targets {
    /// Targets of a size; each side at least 1.
    ///
    /// # Errors
    /// When a side is longer than the adapter's largest texture.
    pub fn new(context: &GpuContext, size_in_pixel: [u32; 2]) -> Result<Self, GpuError> {
        Self::of_picture(context, size_in_pixel, size_in_pixel)
    }

    /// Targets for tiles of a larger picture, at first for its upper left corner. All tiles have the same size; those at
    /// the right and lower ends reach beyond the picture.
    ///
    /// # Errors
    /// When a side of the picture is longer than the adapter's largest texture.
    pub fn tile(
        context: &GpuContext,
        picture_in_pixel: [u32; 2],
        tile_in_pixel: [u32; 2],
    ) -> Result<Self, GpuError> {
        Self::of_picture(context, picture_in_pixel, tile_in_pixel)
    }

    /// Moves a tile: the next picture drawn is that part of the whole.
    pub fn move_to(&mut self, origin_in_pixel: [u32; 2]) {
        self.origin_in_pixel = origin_in_pixel;
    }

    fn of_picture(
        context: &GpuContext,
        picture_in_pixel: [u32; 2],
        size_in_pixel: [u32; 2],
    ) -> Result<Self, GpuError> {
        let limit = context.device.limits().max_texture_dimension_2d;
        if picture_in_pixel[0].max(picture_in_pixel[1]) > limit {
            return Err(GpuError::PictureTooLarge {
                size_in_pixel: picture_in_pixel,
                limit,
            });
        }
        let texture = |label, format, samples, usage, view_formats: &[wgpu::TextureFormat]| {
            context.device.create_texture(&wgpu::TextureDescriptor {
                label: Some(label),
                size: wgpu::Extent3d {
                    width: size_in_pixel[0].max(1),
                    height: size_in_pixel[1].max(1),
                    depth_or_array_layers: 1,
                },
                mip_level_count: 1,
                sample_count: samples,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage,
                view_formats,
            })
        };
        let attachment = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let view =
            |texture: &wgpu::Texture| texture.create_view(&wgpu::TextureViewDescriptor::default());
        // Read when translucent fragments are composited over them.
        let read = attachment | wgpu::TextureUsages::TEXTURE_BINDING;
        let colour = texture("figure colour", COLOUR, SAMPLES, read, &[]);
        let depth = texture("figure depth", DEPTH, SAMPLES, read, &[]);
        let resolved = texture(
            "figure",
            COLOUR,
            1,
            attachment | wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::TEXTURE_BINDING,
            // egui samples pictures as they are stored.
            &[wgpu::TextureFormat::Rgba8Unorm],
        );
        Ok(Self {
            size_in_pixel,
            picture_in_pixel,
            origin_in_pixel: [0; 2],
            colour: view(&colour),
            depth: view(&depth),
            resolved_view: view(&resolved),
            resolved,
            band_layout: BandLayout::default(),
        })
    }

    /// True when the picture drawn last lacks translucent fragments because they did not fit: the next
    /// [`Renderer::draw`](super::Renderer::draw) makes room. Never waits: ask again while
    /// [`Targets::is_counting`].
    #[must_use]
    pub fn lacks_fragments(&self, context: &GpuContext) -> bool {
        // The device reports finished work only when polled.
        let _ = context.device.poll(wgpu::PollType::Poll);
        self.band_layout.settle()
    }

    /// True while it is not yet known whether the picture drawn last has all its translucent fragments.
    #[must_use]
    pub fn is_counting(&self) -> bool {
        self.band_layout.is_counting()
    }

    pub(super) fn bands(&self, context: &GpuContext, lists: &FragmentLists) -> Arc<Bands> {
        let views = [&self.colour, &self.depth];
        self.band_layout
            .bands(context, lists, self.size_in_pixel, views)
    }

    /// The picture for a sampler that expects stored (gamma-encoded) values, as egui's does.
    #[must_use]
    pub fn stored_view(&self) -> wgpu::TextureView {
        self.resolved.create_view(&wgpu::TextureViewDescriptor {
            format: Some(wgpu::TextureFormat::Rgba8Unorm),
            usage: Some(wgpu::TextureUsages::TEXTURE_BINDING),
            ..Default::default()
        })
    }

    /// Begins the pass that draws a picture over `background` (linear, premultiplied); `keep` stores its samples
    /// for compositing over them.
    pub(super) fn begin<'a>(
        &self,
        encoder: &'a mut wgpu::CommandEncoder,
        background: wgpu::Color,
        keep: bool,
    ) -> wgpu::RenderPass<'a> {
        let store = if keep {
            wgpu::StoreOp::Store
        } else {
            wgpu::StoreOp::Discard
        };
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("figure"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &self.colour,
                depth_slice: None,
                resolve_target: Some(&self.resolved_view),
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(background),
                    store,
                },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &self.depth,
                depth_ops: Some(wgpu::Operations {
                    load: wgpu::LoadOp::Clear(0.0),
                    store,
                }),
                stencil_ops: None,
            }),
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        self.show_part(&mut pass);
        pass
    }

    /// Shifts the whole picture so that the part at the origin is drawn: corners and their widths are computed as for
    /// the whole picture, so tiles meet without a seam.
    fn show_part(&self, pass: &mut wgpu::RenderPass<'_>) {
        let [left, top] = self.origin_in_pixel.map(|pixel| -(pixel as f32));
        let [width, height] = self.picture_in_pixel.map(|pixels| pixels as f32);
        pass.set_viewport(left, top, width, height, 0.0, 1.0);
    }

    /// Begins a pass that appends translucent fragments; it draws nothing itself.
    pub(super) fn begin_lists<'a>(
        &self,
        encoder: &'a mut wgpu::CommandEncoder,
    ) -> wgpu::RenderPass<'a> {
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("translucent fragments"),
            color_attachments: &[],
            // Only for its sample count.
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &self.depth,
                depth_ops: None,
                stencil_ops: None,
            }),
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        self.show_part(&mut pass);
        pass
    }

    /// Begins a pass over the finished opaque picture.
    pub(super) fn begin_composite<'a>(
        &self,
        encoder: &'a mut wgpu::CommandEncoder,
    ) -> wgpu::RenderPass<'a> {
        encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("composite"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &self.resolved_view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Load,
                    store: wgpu::StoreOp::Store,
                },
            })],
            depth_stencil_attachment: None,
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        })
    }

    /// Waits for the picture and copies it to the CPU: sRGB bytes with premultiplied alpha, row by row.
    ///
    /// # Errors
    /// When the device was lost or ran out of memory.
    pub fn read_back(&self, context: &GpuContext) -> Result<Vec<u8>, GpuError> {
        let [width, height] = self.size_in_pixel;
        let row = 4 * width;
        let padded = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = context.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("figure read-back"),
            size: u64::from(padded) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = context.device.create_command_encoder(&Default::default());
        encoder.copy_texture_to_buffer(
            self.resolved.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(padded),
                    rows_per_image: None,
                },
            },
            self.resolved.size(),
        );
        context.submit(encoder.finish());
        let slice = buffer.slice(..);
        slice.map_async(wgpu::MapMode::Read, |_| {});
        context.wait()?;
        let mapped = slice.get_mapped_range().map_err(|error| GpuError::Failed {
            reason: error.to_string(),
        })?;
        let mut pixels = Vec::with_capacity(row as usize * height as usize);
        for line in mapped.chunks_exact(padded as usize) {
            pixels.extend_from_slice(&line[..row as usize]);
        }
        Ok(pixels)
    }
}
