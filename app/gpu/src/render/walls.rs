//! Walls of the axis box behind the data.

use trainscape_scene::figure::Wall;

use super::pipeline::{Binding, Pipeline, filled};
use crate::context::GpuContext;

/// Draws walls; they write no depth, since everything else is in front of them.
#[derive(Debug)]
pub(super) struct WallRenderer {
    pipeline: Pipeline,
}

/// Walls on the GPU.
#[derive(Debug)]
pub(super) struct WallDraw {
    bind_group: wgpu::BindGroup,
    corners: u32,
}

impl WallRenderer {
    pub(super) fn new(context: &GpuContext, frame_layout: &wgpu::BindGroupLayout) -> Self {
        Self {
            pipeline: Pipeline::new(context, frame_layout, "walls", &[Binding::Storage], false),
        }
    }

    pub(super) fn upload(&self, context: &GpuContext, walls: &[Wall]) -> WallDraw {
        let mut corners: Vec<f32> = Vec::with_capacity(walls.len() * 36);
        for wall in walls {
            let [r, g, b, _] = wall.colour.to_linear();
            for corner in [0, 1, 2, 0, 2, 3] {
                corners.extend(wall.corners_unit[corner]);
                corners.extend([r, g, b]);
            }
        }
        let usage = wgpu::BufferUsages::STORAGE;
        let buffer = filled(context, "walls", bytemuck::cast_slice(&corners), usage);
        let bind_group = self.pipeline.bind(context, &[buffer.as_entire_binding()]);
        WallDraw {
            bind_group,
            corners: 6 * walls.len() as u32,
        }
    }

    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, draw: &WallDraw) {
        pass.set_pipeline(&self.pipeline.pipeline);
        pass.set_bind_group(1, &draw.bind_group, &[]);
        pass.draw(0..draw.corners, 0..1);
    }
}
