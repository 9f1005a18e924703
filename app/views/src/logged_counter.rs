//! The counter that a training script logs beside its metrics to W&B, whose own steps count the calls of `wandb.log`.

use std::sync::Arc;

use trainscape_run::{Run, Series};

/// The steps of W&B.
const CALLS: &str = "_step";
/// Names of counters, the first that a run logs is taken.
const COUNTERS: [&str; 4] = [
    "train/global_step",
    "trainer/global_step",
    "global_step",
    "step",
];
/// A counter is logged with at least this share of a metric's points.
const MOST: f64 = 0.9;

/// The counter of the points of the series under `key`; `None` where W&B's steps are no calls, the run logs none with that
/// series, or it goes back.
pub(super) fn logged_counter<'a>(run: &'a Run, key: &str) -> Option<&'a Arc<Series>> {
    let calls = run.series.get(CALLS)?;
    let series = run.series.get(key)?;
    // Another log of the run counts its own steps.
    let source = |key: &str| run.series_source.get(key);
    let counter = COUNTERS.iter().find_map(|name| run.series.get(*name))?;
    let is_of_one_log = source(key) == source(CALLS) && source(key) == source(counter.key());
    let is_other = counter.key() != series.key() && counter.value_range() != calls.value_range();
    let is_logged_with = counter.len() as f64 >= MOST * series.len() as f64;
    let values = counter.live().map(|(_, point)| point.value);
    let (low, high) = counter.value_range()?;
    (is_of_one_log && is_other && is_logged_with && low < high && values.is_sorted())
        .then_some(counter)
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    fn run(keys: &[(&str, &[f64])]) -> Run {
        let mut run = Run::new("a", "a", "a".into());
        for (key, values) in keys {
            let mut series = Series::new(*key);
            series.extend(values.iter().enumerate().map(|(step, value)| Point {
                step: (step as i64).into(),
                wall_time_secs: None,
                value: *value,
            }));
            run.series.insert((*key).into(), Arc::new(series));
        }
        run
    }

    #[test]
    fn a_counter_beside_the_metric_takes_the_place_of_calls() {
        let calls: (&str, &[f64]) = ("_step", &[0.0, 1.0, 2.0]);
        let loss: (&str, &[f64]) = ("loss", &[3.0, 2.0, 1.0]);
        let counter =
            |run: &Run| logged_counter(run, "loss").map(|series| series.key().to_string());
        let step: (&str, &[f64]) = ("step", &[0.0, 20.0, 40.0]);
        assert_eq!(counter(&run(&[calls, loss, step])).as_deref(), Some("step"));
        // Steps within an epoch, another number of points, another logger.
        let back: (&str, &[f64]) = ("step", &[0.0, 20.0, 0.0]);
        assert_eq!(counter(&run(&[calls, loss, back])), None);
        let constant: (&str, &[f64]) = ("step", &[4.0, 4.0, 4.0]);
        assert_eq!(counter(&run(&[calls, loss, constant])), None);
        let rare: (&str, &[f64]) = ("step", &[0.0]);
        assert_eq!(counter(&run(&[calls, loss, rare])), None);
        assert_eq!(counter(&run(&[loss, step])), None);
    }
}
