//! The nearest rows of each row: exactly, or above some number of rows by cells whose recall is measured.
//!
//! Oracle: scikit-learn's `NearestNeighbors(algorithm="brute")`. Distances come from products of blocks,
//! |a|² + |b|² - 2ab, which single precision spoils for rows that are close beside how far they lie from the
//! mean; so a few more rows than asked for are kept, and measured again by their differences.

mod cells;
mod exact;
mod nearest;
mod points;

use points::Points;

use super::{Metric, ProjectionError, Rows, Watch};

/// Up to this many rows all pairs are compared.
const MOST_EXACT: usize = 50_000;

/// The nearest rows of each row, itself left out, nearest first (ties by index).
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// How many each row has.
    pub count: usize,
    /// Their indices: rows x `count`.
    pub indices: Vec<u32>,
    /// Their distances, euclidean or cosine: rows x `count`.
    pub distances: Vec<f32>,
}

/// The `count` nearest rows of each row, on the CPU. Up to 50,000 rows exactly; above, cells are searched
/// until they hold at least 97 % of the true neighbours of rows picked by `seed`. A row of zeros has the
/// cosine distance 1 to all others.
///
/// # Errors
/// When the matrix cannot be read, holds NaN or infinity, or has too few rows.
pub fn nearest_neighbours(
    matrix: &dyn Rows,
    count: usize,
    metric: Metric,
    seed: u64,
) -> Result<Neighbours, ProjectionError> {
    nearest_neighbours_with(matrix, count, metric, seed, MOST_EXACT, &|_| true)
}

/// As [`nearest_neighbours`], comparing all pairs up to `most_exact` rows. `watch` hears of the progress in
/// rows and stops it.
///
/// # Errors
/// As [`nearest_neighbours`], and when `watch` stopped it.
pub fn nearest_neighbours_with(
    matrix: &dyn Rows,
    count: usize,
    metric: Metric,
    seed: u64,
    most_exact: usize,
    watch: Watch<'_>,
) -> Result<Neighbours, ProjectionError> {
    let points = Points::new(matrix, count, metric)?;
    if points.rows() > most_exact {
        cells::search(points, count, seed, watch)
    } else {
        exact::search(&points, count, watch)
    }
}

/// What a device needs to search: the rows centred, scaled to at most 1, and for the cosine metric of unit
/// length, so that straight distances are enough.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// The elements, row-major.
    pub values: Vec<f32>,
    metric: Metric,
    scale: f32,
}

impl Prepared {
    /// Prepares a matrix for a search of `count` neighbours.
    ///
    /// # Errors
    /// As [`nearest_neighbours`].
    pub fn new(matrix: &dyn Rows, count: usize, metric: Metric) -> Result<Self, ProjectionError> {
        Ok(Points::new(matrix, count, metric)?.into_prepared())
    }

    /// The metric's distance for a squared distance of prepared rows.
    #[must_use]
    pub fn distance(&self, squared: f32) -> f32 {
        match self.metric {
            Metric::Euclidean => squared.sqrt() / self.scale,
            Metric::Cosine => 0.5 * squared / (self.scale * self.scale),
        }
    }
}
