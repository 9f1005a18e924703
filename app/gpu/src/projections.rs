//! Projections by the faster implementation on this machine: the compute passes on a GPU, the CPU's own code where
//! the adapter is a software adapter, which would run on the same cores.

use std::sync::{Arc, Mutex, PoisonError};

use trainscape_compute::projection::{
    self, Layout, ProgressCallback, Projection, ProjectionError, ProjectionMethod, Rows,
    check_memory,
    pca::{CpuProducts, projection_with},
};

use crate::{compute::ComputePasses, context::GpuContext};

/// Rows up to which t-SNE runs on the GPU: its forces are exact there, pair by pair, while the cost of the CPU's
/// grid grows linearly with the rows.
const TSNE_ROWS_ON_GPU: usize = 50_000;

/// Steps between two reports of progress.
const STEPS_AT_ONCE: u32 = 10;

/// Projects matrices on one device.
#[derive(Debug)]
pub struct Projections {
    /// `None` where the CPU is faster.
    passes: Option<ComputePasses>,
}

impl Projections {
    /// On this device; on the CPU without a device, or where it is a software adapter.
    #[must_use]
    pub fn fastest(context: Option<&GpuContext>) -> Self {
        let gpu = context.filter(|context| !context.is_cpu());
        Self {
            passes: gpu.map(ComputePasses::new),
        }
    }

    /// Principal components.
    ///
    /// # Errors
    /// When the matrix cannot be read or projected, or the device failed.
    pub fn pca(&self, matrix: &dyn Rows, dims: usize) -> Result<Projection, ProjectionError> {
        self.pca_with_progress(matrix, dims, &|_| true)
    }

    fn pca_with_progress(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        progress: ProgressCallback<'_>,
    ) -> Result<Projection, ProjectionError> {
        check_memory(matrix.shape(), dims, ProjectionMethod::Pca)?;
        match &self.passes {
            Some(passes) => projection_with(matrix, dims, passes, progress),
            None => projection_with(matrix, dims, &CpuProducts, progress),
        }
    }

    /// Starts t-SNE or UMAP.
    ///
    /// # Errors
    /// As [`Self::pca`]; PCA has no steps and is [`ProjectionError::BadSetting`].
    pub fn layout(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        method: ProjectionMethod,
    ) -> Result<Box<dyn Layout>, ProjectionError> {
        match (method, &self.passes) {
            (ProjectionMethod::Pca, _) => Err(ProjectionError::BadSetting(
                "PCA has no steps to show".to_owned(),
            )),
            (ProjectionMethod::Tsne(settings), Some(passes))
                if matrix.shape()[0] <= TSNE_ROWS_ON_GPU =>
            {
                passes.tsne(matrix, dims, &settings)
            }
            (ProjectionMethod::Tsne(settings), _) => {
                projection::tsne::start(matrix, dims, &settings)
            }
            (ProjectionMethod::Umap(settings), Some(passes)) => {
                passes.umap(matrix, dims, &settings)
            }
            (ProjectionMethod::Umap(settings), None) => {
                projection::umap::start(matrix, dims, &settings)
            }
        }
    }
}

/// A projection by the matrix's name, the dimensions and the method.
type CachedProjection = ((String, usize, ProjectionMethod), Arc<Projection>);

/// Computes each projection completely, once, and reports its progress.
pub struct BlockingProjector<'a> {
    projections: Projections,
    progress: ProgressCallback<'a>,
    cached: Mutex<Vec<CachedProjection>>,
}

impl<'a> BlockingProjector<'a> {
    /// `progress` is called with the steps done and the steps in all, and returns whether to continue.
    #[must_use]
    pub fn new(projections: Projections, progress: ProgressCallback<'a>) -> Self {
        Self {
            projections,
            progress,
            cached: Mutex::default(),
        }
    }

    fn compute(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        method: ProjectionMethod,
    ) -> Result<Projection, ProjectionError> {
        if method == ProjectionMethod::Pca {
            return self
                .projections
                .pca_with_progress(matrix, dims, self.progress);
        }
        let mut layout = self.projections.layout(matrix, dims, method)?;
        loop {
            let progress @ [done, all] = layout.progress();
            if !(self.progress)(progress) {
                return Err(ProjectionError::Stopped);
            }
            if done >= all {
                return Ok(Projection {
                    dims,
                    scores: layout.positions()?.into(),
                    explained_variance_ratio: Vec::new(),
                    progress,
                });
            }
            layout.advance(STEPS_AT_ONCE)?;
        }
    }
}

impl projection::Projector for BlockingProjector<'_> {
    fn project(
        &self,
        name: &str,
        matrix: &Arc<dyn Rows>,
        dims: usize,
        method: ProjectionMethod,
    ) -> Result<Arc<Projection>, ProjectionError> {
        let what = (name.to_owned(), dims, method);
        let cached = || self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, projection)) = cached().iter().find(|(cached, _)| *cached == what) {
            return Ok(Arc::clone(projection));
        }
        let projection = Arc::new(self.compute(matrix.as_ref(), dims, method)?);
        cached().push((what, Arc::clone(&projection)));
        Ok(projection)
    }
}
