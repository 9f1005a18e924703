//! Why a matrix cannot be projected.

use super::{ProjectionMethod, RowsError};

/// Why a matrix cannot be projected. Each message is one sentence for the user.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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
    /// The work would take more memory than may be used.
    #[error(
        "{} of {rows} x {columns} values would take {:.1} GB of memory, of which at most {:.1} GB are used: {}save a \
         part of the rows as an array of its own",
        method.title(),
        *bytes as f64 / 1e9,
        *most as f64 / 1e9,
        if *method == ProjectionMethod::Pca { "" } else { "choose PCA, or " },
    )]
    TooLarge {
        /// How the matrix would have been projected.
        method: ProjectionMethod,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
        /// Bytes that it would have taken.
        bytes: u64,
        /// Bytes that it may take.
        most: u64,
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
    /// An invalid setting.
    #[error("{0}")]
    BadSetting(String),
    /// The device failed.
    #[error("{0}")]
    Device(String),
    /// The user stopped it.
    #[error("the projection was stopped")]
    Stopped,
}
