//! Order-independent transparency: translucent fragments are stored in a list for each pixel and sorted, sample by
//! sample, when all are drawn (Yang et al. 2010).
//!
//! Memory is bounded: a picture is drawn in bands of rows, each with the same capacity for fragments. A counter detects a band
//! whose fragments did not fit. [`Renderer::draw_whole`](super::Renderer::draw_whole) then
//! draws again in smaller bands; in the window the next frame does. A single row of pixels whose
//! fragments do not fit (four million per row) loses some, with a warning.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicU8, AtomicU32, Ordering},
};

use bytemuck::{Pod, Zeroable};

use super::{
    formats::COLOUR,
    pipeline::{Phase, Pipeline, bind, module},
};
use crate::{
    context::GpuContext,
    shaders::{SharedLayout, shared_layout},
};

/// Bytes per fragment.
const NODE_BYTES: u64 = 16;
/// Capacity in fragments, where the adapter can bind that much: 128 MiB.
const MOST_NODES: u32 = 1 << 23;
/// Pixels of a band, at most: 32 MiB of first fragments.
const MOST_PIXELS: u32 = 1 << 23;

/// The uniform of `shaders/common/translucent.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Band {
    /// First row of pixels of the band.
    top: u32,
    /// Pixels per row.
    width: u32,
    /// Capacity in fragments plus one: index 0 ends a list.
    capacity: u32,
    /// Keeps the struct's size a multiple of 16 bytes.
    padding: u32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    let appended = shared_layout!(
        "surface",
        Band {
            top,
            width,
            capacity,
            padding
        }
    );
    let read = SharedLayout {
        shader: "composite",
        ..appended.clone()
    };
    vec![appended, read]
}

/// Which primitives a pass draws, and with which of their pipelines.
#[derive(Clone, Copy, Debug)]
pub(super) struct DrawPhase<'a> {
    context: &'a GpuContext,
    pub(super) phase: Phase,
    /// Where translucent fragments go; `None`: over the picture.
    lists_layout: Option<&'a wgpu::BindGroupLayout>,
}

impl<'a> DrawPhase<'a> {
    pub(super) fn new(
        context: &'a GpuContext,
        phase: Phase,
        lists: Option<&'a FragmentLists>,
    ) -> Self {
        Self {
            context,
            phase,
            lists_layout: lists.map(|lists| &lists.layout),
        }
    }

    pub(super) fn pipeline<'p>(&self, pipeline: &'p Pipeline) -> &'p wgpu::RenderPipeline {
        pipeline.of_phase(self.context, self.phase, self.lists_layout)
    }
}

/// The fragment lists of a device; built when a translucent primitive is first drawn.
#[derive(Debug)]
pub(super) struct Translucency {
    most_nodes: u32,
    lists: OnceLock<Option<FragmentLists>>,
}

/// Lists of the translucent fragments of each pixel, and the pipeline that sorts and composites them.
#[derive(Debug)]
pub(super) struct FragmentLists {
    layout: wgpu::BindGroupLayout,
    composite_layout: wgpu::BindGroupLayout,
    pub(super) composite: wgpu::RenderPipeline,
    /// Shared by all pictures: the queue draws them one after another.
    nodes: wgpu::Buffer,
    capacity: u32,
}

impl Translucency {
    pub(super) fn new(most_nodes: Option<u32>) -> Self {
        Self {
            most_nodes: most_nodes.unwrap_or(MOST_NODES),
            lists: OnceLock::new(),
        }
    }

    /// `None` where the adapter's fragment stage cannot write to buffers.
    pub(super) fn lists(&self, context: &GpuContext) -> Option<&FragmentLists> {
        self.lists
            .get_or_init(|| {
                let flags = context.adapter.get_downlevel_capabilities().flags;
                if flags.contains(wgpu::DownlevelFlags::FRAGMENT_WRITABLE_STORAGE) {
                    return Some(FragmentLists::new(context, self.most_nodes));
                }
                log::warn!(
                    "the adapter `{}` cannot sort translucent surfaces; where they cross, the one listed later hides the other",
                    context.info.name
                );
                None
            })
            .as_ref()
    }
}

/// The layouts of the bind groups that append fragments and that composite them.
fn list_layouts(context: &GpuContext) -> [wgpu::BindGroupLayout; 2] {
    use wgpu::{BindingType, BufferBindingType, ShaderStages, TextureViewDimension};
    let buffer = |ty| BindingType::Buffer {
        ty,
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    let texture = |sample_type| BindingType::Texture {
        sample_type,
        view_dimension: TextureViewDimension::D2,
        multisampled: true,
    };
    let layout = |label, types: &[BindingType]| {
        let entries: Vec<_> = (0..)
            .zip(types)
            .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: ShaderStages::FRAGMENT,
                ty: *ty,
                count: None,
            })
            .collect();
        context
            .device
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some(label),
                entries: &entries,
            })
    };
    let uniform = buffer(BufferBindingType::Uniform);
    let written = buffer(BufferBindingType::Storage { read_only: false });
    let read = buffer(BufferBindingType::Storage { read_only: true });
    let colour = texture(wgpu::TextureSampleType::Float { filterable: false });
    let depth = texture(wgpu::TextureSampleType::Depth);
    [
        layout("translucent fragments", &[uniform, written, written]),
        layout("composite", &[uniform, read, read, colour, depth]),
    ]
}

fn composite_pipeline(
    context: &GpuContext,
    layout: &wgpu::BindGroupLayout,
) -> wgpu::RenderPipeline {
    let module = module(context, "composite");
    let device = &context.device;
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("composite"),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("composite"),
        layout: Some(&pipeline_layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("composite_vertex"),
            compilation_options: Default::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("composite_fragment"),
            compilation_options: Default::default(),
            targets: &[Some(COLOUR.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// The largest number of bytes of a storage buffer.
fn storage_limit(context: &GpuContext) -> u64 {
    let limits = context.device.limits();
    limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size)
}

impl FragmentLists {
    fn new(context: &GpuContext, most_nodes: u32) -> Self {
        let limit = storage_limit(context) / NODE_BYTES;
        let capacity = u64::from(most_nodes.max(2)).min(limit) as u32;
        let [layout, composite_layout] = list_layouts(context);
        let nodes = context.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("translucent fragments"),
            size: u64::from(capacity) * NODE_BYTES,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        });
        Self {
            composite: composite_pipeline(context, &composite_layout),
            layout,
            composite_layout,
            nodes,
            capacity,
        }
    }

    /// Rows of the largest band.
    fn most_rows(&self, context: &GpuContext, width: u32) -> u32 {
        let pixels = (storage_limit(context) / 4 - 1).min(u64::from(MOST_PIXELS)) as u32;
        (pixels / width.max(1)).max(1)
    }
}

/// One band of a picture on the GPU.
#[derive(Debug)]
pub(super) struct BandDraw {
    pub(super) top: u32,
    pub(super) rows: u32,
    pub(super) lists: wgpu::BindGroup,
    pub(super) composite: wgpu::BindGroup,
}

/// The bands of one picture size, and the counts of their fragments.
#[derive(Debug)]
pub(super) struct Bands {
    pub(super) bands: Vec<BandDraw>,
    pub(super) heads: wgpu::Buffer,
    counts: wgpu::Buffer,
    /// Its state of [`Counting`], and the counts of the frame that was counted last.
    staging: wgpu::Buffer,
    state: Arc<AtomicU8>,
    rows: u32,
    capacity: u32,
}

/// The state of copying a frame's counts to the CPU.
mod counting {
    pub(super) const IDLE: u8 = 0;
    pub(super) const PENDING: u8 = 1;
    pub(super) const READY: u8 = 2;
}

impl Bands {
    fn new(
        context: &GpuContext,
        lists: &FragmentLists,
        [width, height]: [u32; 2],
        [colour, depth]: [&wgpu::TextureView; 2],
        rows: u32,
    ) -> Self {
        let rows = rows
            .min(lists.most_rows(context, width))
            .clamp(1, height.max(1));
        let buffer = |label, size, usage| {
            context.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage,
                mapped_at_creation: false,
            })
        };
        use wgpu::BufferUsages as Usage;
        let heads = buffer(
            "first translucent fragments",
            4 * (1 + u64::from(rows) * u64::from(width)),
            Usage::STORAGE | Usage::COPY_DST | Usage::COPY_SRC,
        );
        let tops: Vec<u32> = (0..height.max(1)).step_by(rows as usize).collect();
        let bands = tops
            .iter()
            .map(|&top| {
                let uniform = super::pipeline::uniform::<Band>(context, "band");
                let band = Band {
                    top,
                    width,
                    capacity: lists.capacity,
                    padding: 0,
                };
                context.write(&uniform, bytemuck::bytes_of(&band));
                let shared = [
                    uniform.as_entire_binding(),
                    heads.as_entire_binding(),
                    lists.nodes.as_entire_binding(),
                ];
                let appended = bind(context, &lists.layout, &shared);
                let [a, b, c] = shared;
                let composite = [
                    a,
                    b,
                    c,
                    wgpu::BindingResource::TextureView(colour),
                    wgpu::BindingResource::TextureView(depth),
                ];
                BandDraw {
                    top,
                    rows: rows.min(height - top),
                    lists: appended,
                    composite: bind(context, &lists.composite_layout, &composite),
                }
            })
            .collect();
        let count_bytes = 4 * tops.len() as u64;
        Self {
            bands,
            heads,
            counts: buffer(
                "counts of translucent fragments",
                count_bytes,
                Usage::COPY_DST | Usage::COPY_SRC,
            ),
            staging: buffer(
                "counts read back",
                count_bytes,
                Usage::COPY_DST | Usage::MAP_READ,
            ),
            state: Arc::default(),
            rows,
            capacity: lists.capacity,
        }
    }

    /// Stores the count of band number `index`.
    pub(super) fn copy_count(&self, encoder: &mut wgpu::CommandEncoder, index: usize) {
        encoder.copy_buffer_to_buffer(&self.heads, 0, &self.counts, 4 * index as u64, 4);
    }

    /// Copies the counts for reading unless a copy is pending; true where it did.
    pub(super) fn copy_counts(&self, encoder: &mut wgpu::CommandEncoder) -> bool {
        let is_idle = self.state.load(Ordering::Acquire) == counting::IDLE;
        if is_idle {
            encoder.copy_buffer_to_buffer(&self.counts, 0, &self.staging, 0, self.counts.size());
        }
        is_idle
    }

    /// After the commands of [`Self::copy_counts`] were submitted.
    pub(super) fn expect_counts(&self) {
        self.state.store(counting::PENDING, Ordering::Release);
        let state = Arc::clone(&self.state);
        self.staging
            .map_async(wgpu::MapMode::Read, .., move |done| {
                let next = if done.is_ok() {
                    counting::READY
                } else {
                    counting::IDLE
                };
                state.store(next, Ordering::Release);
            });
    }

    /// Rows that a band should have had for its fragments to fit; `None` while the counts are unknown or all fit.
    fn rows_wanted(&self) -> Option<u32> {
        if self.state.load(Ordering::Acquire) != counting::READY {
            return None;
        }
        let counts: Vec<u32> = self
            .staging
            .get_mapped_range(..)
            .map(|view| bytemuck::pod_collect_to_vec(&view))
            .unwrap_or_default();
        self.staging.unmap();
        self.state.store(counting::IDLE, Ordering::Release);
        let most = counts.into_iter().max().unwrap_or(0);
        if most < self.capacity {
            return None;
        }
        if self.rows == 1 {
            log::warn!(
                "a row of the picture has {most} translucent fragments, more than the capacity of {}; some are not drawn",
                self.capacity - 1
            );
            return None;
        }
        // Fragments are not spread evenly over the rows.
        let share = f64::from(self.capacity) / f64::from(most) * 0.7;
        Some((f64::from(self.rows) * share).max(1.0) as u32)
    }
}

/// How a picture is divided into bands; they become smaller when fragments do not fit.
#[derive(Debug, Default)]
pub(super) struct BandLayout {
    rows: AtomicU32,
    bands: Mutex<Option<Arc<Bands>>>,
}

impl BandLayout {
    /// The bands to draw in, as small as the last counts require.
    pub(super) fn bands(
        &self,
        context: &GpuContext,
        lists: &FragmentLists,
        size_in_pixel: [u32; 2],
        views: [&wgpu::TextureView; 2],
    ) -> Arc<Bands> {
        self.settle();
        let mut bands = self.bands.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = self.rows.load(Ordering::Relaxed);
        let rows = if rows == 0 { size_in_pixel[1] } else { rows };
        match &*bands {
            Some(bands) if rows >= bands.rows && bands.capacity == lists.capacity => {
                Arc::clone(bands)
            }
            _ => {
                let new = Arc::new(Bands::new(context, lists, size_in_pixel, views, rows));
                *bands = Some(Arc::clone(&new));
                new
            }
        }
    }

    /// Reads the counts; true when the picture lacks fragments and should be drawn again.
    pub(super) fn settle(&self) -> bool {
        let bands = self.bands.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bands) = &*bands else {
            return false;
        };
        if let Some(rows) = bands.rows_wanted() {
            self.rows.store(rows.max(1), Ordering::Relaxed);
        }
        let rows = self.rows.load(Ordering::Relaxed);
        rows != 0 && rows < bands.rows
    }

    /// True while the counts of a frame are being copied.
    pub(super) fn is_counting(&self) -> bool {
        let bands = self.bands.lock().unwrap_or_else(PoisonError::into_inner);
        bands
            .as_ref()
            .is_some_and(|bands| bands.state.load(Ordering::Acquire) == counting::PENDING)
    }
}
