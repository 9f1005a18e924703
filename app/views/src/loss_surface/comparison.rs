//! What many runs are compared by: a metric of the task, or a loss, that was measured on held-out data. What is trained on
//! says less of which run is better, and its losses may be of different definitions.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Role, Run, Series, names_held_out_data};

use super::{selection, stand_in::StandIn};
use crate::{
    ViewSettings,
    run_rows::{self, RunSeries},
    waterfall::WATERFALL,
};

/// More runs than this are drawn without the validation losses beside the training losses.
const MOST_WITH_BOTH: usize = 3;
/// A metric has a curve from so many points on, ...
const FEWEST_POINTS: usize = 3;
/// ... and runs are compared by it where this share of them has one.
const MOST: f64 = 0.75;
/// The beginnings of the last parts of keys that are measured on held-out data alone.
const HELD_OUT_ONLY: [&str; 9] = [
    "map",
    "bbox_map",
    "segm_map",
    "miou",
    "mean_iou",
    "success_rate",
    "win_rate",
    "pass@",
    "core_metric",
];
/// Accuracies of predicting tokens or preferences say no more than the loss.
const NO_TASK: [&str; 3] = ["token", "rewards/", "top_k"];

/// The series by which the drawn runs are compared that log losses; `None` where not nearly all of them log one, or the user
/// chose the loss; of a sweep only where it has no surface.
pub(super) fn of_runs(runs: &[Arc<Run>], settings: &ViewSettings) -> Option<StandIn> {
    let (losses, _) = run_rows::members(runs, settings, Role::Loss).ok()?;
    // A sweep may carry a surface of what was trained.
    if settings.chosen_switch(&WATERFALL) == Some(true) || selection::is_sweep(&losses) {
        return None;
    }
    of_losses(&losses, runs, settings)
}

/// The series by which the runs are compared whose losses are given, if most of these log one.
pub(super) fn of_losses(
    losses: &[RunSeries],
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Option<StandIn> {
    let is_chosen = losses
        .iter()
        .any(|member| member.run.chosen_roles.contains(&Role::Loss));
    if losses.len() <= MOST_WITH_BOTH || is_chosen || settings.second().is_some() {
        return None;
    }
    let is_long = |member: &&RunSeries| member.series.len() >= FEWEST_POINTS;
    let wanted = MOST * losses.iter().filter(is_long).count().max(1) as f64;
    let of_metric = || {
        let key = metric(losses, wanted)?;
        let (members, notes) = run_rows::members_with_key(runs, settings, &key).ok()?;
        Some((members, Role::Accuracy, notes))
    };
    let of_loss = || {
        let (members, notes) = run_rows::members(runs, settings, Role::ValidationLoss).ok()?;
        let is_curve = |member: &&RunSeries| member.series.len() >= FEWEST_POINTS;
        let curves = members.iter().filter(is_curve).count();
        (curves as f64 >= wanted).then_some((members, Role::ValidationLoss, notes))
    };
    let (members, role, mut notes) = of_metric().or_else(of_loss)?;
    notes.push(format!(
        "Runs are compared by {}; choosing {} as the loss draws that",
        members[0].series.key(),
        losses[0].series.key()
    ));
    Some(StandIn {
        members,
        role: Some(role),
        notes,
    })
}

/// The key of the metric of the task that few runs log, whose losses are given.
pub(super) fn metric_of_few(losses: &[RunSeries]) -> Option<Arc<str>> {
    let are_few = losses.len() <= MOST_WITH_BOTH;
    are_few.then(|| metric(losses, MOST * losses.len() as f64))?
}

/// The key of the metric of the task that at least `wanted` of the runs log; of several the most suitable one.
fn metric(losses: &[RunSeries], wanted: f64) -> Option<Arc<str>> {
    // How many runs have a curve, and whether one of these is no constant.
    let mut runs_with: BTreeMap<&Arc<str>, (usize, bool)> = BTreeMap::new();
    for member in losses {
        for (key, role) in &member.run.roles {
            let series = member.run.series.get(key);
            let curve = series.filter(|series| series.len() >= FEWEST_POINTS);
            if let Some(series) = curve.filter(|_| *role == Role::Accuracy && is_of_task(key)) {
                let (runs, varies) = runs_with.entry(key).or_default();
                *runs += 1;
                *varies |= does_vary(series);
            }
        }
    }
    let candidates = runs_with.into_iter();
    candidates
        .filter(|(_, (runs, varies))| *runs as f64 >= wanted && *varies)
        .min_by_key(|(key, (runs, _))| (std::cmp::Reverse(*runs), Role::Accuracy.rank_of_key(key)))
        .map(|(key, _)| Arc::clone(key))
}

fn does_vary(series: &Series) -> bool {
    series.value_range().is_some_and(|(low, high)| low < high)
}

/// Whether the accuracy called `key` was measured on held-out data and says how well the task is done.
fn is_of_task(key: &str) -> bool {
    let lower = key.to_lowercase().replace(['-', ' '], "_");
    let last = lower.rsplit('/').next().unwrap_or(&lower);
    let is_held_out =
        names_held_out_data(key) || HELD_OUT_ONLY.iter().any(|name| last.starts_with(name));
    is_held_out && !NO_TASK.iter().any(|name| lower.contains(name))
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, role_of_key};

    use super::*;

    fn run(at: usize, keys: &[(&str, usize)]) -> Arc<Run> {
        let id = format!("run-{at}");
        let mut run = Run::new(&*id, &*id, id.clone().into());
        for (key, points) in keys {
            let mut series = Series::new(*key);
            for step in 0..*points {
                series.push(Point {
                    step: (step as i64).into(),
                    wall_time_secs: None,
                    value: (at + step) as f64,
                });
            }
            run.roles
                .extend(role_of_key(key).map(|role| ((*key).into(), role)));
            run.series.insert((*key).into(), Arc::new(series));
        }
        Arc::new(run)
    }

    fn compared(count: usize, keys: &[(&str, usize)]) -> Option<String> {
        let runs: Vec<Arc<Run>> = (0..count).map(|at| run(at, keys)).collect();
        let found = of_runs(&runs, &ViewSettings::default())?;
        Some(found.members[0].series.key().to_string())
    }

    #[test]
    fn a_metric_of_the_task_before_a_validation_loss_before_none() {
        let loss = ("train/loss", 9);
        let val = ("val/loss", 9);
        for metric in ["val_acc", "eval/f1", "metrics/mAP50-95(B)", "acc/test"] {
            let keys = [loss, val, ("train/acc", 9), (metric, 9)];
            assert_eq!(compared(4, &keys).as_deref(), Some(metric));
            assert_eq!(compared(3, &keys), None);
        }
        for other in [
            "train_acc",
            "eval_mean_token_accuracy",
            "eval_rewards/accuracies",
        ] {
            assert_eq!(
                compared(4, &[loss, val, (other, 9)]).as_deref(),
                Some("val/loss")
            );
        }
        // Too few points for a curve.
        assert_eq!(
            compared(4, &[loss, val, ("val_acc", 2)]).as_deref(),
            Some("val/loss")
        );
        assert_eq!(compared(4, &[loss, ("val/loss", 2)]), None);
    }
}
