use super::point::Point;

/// What is known of a series without reading its points.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSummary {
    /// Number of points, the superseded ones included.
    pub points: usize,
    /// Number of points that a later restart repeats.
    pub superseded: usize,
    /// Number of NaN and infinite values.
    pub non_finite: usize,
    /// The first point in logged order.
    pub first: Point,
    /// The last point in logged order.
    pub last: Point,
    /// The smallest and the largest finite value.
    pub value_range: Option<(f64, f64)>,
    /// True if every step is a whole number.
    pub has_whole_steps: bool,
}

impl SeriesSummary {
    /// True if points that were read can be those that were summarised.
    pub(super) fn describes(&self, points: usize, ends: [Option<Point>; 2]) -> bool {
        let same = |a: Point, b: Option<Point>| {
            b.is_some_and(|b| a.step == b.step && a.value.to_bits() == b.value.to_bits())
        };
        self.points == points && same(self.first, ends[0]) && same(self.last, ends[1])
    }
}
