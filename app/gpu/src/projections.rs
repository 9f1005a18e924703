//! Projections by whatever is quicker on this machine: the compute passes on a GPU, the twins on a software
//! adapter, which would play the GPU on the same cores.

use std::sync::{Arc, Mutex, PoisonError};

use trainscape_compute::projection::{
    self, Layout, Method, Projection, ProjectionError, Rows, pca::CpuProducts,
};

use crate::{compute::ComputePasses, context::GpuContext};

/// Rows up to which t-SNE runs on the GPU: its forces are exact there, pair by pair, and the twin's grid
/// grows with the rows alone.
const TSNE_ROWS_ON_GPU: usize = 50_000;

/// Steps between two words on how far a projection is.
const STEPS_AT_ONCE: u32 = 10;

/// Projects matrices on one device.
#[derive(Debug)]
pub struct Projections {
    /// `None` where the twins are quicker.
    passes: Option<ComputePasses>,
}

impl Projections {
    /// On this device; on the CPU where there is none, or where it is a software adapter.
    #[must_use]
    pub fn by_the_quicker(context: Option<&GpuContext>) -> Self {
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
        self.pca_watched(matrix, dims, &|_| true)
    }

    fn pca_watched(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        watch: projection::Watch<'_>,
    ) -> Result<Projection, ProjectionError> {
        let pca = match &self.passes {
            Some(passes) => passes.pca(matrix, dims, watch),
            None => projection::pca::pca_with(matrix, dims, None, &CpuProducts, watch),
        };
        Ok(pca?.into())
    }

    /// Begins t-SNE or UMAP.
    ///
    /// # Errors
    /// As [`Self::pca`]; PCA has no steps and is [`ProjectionError::BadSetting`].
    pub fn layout(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        method: Method,
    ) -> Result<Box<dyn Layout>, ProjectionError> {
        match (method, &self.passes) {
            (Method::Pca, _) => Err(ProjectionError::BadSetting(
                "PCA has no steps to show".to_owned(),
            )),
            (Method::Tsne(settings), Some(passes)) if matrix.shape()[0] <= TSNE_ROWS_ON_GPU => {
                passes.tsne(matrix, dims, &settings)
            }
            (Method::Tsne(settings), _) => projection::tsne::start(matrix, dims, &settings),
            (Method::Umap(settings), Some(passes)) => passes.umap(matrix, dims, &settings),
            (Method::Umap(settings), None) => projection::umap::start(matrix, dims, &settings),
        }
    }
}

/// A projection and what it is one of: the matrix's name, the dimensions, the method.
type Known = ((String, usize, Method), Arc<Projection>);

/// Computes every projection to its end, once, and tells how far it is.
pub struct ToTheEnd<'a> {
    projections: Projections,
    watch: projection::Watch<'a>,
    known: Mutex<Vec<Known>>,
}

impl<'a> ToTheEnd<'a> {
    /// `watch` hears of steps done and steps in all, and answers whether to go on.
    #[must_use]
    pub fn new(projections: Projections, watch: projection::Watch<'a>) -> Self {
        Self {
            projections,
            watch,
            known: Mutex::default(),
        }
    }

    fn compute(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        method: Method,
    ) -> Result<Projection, ProjectionError> {
        if method == Method::Pca {
            return self.projections.pca_watched(matrix, dims, self.watch);
        }
        let mut layout = self.projections.layout(matrix, dims, method)?;
        loop {
            let progress @ [done, all] = layout.progress();
            if !(self.watch)(progress) {
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

impl projection::Projector for ToTheEnd<'_> {
    fn project(
        &self,
        name: &str,
        matrix: &Arc<dyn Rows>,
        dims: usize,
        method: Method,
    ) -> Result<Arc<Projection>, ProjectionError> {
        let what = (name.to_owned(), dims, method);
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, projection)) = known().iter().find(|(known, _)| *known == what) {
            return Ok(Arc::clone(projection));
        }
        let projection = Arc::new(self.compute(matrix.as_ref(), dims, method)?);
        known().push((what, Arc::clone(&projection)));
        Ok(projection)
    }
}
