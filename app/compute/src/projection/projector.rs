//! Projections, finished and running, and where views get them from.

use std::sync::Arc;

use super::{ProjectionError, ProjectionMethod, Rows};

/// Is called now and then with the steps done and the steps in all; returns whether to continue.
pub type ProgressCallback<'a> = &'a (dyn Fn([u32; 2]) -> bool + Sync);

/// A matrix in few dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// Number of dimensions.
    pub dims: usize,
    /// Positions, row-major: rows x `dims`.
    pub scores: Arc<[f32]>,
    /// Share of the variance along each dimension; empty but for PCA.
    pub explained_variance_ratio: Vec<f64>,
    /// How far an iterative projection has got: steps done and steps in all. Equal where it is finished.
    pub progress: [u32; 2],
}

/// Where views get projections from: the command line computes them completely, the window starts a job and
/// returns the positions so far.
pub trait Projector: Send + Sync {
    /// The projection of `matrix` to `dims` dimensions. `name` identifies the matrix: equal names mean
    /// equal elements.
    ///
    /// # Errors
    /// When the matrix cannot be read or projected.
    fn project(
        &self,
        name: &str,
        matrix: &Arc<dyn Rows>,
        dims: usize,
        method: ProjectionMethod,
    ) -> Result<Arc<Projection>, ProjectionError>;
}

/// A running iterative projection.
pub trait Layout: Send {
    /// Does up to `iterations` more steps.
    ///
    /// # Errors
    /// When the device failed.
    fn advance(&mut self, iterations: u32) -> Result<(), ProjectionError>;

    /// Steps done and steps in all.
    fn progress(&self) -> [u32; 2];

    /// The positions so far, row-major.
    ///
    /// # Errors
    /// When the device failed.
    fn positions(&mut self) -> Result<Vec<f32>, ProjectionError>;
}
