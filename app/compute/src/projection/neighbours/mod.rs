//! The nearest rows of each row: exactly, or above some number of rows by cells whose recall is measured.
//!
//! Oracle: scikit-learn's `NearestNeighbors(algorithm="brute")`. Distances come from products of blocks,
//! |a|² + |b|² - 2ab, which loses precision in f32 for rows whose distance is small compared with that from the
//! mean; so a few more rows than asked for are kept, and measured again by their differences.

mod cells;
mod exact;
mod found;
mod nearest;
mod points;
mod prepared;

use points::Points;

use super::{Metric, ProgressCallback, ProjectionError, Rows};

pub use found::Neighbours;
pub use prepared::Prepared;

/// Up to this many rows all pairs are compared.
const MOST_EXACT: usize = 50_000;

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

/// As [`nearest_neighbours`], comparing all pairs up to `most_exact` rows. `progress` hears of the progress in
/// rows and stops it.
///
/// # Errors
/// As [`nearest_neighbours`], and when `progress` stopped it.
pub fn nearest_neighbours_with(
    matrix: &dyn Rows,
    count: usize,
    metric: Metric,
    seed: u64,
    most_exact: usize,
    progress: ProgressCallback<'_>,
) -> Result<Neighbours, ProjectionError> {
    let points = Points::new(matrix, count, metric)?;
    if points.rows() > most_exact {
        cells::search(points, count, seed, progress)
    } else {
        exact::search(&points, count, progress)
    }
}
