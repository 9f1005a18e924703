//! Linear interpolation within Delaunay triangles: `shaders/interpolate_linear.wgsl`.

use trainscape_compute::{Cells, Scatter, TriangleBins};

use super::buffers::{FieldBuffers, filled};
use super::interpolation::{Interpolation, SampleBuffers};
use super::pass::NODES_PER_SUBMISSION;
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;

const LINEAR: PassId = PassId::new("interpolate_linear", "interpolate_linear");

impl ComputePasses {
    pub(super) fn linear(
        &self,
        scatter: &Scatter,
        cells: &Cells,
        field: &FieldBuffers,
    ) -> Result<(), GpuError> {
        let bins = TriangleBins::new(cells)?;
        let samples = SampleBuffers::new(&self.context, cells)?;
        let what = "the triangles between the samples";
        let starts = filled(&self.context, "bin starts", &bins.starts, what)?;
        let corners = filled(&self.context, "corners", &bins.corners, what)?;
        let settings = Interpolation {
            bins: bins.side,
            ..Interpolation::new(scatter, cells)
        };
        let own = [
            Some(&starts),
            Some(&corners),
            Some(&field.values),
            Some(&field.support),
        ];
        let pass = self.pass(LINEAR);
        pass.run(
            &self.context,
            field.size,
            NODES_PER_SUBMISSION,
            |row| settings.at_row(row),
            &[&samples.common(field)[..], &own].concat(),
        );
        Ok(())
    }
}
