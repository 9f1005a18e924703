//! Steps as numbers.

use std::sync::Arc;

use trainscape_run::{Run, Step};

/// The largest step that a run has reached.
pub(super) fn last_step(runs: &[Arc<Run>]) -> Option<f64> {
    let series = runs.iter().flat_map(|run| run.series.values());
    let steps = series.filter_map(|series| Some(number(series.last()?.step)));
    steps.reduce(f64::max)
}

pub(super) fn number(step: Step) -> f64 {
    match step {
        Step::Int(step) => step as f64,
        Step::Float(step) => step,
    }
}
