//! How the primitives' pipelines are made: they differ in their shader, their bindings and whether they
//! write depth.

use std::sync::OnceLock;

use wgpu::util::DeviceExt as _;

use super::targets::{COLOUR, DEPTH, SAMPLES};
use crate::{context::GpuContext, shaders};

/// What a pass draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// What hides everything behind it.
    Opaque,
    /// What lets light through.
    Translucent,
}

impl Phase {
    /// Where something of an opacity is drawn.
    pub(super) fn of(opacity: f32) -> Self {
        // Eight bits cannot tell more from 1.
        if opacity < 0.998 {
            Self::Translucent
        } else {
            Self::Opaque
        }
    }
}

/// A primitive's pipelines with the layout of its bind group 1.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::RenderPipeline,
    pub(super) layout: wgpu::BindGroupLayout,
    name: &'static str,
    frame_layout: wgpu::BindGroupLayout,
    /// Built when something translucent is first drawn.
    translucent: OnceLock<wgpu::RenderPipeline>,
}

/// What stands at a binding of group 1.
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

impl Pipeline {
    /// The pipeline of the shader module `name`, whose entry points are `name_vertex` and `name_fragment`.
    pub(super) fn new(
        context: &GpuContext,
        frame_layout: &wgpu::BindGroupLayout,
        name: &'static str,
        bindings: &[Binding],
        writes_depth: bool,
    ) -> Self {
        let device = &context.device;
        let module = module(context, name);
        let layout = layout(context, name, bindings);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &[Some(frame_layout), Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
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
                depth_write_enabled: Some(writes_depth),
                // Depth is reversed; of equals the later wins.
                depth_compare: Some(if writes_depth {
                    wgpu::CompareFunction::GreaterEqual
                } else {
                    wgpu::CompareFunction::Always
                }),
                stencil: wgpu::StencilState::default(),
                bias: wgpu::DepthBiasState::default(),
            }),
            multisample: wgpu::MultisampleState {
                count: SAMPLES,
                ..Default::default()
            },
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some(&format!("{name}_fragment")),
                compilation_options: Default::default(),
                targets: &[Some(COLOUR.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self {
            pipeline,
            layout,
            name,
            frame_layout: frame_layout.clone(),
            translucent: OnceLock::new(),
        }
    }

    /// The pipeline that appends the primitive's fragments to the lists of `lists_layout`, by its entry point
    /// `name_append`; without lists one that blends them over the picture.
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
        let (device, name) = (&context.device, self.name);
        let module = module(context, name);
        let mut layouts = vec![Some(&self.frame_layout), Some(&self.layout)];
        layouts.extend(lists_layout.map(Some));
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &layouts,
            immediate_size: 0,
        });
        let (entry, targets, depth_compare) = match lists_layout {
            // Hidden fragments are left out when the lists are put in order, sample by sample.
            Some(_) => ("append", vec![], wgpu::CompareFunction::Always),
            None => {
                let blended = wgpu::ColorTargetState {
                    format: COLOUR,
                    blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                    write_mask: wgpu::ColorWrites::ALL,
                };
                (
                    "fragment",
                    vec![Some(blended)],
                    wgpu::CompareFunction::GreaterEqual,
                )
            }
        };
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
                depth_write_enabled: Some(false),
                depth_compare: Some(depth_compare),
                stencil: wgpu::StencilState::default(),
                bias: wgpu::DepthBiasState::default(),
            }),
            multisample: wgpu::MultisampleState {
                count: SAMPLES,
                ..Default::default()
            },
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some(&format!("{name}_{entry}")),
                compilation_options: Default::default(),
                targets: &targets,
            }),
            multiview_mask: None,
            cache: None,
        })
    }

    pub(super) fn bind(
        &self,
        context: &GpuContext,
        resources: &[wgpu::BindingResource<'_>],
    ) -> wgpu::BindGroup {
        bind(context, &self.layout, resources)
    }
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
