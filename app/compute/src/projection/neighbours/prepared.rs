//! Rows that are prepared for a search.

use crate::projection::Metric;

/// What a device needs to search: the rows centred, scaled to at most 1, and for the cosine metric of unit
/// length, so that Euclidean distances suffice.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// The elements, row-major.
    pub values: Vec<f32>,
    pub(super) metric: Metric,
    pub(super) scale: f32,
}

impl Prepared {
    /// The metric's distance for a squared distance of prepared rows.
    #[must_use]
    pub fn distance(&self, squared: f32) -> f32 {
        match self.metric {
            Metric::Euclidean => squared.sqrt() / self.scale,
            Metric::Cosine => 0.5 * squared / (self.scale * self.scale),
        }
    }
}
