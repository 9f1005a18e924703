//! A last evaluation right after that of the last epoch: trainers evaluate once more when a training has ended, on other data or
//! with the best checkpoint, and log that under the same key.

use std::sync::Arc;

use trainscape_run::{Role, Series};

use super::{
    run_rows::RunSeries,
    samples::{counted, verb},
};

/// Evaluations before the last one, at least, whose spacing is known then.
const FEWEST: usize = 5;
/// The last one follows within this part of the usual spacing.
const RIGHT_AFTER: f64 = 0.05;
/// Usual spacings differ by at most this factor.
const ALIKE: f64 = 2.0;

/// Leaves out what was evaluated right after the last evaluation of an accuracy or a validation loss: it does not continue the
/// curve, and is no extreme of it. Returns the sentence on these values.
pub(super) fn leave_out_final_evaluations(members: &mut [RunSeries]) -> Option<String> {
    let mut left_out = 0;
    for member in members {
        let role = member.run.roles.get(member.series.key());
        let is_evaluated = matches!(role, Some(Role::Accuracy | Role::ValidationLoss));
        if is_evaluated && ends_right_after(&member.series) {
            member.series = Arc::new(without_last(&member.series));
            left_out += 1;
        }
    }
    (left_out > 0).then(|| {
        format!(
            "Of {} a last value right after the one before {} left out: an evaluation of its own",
            counted(left_out, "run"),
            verb(1)
        )
    })
}

fn ends_right_after(series: &Series) -> bool {
    let is_plain = series.restarts().is_empty() && series.dropped() == 0;
    let held = !series.was_loaded() && series.stored_rows().is_none();
    if series.len() <= FEWEST || !is_plain || !held {
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
    last > 0.0 && last <= RIGHT_AFTER * narrowest && *widest <= ALIKE * narrowest
}

fn without_last(series: &Series) -> Series {
    let mut kept = Series::new(Arc::clone(series.key()));
    kept.extend(series.iter().take(series.len() - 1));
    kept
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Run};

    use super::*;

    fn member(key: &str, role: Role, steps: &[i64]) -> RunSeries {
        let mut series = Series::new(key);
        series.extend(steps.iter().map(|step| Point {
            step: (*step).into(),
            wall_time_secs: None,
            value: *step as f64,
        }));
        let mut run = Run::new("a", "a", "a".into());
        run.roles.insert(key.into(), role);
        RunSeries {
            ordinal: 0,
            run: Arc::new(run),
            series: Arc::new(series),
        }
    }

    #[test]
    fn an_evaluation_after_the_last_one_is_no_part_of_the_curve() {
        let epochs = [99, 199, 299, 399, 499];
        let and_last = |last: i64| [&epochs[..], &[last]].concat();
        let left = |key: &str, role: Role, steps: &[i64]| {
            let mut members = [member(key, role, steps)];
            let note = leave_out_final_evaluations(&mut members);
            (members[0].series.len(), note.is_some())
        };
        assert_eq!(left("val_acc", Role::Accuracy, &and_last(500)), (5, true));
        assert_eq!(left("val_acc", Role::Accuracy, &and_last(599)), (6, false));
        assert_eq!(left("val_acc", Role::Accuracy, &and_last(530)), (6, false));
        assert_eq!(left("loss", Role::Loss, &and_last(500)), (6, false));
        let irregular = [1, 2, 199, 299, 399, 400];
        assert_eq!(left("val_acc", Role::Accuracy, &irregular), (6, false));
    }
}
