//! UMAP (McInnes, Healy and Melville 2018), with the choices of umap-learn, whose trustworthiness is the oracle.

mod curve;
mod fuzzy;
mod plan;
mod sampling;

use sampling::Sampling;

use super::{Layout, ProjectionError, Rows, Umap};

pub use curve::Curve;
pub use fuzzy::memberships;
pub use plan::{FARTHEST_MOVE, NEGATIVE_SAMPLES, Plan, Schedule, bad_dims, plan};

/// Starts UMAP on the CPU.
///
/// # Errors
/// When the matrix cannot be read or projected, or a setting is invalid.
pub fn start(
    matrix: &dyn Rows,
    dims: usize,
    settings: &Umap,
) -> Result<Box<dyn Layout>, ProjectionError> {
    Ok(match dims {
        1 => Box::new(Sampling::new(plan::<1>(matrix, settings)?)),
        2 => Box::new(Sampling::new(plan::<2>(matrix, settings)?)),
        3 => Box::new(Sampling::new(plan::<3>(matrix, settings)?)),
        _ => return Err(bad_dims(dims)),
    })
}
