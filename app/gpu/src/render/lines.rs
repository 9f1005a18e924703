//! Lines of constant width with round joints: paths, and the frame of the axis box.

use bytemuck::{Pod, Zeroable};
use trainscape_scene::colour::{Colour, ColourMap};

use super::{
    colour_map::colour_texture,
    pipeline::{Binding, Pipeline, filled, uniform},
};
use crate::{
    context::GpuContext,
    shaders::{SharedLayout, shared_layout},
};

/// How far a path is moved towards the eye, so that the surface that it follows does not hide half of it.
pub const PATH_BIAS: f32 = 0.0012;

/// The uniform of `shaders/lines.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Lines {
    /// Linear colour; alpha unused.
    colour: [f32; 4],
    /// Width in points; never drawn thinner than a pixel.
    width_pt: f32,
    /// Moves lines towards the eye (share of clip w).
    depth_bias: f32,
    /// 1: each position has a value, which is a place in the colour map; 0: one colour.
    has_values: u32,
    /// Keeps the struct's size a multiple of 16 bytes.
    padding: f32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "lines",
        Lines {
            colour,
            width_pt,
            depth_bias,
            has_values,
            padding
        }
    )]
}

/// Draws lines.
#[derive(Debug)]
pub(super) struct LineRenderer {
    pipeline: Pipeline,
    /// Bound where lines have one colour.
    no_colours: wgpu::TextureView,
}

/// Lines of one colour and width on the GPU.
#[derive(Debug)]
pub(super) struct LineDraw {
    uniform: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
    segments: u32,
    has_values: bool,
}

impl LineDraw {
    pub(super) fn segments(&self) -> u64 {
        self.segments.into()
    }
}

impl LineRenderer {
    pub(super) fn new(context: &GpuContext, frame_layout: &wgpu::BindGroupLayout) -> Self {
        use Binding::{Storage, Texture, Uniform};
        let bindings = [Uniform, Storage, Storage, Storage, Texture];
        Self {
            pipeline: Pipeline::new(context, frame_layout, "lines", &bindings, true),
            no_colours: colour_texture(context, ColourMap::default()),
        }
    }

    /// `segments` holds the first position of each segment, `values` a place in the colour map for each
    /// position.
    pub(super) fn upload(
        &self,
        context: &GpuContext,
        positions_unit: &[[f32; 3]],
        segments: &[u32],
        values: Option<(&[f32], ColourMap)>,
    ) -> LineDraw {
        let usage = wgpu::BufferUsages::STORAGE;
        let positions = filled(
            context,
            "line positions",
            bytemuck::cast_slice(positions_unit),
            usage,
        );
        let starts = filled(
            context,
            "line segments",
            bytemuck::cast_slice(segments),
            usage,
        );
        let (along, map) = values.unwrap_or_default();
        let along = filled(context, "line values", bytemuck::cast_slice(along), usage);
        let colours = match values {
            Some(_) => colour_texture(context, map),
            None => self.no_colours.clone(),
        };
        let uniform = uniform::<Lines>(context, "lines");
        let bind_group = self.pipeline.bind(
            context,
            &[
                uniform.as_entire_binding(),
                positions.as_entire_binding(),
                starts.as_entire_binding(),
                along.as_entire_binding(),
                wgpu::BindingResource::TextureView(&colours),
            ],
        );
        LineDraw {
            uniform,
            bind_group,
            segments: segments.len() as u32,
            has_values: values.is_some(),
        }
    }

    pub(super) fn prepare(
        context: &GpuContext,
        draw: &LineDraw,
        colour: Colour,
        width_pt: f32,
        depth_bias: f32,
    ) {
        let uniform = Lines {
            colour: colour.to_linear(),
            width_pt,
            depth_bias,
            has_values: draw.has_values.into(),
            padding: 0.0,
        };
        context.write(&draw.uniform, bytemuck::bytes_of(&uniform));
    }

    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, draw: &LineDraw) {
        pass.set_pipeline(&self.pipeline.pipeline);
        pass.set_bind_group(1, &draw.bind_group, &[]);
        pass.draw(0..6 * draw.segments, 0..1);
    }
}
