//! A last evaluation right after that of the last epoch: trainers evaluate once more when a training has ended, on other data or
//! with the best checkpoint, and log that under the same key.

use std::sync::Arc;

use trainscape_run::{Role, Series};

use super::samples::counted;

/// Evaluations before the last one, at least, whose spacing is known then.
const FEWEST: usize = 5;
/// The last one follows within this part of the usual spacing, or has the step of the one before.
const RIGHT_AFTER: f64 = 0.05;
/// Usual spacings differ by at most this factor.
const ALIKE: f64 = 2.0;

/// An accuracy or a validation loss without what was evaluated right after the last evaluation: that does not continue the
/// curve, and is no extreme of it. `None` of others.
pub(super) fn without_final_evaluation(series: &Series, role: Option<Role>) -> Option<Series> {
    let is_evaluated = matches!(role, Some(Role::Accuracy | Role::ValidationLoss));
    (is_evaluated && ends_right_after(series)).then(|| without_last(series))
}

/// The sentence on what so many runs evaluated after the last evaluation.
pub(super) fn sentence(runs: usize) -> Option<String> {
    (runs > 0).then(|| {
        format!(
            "Of {} a last value at the step of the one before or right after it is left out: an evaluation of its own",
            counted(runs, "run"),
        )
    })
}

fn ends_right_after(series: &Series) -> bool {
    let is_plain = series.restarts().is_empty() && series.dropped() == 0;
    if series.len() <= FEWEST || !is_plain {
        return false;
    }
    let steps: Vec<f64> = series.iter().map(|point| point.step.as_f64()).collect();
    let mut spacings: Vec<f64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let Some(last) = spacings.pop() else {
        return false;
    };
    spacings.sort_by(f64::total_cmp);
    let (Some(narrowest), Some(widest)) = (spacings.first(), spacings.last()) else {
        return false;
    };
    let is_right_after = (0.0..=RIGHT_AFTER * narrowest).contains(&last);
    *narrowest > 0.0 && is_right_after && *widest <= ALIKE * narrowest
}

fn without_last(series: &Series) -> Series {
    let mut kept = Series::new(Arc::clone(series.key()));
    kept.extend(series.iter().take(series.len() - 1));
    kept
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    fn series(steps: &[i64]) -> Series {
        let mut series = Series::new("val_acc");
        series.extend(steps.iter().map(|step| Point {
            step: (*step).into(),
            wall_time_secs: None,
            value: *step as f64,
        }));
        series
    }

    #[test]
    fn an_evaluation_after_the_last_one_is_no_part_of_the_curve() {
        let epochs = [99, 199, 299, 399, 499];
        let and_last = |last: i64| [&epochs[..], &[last]].concat();
        let len = |role: Role, steps: &[i64]| {
            without_final_evaluation(&series(steps), Some(role)).map(|series| series.len())
        };
        assert_eq!(len(Role::Accuracy, &and_last(500)), Some(5));
        assert_eq!(len(Role::Accuracy, &and_last(499)), Some(5));
        assert_eq!(len(Role::Accuracy, &[9; 6]), None);
        assert_eq!(len(Role::Accuracy, &and_last(599)), None);
        assert_eq!(len(Role::Accuracy, &and_last(530)), None);
        assert_eq!(len(Role::Loss, &and_last(500)), None);
        assert_eq!(len(Role::Accuracy, &[1, 2, 199, 299, 399, 400]), None);
    }
}
