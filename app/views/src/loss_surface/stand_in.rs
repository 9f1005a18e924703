//! What is drawn by step where no run logs a loss or a reward: a validation loss, an accuracy, or the series that most
//! runs log.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Role, Run, Series};

use super::task_metric::metric;
use crate::{
    NotAvailable, ViewSettings,
    run_rows::{self, RunSeries},
    samples::{missing_role, series_with_role},
};

/// The share of the largest number of runs that log a key.
const NEARLY_ALL: f64 = 0.9;

/// The share of the runs that log a metric of the task.
const OF_MOST: f64 = 0.5;

/// Roles that stand in for a loss, best first.
const ROLES: [Role; 2] = [Role::ValidationLoss, Role::Accuracy];
/// Words of keys that count or time something, which is no progress.
const COUNTERS: [&str; 23] = [
    "step",
    "steps",
    "epoch",
    "epochs",
    "iter",
    "iters",
    "iteration",
    "iterations",
    "time",
    "runtime",
    "timestamp",
    "walltime",
    "duration",
    "elapsed",
    "seconds",
    "sec",
    "secs",
    "ms",
    "hours",
    "id",
    "index",
    "rank",
    "seed",
];

/// The members, the sentences on what is drawn and left out, and the role of the series.
pub(super) struct StandIn {
    pub(super) members: Vec<RunSeries>,
    pub(super) role: Option<Role>,
    pub(super) notes: Vec<String>,
}

/// Whether nothing is logged whose meaning is known.
pub(super) fn is_last_resort(runs: &[Arc<Run>]) -> bool {
    let has_known = |run: &Arc<Run>| {
        ROLES
            .iter()
            .any(|role| series_with_role(run, *role).is_some())
    };
    is_needed(runs, &ViewSettings::default()) && !runs.iter().any(has_known)
}

/// Whether no drawn run logs a loss or a reward.
pub(super) fn is_needed(runs: &[Arc<Run>], settings: &ViewSettings) -> bool {
    let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
    let has = |run: &Run, role| series_with_role(run, role).is_some();
    let mut drawn = drawn.peekable();
    drawn.peek().is_some()
        && settings.second().is_none()
        && drawn.all(|run| {
            // Who says that no series is a loss wants none in its place.
            let is_refused = run.without_roles.contains(&Role::Loss);
            !is_refused && !has(run, Role::Loss) && !has(run, Role::Reward)
        })
}

/// The series that stands in for the loss of the drawn runs.
pub(super) fn select(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<StandIn, NotAvailable> {
    let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));
    let has = |role| drawn().any(|run| series_with_role(run, role).is_some());
    let role = ROLES.into_iter().find(|role| has(*role));
    let missing = || missing_role(drawn(), Role::Loss);
    // What most log of held-out data says more than what was trained on.
    let of_task = || {
        let most = OF_MOST * drawn().count() as f64;
        metric(drawn(), 1, most).filter(|_| !has_chosen_accuracy(drawn()))
    };
    // Results of models are reported by their metric, not by their loss.
    let are_results = drawn().all(|run| run.series.values().all(|series| series.len() <= 1));
    let role = match role {
        Some(Role::ValidationLoss) if are_results && of_task().is_some() => Some(Role::Accuracy),
        role => role,
    };
    let (members, notes) = match role {
        Some(Role::Accuracy) if let Some(key) = of_task() => {
            run_rows::members_with_key(runs, settings, &key)?
        }
        Some(role) => run_rows::members(runs, settings, role)?,
        None => {
            let key = most_logged(drawn()).ok_or_else(missing)?;
            run_rows::members_with_key(runs, settings, &key)?
        }
    };
    let unknown = role.is_none();
    let unknown = unknown.then(|| "No series has a name that suggests a loss".to_owned());
    let all = unknown.into_iter().chain(notes).collect();
    Ok(StandIn {
        members,
        role,
        notes: all,
    })
}

/// Whether the user chose what the accuracy of a run is.
fn has_chosen_accuracy<'a>(mut runs: impl Iterator<Item = &'a Arc<Run>>) -> bool {
    runs.any(|run| run.chosen_roles.contains(&Role::Accuracy))
}

/// The key without a role that most runs log, then the one with most points: no counter, and no constant.
fn most_logged<'a>(runs: impl Iterator<Item = &'a Arc<Run>>) -> Option<Arc<str>> {
    let mut votes: BTreeMap<Arc<str>, (usize, usize)> = BTreeMap::new();
    for run in runs {
        for (key, series) in &run.series {
            if is_measure(run, key, series) {
                let (count, points) = votes.entry(key.clone()).or_default();
                *count += 1;
                *points += series.len();
            }
        }
    }
    // The first of equal keys; what calls itself a score is the aim of a training, if nearly all log it.
    let most = votes.values().map(|(count, _)| *count).max()?;
    let is_score = |key: &str| key.to_lowercase().contains("score");
    let rank = |key: &str, (count, points): (usize, usize)| {
        let is_usual = count as f64 >= NEARLY_ALL * most as f64;
        (is_score(key) && is_usual, count, points)
    };
    let best = votes
        .into_iter()
        .rev()
        .max_by_key(|(key, votes)| rank(key, *votes));
    best.map(|(key, _)| key)
}

/// Whether a series without a role may be what a run is about: it varies, and counts nothing.
pub(super) fn is_measure(run: &Run, key: &str, series: &Series) -> bool {
    let varies = series.value_range().is_some_and(|(low, high)| low < high);
    varies && !counts_up(series) && !run.roles.contains_key(key) && !is_counter(key)
}

/// Whether the values rise by the same amount from one point to the next.
fn counts_up(series: &Series) -> bool {
    let mut values = series.live().map(|(_, point)| point.value);
    let (Some(first), Some(second)) = (values.next(), values.next()) else {
        return false;
    };
    let rise = second - first;
    let mut before = second;
    rise > 0.0
        && values.all(|value| {
            let is_same = ((value - before) / rise - 1.0).abs() < 1e-6;
            before = value;
            is_same
        })
}

fn is_counter(key: &str) -> bool {
    let lower = key.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphabetic());
    // `data` is the time that loading took.
    lower == "data" || words.any(|word| COUNTERS.contains(&word))
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    fn run(keys: &[(&str, Option<Role>, usize)]) -> Arc<Run> {
        let mut run = Run::new("a", "a", "a".into());
        for (key, role, points) in keys {
            let mut series = Series::new(*key);
            for step in 0..*points {
                series.push(Point {
                    step: (step as i64).into(),
                    wall_time_secs: None,
                    value: (step * step) as f64,
                });
            }
            if let Some(role) = role {
                run.roles.insert((*key).into(), *role);
            }
            run.series.insert((*key).into(), Arc::new(series));
        }
        Arc::new(run)
    }

    fn drawn(keys: &[(&str, Option<Role>, usize)]) -> Option<String> {
        let runs = [run(keys)];
        let settings = ViewSettings::default();
        if !is_needed(&runs, &settings) {
            return None;
        }
        let found = select(&runs, &settings).ok()?;
        Some(found.members[0].series.key().to_string())
    }

    #[test]
    fn a_validation_loss_then_an_accuracy_then_what_is_logged_most() {
        let [val, acc] = [
            ("val_loss", Some(Role::ValidationLoss), 9),
            ("top1", Some(Role::Accuracy), 99),
        ];
        assert_eq!(drawn(&[val, acc]).as_deref(), Some("val_loss"));
        assert_eq!(drawn(&[acc, ("x", None, 100)]).as_deref(), Some("top1"));
        let other = [
            ("fid", None, 20),
            ("train/epoch", None, 90),
            ("lr", Some(Role::LearningRate), 90),
        ];
        assert_eq!(drawn(&other).as_deref(), Some("fid"));
        assert_eq!(drawn(&[("elapsed_time", None, 20)]), None);
        // Two points rise by one amount.
        assert_eq!(drawn(&[("s", None, 2)]), None);
        assert_eq!(drawn(&[val, ("loss", Some(Role::Loss), 9)]), None);
        assert_eq!(drawn(&[val, ("reward", Some(Role::Reward), 9)]), None);
    }
}
