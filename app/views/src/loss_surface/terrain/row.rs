//! A run of a sweep.

use crate::run_rows::RunRow;

/// Values of the second coordinate this near to each other (relative) are one place.
const SAME_PLACE: f64 = 1e-6;

/// A run of a sweep at its second coordinate.
pub(super) struct SweepRow {
    /// The second coordinate.
    pub(super) y: f64,
    pub(super) row: RunRow,
}

/// Whether two values of the second coordinate are one place.
pub(super) fn is_same_place(a: f64, b: f64) -> bool {
    (a - b).abs() <= a.abs().max(b.abs()) * SAME_PLACE
}
