//! Questions of each kind, for tests.

use std::sync::Arc;

use trainscape_source::catalog::Question;

/// One question of each kind with its name, for a key of points, a key of histograms and some runs with their numbers of points.
#[must_use]
pub fn questions(
    key: &str,
    histogram: &str,
    runs: &[(&str, u64)],
    buckets: usize,
) -> [(&'static str, Question); 6] {
    let ids = || -> Vec<Arc<str>> { runs.iter().map(|(id, _)| (*id).into()).collect() };
    let counted = runs.iter().map(|(id, points)| ((*id).into(), *points));
    [
        ("state", Question::State),
        ("runs", Question::Runs),
        ("series", Question::Series),
        (
            "points",
            Question::Points {
                key: key.into(),
                runs: ids(),
            },
        ),
        (
            "decimated",
            Question::DecimatedPoints {
                key: key.into(),
                runs: counted.collect(),
                buckets,
            },
        ),
        (
            "histograms",
            Question::Histograms {
                key: histogram.into(),
                runs: ids(),
            },
        ),
    ]
}
