//! The nearest rows of one row, as they are found.

use super::points::{Points, squared_distance};

/// The rows nearest to one row so far, by a first measure that is good to some digits.
pub(super) struct Nearest {
    /// How many are kept.
    keep: usize,
    /// Measures and rows, up to twice as many as are kept.
    found: Vec<(f32, u32)>,
    /// Rows at this distance or more cannot be among those kept.
    threshold: f32,
}

/// Squared distances and names of rows, nearest first.
pub(super) type List = Vec<(f32, u32)>;

/// How many more rows than asked for are kept for the second measure.
pub(super) fn spare(count: usize) -> usize {
    8 + count / 8
}

impl Nearest {
    pub(super) fn new(keep: usize) -> Self {
        Self {
            keep,
            found: Vec::with_capacity(2 * keep),
            threshold: f32::INFINITY,
        }
    }

    /// Looks at consecutive rows from `first` on: `products` are -2ab, `squared` their |b|².
    #[inline(always)]
    pub(super) fn update(&mut self, first: usize, own: usize, products: &[f32], squared: &[f32]) {
        const STEP: usize = 32;
        let steps = products.chunks(STEP).zip(squared.chunks(STEP));
        for (step, (products, squared)) in steps.enumerate() {
            // Almost never, once there are enough: a comparison without a branch for each.
            let pairs = products.iter().zip(squared);
            let nearer = pairs.fold(false, |any, (p, s)| any | (p + s < self.threshold));
            if !nearer {
                continue;
            }
            for (at, (product, squared)) in products.iter().zip(squared).enumerate() {
                let (measure, row) = (product + squared, first + step * STEP + at);
                if measure < self.threshold && row != own {
                    self.found.push((measure, row as u32));
                    if self.found.len() == 2 * self.keep {
                        self.cut();
                    }
                }
            }
        }
    }

    fn cut(&mut self) {
        if self.found.len() > self.keep {
            // Rows come in order, so that of equals the first stay.
            let by = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            let (_, last, _) = self.found.select_nth_unstable_by(self.keep - 1, by);
            self.threshold = last.0;
            self.found.truncate(self.keep);
        }
    }

    /// The nearest by their differences, and whether those left out are surely farther.
    pub(super) fn finish(mut self, points: &Points, own: usize, count: usize) -> (List, bool) {
        self.cut();
        let mut found = measured(points, own, self.found.into_iter().map(|(_, row)| row));
        found.truncate(count);
        let last = found.last().map_or(0.0, |last| last.0);
        // The error of the first distance: the rounding of sums of products of that size.
        let own = points.squared[own];
        let reach = own.sqrt() + last.sqrt();
        let error = f32::EPSILON * (4.0 + (points.columns() as f32).sqrt()) * (own + reach * reach);
        // A few units in the last places do not count: there, equals are all right.
        let is_sure = self.threshold + own - error >= last * (1.0 - 1.0e-4);
        (found, is_sure)
    }
}

/// Rows with their squared distances by differences, nearest first, ties by name.
pub(super) fn measured(points: &Points, own: usize, rows: impl Iterator<Item = u32>) -> List {
    let row = points.row(own);
    let distance = |other: u32| {
        let squared = squared_distance(row, Some(points.row(other as usize)));
        (squared, points.names[other as usize])
    };
    let mut found: List = rows.map(distance).collect();
    found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    found
}
