//! The principal components of a matrix.

use crate::projection::Projection;

/// The principal components of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// Number of components.
    pub dims: usize,
    /// The mean row.
    pub mean: Vec<f64>,
    /// The components, unit vectors, by descending variance: `dims` x columns.
    pub components: Vec<f32>,
    /// Variance along each (divided by rows - 1).
    pub explained_variance: Vec<f64>,
    /// The same as a share of the total variance.
    pub explained_variance_ratio: Vec<f64>,
    /// The centred rows along each: rows x `dims`.
    pub scores: Vec<f32>,
}

impl From<Pca> for Projection {
    fn from(pca: Pca) -> Self {
        Self {
            dims: pca.dims,
            scores: pca.scores.into(),
            explained_variance_ratio: pca.explained_variance_ratio,
            progress: [1, 1],
        }
    }
}
