//! Round markers.

use bytemuck::{Pod, Zeroable};
use trainscape_scene::{colour::Colour, scene::Markers};

use super::pipeline::{Binding, Pipeline, filled, uniform};
use crate::{
    context::GpuContext,
    shaders::{SharedLayout, shared_layout},
};

/// How far markers are moved towards the eye (share of clip w), about half their size: a marker on a slope is not cut by it.
pub const MARKER_BIAS: f32 = 0.0016;

/// The uniform of `shaders/points.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Points {
    /// Linear colour; alpha unused.
    colour: [f32; 4],
    /// Linear colour of the ring; alpha 0 draws none.
    outline_colour: [f32; 4],
    /// Diameter in points; never drawn smaller than a pixel.
    diameter_pt: f32,
    /// Width of the ring in points.
    outline_pt: f32,
    /// Moves markers towards the eye (share of clip w).
    depth_bias: f32,
    /// Keeps the struct's size a multiple of 16 bytes.
    padding: f32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "points",
        Points {
            colour,
            outline_colour,
            diameter_pt,
            outline_pt,
            depth_bias,
            padding
        }
    )]
}

/// Draws round markers.
#[derive(Debug)]
pub(super) struct PointRenderer {
    pipeline: Pipeline,
}

/// Markers of one style on the GPU.
#[derive(Debug)]
pub(super) struct PointDraw {
    bind_group: wgpu::BindGroup,
    count: u32,
}

impl PointRenderer {
    pub(super) fn new(context: &GpuContext, frame_layout: &wgpu::BindGroupLayout) -> Self {
        let bindings = [Binding::Uniform, Binding::Storage];
        Self {
            pipeline: Pipeline::new(context, frame_layout, "points", &bindings, true),
        }
    }

    pub(super) fn upload(&self, context: &GpuContext, markers: &Markers) -> PointDraw {
        let settings = Points {
            colour: markers.colour.to_linear(),
            outline_colour: markers.outline.map_or([0.0; 4], Colour::to_linear),
            diameter_pt: markers.diameter_pt,
            outline_pt: markers.diameter_pt * 0.22,
            depth_bias: MARKER_BIAS,
            padding: 0.0,
        };
        let uniform = uniform::<Points>(context, "points");
        context.write(&uniform, bytemuck::bytes_of(&settings));
        let positions = filled(
            context,
            "marker positions",
            bytemuck::cast_slice(&markers.positions_unit),
            wgpu::BufferUsages::STORAGE,
        );
        let bind_group = self.pipeline.bind(
            context,
            &[uniform.as_entire_binding(), positions.as_entire_binding()],
        );
        PointDraw {
            bind_group,
            count: markers.positions_unit.len() as u32,
        }
    }

    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, draw: &PointDraw) {
        pass.set_pipeline(&self.pipeline.pipeline);
        pass.set_bind_group(1, &draw.bind_group, &[]);
        pass.draw(0..3 * draw.count, 0..1);
    }
}
