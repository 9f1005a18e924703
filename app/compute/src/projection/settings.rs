//! The projection methods and their settings.

use serde::{Deserialize, Serialize};

/// How rows are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Euclidean distance.
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
    /// On the first principal components, scaled as the method expects.
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
    /// Seed of the random numbers.
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
    /// Neighbours that make up a point's neighbourhood.
    pub neighbours: u32,
    /// The smallest distance between points of the layout.
    pub min_distance: f32,
    /// Steps of the optimisation; `None`: by the number of rows, as umap-learn does (500 to 10,000
    /// rows, 200 above).
    pub epochs: Option<u32>,
    /// How rows are compared.
    pub metric: Metric,
    /// Where points start.
    pub start: Start,
    /// Seed of the random numbers.
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
pub enum ProjectionMethod {
    /// Principal components.
    #[default]
    Pca,
    /// t-SNE.
    Tsne(Tsne),
    /// UMAP.
    Umap(Umap),
}

impl ProjectionMethod {
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
