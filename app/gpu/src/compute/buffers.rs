//! Fields on the GPU: upload and read-back.

use trainscape_compute::{Field, GridSize};
use wgpu::util::DeviceExt as _;

use crate::context::GpuContext;
use crate::error::GpuError;

/// A field on the GPU, as the renderer's vertex stage binds it. All buffers are `STORAGE | COPY_SRC`.
#[derive(Clone, Debug)]
pub struct FieldBuffers {
    /// Columns and rows.
    pub size: GridSize,
    /// `array<f32>`: x of each column.
    pub x_unit: wgpu::Buffer,
    /// `array<f32>`: y of each row.
    pub y_unit: wgpu::Buffer,
    /// `array<f32>`: value of each node, row-major.
    pub values: wgpu::Buffer,
    /// `array<f32>`: support of each node, row-major.
    pub support: wgpu::Buffer,
    /// `array<u32>`: unit normal of each node, row-major, packed as `shaders/common/normal.wgsl` does.
    pub normals: wgpu::Buffer,
}

impl FieldBuffers {
    /// Empty buffers for the values of a grid.
    pub(super) fn new(
        context: &GpuContext,
        x_unit: &[f32],
        y_unit: &[f32],
    ) -> Result<Self, GpuError> {
        let size = GridSize {
            width: x_unit.len() as u32,
            height: y_unit.len() as u32,
        };
        let nodes = |label| empty(context, label, 4 * size.nodes() as u64, "the grid's nodes");
        Ok(Self {
            size,
            x_unit: filled(context, "field x", x_unit, "the grid's columns")?,
            y_unit: filled(context, "field y", y_unit, "the grid's rows")?,
            values: nodes("field values")?,
            support: nodes("field support")?,
            normals: nodes("field normals")?,
        })
    }

    /// Empty buffers for the values of a uniform grid over the unit square.
    pub(super) fn uniform(context: &GpuContext, size: GridSize) -> Result<Self, GpuError> {
        Self::new(context, &size.x_unit(), &size.y_unit())
    }

    /// A field's values; the normals are still to be computed.
    pub(super) fn of_field(context: &GpuContext, field: &Field) -> Result<Self, GpuError> {
        let what = "the grid's nodes";
        let size = field.size();
        Ok(Self {
            size,
            x_unit: filled(context, "field x", &field.x_unit, "the grid's columns")?,
            y_unit: filled(context, "field y", &field.y_unit, "the grid's rows")?,
            values: filled(context, "field values", &field.values, what)?,
            support: filled(context, "field support", &field.support, what)?,
            normals: empty(context, "field normals", 4 * size.nodes() as u64, what)?,
        })
    }
}

/// The largest size of a storage buffer in bytes.
pub(super) fn limit(context: &GpuContext) -> u64 {
    let limits = context.device.limits();
    limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size)
}

fn check(context: &GpuContext, bytes: u64, what: &'static str) -> Result<(), GpuError> {
    let limit = limit(context);
    if bytes > limit {
        Err(GpuError::TooLarge { what, bytes, limit })
    } else {
        Ok(())
    }
}

const USAGE: wgpu::BufferUsages = wgpu::BufferUsages::STORAGE.union(wgpu::BufferUsages::COPY_SRC);

/// A storage buffer of zeros. `what` it holds, in the plural, is for the message when it is too large.
pub(super) fn empty(
    context: &GpuContext,
    label: &str,
    bytes: u64,
    what: &'static str,
) -> Result<wgpu::Buffer, GpuError> {
    check(context, bytes, what)?;
    Ok(context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes,
        usage: USAGE,
        mapped_at_creation: false,
    }))
}

/// A storage buffer with this content.
pub(super) fn filled<T: bytemuck::NoUninit>(
    context: &GpuContext,
    label: &str,
    content: &[T],
    what: &'static str,
) -> Result<wgpu::Buffer, GpuError> {
    check(context, size_of_val(content) as u64, what)?;
    context.count_upload(bytemuck::cast_slice(content));
    Ok(context
        .device
        .create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some(label),
            contents: bytemuck::cast_slice(content),
            usage: USAGE,
        }))
}

/// Copies buffers to the CPU, all in one submission, and waits for them.
pub(super) fn read<T: bytemuck::Pod, const N: usize>(
    context: &GpuContext,
    buffers: [&wgpu::Buffer; N],
) -> Result<[Vec<T>; N], GpuError> {
    let failed = |reason: String| GpuError::Failed { reason };
    let mut encoder = context.device.create_command_encoder(&Default::default());
    let staging = buffers.map(|buffer| {
        let copy = context.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: buffer.size(),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        encoder.copy_buffer_to_buffer(buffer, 0, &copy, 0, buffer.size());
        copy
    });
    context.submit(encoder.finish());
    for copy in &staging {
        // A failure shows in the wait below, or when the range is asked for.
        copy.map_async(wgpu::MapMode::Read, .., |_| {});
    }
    context.wait()?;
    let mut read = [const { Vec::new() }; N];
    for (content, copy) in read.iter_mut().zip(&staging) {
        let view = copy
            .get_mapped_range(..)
            .map_err(|error| failed(error.to_string()))?;
        *content = bytemuck::pod_collect_to_vec(&view);
    }
    Ok(read)
}
