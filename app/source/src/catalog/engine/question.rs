//! What an engine is asked.

use std::{fmt::Debug, path::Path, sync::Arc};

use super::answer::Answer;

/// Buckets of a decimated series: more than a figure has pixels.
const BUCKETS: usize = 2048;

/// Points of a decimated series: the first, the last, and the smallest and the largest of each bucket.
pub const DECIMATED_POINTS: usize = 2 + 2 * BUCKETS;

/// One of the questions. Rows may come in any order.
#[derive(Clone, Debug)]
pub enum Question {
    /// The number of runs and of points, in one row: it changes when the catalog grows.
    State,
    /// The table of runs, with the columns of `RunColumn`.
    Runs,
    /// The table of series, with the columns of `SeriesColumn` but those of files.
    Series,
    /// The points of a key of some runs, with the columns of `HistoryColumn`.
    Points {
        /// The key.
        key: Arc<str>,
        /// The ids of the runs.
        runs: Vec<Arc<str>>,
    },
    /// The same, of which the engine returns [`DECIMATED_POINTS`] for each run.
    DecimatedPoints {
        /// The key.
        key: Arc<str>,
        /// The ids of the runs, and the number of points of each.
        runs: Vec<(Arc<str>, u64)>,
        /// The buckets of each run.
        buckets: usize,
    },
    /// The histograms of a key of some runs, with the columns of `HistogramColumn`.
    Histograms {
        /// The key.
        key: Arc<str>,
        /// The ids of the runs.
        runs: Vec<Arc<str>>,
    },
}

impl Question {
    /// The question for decimated points.
    pub(super) fn decimated(key: Arc<str>, runs: Vec<(Arc<str>, u64)>) -> Self {
        Self::DecimatedPoints {
            key,
            runs,
            buckets: BUCKETS,
        }
    }
}

/// An engine that answers for a catalog.
pub trait CatalogEngine: Send + Sync + Debug {
    /// The URL that the user gave, which names no secret.
    fn url(&self) -> &Path;

    /// Asks, and gives the answer to `take` piece by piece. `take` returns false to end it, and is called with an
    /// empty answer now and then while nothing comes.
    ///
    /// # Errors
    /// When there is no answer, or only a part of it; the text is one sentence for the user.
    fn ask(&self, question: &Question, take: &mut dyn FnMut(&Answer) -> bool)
    -> Result<(), String>;
}

/// True for the URL of an engine.
#[must_use]
pub fn is_engine(path: &Path) -> bool {
    let scheme = path.to_str().and_then(|text| text.split_once("://"));
    scheme.is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("flightsql") || scheme.eq_ignore_ascii_case("flightsql+tls")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_told_from_places() {
        for url in ["flightsql://localhost:32010/c", "FlightSQL+TLS://h/c"] {
            assert!(is_engine(Path::new(url)), "{url}");
        }
        for path in ["gs://bucket/flightsql", "flightsql", "./flightsql:/x"] {
            assert!(!is_engine(Path::new(path)), "{path}");
        }
    }
}
