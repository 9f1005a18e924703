//! A compute pipeline, and running it over a grid in bands of rows.

use trainscape_compute::GridSize;
use wgpu::util::DeviceExt as _;

use crate::context::GpuContext;

/// Invocations of a workgroup, along x, in every shader that runs over nodes or points.
pub(super) const WORKGROUP: u32 = 64;

/// Nodes that one submission computes, at most, where a node costs little. A display driver's watchdog resets a
/// GPU that is busy with one submission for seconds; this many nodes take a slow GPU a fraction of a second.
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

    /// Submits one dispatch; `buffers` are bound from 1 on.
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

    /// Computes a grid's nodes, one band of rows per submission. `uniform` returns the settings of a band,
    /// given its first row; `buffers` are bound from 1 on, `None` leaves a binding out.
    pub(super) fn run<U: bytemuck::NoUninit>(
        &self,
        context: &GpuContext,
        size: GridSize,
        nodes_per_submission: u32,
        uniform: impl Fn(u32) -> U,
        buffers: &[Option<&wgpu::Buffer>],
    ) {
        let bound: Vec<_> = (1..)
            .zip(buffers)
            .filter_map(|(binding, buffer)| Some((binding, (*buffer)?)))
            .collect();
        let most_rows = context.device.limits().max_compute_workgroups_per_dimension;
        let rows = (nodes_per_submission / size.width).clamp(1, most_rows);
        for first in (0..size.height).step_by(rows as usize) {
            let workgroups = [
                size.width.div_ceil(WORKGROUP),
                rows.min(size.height - first),
                1,
            ];
            self.dispatch_sparse(context, &uniform(first), &bound, workgroups);
        }
    }
}
