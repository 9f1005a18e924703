//! Why a matrix cannot be projected.

use super::RowsError;

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
