//! The metric of a task that runs log: an accuracy that was measured on held-out data.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use trainscape_run::{Role, Run, Series, names_held_out_data};

/// The beginnings of the last parts of keys that are measured on held-out data alone.
const HELD_OUT_ONLY: [&str; 11] = [
    "map",
    "bbox_map",
    "segm_map",
    "miou",
    "mean_iou",
    "success_rate",
    "win_rate",
    "pass@",
    "core_metric",
    // Of the model that a server of federated learning averages.
    "global_acc",
    "server_acc",
];
/// Average precisions of Detectron2 and of pycocotools.
const AVERAGE_PRECISION: [&str; 4] = ["bbox/ap", "segm/ap", "keypoints/ap", "coco/ap"];
/// Accuracies of predicting tokens or preferences say no more than the loss, and those of one client of many nothing of all.
const NO_TASK: [&str; 4] = ["token", "rewards/", "top_k", "client"];
/// Words of the data that are trained on.
const OF_TRAINING: [&str; 2] = ["train", "training"];

/// The key of the metric of the task of which at least `wanted` of the runs log so many points; of several the most suitable
/// one.
pub(super) fn metric<'a>(
    runs: impl Iterator<Item = &'a Arc<Run>>,
    points: usize,
    wanted: f64,
) -> Option<Arc<str>> {
    metric_with(is_of_task, runs, points, wanted)
}

/// The same of an accuracy that does not say on which data it was measured.
pub(super) fn metric_of_unknown_data<'a>(
    runs: impl Iterator<Item = &'a Arc<Run>>,
    points: usize,
    wanted: f64,
) -> Option<Arc<str>> {
    metric_with(is_of_unknown_data, runs, points, wanted)
}

fn metric_with<'a>(
    is_wanted: fn(&str) -> bool,
    runs: impl Iterator<Item = &'a Arc<Run>>,
    points: usize,
    wanted: f64,
) -> Option<Arc<str>> {
    // How many runs have a curve, and how many of these vary and are constant.
    let mut runs_with: BTreeMap<&Arc<str>, (usize, [usize; 2])> = BTreeMap::new();
    let runs: Vec<&Arc<Run>> = runs.collect();
    let are_results = runs
        .iter()
        .all(|run| run.series.values().all(|series| series.len() <= 1));
    for run in runs {
        for (key, role) in &run.roles {
            let series = run.series.get(key);
            let curve = series.filter(|series| series.len() >= points.max(1) && advances(series));
            if let Some(series) = curve.filter(|_| *role == Role::Accuracy && is_wanted(key)) {
                let (runs, [varying, constant]) = runs_with.entry(key).or_default();
                *runs += 1;
                *varying += usize::from(are_results || does_vary(series));
                *constant += usize::from(series.len() > 1 && !does_vary(series));
            }
        }
    }
    let candidates = runs_with.into_iter();
    candidates
        .filter(|(_, (runs, [varying, constant]))| {
            *runs as f64 >= wanted && *varying > 0 && varying >= constant
        })
        .min_by_key(|(key, (runs, _))| {
            // Of results, that of the test data is what is reported.
            let is_no_test = points > 1 || !names_test_data(key);
            (Reverse(*runs), is_no_test, Role::Accuracy.rank_of_key(key))
        })
        .map(|(key, _)| Arc::clone(key))
}

fn names_test_data(key: &str) -> bool {
    let mut words = key.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case("test"))
}

/// Whether the values of a series are at several steps, if it has several.
fn advances(series: &Series) -> bool {
    let ends = (series.first(), series.last());
    let (Some(first), Some(last)) = ends else {
        return false;
    };
    series.len() == 1 || first.step != last.step
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
    let is_average_precision = AVERAGE_PRECISION.contains(&lower.as_str());
    (is_held_out || is_average_precision) && says_task(&lower)
}

/// Whether the accuracy called `key` is named by its quantity alone, as `accuracy`.
pub(super) fn is_of_unknown_data(key: &str) -> bool {
    !key.contains('/') && !names_held_out_data(key) && says_task(&key.to_lowercase())
}

/// Whether an accuracy, in lower case, is neither that of training data nor one that says little.
fn says_task(lower: &str) -> bool {
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    let is_of_training = words.any(|word| OF_TRAINING.contains(&word));
    !is_of_training && !NO_TASK.iter().any(|name| lower.contains(name))
}

#[cfg(test)]
mod tests {
    use super::is_of_task;

    #[test]
    fn what_is_trained_on_is_no_task() {
        for key in [
            "test/success_rate",
            "success_rate",
            "val_dice_coef",
            "bbox/AP",
            "mAP_0.5",
        ] {
            assert!(is_of_task(key), "{key}");
        }
        for key in [
            "train/success_rate",
            "accuracy",
            "train_win_rate",
            "client_3/val_acc",
        ] {
            assert!(!is_of_task(key), "{key}");
        }
    }
}
