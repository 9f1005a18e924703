//! Monotone cubic refinement of a measured grid: `shaders/refine.wgsl`.

use super::buffers::{FieldBuffers, filled};
use super::pass::NODES_PER_SUBMISSION;
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

const REFINE: PassId = PassId::new("refine", "refine");

/// Settings of the pass.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Refine {
    /// Measured columns.
    measured_width: u32,
    /// Measured rows.
    measured_height: u32,
    /// Refined cells per measured cell along x.
    factor_x: u32,
    /// Refined cells per measured cell along y.
    factor_y: u32,
    /// Refined columns.
    width: u32,
    /// First refined row this dispatch computes.
    first_row: u32,
}

impl ComputePasses {
    pub(super) fn refine_into(
        &self,
        work: &trainscape_compute::Refine,
        field: &FieldBuffers,
    ) -> Result<(), GpuError> {
        let nodes = work.nodes.as_ref();
        let what = "the measured nodes";
        let x_unit = filled(&self.context, "measured x", &nodes.x_unit, what)?;
        let y_unit = filled(&self.context, "measured y", &nodes.y_unit, what)?;
        let values = filled(&self.context, "measured values", &nodes.values, what)?;
        let support = filled(&self.context, "measured support", &nodes.support, what)?;
        let measured = nodes.size();
        let settings = Refine {
            measured_width: measured.width,
            measured_height: measured.height,
            factor_x: work.factor_x.max(1),
            factor_y: work.factor_y.max(1),
            width: field.size.width,
            first_row: 0,
        };
        self.pass(REFINE).run(
            &self.context,
            field.size,
            NODES_PER_SUBMISSION,
            |first_row| Refine {
                first_row,
                ..settings
            },
            &[
                Some(&x_unit),
                Some(&y_unit),
                Some(&values),
                Some(&support),
                Some(&field.x_unit),
                Some(&field.y_unit),
                Some(&field.values),
                Some(&field.support),
            ],
        );
        Ok(())
    }
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "refine",
        Refine {
            measured_width,
            measured_height,
            factor_x,
            factor_y,
            width,
            first_row,
        }
    )]
}
