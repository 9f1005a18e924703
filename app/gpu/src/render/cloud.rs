//! Point clouds.

use bytemuck::{Pod, Zeroable};
use trainscape_scene::{
    colour::ColourMap,
    scene::{Cloud as SceneCloud, CloudColour, CloudSize, CloudWork},
    theme::Theme,
};

use super::{
    colour_map::colour_texture,
    pipeline::{Binding, Phase, Pipeline, filled, uniform},
    translucent::DrawPhase,
};
use crate::{
    compute::{ComputePasses, PointBuffer},
    context::GpuContext,
    error::GpuError,
    shaders::{SharedLayout, shared_layout},
};

/// The uniform of `shaders/cloud.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Cloud {
    /// Linear colour that the floor's projection fades into; alpha is how far.
    floor_colour: [f32; 4],
    /// Diameter in points of the least value.
    diameter_low_pt: f32,
    /// Diameter in points of the greatest value.
    diameter_high_pt: f32,
    /// 1: the value of a point is its colour; 0: a place in the map.
    own_colours: u32,
    /// 1: values far from 0.5 are drawn large; 0: large values are.
    by_magnitude: u32,
    /// Every nth point is drawn; above 1 while the camera moves.
    stride: u32,
    /// 1 draws the points flat on the floor.
    on_floor: u32,
    /// Height (unit box) of the floor's projection.
    floor_height: f32,
    /// Moves points towards the eye (share of clip w).
    depth_bias: f32,
    /// 1 is opaque.
    opacity: f32,
    /// Position among the translucent primitives in the order of drawing, 0 to 15.
    order: u32,
    /// Keep the struct's size a multiple of 16 bytes.
    padding_a: u32,
    /// Keep the struct's size a multiple of 16 bytes.
    padding_b: u32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "cloud",
        Cloud {
            floor_colour,
            diameter_low_pt,
            diameter_high_pt,
            own_colours,
            by_magnitude,
            stride,
            on_floor,
            floor_height,
            depth_bias,
            opacity,
            order,
            padding_a,
            padding_b,
        }
    )]
}

/// Draws clouds.
#[derive(Debug)]
pub(super) struct CloudRenderer {
    pipeline: Pipeline,
}

/// A cloud on the GPU.
#[derive(Debug)]
pub(super) struct CloudDraw {
    layers: Vec<Layer>,
    colour: CloudColour,
    size: CloudSize,
    opacity: f32,
    order: u32,
    /// The source of its points and the points themselves: a scene with the same cloud reuses them.
    pub(super) points: CloudPoints,
}

/// The points of a cloud with their source.
#[derive(Clone, Debug)]
pub(super) struct CloudPoints {
    pub(super) work: CloudWork,
    buffers: Vec<PointBuffer>,
}

/// One drawing of a cloud: itself, or its projection on the floor.
#[derive(Debug)]
struct Layer {
    on_floor: bool,
    phase: Phase,
    uniform: wgpu::Buffer,
    parts: Vec<(wgpu::BindGroup, u32)>,
}

impl CloudRenderer {
    pub(super) fn new(context: &GpuContext, frame_layout: &wgpu::BindGroupLayout) -> Self {
        let bindings = [Binding::Uniform, Binding::Storage, Binding::Texture];
        Self {
            pipeline: Pipeline::new(context, frame_layout, "cloud", &bindings, true),
        }
    }

    pub(super) fn upload(
        &self,
        context: &GpuContext,
        passes: &ComputePasses,
        cloud: &SceneCloud,
        order: u32,
        earlier: Option<CloudPoints>,
    ) -> Result<CloudDraw, GpuError> {
        let points = match earlier {
            Some(points) => points,
            None => CloudPoints {
                work: cloud.work.clone(),
                buffers: Self::points_of(context, passes, cloud)?,
            },
        };
        let buffers = &points.buffers;
        let map = match cloud.colour {
            CloudColour::Map(map) => map,
            CloudColour::Rgb => ColourMap::default(),
        };
        let colours = colour_texture(context, map);
        let floors: &[bool] = if cloud.floor_projection {
            &[true, false]
        } else {
            &[false]
        };
        let opacity = cloud.opacity.clamp(0.0, 1.0);
        let layers = floors
            .iter()
            .map(|&on_floor| {
                let uniform = uniform::<Cloud>(context, "cloud");
                let bind = |buffer: &PointBuffer| {
                    let resources = [
                        uniform.as_entire_binding(),
                        buffer.points.as_entire_binding(),
                        wgpu::BindingResource::TextureView(&colours),
                    ];
                    (self.pipeline.bind(context, &resources), buffer.count)
                };
                let parts = buffers.iter().map(bind).collect();
                let phase = if on_floor {
                    Phase::Opaque
                } else {
                    Phase::of(opacity)
                };
                Layer {
                    on_floor,
                    phase,
                    uniform,
                    parts,
                }
            })
            .collect();
        Ok(CloudDraw {
            layers,
            colour: cloud.colour,
            size: cloud.size,
            opacity,
            order,
            points,
        })
    }

    fn points_of(
        context: &GpuContext,
        passes: &ComputePasses,
        cloud: &SceneCloud,
    ) -> Result<Vec<PointBuffer>, GpuError> {
        Ok(match &cloud.work {
            CloudWork::Points(points) => {
                let limit = context.device.limits().max_storage_buffer_binding_size;
                let most = (limit / 16).clamp(1, 1 << 26) as usize;
                let parts = points.chunks(most).map(|points| PointBuffer {
                    points: filled(
                        context,
                        "cloud points",
                        bytemuck::cast_slice(points),
                        wgpu::BufferUsages::STORAGE,
                    ),
                    count: points.len() as u32,
                });
                parts.collect()
            }
            CloudWork::Cells(cells) => passes.compact(cells)?,
        })
    }

    /// Points that a cloud has, its projection included.
    pub(super) fn points(draw: &CloudDraw) -> u64 {
        let parts = draw.layers.iter().flat_map(|layer| &layer.parts);
        parts.map(|(_, count)| u64::from(*count)).sum()
    }

    pub(super) fn prepare(
        context: &GpuContext,
        draw: &CloudDraw,
        theme: &Theme,
        stride: u32,
        floor_height: f32,
    ) {
        let ([low, high], by_magnitude) = match draw.size {
            CloudSize::Constant(diameter_pt) => ([diameter_pt; 2], false),
            CloudSize::ByValue(diameters_pt) => (diameters_pt, false),
            CloudSize::ByMagnitude(diameters_pt) => (diameters_pt, true),
        };
        let fade = theme.background.to_linear();
        for layer in &draw.layers {
            let shrink = if layer.on_floor { 0.9 } else { 1.0 };
            let uniform = Cloud {
                floor_colour: [fade[0], fade[1], fade[2], 0.4],
                diameter_low_pt: low * shrink,
                diameter_high_pt: high * shrink,
                own_colours: (draw.colour == CloudColour::Rgb).into(),
                by_magnitude: by_magnitude.into(),
                stride,
                on_floor: layer.on_floor.into(),
                floor_height,
                depth_bias: 0.0,
                opacity: if layer.on_floor { 1.0 } else { draw.opacity },
                order: draw.order,
                padding_a: 0,
                padding_b: 0,
            };
            context.write(&layer.uniform, bytemuck::bytes_of(&uniform));
        }
    }

    pub(super) fn is_translucent(draw: &CloudDraw) -> bool {
        Phase::of(draw.opacity) == Phase::Translucent
    }

    pub(super) fn draw(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        draw: &CloudDraw,
        stride: u32,
        phase: DrawPhase<'_>,
    ) {
        let layers = draw
            .layers
            .iter()
            .filter(|layer| layer.phase == phase.phase);
        for (group, count) in layers.flat_map(|layer| &layer.parts) {
            pass.set_pipeline(phase.pipeline(&self.pipeline));
            pass.set_bind_group(1, group, &[]);
            pass.draw(0..3 * count.div_ceil(stride), 0..1);
        }
    }
}
