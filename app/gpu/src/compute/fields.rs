//! Scattered samples, measured grids and finished fields become fields on the GPU.

use trainscape_compute::{Cells, Field, InterpolationMethod, Refine, Scatter};

use super::buffers::{self, FieldBuffers};
use super::normals;
use super::passes::ComputePasses;
use crate::error::GpuError;

impl ComputePasses {
    /// Puts a field on the GPU and computes its normals (for a height of 1).
    ///
    /// # Errors
    /// When it is larger than the adapter can bind, or the device was lost.
    pub fn upload(&self, field: &Field) -> Result<FieldBuffers, GpuError> {
        let buffers = FieldBuffers::of_field(&self.context, field)?;
        self.normals(&buffers, 1.0);
        self.context.check()?;
        Ok(buffers)
    }

    /// Interpolates scattered samples. Values and support equal the CPU implementation's within f32 rounding; normals
    /// are those of a height of 1.
    ///
    /// # Errors
    /// As the CPU implementation, when the grid or the samples are more than the adapter can bind, or the device was lost.
    pub fn interpolate(&self, scatter: &Scatter) -> Result<FieldBuffers, GpuError> {
        scatter.check()?;
        let cells = Cells::new(&scatter.samples)?;
        let field = FieldBuffers::uniform(&self.context, scatter.size)?;
        match scatter.method {
            InterpolationMethod::Linear => self.linear(scatter, &cells, &field)?,
            InterpolationMethod::Nearest => self.nearest(scatter, &cells, &field)?,
            InterpolationMethod::Rbf {
                neighbours,
                smoothing,
            } => {
                self.rbf(scatter, &cells, neighbours, smoothing, &field)?;
            }
        }
        self.normals(&field, 1.0);
        self.context.check()?;
        Ok(field)
    }

    /// As [`Self::interpolate`], on the CPU where that is faster: a software adapter solves the systems of
    /// thin-plate splines on the same cores, but more slowly.
    ///
    /// # Errors
    /// As [`Self::interpolate`].
    pub fn interpolate_fastest(&self, scatter: &Scatter) -> Result<FieldBuffers, GpuError> {
        match scatter.method {
            InterpolationMethod::Rbf { .. } if self.context.is_cpu() => {
                self.upload(&trainscape_compute::interpolate(scatter)?)
            }
            _ => self.interpolate(scatter),
        }
    }

    /// Refines a measured grid; normals are those of a height of 1.
    ///
    /// # Errors
    /// When the refined grid is larger than the adapter can bind, or the device was lost.
    pub fn refine(&self, work: &Refine) -> Result<FieldBuffers, GpuError> {
        let field = FieldBuffers::new(&self.context, &work.x_unit(), &work.y_unit())?;
        self.refine_into(work, &field)?;
        self.normals(&field, 1.0);
        self.context.check()?;
        Ok(field)
    }

    /// Copies a field back to the CPU and waits for it.
    ///
    /// # Errors
    /// When the device was lost or ran out of memory.
    pub fn read_back(&self, field: &FieldBuffers) -> Result<Field, GpuError> {
        let read = [&field.x_unit, &field.y_unit, &field.values, &field.support];
        let [x_unit, y_unit, values, support] = buffers::read(&self.context, read)?;
        Ok(Field {
            x_unit,
            y_unit,
            values,
            support,
        })
    }

    /// Copies the normals of a field back to the CPU, unpacked.
    ///
    /// # Errors
    /// As [`Self::read_back`].
    pub fn read_normals(&self, field: &FieldBuffers) -> Result<Vec<[f32; 3]>, GpuError> {
        let [packed] = buffers::read::<u32, 1>(&self.context, [&field.normals])?;
        Ok(packed.into_iter().map(normals::unpack).collect())
    }
}
