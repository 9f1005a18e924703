//! The nearest sample of each node: `shaders/interpolate_nearest.wgsl`.

use trainscape_compute::{Cells, Scatter};

use super::buffers::{FieldBuffers, empty, read};
use super::interpolation::{Interpolation, SampleBuffers};
use super::pass::NODES_PER_SUBMISSION;
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;

const NEAREST: PassId = PassId::new("interpolate_nearest", "interpolate_nearest");
const NEAREST_INDICES: PassId = PassId::new("interpolate_nearest", "nearest_indices");

impl ComputePasses {
    pub(super) fn nearest(
        &self,
        scatter: &Scatter,
        cells: &Cells,
        field: &FieldBuffers,
    ) -> Result<(), GpuError> {
        let samples = SampleBuffers::new(&self.context, cells)?;
        let settings = Interpolation::new(scatter, cells);
        let own = [Some(&field.values), Some(&field.support)];
        let pass = self.pass(NEAREST);
        pass.run(
            &self.context,
            field.size,
            NODES_PER_SUBMISSION,
            |row| settings.at_row(row),
            &[&samples.common(field)[..], &own].concat(),
        );
        Ok(())
    }

    /// The index of the sample nearest to each node, row-major, for any method.
    ///
    /// # Errors
    /// As [`Self::interpolate`].
    pub fn nearest_indices(&self, scatter: &Scatter) -> Result<Vec<u32>, GpuError> {
        scatter.check()?;
        let cells = Cells::new(&scatter.samples)?;
        let samples = SampleBuffers::new(&self.context, &cells)?;
        let field = FieldBuffers::uniform(&self.context, scatter.size)?;
        let bytes = 4 * scatter.size.nodes() as u64;
        let indices = empty(&self.context, "nearest indices", bytes, "the grid's nodes")?;
        let settings = Interpolation::new(scatter, &cells);
        let own = [None, None, Some(&indices)];
        let pass = self.pass(NEAREST_INDICES);
        pass.run(
            &self.context,
            field.size,
            NODES_PER_SUBMISSION,
            |row| settings.at_row(row),
            &[&samples.common(&field)[..], &own].concat(),
        );
        let [indices] = read(&self.context, [&indices])?;
        Ok(indices)
    }
}
