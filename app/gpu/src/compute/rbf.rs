//! Thin-plate splines through the nearest samples of each node: `shaders/interpolate_rbf.wgsl`.

use trainscape_compute::{Cells, Scatter};

use super::buffers::{FieldBuffers, empty, limit};
use super::interpolation::{Interpolation, SampleBuffers};
use super::pass::WORKGROUP;
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;

const RBF: PassId = PassId::new("interpolate_rbf", "interpolate_rbf");

/// Scratch memory of one submission on a software adapter: the size of its caches.
const SCRATCH_BYTES_CPU: u64 = 16 << 20;

/// The same on a GPU: enough invocations at once to fill it.
const SCRATCH_BYTES_GPU: u64 = 512 << 20;

/// Multiplications of one submission, at most, against a display driver's progressdog.
const WORK_PER_SUBMISSION: u64 = 1 << 32;

impl ComputePasses {
    pub(super) fn rbf(
        &self,
        scatter: &Scatter,
        cells: &Cells,
        neighbours: u32,
        smoothing: f32,
        field: &FieldBuffers,
    ) -> Result<(), GpuError> {
        let neighbours = neighbours.min(cells.samples.len() as u32);
        let settings = Interpolation {
            neighbours,
            first_reach: cells.first_reach(neighbours),
            smoothing,
            ..Interpolation::new(scatter, cells)
        };
        let samples = SampleBuffers::new(&self.context, cells)?;

        // Neighbours, their kernels to the carriers, the factor and its last block of rows, all vec4f.
        let blocks = u64::from(neighbours.div_ceil(4));
        let node_bytes = 16 * (8 * blocks + 2 * blocks * (blocks + 1) + 4 * blocks);
        let row_nodes = u64::from(field.size.width.next_multiple_of(WORKGROUP));
        let budget = if self.context.is_cpu() {
            SCRATCH_BYTES_CPU
        } else {
            SCRATCH_BYTES_GPU
        };
        let by_memory = budget.min(limit(&self.context)) / (node_bytes * row_nodes);
        let node_work = u64::from(neighbours).pow(3) / 6 + 30 * u64::from(neighbours).pow(2);
        let by_work = WORK_PER_SUBMISSION / (node_work * row_nodes);
        let rows = by_memory
            .min(by_work)
            .clamp(1, u64::from(field.size.height));
        let what = "the equations of one row of nodes";
        let scratch = empty(
            &self.context,
            "scratch",
            rows * row_nodes * node_bytes,
            what,
        )?;

        let own = [Some(&field.values), Some(&field.support), Some(&scratch)];
        self.pass(RBF).run(
            &self.context,
            field.size,
            rows as u32 * field.size.width,
            |row| settings.at_row(row),
            &[&samples.common(field)[..], &own].concat(),
        );
        Ok(())
    }
}
