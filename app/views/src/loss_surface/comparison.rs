//! What many runs are compared by: a metric of the task, or a loss, that was measured on held-out data. What is trained on
//! says less of which run is better, and its losses may be of different definitions.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use trainscape_run::{Role, Run, names_held_out_data};

use super::{
    selection,
    stand_in::StandIn,
    task_metric::{metric, metric_of_unknown_data},
};
use crate::{
    ViewSettings,
    run_rows::{self, RunSeries},
    samples::has_chosen,
    waterfall::WATERFALL,
};

/// More runs than this are drawn without the validation losses beside the training losses.
const MOST_WITH_BOTH: usize = 3;
/// A metric has a curve from so many points on, ...
const FEWEST_POINTS: usize = 3;
/// ... and runs are compared by it where this share of them has one.
const MOST: f64 = 0.6;
/// It is logged by this share of all runs, at least.
const LEAST: f64 = 0.3;
/// Runs of less than this part of the points of most were given up, and have no say.
const GIVEN_UP: f64 = 0.1;
/// Losses that no more than one of so many runs log stand for few of them; ...
const FEW_OF_ALL: usize = 3;
/// ... an accuracy of so many points stands for a run then.
const FEWEST_OF_MOST: usize = 1;
/// The share of a few runs that have one.
const MOST_OF_FEW: f64 = 0.6;
/// Error rates of words, characters, phonemes and matches, which say what a recognition is for.
const ERROR_RATES: [&str; 4] = ["wer", "cer", "per", "mer"];
/// Bits per byte of held-out text: unlike losses per token, they can be compared between vocabularies.
const BITS_PER_BYTE: [&str; 1] = ["bpb"];

/// The series by which the drawn runs are compared that log losses; `None` where not nearly all of them log one, or the user
/// chose the loss; of a sweep only where it has no surface.
pub(super) fn of_runs(runs: &[Arc<Run>], settings: &ViewSettings) -> Option<StandIn> {
    let (losses, _) = run_rows::members(runs, settings, Role::Loss).ok()?;
    if let Some(chosen) = of_chosen_role(&losses, runs, settings) {
        return Some(chosen);
    }
    // A sweep may carry a surface of what was trained.
    if settings.chosen_switch(&WATERFALL) == Some(true) || selection::is_sweep(&losses) {
        return None;
    }
    of_most(&losses, runs, settings).or_else(|| of_losses(&losses, runs, settings))
}

/// The series of the role other than the loss whose key the user chose.
fn of_chosen_role(
    losses: &[RunSeries],
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Option<StandIn> {
    let drawn: Vec<&Arc<Run>> = runs
        .iter()
        .filter(|run| settings.draws_run(&run.id))
        .collect();
    if has_chosen(&drawn, Role::Loss) || settings.second().is_some() {
        return None;
    }
    let role = [Role::Accuracy, Role::ValidationLoss]
        .into_iter()
        .find(|role| has_chosen(&drawn, *role))?;
    let (members, notes) = run_rows::members(runs, settings, role).ok()?;
    Some(stand_in(members, role, notes, losses))
}

/// The accuracy on held-out data of most runs, where few of them log the loss.
fn of_most(losses: &[RunSeries], runs: &[Arc<Run>], settings: &ViewSettings) -> Option<StandIn> {
    let drawn: Vec<&Arc<Run>> = runs
        .iter()
        .filter(|run| settings.draws_run(&run.id))
        .collect();
    if losses.len() * FEW_OF_ALL > drawn.len() || is_chosen(losses) || settings.second().is_some() {
        return None;
    }
    let key = metric(
        drawn.iter().copied(),
        FEWEST_OF_MOST,
        0.5 * drawn.len() as f64,
    )?;
    let (members, notes) = run_rows::members_with_key(runs, settings, &key).ok()?;
    Some(stand_in(members, Role::Accuracy, notes, losses))
}

/// Whether the user chose what the loss is.
fn is_chosen(losses: &[RunSeries]) -> bool {
    let mut runs = losses.iter().map(|member| &member.run);
    runs.any(|run| run.chosen_roles.contains(&Role::Loss))
}

/// The members, with a sentence on how the losses are drawn.
fn stand_in(
    members: Vec<RunSeries>,
    role: Role,
    mut notes: Vec<String>,
    losses: &[RunSeries],
) -> StandIn {
    notes.push(format!(
        "Runs are compared by {}; choosing {} as the loss draws that",
        members[0].series.key(),
        losses[0].series.key()
    ));
    StandIn {
        members,
        role: Some(role),
        notes,
    }
}

/// The series by which the runs are compared whose losses are given, if most of these log one.
pub(super) fn of_losses(
    losses: &[RunSeries],
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Option<StandIn> {
    if losses.len() <= MOST_WITH_BOTH || is_chosen(losses) || settings.second().is_some() {
        return None;
    }
    let lens = losses.iter().map(|member| member.series.len());
    // Trainings of one epoch have one value each.
    let longest = lens.clone().max().unwrap_or(0);
    let points = FEWEST_POINTS.min(longest);
    let given_up = GIVEN_UP * run_rows::usual_len(lens) as f64;
    let is_long = |member: &&RunSeries| {
        let points = member.series.len();
        points as f64 >= given_up && (points >= FEWEST_POINTS || longest < FEWEST_POINTS)
    };
    let long = losses.iter().filter(is_long).count();
    let wanted = (MOST * long as f64).max(LEAST * losses.len() as f64);
    let of_metric = || {
        let key = metric(runs_of(losses), points, wanted)?;
        let (members, notes) = run_rows::members_with_key(runs, settings, &key).ok()?;
        Some((members, Role::Accuracy, notes))
    };
    let of_loss = || {
        let (members, notes) = run_rows::members(runs, settings, Role::ValidationLoss).ok()?;
        // A loss that is always the same, as 0 where none was computed, compares nothing.
        let is_curve = |member: &&RunSeries| {
            let varies = || {
                member
                    .series
                    .value_range()
                    .is_some_and(|(low, high)| low < high)
            };
            member.series.len() >= points && (points < 2 || varies())
        };
        let curves = members.iter().filter(is_curve).count();
        (curves as f64 >= wanted).then_some((members, Role::ValidationLoss, notes))
    };
    let of_key = |words: &[&str]| {
        let key = ending_in(words, losses, wanted)?;
        let (members, notes) = run_rows::members_with_key(runs, settings, &key).ok()?;
        Some((members, Role::ValidationLoss, notes))
    };
    let (members, role, notes) = of_metric()
        .or_else(|| of_key(&ERROR_RATES))
        .or_else(|| of_key(&BITS_PER_BYTE))
        .or_else(of_loss)?;
    Some(stand_in(members, role, notes, losses))
}

/// The key of the metric of the task that few runs log, whose losses are given, and its role: an accuracy, or an error rate of
/// what was recognised.
pub(super) fn metric_of_few(losses: &[RunSeries]) -> Option<(Arc<str>, Role)> {
    if losses.len() > MOST_WITH_BOTH {
        return None;
    }
    let wanted = MOST_OF_FEW * losses.len() as f64;
    let long = |key: Option<Arc<str>>| {
        // Of two attempts, one may have been given up.
        let key = key?;
        let lengths = runs_of(losses).filter_map(|run| run.series.get(&key));
        let longest = lengths.map(|series| series.len()).max()?;
        (longest >= FEWEST_POINTS).then_some((key, Role::Accuracy))
    };
    let error_rate = || {
        let key = ending_in(&ERROR_RATES, losses, wanted)?;
        Some((key, Role::ValidationLoss))
    };
    long(metric(runs_of(losses), 1, wanted))
        .or_else(error_rate)
        .or_else(|| long(metric_of_unknown_data(runs_of(losses), 1, wanted)))
}

/// The key of held-out data whose last word is one of `words`, and that most runs log.
fn ending_in(words: &[&str], losses: &[RunSeries], wanted: f64) -> Option<Arc<str>> {
    let mut runs_with: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
    for run in runs_of(losses) {
        let curves = run.series.iter().filter(|(key, series)| {
            let last = key.rsplit(['/', '_', '.', ' ']).next();
            let is_wanted = last.is_some_and(|last| {
                let mut words = words.iter();
                words.any(|word| last.eq_ignore_ascii_case(word))
            });
            let is_held_out =
                names_held_out_data(key) || run.roles.get(*key) == Some(&Role::ValidationLoss);
            is_wanted && is_held_out && series.len() >= FEWEST_POINTS
        });
        for (key, _) in curves {
            *runs_with.entry(key).or_default() += 1;
        }
    }
    let (key, runs) = runs_with
        .into_iter()
        .max_by_key(|(key, runs)| (*runs, Reverse(*key)))?;
    (runs as f64 >= wanted).then(|| Arc::clone(key))
}

fn runs_of(losses: &[RunSeries]) -> impl Iterator<Item = &Arc<Run>> {
    losses.iter().map(|member| &member.run)
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Series, role_of_key};

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
        // Bits per byte do not depend on the vocabulary.
        assert_eq!(
            compared(4, &[loss, val, ("val_bpb", 9)]).as_deref(),
            Some("val_bpb")
        );
        // What a recognition is for.
        assert_eq!(
            compared(
                4,
                &[loss, ("eval_loss", 9), ("eval_wer", 9), ("train_wer", 9)]
            )
            .as_deref(),
            Some("eval_wer")
        );
        // Too few points for a curve.
        assert_eq!(
            compared(4, &[loss, val, ("val_acc", 2)]).as_deref(),
            Some("val/loss")
        );
        assert_eq!(compared(4, &[loss, ("val/loss", 2)]), None);
    }

    #[test]
    fn a_loss_of_few_runs_is_left_for_what_most_log() {
        let of = |with_loss: usize, metric: usize| {
            let keys = |at: usize| match at < with_loss {
                true => vec![("loss", 9)],
                false => vec![("val_acc", metric)],
            };
            let runs: Vec<Arc<Run>> = (0..12).map(|at| run(at, &keys(at))).collect();
            let found = of_runs(&runs, &ViewSettings::default())?;
            Some(found.members[0].series.key().to_string())
        };
        assert_eq!(of(2, 2).as_deref(), Some("val_acc"));
        assert_eq!(of(2, 1), None);
        assert_eq!(of(6, 2), None);
    }
}
