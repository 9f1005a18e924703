//! The primitives' pipelines: they differ in their shader, their bindings and whether they write depth.

use std::sync::OnceLock;

use wgpu::util::DeviceExt as _;

use super::formats::{COLOUR, DEPTH, SAMPLES};
use crate::{context::GpuContext, shaders};

/// Which primitives a pass draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Primitives that hide everything behind them.
    Opaque,
    /// Primitives that are blended with what is behind them.
    Translucent,
}

impl Phase {
    /// The phase in which a primitive of an opacity is drawn.
    pub(super) fn of(opacity: f32) -> Self {
        if is_translucent(opacity) {
            Self::Translucent
        } else {
            Self::Opaque
        }
    }
}

/// Whether a primitive of this opacity is drawn as translucent.
#[must_use]
pub fn is_translucent(opacity: f32) -> bool {
    // Eight bits cannot distinguish more from 1.
    opacity < 0.998
}

/// A primitive's pipelines with the layout of its bind group 1.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::RenderPipeline,
    pub(super) layout: wgpu::BindGroupLayout,
    name: &'static str,
    frame_layout: wgpu::BindGroupLayout,
    /// Built when a translucent primitive is first drawn.
    translucent: OnceLock<wgpu::RenderPipeline>,
}

/// The resource at a binding of group 1.
#[derive(Clone, Copy, Debug)]
pub(super) enum Binding {
    /// A uniform, read by both stages.
    Uniform,
    /// A storage buffer, read by the vertex stage.
    Storage,
    /// A texture, read by the fragment stage.
    Texture,
}

/// Layout of bind group 0.
pub(super) fn frame_layout(context: &GpuContext) -> wgpu::BindGroupLayout {
    layout(context, "frame", &[Binding::Uniform])
}

fn layout(context: &GpuContext, label: &str, bindings: &[Binding]) -> wgpu::BindGroupLayout {
    let entries: Vec<_> = bindings
        .iter()
        .enumerate()
        .map(|(binding, kind)| {
            let buffer = |ty| wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset: false,
                min_binding_size: None,
            };
            let (visibility, ty) = match kind {
                Binding::Uniform => (
                    wgpu::ShaderStages::VERTEX_FRAGMENT,
                    buffer(wgpu::BufferBindingType::Uniform),
                ),
                Binding::Storage => (
                    wgpu::ShaderStages::VERTEX,
                    buffer(wgpu::BufferBindingType::Storage { read_only: true }),
                ),
                Binding::Texture => (
                    wgpu::ShaderStages::FRAGMENT,
                    wgpu::BindingType::Texture {
                        sample_type: wgpu::TextureSampleType::Float { filterable: false },
                        view_dimension: wgpu::TextureViewDimension::D2,
                        multisampled: false,
                    },
                ),
            };
            wgpu::BindGroupLayoutEntry {
                binding: binding as u32,
                visibility,
                ty,
                count: None,
            }
        })
        .collect();
    context
        .device
        .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(label),
            entries: &entries,
        })
}

/// How one of a primitive's pipelines differs from the others.
struct Variant<'a> {
    /// The fragment stage's entry point is the primitive's name with this suffix.
    fragment_entry: &'static str,
    targets: &'a [Option<wgpu::ColorTargetState>],
    writes_depth: bool,
    depth_compare: wgpu::CompareFunction,
    /// The layout of bind group 2, where it has one.
    lists_layout: Option<&'a wgpu::BindGroupLayout>,
}

impl Pipeline {
    /// The pipeline of the shader module `name`, whose entry points are `name_vertex` and `name_fragment`.
    pub(super) fn new(
        context: &GpuContext,
        frame_layout: &wgpu::BindGroupLayout,
        name: &'static str,
        bindings: &[Binding],
        writes_depth: bool,
    ) -> Self {
        let layout = layout(context, name, bindings);
        let opaque = Variant {
            fragment_entry: "fragment",
            targets: &[Some(COLOUR.into())],
            writes_depth,
            // Depth is reversed; of equals the later wins.
            depth_compare: if writes_depth {
                wgpu::CompareFunction::GreaterEqual
            } else {
                wgpu::CompareFunction::Always
            },
            lists_layout: None,
        };
        Self {
            pipeline: render_pipeline(context, name, [frame_layout, &layout], &opaque),
            layout,
            name,
            frame_layout: frame_layout.clone(),
            translucent: OnceLock::new(),
        }
    }

    /// The pipeline of a phase. Translucent fragments are appended to the lists of `lists_layout` by the entry point
    /// `name_append`; without lists they are blended over the picture.
    pub(super) fn of_phase(
        &self,
        context: &GpuContext,
        phase: Phase,
        lists_layout: Option<&wgpu::BindGroupLayout>,
    ) -> &wgpu::RenderPipeline {
        match phase {
            Phase::Opaque => &self.pipeline,
            Phase::Translucent => self
                .translucent
                .get_or_init(|| self.new_translucent(context, lists_layout)),
        }
    }

    fn new_translucent(
        &self,
        context: &GpuContext,
        lists_layout: Option<&wgpu::BindGroupLayout>,
    ) -> wgpu::RenderPipeline {
        let blended = [Some(wgpu::ColorTargetState {
            format: COLOUR,
            blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
            write_mask: wgpu::ColorWrites::ALL,
        })];
        let (fragment_entry, targets, depth_compare) = match lists_layout {
            // Hidden fragments are dropped when the lists are sorted, sample by sample.
            Some(_) => ("append", &[][..], wgpu::CompareFunction::Always),
            None => (
                "fragment",
                &blended[..],
                wgpu::CompareFunction::GreaterEqual,
            ),
        };
        let translucent = Variant {
            fragment_entry,
            targets,
            writes_depth: false,
            depth_compare,
            lists_layout,
        };
        let layouts = [&self.frame_layout, &self.layout];
        render_pipeline(context, self.name, layouts, &translucent)
    }

    pub(super) fn bind(
        &self,
        context: &GpuContext,
        resources: &[wgpu::BindingResource<'_>],
    ) -> wgpu::BindGroup {
        bind(context, &self.layout, resources)
    }
}

fn render_pipeline(
    context: &GpuContext,
    name: &str,
    [frame_layout, layout]: [&wgpu::BindGroupLayout; 2],
    variant: &Variant<'_>,
) -> wgpu::RenderPipeline {
    let device = &context.device;
    let module = module(context, name);
    let mut layouts = vec![Some(frame_layout), Some(layout)];
    layouts.extend(variant.lists_layout.map(Some));
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(name),
        bind_group_layouts: &layouts,
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(name),
        layout: Some(&pipeline_layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some(&format!("{name}_vertex")),
            compilation_options: Default::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH,
            depth_write_enabled: Some(variant.writes_depth),
            depth_compare: Some(variant.depth_compare),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: wgpu::MultisampleState {
            count: SAMPLES,
            ..Default::default()
        },
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some(&format!("{name}_{}", variant.fragment_entry)),
            compilation_options: Default::default(),
            targets: variant.targets,
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// The shader module of the table.
pub(super) fn module(context: &GpuContext, name: &str) -> wgpu::ShaderModule {
    context
        .device
        .create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(name),
            source: wgpu::ShaderSource::Wgsl(shaders::source(name).into()),
        })
}

pub(super) fn bind(
    context: &GpuContext,
    layout: &wgpu::BindGroupLayout,
    resources: &[wgpu::BindingResource<'_>],
) -> wgpu::BindGroup {
    let entries: Vec<_> = resources
        .iter()
        .enumerate()
        .map(|(binding, resource)| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: resource.clone(),
        })
        .collect();
    context
        .device
        .create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout,
            entries: &entries,
        })
}

/// An empty uniform buffer for a `T`.
pub(super) fn uniform<T>(context: &GpuContext, label: &str) -> wgpu::Buffer {
    context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: size_of::<T>() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// A buffer with contents; never empty, since an empty one cannot be bound.
pub(super) fn filled(
    context: &GpuContext,
    label: &str,
    bytes: &[u8],
    usage: wgpu::BufferUsages,
) -> wgpu::Buffer {
    context.count_upload(bytes);
    context
        .device
        .create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some(label),
            contents: if bytes.is_empty() { &[0; 16] } else { bytes },
            usage,
        })
}
