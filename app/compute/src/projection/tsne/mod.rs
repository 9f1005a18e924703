//! t-SNE (van der Maaten and Hinton 2008) on the graph of nearest neighbours (van der Maaten 2014), with the
//! schedule of scikit-learn's `TSNE`, whose trustworthiness is the oracle.

mod chunks;
mod convolution;
mod descent;
mod grid;
mod perplexity;
mod plan;
mod repulsion;
mod spline;

use descent::Descent;

use super::{Layout, ProjectionError, Rows, Tsne};

pub use perplexity::conditional_probabilities;
pub use plan::{Phase, Plan, Schedule, bad_dims, plan};

/// Starts t-SNE on the CPU.
///
/// # Errors
/// When the matrix cannot be read or projected, or a setting is invalid.
pub fn start(
    matrix: &dyn Rows,
    dims: usize,
    settings: &Tsne,
) -> Result<Box<dyn Layout>, ProjectionError> {
    Ok(match dims {
        1 => Box::new(Descent::new(plan::<1>(matrix, settings)?)),
        2 => Box::new(Descent::new(plan::<2>(matrix, settings)?)),
        3 => Box::new(Descent::new(plan::<3>(matrix, settings)?)),
        _ => return Err(bad_dims(dims)),
    })
}
