//! Folders of event files that are parts of the run above them.

use crate::{key_naming::KeyNaming, log_format::NestedLog};

/// Folders in which trainers write the events of a validation.
const EVALUATIONS: &[&str] = &["validation", "val", "valid", "eval", "evaluation", "test"];

/// How the keys of a folder's events are named in the run above.
pub(super) fn naming(nested: &NestedLog<'_>) -> Option<KeyNaming> {
    if nested.has_log_above {
        if is_hparams_folder(nested.folder) {
            return Some(KeyNaming::default());
        }
        if let Some(name) = scalar_of_folder(nested) {
            return Some(KeyNaming::suffix(name));
        }
        let is_evaluation = EVALUATIONS.contains(&nested.folder);
        return is_evaluation.then(|| KeyNaming::prefix(nested.folder));
    }
    // Keras writes `train` and `validation` into the run's folder.
    let is_evaluation = |name: &&str| EVALUATIONS.contains(name);
    let is_pair = match nested.folder {
        "train" => nested.beside.iter().any(is_evaluation),
        other => is_evaluation(&other) && nested.beside.contains(&"train"),
    };
    is_pair.then(|| KeyNaming::prefix(nested.folder))
}

/// True for the folders of PyTorch's `add_hparams`, named after the time: `1700000070.0234`.
fn is_hparams_folder(name: &str) -> bool {
    let parts = name.split_once('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    parts.is_some_and(|(secs, fraction)| secs.len() >= 9 && is_number(secs) && is_number(fraction))
}

/// The name of the one scalar in a folder of PyTorch's `add_scalars("loss", {"train": ...})`: `loss_train`.
fn scalar_of_folder<'a>(nested: &NestedLog<'a>) -> Option<&'a str> {
    let [tag] = nested.keys else { return None };
    let rest = nested.folder.strip_prefix(&tag.replace('/', "_"))?;
    rest.strip_prefix('_').filter(|name| !name.is_empty())
}
