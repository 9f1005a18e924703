//! Where some consecutive points are smallest and largest.

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

    pub(super) fn merge(found: &mut Option<Self>, next: Self) {
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
