//! Projections of whole data sets to few dimensions: PCA, t-SNE and UMAP, the twins of the passes of the
//! same names.

mod error;
mod graph;
mod memory;
mod neighbours;
pub mod pca;
mod projector;
mod random;
mod rows;
mod settings;
mod split_mix;
mod start;
pub mod tsne;
pub mod umap;

pub use error::ProjectionError;
pub use graph::Graph;
pub use memory::{MOST_MEMORY, check_memory};
pub use neighbours::{Neighbours, Prepared, nearest_neighbours, nearest_neighbours_with};
pub use pca::{Pca, pca};
pub use projector::{Layout, ProgressCallback, Projection, Projector};
pub use random::scramble;
pub use rows::{Matrix, Rows, RowsError};
pub use settings::{Metric, ProjectionMethod, Start, Tsne, Umap};
