use std::sync::Arc;

use crate::{
    Step,
    deferred::{Deferred, PointStore, StoredRows},
};

/// One logged histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// `counts.len() + 1` bin edges, ascending. The outermost may be infinite.
    pub edges: Box<[f64]>,
    /// Number of values in each bin.
    pub counts: Box<[f64]>,
    /// Sum of the squares of all values, if the logger wrote it (TensorBoard does).
    pub sum_squares: Option<f64>,
}

/// The L2 norm of the values that a histogram counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct L2Norm {
    /// The norm.
    pub value: f64,
    /// True if it is the root of a logged sum of squares, false if it was estimated from the bins.
    pub exact: bool,
}

impl Histogram {
    /// The L2 norm: exactly `sqrt(sum_squares)` if that was logged, otherwise estimated under the
    /// assumption that values are distributed uniformly within each bin.
    #[must_use]
    pub fn l2_norm(&self) -> L2Norm {
        if let Some(sum_squares) = self.sum_squares {
            return L2Norm {
                value: sum_squares.sqrt(),
                exact: true,
            };
        }
        let sum: f64 = self
            .counts
            .iter()
            .zip(self.edges.windows(2))
            .filter(|(count, edges)| **count > 0.0 && edges[0].is_finite() && edges[1].is_finite())
            // The mean of x² over [a, b] is (a² + ab + b²) / 3.
            .map(|(count, edges)| {
                let (a, b) = (edges[0], edges[1]);
                count * (a * a + a * b + b * b) / 3.0
            })
            .sum();
        L2Norm {
            value: sum.sqrt(),
            exact: false,
        }
    }
}

/// One histogram with the step it was logged at.
#[derive(Clone, Debug)]
pub struct HistogramPoint {
    /// The logger's step.
    pub step: Step,
    /// Seconds since the Unix epoch, where the log has them.
    pub wall_time_secs: Option<f64>,
    /// The histogram.
    pub histogram: Arc<Histogram>,
}

/// A named sequence of histograms in the order in which they were logged.
#[derive(Clone, Debug)]
pub struct HistogramSeries {
    /// The key the logger wrote.
    pub key: Arc<str>,
    points: Vec<HistogramPoint>,
    /// If the histograms are read when they are first asked for; `points` is then empty.
    deferred: Option<Arc<Deferred<Vec<HistogramPoint>>>>,
}

impl HistogramSeries {
    /// An empty series called `key`.
    #[must_use]
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self {
            key: key.into(),
            points: Vec::new(),
            deferred: None,
        }
    }

    /// A series whose histograms are read from `store` when they are first asked for.
    #[must_use]
    pub fn deferred(
        key: impl Into<Arc<str>>,
        store: Arc<dyn PointStore<Vec<HistogramPoint>>>,
        rows: StoredRows,
    ) -> Self {
        Self {
            deferred: Some(Arc::new(Deferred::new(store, rows))),
            ..Self::new(key)
        }
    }

    /// All histograms in logged order.
    #[must_use]
    pub fn points(&self) -> &[HistogramPoint] {
        match &self.deferred {
            None => &self.points,
            Some(deferred) => deferred.get(|store, rows| store.load(rows), Vec::new),
        }
    }

    /// All histograms, to be changed.
    pub fn points_mut(&mut self) -> &mut Vec<HistogramPoint> {
        if self.deferred.is_some() {
            self.points = self.points().to_vec();
            self.deferred = None;
        }
        &mut self.points
    }

    /// Number of histograms.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.deferred {
            None => self.points.len(),
            Some(deferred) => usize::try_from(deferred.rows().rows).unwrap_or(usize::MAX),
        }
    }

    /// True if there are no histograms.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often histograms were asked for that could not be read.
    pub(crate) fn failures(&self) -> usize {
        self.deferred
            .as_ref()
            .map_or(0, |deferred| deferred.failures())
    }

    /// True if stored histograms were asked for, so that they are in memory now.
    #[must_use]
    pub fn was_loaded(&self) -> bool {
        let deferred = self.deferred.as_ref();
        deferred.is_some_and(|deferred| deferred.was_asked_for())
    }

    /// The same series without its histograms in memory: they are read when they are asked for. `None` if they are in
    /// memory only.
    #[must_use]
    pub fn unloaded(&self) -> Option<Self> {
        let deferred = self.deferred.as_ref()?;
        Some(Self {
            deferred: Some(Arc::new(deferred.again())),
            ..Self::new(Arc::clone(&self.key))
        })
    }

    /// Why the histograms could not be read, once they were asked for: one sentence for the user.
    #[must_use]
    pub fn load_error(&self) -> Option<&str> {
        self.deferred.as_ref()?.error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_is_exact_if_the_sum_of_squares_is_known() {
        let histogram = Histogram {
            edges: Box::new([0.0, 1.0]),
            counts: Box::new([4.0]),
            sum_squares: Some(9.0),
        };
        assert_eq!(
            histogram.l2_norm(),
            L2Norm {
                value: 3.0,
                exact: true
            }
        );
    }

    #[test]
    fn the_estimate_distributes_values_uniformly_over_their_bin() {
        let histogram = Histogram {
            edges: Box::new([-1.0, 1.0]),
            counts: Box::new([3.0]),
            sum_squares: None,
        };
        let norm = histogram.l2_norm();
        assert!(!norm.exact);
        assert!((norm.value - 1.0).abs() < 1e-12);
    }
}
