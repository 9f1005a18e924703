//! What the interpolation passes share: their settings and the samples.

use trainscape_compute::{Cells, EDGE_TOLERANCE_UNIT, Sample, Scatter};

use super::buffers::{FieldBuffers, filled};
use crate::context::GpuContext;
use crate::error::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

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
    /// Cells on each side of a node's own that the search for them searches first (rbf).
    pub(super) first_reach: u32,
    /// Added to the kernel's diagonal (rbf), for distances in the unit box.
    pub(super) smoothing: f32,
    /// The surface ends this far from the nearest sample; negative: no limit.
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
