//! Where a series is smallest and largest. Each full chunk finds its own extremes once, when they are first asked
//! for, so that any part of a long series is summarised without looking at every point.

use std::ops::Range;

use super::{CHUNK, Series};

/// The smallest and the largest finite value of some consecutive points, and the index of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    /// Index of the first point that has the smallest value.
    pub low_index: usize,
    /// The smallest value.
    pub low: f64,
    /// Index of the first point that has the largest value.
    pub high_index: usize,
    /// The largest value.
    pub high: f64,
}

impl Extremes {
    /// The extremes of values whose first has the index `first_index`; `None` if none is finite.
    pub(super) fn of(values: &[f64], first_index: usize) -> Option<Self> {
        let mut found: Option<Self> = None;
        for (offset, &value) in values.iter().enumerate() {
            if value.is_finite() {
                let index = first_index + offset;
                Self::merge(
                    &mut found,
                    Self {
                        low_index: index,
                        low: value,
                        high_index: index,
                        high: value,
                    },
                );
            }
        }
        found
    }

    fn merge(found: &mut Option<Self>, next: Self) {
        let Some(found) = found else {
            *found = Some(next);
            return;
        };
        if next.low < found.low {
            (found.low, found.low_index) = (next.low, next.low_index);
        }
        if next.high > found.high {
            (found.high, found.high_index) = (next.high, next.high_index);
        }
    }
}

impl Series {
    /// The smallest and the largest finite value of the points with these indices; `None` if none is finite. Looks
    /// at every point of two chunks at most.
    #[must_use]
    pub fn extremes(&self, range: Range<usize>) -> Option<Extremes> {
        let end = range.end.min(self.len());
        let mut start = range.start;
        let mut found = None;
        while start < end {
            let (chunk, within) = (start / CHUNK, start % CHUNK);
            let stop = end.min((chunk + 1) * CHUNK);
            let part = match self.full_chunks.get(chunk) {
                Some(chunk) if stop - start == CHUNK => chunk.extremes(start),
                Some(chunk) => Extremes::of(&chunk.values[within..within + stop - start], start),
                None => Extremes::of(&self.tail.values[within..within + stop - start], start),
            };
            if let Some(part) = part {
                Extremes::merge(&mut found, part);
            }
            start = stop;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    /// Compares every part of a series with a search through its points.
    #[test]
    fn the_extremes_of_every_part_are_those_of_its_points() {
        let mut state = 7_u64;
        let mut series = Series::new("loss");
        for step in 0..5000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let value = match state >> 60 {
                0 => f64::NAN,
                1 => f64::INFINITY,
                // Few distinct values, so that the first of equal ones is asked for.
                _ => (state >> 50) as f64 % 200.0,
            };
            series.push(Point {
                step: step.into(),
                wall_time_secs: None,
                value,
            });
        }
        let values: Vec<f64> = series.iter().map(|point| point.value).collect();
        for (start, end) in [
            (0, 5000),
            (1, 4999),
            (1024, 2048),
            (1023, 2049),
            (1500, 1501),
            (4096, 5000),
            (4990, 9000),
            (3000, 3000),
        ] {
            let finite = || (start..end.min(5000)).filter(|&at| values[at].is_finite());
            let by_value = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
            let low = finite().min_by(by_value);
            let high = finite().rev().max_by(by_value);
            let found = series.extremes(start..end);
            assert_eq!(found.map(|found| found.low_index), low, "{start}..{end}");
            assert_eq!(found.map(|found| found.high_index), high, "{start}..{end}");
            assert_eq!(found.map(|found| found.low), low.map(|at| values[at]));
            assert_eq!(found.map(|found| found.high), high.map(|at| values[at]));
        }
    }
}
