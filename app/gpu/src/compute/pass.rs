//! What the passes share: a pipeline, and running it over a grid in bands of rows.

use trainscape_compute::{Cells, EDGE_TOLERANCE_UNIT, GridSize, Sample, Scatter};
use wgpu::util::DeviceExt as _;

use super::buffers::{FieldBuffers, filled};
use crate::context::{GpuContext, GpuError};
use crate::shaders::{SharedLayout, shared_layout};

/// Invocations of a workgroup, along x; every shader here has as many.
pub(super) const WORKGROUP: u32 = 64;

/// Nodes one submission computes, at most, where a node costs little. A display driver resets a GPU that
/// is busy with one submission for seconds; this many nodes take a slow one a fraction of a second.
pub(super) const NODES_PER_SUBMISSION: u32 = 1 << 20;

/// A compute pipeline.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pipeline: wgpu::ComputePipeline,
}

impl Pass {
    pub(super) fn new(context: &GpuContext, source: &str, entry: &str) -> Self {
        let module = context
            .device
            .create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(entry),
                source: wgpu::ShaderSource::Wgsl(source.into()),
            });
        let pipeline = context
            .device
            .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(entry),
                layout: None,
                module: &module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            });
        Self { pipeline }
    }

    /// One dispatch in a submission of its own; `buffers` are bound from 1 on.
    pub(super) fn dispatch<U: bytemuck::NoUninit>(
        &self,
        context: &GpuContext,
        uniform: &U,
        buffers: &[&wgpu::Buffer],
        workgroups: [u32; 3],
    ) {
        let bound: Vec<_> = (1..).zip(buffers.iter().copied()).collect();
        self.dispatch_sparse(context, uniform, &bound, workgroups);
    }

    /// As [`Self::dispatch`], with the binding of each buffer.
    pub(super) fn dispatch_sparse<U: bytemuck::NoUninit>(
        &self,
        context: &GpuContext,
        uniform: &U,
        buffers: &[(u32, &wgpu::Buffer)],
        workgroups: [u32; 3],
    ) {
        let settings = context
            .device
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("settings"),
                contents: bytemuck::bytes_of(uniform),
                usage: wgpu::BufferUsages::UNIFORM,
            });
        let entries: Vec<_> = std::iter::once((0, &settings))
            .chain(buffers.iter().copied())
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let group = context
            .device
            .create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &self.pipeline.get_bind_group_layout(0),
                entries: &entries,
            });
        let mut encoder = context.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &group, &[]);
        let [x, y, z] = workgroups;
        pass.dispatch_workgroups(x, y, z);
        context.count_dispatch();
        drop(pass);
        context.submit(encoder.finish());
    }

    /// Computes a grid's nodes, a band of rows a submission. `uniform` gives the settings of
    /// a band by its first row;
    /// `buffers` are bound from 1 on, `None` leaves a binding out.
    pub(super) fn run<U: bytemuck::NoUninit>(
        &self,
        context: &GpuContext,
        size: GridSize,
        nodes_per_submission: u32,
        uniform: impl Fn(u32) -> U,
        buffers: &[Option<&wgpu::Buffer>],
    ) {
        let layout = self.pipeline.get_bind_group_layout(0);
        let most_rows = context.device.limits().max_compute_workgroups_per_dimension;
        let rows = (nodes_per_submission / size.width).clamp(1, most_rows);
        for first in (0..size.height).step_by(rows as usize) {
            let uniform = context
                .device
                .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: Some("settings"),
                    contents: bytemuck::bytes_of(&uniform(first)),
                    usage: wgpu::BufferUsages::UNIFORM,
                });
            let bound = buffers.iter().zip(1..).filter_map(|(buffer, binding)| {
                let resource = (*buffer)?.as_entire_binding();
                Some(wgpu::BindGroupEntry { binding, resource })
            });
            let settings = wgpu::BindGroupEntry {
                binding: 0,
                resource: uniform.as_entire_binding(),
            };
            let group = context
                .device
                .create_bind_group(&wgpu::BindGroupDescriptor {
                    label: None,
                    layout: &layout,
                    entries: &std::iter::once(settings).chain(bound).collect::<Vec<_>>(),
                });
            let mut encoder = context.device.create_command_encoder(&Default::default());
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &group, &[]);
            context.count_dispatch();
            pass.dispatch_workgroups(
                size.width.div_ceil(WORKGROUP),
                rows.min(size.height - first),
                1,
            );
            drop(pass);
            context.submit(encoder.finish());
        }
    }
}

/// Settings of the interpolation passes, one for all; `shaders/common/interpolation.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Interpolation {
    /// Columns of the grid of nodes.
    pub(super) width: u32,
    /// First row of nodes this dispatch computes.
    pub(super) first_row: u32,
    /// Cells along x.
    pub(super) columns: u32,
    /// Cells along y.
    pub(super) rows: u32,
    /// Bins of triangles along each axis (linear).
    pub(super) bins: u32,
    /// Samples that take part at each node (rbf), no more than there are.
    pub(super) neighbours: u32,
    /// Cells on each side of a node's own that the search for them looks at first (rbf).
    pub(super) first_reach: u32,
    /// Added to the kernel's diagonal (rbf), for distances in the unit box.
    pub(super) smoothing: f32,
    /// The surface ends this far from the nearest sample; negative: it does not.
    pub(super) radius_unit: f32,
    /// Nodes this near to a triangle count as inside it (linear).
    pub(super) edge_tolerance_unit: f32,
}

impl Interpolation {
    /// Settings of a whole grid, with what only some methods use left out.
    pub(super) fn new(scatter: &Scatter, cells: &Cells) -> Self {
        Self {
            width: scatter.size.width,
            first_row: 0,
            columns: cells.columns,
            rows: cells.rows,
            bins: 0,
            neighbours: 0,
            first_reach: 0,
            smoothing: 0.0,
            radius_unit: scatter.support_radius.unwrap_or(-1.0),
            edge_tolerance_unit: EDGE_TOLERANCE_UNIT,
        }
    }

    /// The same for the band of rows that starts here.
    pub(super) fn at_row(self, first_row: u32) -> Self {
        Self { first_row, ..self }
    }
}

/// The samples on the GPU, sorted into cells.
pub(super) struct SampleBuffers {
    pub(super) starts: wgpu::Buffer,
    pub(super) samples: wgpu::Buffer,
}

impl SampleBuffers {
    pub(super) fn new(context: &GpuContext, cells: &Cells) -> Result<Self, GpuError> {
        Ok(Self {
            starts: filled(
                context,
                "cell starts",
                &cells.starts,
                "the cells of the samples",
            )?,
            samples: filled(context, "samples", &cells.samples, "the samples")?,
        })
    }

    /// Bindings 1 to 4 of every interpolation pass.
    pub(super) fn common<'a>(&'a self, field: &'a FieldBuffers) -> [Option<&'a wgpu::Buffer>; 4] {
        [
            Some(&field.x_unit),
            Some(&field.y_unit),
            Some(&self.starts),
            Some(&self.samples),
        ]
    }
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![
        shared_layout!(
            "interpolate_linear",
            Interpolation {
                width,
                first_row,
                columns,
                rows,
                bins,
                neighbours,
                first_reach,
                smoothing,
                radius_unit,
                edge_tolerance_unit,
            }
        ),
        shared_layout!(
            "interpolate_linear",
            Sample {
                x_unit,
                y_unit,
                value,
                index
            }
        ),
    ]
}
