//! t-SNE (van der Maaten and Hinton 2008).

use super::{Layout, ProjectionError, Rows, Tsne};

/// Begins t-SNE on the CPU.
///
/// # Errors
/// When the matrix cannot be read or projected, or a setting makes no sense.
pub fn start(
    matrix: &dyn Rows,
    dims: usize,
    settings: &Tsne,
) -> Result<Box<dyn Layout>, ProjectionError> {
    let _ = (matrix, dims, settings);
    Err(ProjectionError::Stopped)
}
