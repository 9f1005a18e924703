//! UMAP (McInnes, Healy and Melville 2018).

use super::{Layout, ProjectionError, Rows, Umap};

/// Begins UMAP on the CPU.
///
/// # Errors
/// When the matrix cannot be read or projected, or a setting makes no sense.
pub fn start(
    matrix: &dyn Rows,
    dims: usize,
    settings: &Umap,
) -> Result<Box<dyn Layout>, ProjectionError> {
    let _ = (matrix, dims, settings);
    Err(ProjectionError::Stopped)
}
