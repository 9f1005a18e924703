//! Interpolation of scattered samples by any of the methods.

use crate::{Cells, ComputeError, Field, InterpolationMethod, Scatter, linear, nearest, rbf};

/// Interpolates scattered samples on the CPU.
///
/// # Errors
/// When the samples or the settings make it impossible; degenerate arrangements that have a solution are no
/// error.
pub fn interpolate(scatter: &Scatter) -> Result<Field, ComputeError> {
    scatter.check()?;
    let cells = Cells::new(&scatter.samples)?;
    match scatter.method {
        InterpolationMethod::Linear => linear::interpolate(scatter, &cells),
        InterpolationMethod::Nearest => Ok(nearest::interpolate(scatter, &cells)),
        InterpolationMethod::Rbf {
            neighbours,
            smoothing,
        } => Ok(rbf::interpolate(scatter, &cells, neighbours, smoothing)),
    }
}

/// The index of the sample nearest to each node, row-major, for any method.
///
/// # Errors
/// As [`interpolate`].
pub fn nearest_indices(scatter: &Scatter) -> Result<Vec<u32>, ComputeError> {
    scatter.check()?;
    Ok(nearest::indices(
        scatter.size,
        &Cells::new(&scatter.samples)?,
    ))
}
