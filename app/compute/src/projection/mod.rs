//! Projections of whole data sets to few dimensions: PCA, t-SNE and UMAP, the twins of the passes of the
//! same names.

mod graph;
mod neighbours;
mod noise;
pub mod pca;
mod random;
mod rows;
mod start;
pub mod tsne;
pub mod umap;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use graph::Graph;
pub use neighbours::{Neighbours, Prepared, nearest_neighbours, nearest_neighbours_with};
pub use pca::{Pca, pca};
pub use random::scramble;
pub use rows::{Matrix, Rows, RowsError};

use noise::Noise;

/// Hears of steps done and steps in all, now and then; answers whether to go on.
pub type Watch<'a> = &'a (dyn Fn([u32; 2]) -> bool + Sync);

/// Why a matrix cannot be projected. Each message is one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// Its elements cannot be read.
    #[error(transparent)]
    Unreadable(#[from] RowsError),
    /// Fewer rows than the method needs.
    #[error("{rows} rows are too few to project: at least {needed} are needed")]
    TooFewRows {
        /// How many there are.
        rows: usize,
        /// How many are needed.
        needed: usize,
    },
    /// More dimensions than rows or columns allow.
    #[error("a {rows} x {columns} matrix cannot be projected to {dims} dimensions: at most {most}")]
    TooManyDims {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
        /// Dimensions asked for.
        dims: usize,
        /// Dimensions possible.
        most: usize,
    },
    /// An element is NaN or infinite.
    #[error("row {row} holds NaN or infinity, which has no place in a projection")]
    NotFinite {
        /// The row.
        row: usize,
    },
    /// All rows are equal.
    #[error("all rows are equal, so there is no direction to project on")]
    NoVariance,
    /// A setting that makes no sense.
    #[error("{0}")]
    BadSetting(String),
    /// The device failed.
    #[error("{0}")]
    Device(String),
    /// The user stopped it.
    #[error("the projection was stopped")]
    Stopped,
}

/// How rows are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Straight distance.
    #[default]
    Euclidean,
    /// One minus the cosine of the angle.
    Cosine,
}

impl Metric {
    /// The name on the command line and in captions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Euclidean => "euclidean",
            Self::Cosine => "cosine",
        }
    }
}

/// Where the points of an iterative projection start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// On the first principal components, scaled to the method's liking.
    #[default]
    Pca,
    /// At random, from the seed.
    Random,
}

/// Settings of t-SNE (van der Maaten and Hinton 2008), with scikit-learn's defaults.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tsne {
    /// About how many neighbours each point has.
    pub perplexity: f32,
    /// Steps of the optimisation.
    pub iterations: u32,
    /// How rows are compared.
    pub metric: Metric,
    /// Where points start.
    pub start: Start,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Tsne {
    fn default() -> Self {
        Self {
            perplexity: 30.0,
            iterations: 1000,
            metric: Metric::Euclidean,
            start: Start::Pca,
            seed: 0,
        }
    }
}

/// Settings of UMAP (McInnes, Healy and Melville 2018), with umap-learn's defaults.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Umap {
    /// Neighbours that make up a point's surroundings.
    pub neighbours: u32,
    /// How near points may come to each other.
    pub min_distance: f32,
    /// Steps of the optimisation; `None`: by the number of rows, as umap-learn does (500 to 10,000
    /// rows, 200 above).
    pub epochs: Option<u32>,
    /// How rows are compared.
    pub metric: Metric,
    /// Where points start.
    pub start: Start,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Umap {
    fn default() -> Self {
        Self {
            neighbours: 15,
            min_distance: 0.1,
            epochs: None,
            metric: Metric::Euclidean,
            start: Start::Pca,
            seed: 0,
        }
    }
}

/// How a matrix is projected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Principal components.
    #[default]
    Pca,
    /// t-SNE.
    Tsne(Tsne),
    /// UMAP.
    Umap(Umap),
}

impl Method {
    /// The name in a figure: `PCA`, `t-SNE`, `UMAP`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Pca => "PCA",
            Self::Tsne(_) => "t-SNE",
            Self::Umap(_) => "UMAP",
        }
    }
}

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

/// What the views ask for projections: the command line computes them to the end, the window starts
/// a job and answers with what there is so far.
pub trait Projector: Send + Sync {
    /// The projection of `matrix` to `dims` dimensions. `name` tells matrices apart: equal names mean
    /// equal elements.
    ///
    /// # Errors
    /// When the matrix cannot be read or projected.
    fn project(
        &self,
        name: &str,
        matrix: &Arc<dyn Rows>,
        dims: usize,
        method: Method,
    ) -> Result<Arc<Projection>, ProjectionError>;
}

/// An iterative projection under way.
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
