//! Surfaces, drawn from the node buffers that a compute pass left on the GPU.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytemuck::{Pod, Zeroable};
use trainscape_compute::GridSize;
use trainscape_scene::{
    colour::Colour,
    scene::{Surface as SceneSurface, SurfaceWork},
    theme::Theme,
};

use super::{
    colour_map::colour_texture,
    pipeline::{Binding, Phase, Pipeline, filled, uniform},
    translucent::DrawPhase,
};
use crate::{
    compute::{ComputePasses, FieldBuffers},
    context::GpuContext,
    error::GpuError,
    shaders::{SharedLayout, shared_layout},
};

/// The uniform of `shaders/surface.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Surface {
    /// Columns of the grid of nodes.
    width: u32,
    /// Rows of the grid of nodes.
    height: u32,
    /// Every nth node is drawn; above 1 while the camera moves.
    stride: u32,
    /// Columns that are drawn at this stride.
    drawn_width: u32,
    /// Height (unit box) with the map's first colour.
    colour_low: f32,
    /// Height (unit box) with the map's last colour.
    colour_high: f32,
    /// Height between two contour lines (unit box); 0 draws none.
    contour_step: f32,
    /// Height of one contour line (unit box).
    contour_anchor: f32,
    /// How strongly the light's direction shows, 0 to 1.
    shading: f32,
    /// Nodes between two lines along x; 0 draws none.
    mesh_step_x: f32,
    /// Nodes between two lines along y.
    mesh_step_y: f32,
    /// 1 draws the surface flat on the floor.
    on_floor: u32,
    /// Linear colour of contour and mesh lines; alpha is their opacity.
    line_colour: [f32; 4],
    /// Linear colour that the floor's projection fades into; alpha is how far.
    floor_colour: [f32; 4],
    /// Width of contour lines in points.
    contour_width_pt: f32,
    /// Height (unit box) of the floor's projection.
    floor_height: f32,
    /// 1 is opaque.
    opacity: f32,
    /// Position among the translucent primitives in the order of drawing, 0 to 15.
    order: u32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "surface",
        Surface {
            width,
            height,
            stride,
            drawn_width,
            colour_low,
            colour_high,
            contour_step,
            contour_anchor,
            shading,
            mesh_step_x,
            mesh_step_y,
            on_floor,
            line_colour,
            floor_colour,
            contour_width_pt,
            floor_height,
            opacity,
            order,
        }
    )]
}

/// Triangles of a grid at a stride; shared by all surfaces of that size.
#[derive(Debug)]
struct Indices {
    buffer: wgpu::Buffer,
    count: u32,
}

/// Draws surfaces.
#[derive(Debug)]
pub(super) struct SurfaceRenderer {
    pipeline: Pipeline,
    indices: Mutex<HashMap<(u32, u32), Arc<Indices>>>,
}

/// A surface on the GPU.
#[derive(Debug)]
pub(super) struct SurfaceDraw {
    /// The source of its heights and the heights themselves: a scene with the same work reuses them.
    pub(super) work: SurfaceWork,
    pub(super) field: FieldBuffers,
    opacity: f32,
    order: u32,
    layers: Vec<Layer>,
    colour_range: [f32; 2],
    contours: Option<[f32; 2]>,
    shading: f32,
    mesh_step: Option<[u32; 2]>,
}

/// One drawing of a surface: itself, or its projection on the floor.
#[derive(Debug)]
struct Layer {
    on_floor: bool,
    phase: Phase,
    uniform: wgpu::Buffer,
    bind_group: wgpu::BindGroup,
}

impl SurfaceRenderer {
    pub(super) fn new(context: &GpuContext, frame_layout: &wgpu::BindGroupLayout) -> Self {
        use Binding::{Storage, Texture, Uniform};
        let bindings = [
            Uniform, Storage, Storage, Storage, Storage, Storage, Texture,
        ];
        Self {
            pipeline: Pipeline::new(context, frame_layout, "surface", &bindings, true),
            indices: Mutex::default(),
        }
    }

    pub(super) fn upload(
        &self,
        context: &GpuContext,
        passes: &ComputePasses,
        surface: &SceneSurface,
        order: u32,
        earlier: Option<FieldBuffers>,
    ) -> Result<SurfaceDraw, GpuError> {
        let field = match (earlier, &surface.work) {
            (Some(field), _) => field,
            (None, SurfaceWork::Nodes(field)) => passes.upload(field)?,
            (None, SurfaceWork::Refine(work)) => passes.refine(work)?,
            (None, SurfaceWork::Scatter(work)) => passes.interpolate_fastest(work)?,
        };
        let mesh_step = match &surface.work {
            SurfaceWork::Nodes(_) => [1, 1],
            SurfaceWork::Refine(work) => [work.factor_x, work.factor_y],
            SurfaceWork::Scatter(work) => {
                [work.size.width, work.size.height].map(|nodes| (nodes / 32).max(1))
            }
        };
        let opacity = surface.opacity.clamp(0.0, 1.0);
        let colours = colour_texture(context, surface.map);
        let floors: &[bool] = if surface.floor_projection {
            &[true, false]
        } else {
            &[false]
        };
        let layers = floors
            .iter()
            .map(|&on_floor| {
                let uniform = uniform::<Surface>(context, "surface");
                let bind_group = self.pipeline.bind(
                    context,
                    &[
                        uniform.as_entire_binding(),
                        field.x_unit.as_entire_binding(),
                        field.y_unit.as_entire_binding(),
                        field.values.as_entire_binding(),
                        field.support.as_entire_binding(),
                        field.normals.as_entire_binding(),
                        wgpu::BindingResource::TextureView(&colours),
                    ],
                );
                let phase = if on_floor {
                    Phase::Opaque
                } else {
                    Phase::of(opacity)
                };
                Layer {
                    on_floor,
                    phase,
                    uniform,
                    bind_group,
                }
            })
            .collect();
        Ok(SurfaceDraw {
            field,
            layers,
            colour_range: surface.colour_range,
            contours: surface.contours,
            shading: surface.shading,
            mesh_step: surface.wireframe.then_some(mesh_step),
            opacity,
            order,
            work: surface.work.clone(),
        })
    }

    /// Triangles that a surface has at a stride.
    pub(super) fn triangles(draw: &SurfaceDraw, stride: u32) -> u64 {
        let [width, height] = drawn_size(draw.field.size, stride);
        2 * u64::from(width - 1) * u64::from(height - 1) * draw.layers.len() as u64
    }

    pub(super) fn prepare(
        &self,
        context: &GpuContext,
        draw: &SurfaceDraw,
        theme: &Theme,
        stride: u32,
        floor_height: f32,
    ) {
        let [contour_step, contour_anchor] = draw.contours.unwrap_or([0.0; 2]);
        let [mesh_step_x, mesh_step_y] = draw.mesh_step.unwrap_or([0; 2]).map(|step| step as f32);
        let fade = theme.background.to_linear();
        for layer in &draw.layers {
            let opacity = if layer.on_floor { 1.0 } else { draw.opacity };
            let uniform = Surface {
                width: draw.field.size.width,
                height: draw.field.size.height,
                stride,
                drawn_width: drawn_size(draw.field.size, stride)[0],
                colour_low: draw.colour_range[0],
                colour_high: draw.colour_range[1],
                contour_step,
                contour_anchor,
                shading: draw.shading,
                mesh_step_x,
                mesh_step_y,
                on_floor: layer.on_floor.into(),
                line_colour: surface_line_colour(theme, opacity).to_linear(),
                floor_colour: [fade[0], fade[1], fade[2], 0.45],
                contour_width_pt: 0.4,
                floor_height,
                opacity,
                order: draw.order,
            };
            context.write(&layer.uniform, bytemuck::bytes_of(&uniform));
        }
    }

    pub(super) fn is_translucent(draw: &SurfaceDraw) -> bool {
        Phase::of(draw.opacity) == Phase::Translucent
    }

    pub(super) fn draw(
        &self,
        context: &GpuContext,
        pass: &mut wgpu::RenderPass<'_>,
        draw: &SurfaceDraw,
        stride: u32,
        phase: DrawPhase<'_>,
    ) {
        let mut layers = draw
            .layers
            .iter()
            .filter(|layer| layer.phase == phase.phase);
        let Some(first) = layers.next() else {
            return;
        };
        let indices = self.indices(context, drawn_size(draw.field.size, stride));
        pass.set_pipeline(phase.pipeline(&self.pipeline));
        pass.set_index_buffer(indices.buffer.slice(..), wgpu::IndexFormat::Uint32);
        for layer in std::iter::once(first).chain(layers) {
            pass.set_bind_group(1, &layer.bind_group, &[]);
            pass.draw_indexed(0..indices.count, 0, 0..1);
        }
    }

    fn indices(&self, context: &GpuContext, [width, height]: [u32; 2]) -> Arc<Indices> {
        let mut cache = self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        cache
            .entry((width, height))
            .or_insert_with(|| {
                let cells = (width as usize - 1) * (height as usize - 1);
                let mut indices: Vec<u32> = Vec::with_capacity(6 * cells);
                for row in 0..height - 1 {
                    for column in 0..width - 1 {
                        let a = row * width + column;
                        let [b, c, d] = [a + 1, a + width, a + width + 1];
                        // Diagonals alternate, so that slopes show no directional pattern.
                        if (row + column) % 2 == 0 {
                            indices.extend([a, b, d, a, d, c]);
                        } else {
                            indices.extend([a, b, c, b, d, c]);
                        }
                    }
                }
                let bytes = bytemuck::cast_slice(&indices);
                let buffer = filled(context, "surface indices", bytes, wgpu::BufferUsages::INDEX);
                Arc::new(Indices {
                    buffer,
                    count: indices.len() as u32,
                })
            })
            .clone()
    }
}

/// Contours and mesh lines darken a surface. On translucent surfaces they are stronger, and on dark
/// themes they are light, since a dark surface cannot be darkened.
#[must_use]
pub fn surface_line_colour(theme: &Theme, opacity: f32) -> Colour {
    if Phase::of(opacity) == Phase::Opaque {
        return Colour::hex(0x000000).with_opacity(0.38);
    }
    let [r, g, b, _] = theme.background.to_linear();
    let is_dark = 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18;
    if is_dark {
        theme.path.with_opacity(0.38 - 0.12 * opacity)
    } else {
        Colour::hex(0x000000).with_opacity(0.55 - 0.17 * opacity)
    }
}

/// Nodes that are drawn when only every `stride`-th is, the last ones included.
fn drawn_size(size: GridSize, stride: u32) -> [u32; 2] {
    [size.width, size.height].map(|nodes| (nodes.max(2) - 1).div_ceil(stride) + 1)
}
