//! Files that look like logs, arrays or checkpoints and cannot be read: why, and what to do.

use std::path::Path;

use crate::{encoding::without_compression, formats::LOG_FORMATS, sample::is_log_name};

/// What files with these endings look like, and what to do with them.
const ENDINGS: &[(&[&str], &str, &str)] = &[
    (
        &["pkl", "pickle", "joblib"],
        "array",
        "a pickle can run any code when it is read: save its values as .npz, .csv or .jsonl",
    ),
    (
        &["mat"],
        "array",
        "matrices of MATLAB and of Kaldi are not read: save the values as .npy or .h5",
    ),
    (
        &["arrow", "feather"],
        "log",
        "this table format is not read: save it as .parquet or .csv",
    ),
    (
        &["xlsx", "xls", "ods"],
        "log",
        "spreadsheets are not read: save the sheet as .csv",
    ),
    (
        &["pt", "pth", "ckpt"],
        "checkpoint",
        "PyTorch's pickles are not read: save the tensors as .safetensors",
    ),
    (
        &["msgpack"],
        "checkpoint",
        "Flax's format is not read: save the parameters as .safetensors",
    ),
    (
        &["keras"],
        "checkpoint",
        "the archive is not read: save the weights with `model.save_weights(\"model.weights.h5\")`",
    ),
    (
        &["zip", "tar", "tgz", "7z", "rar", "bz2", "xz"],
        "archive",
        "archives are not searched: unpack it and open the folder",
    ),
];

/// Endings of text in which logs are written.
const TEXT_ENDINGS: &[&str] = &[
    "csv", "tsv", "json", "jsonl", "ndjson", "log", "txt", "out", "err",
];

/// Endings of databases and tables in which logs are written.
const TABLE_ENDINGS: &[&str] = &["db", "sqlite", "sqlite3", "parquet"];

/// Names of a model's parts in PyTorch's `.bin` files.
const MODEL_NAMES: &[&str] = &[
    "pytorch_model",
    "adapter_model",
    "model",
    "diffusion_pytorch_model",
];

/// States of a training beside its weights: nothing that is drawn.
const STATE_NAMES: &[&str] = &[
    "optimizer",
    "scheduler",
    "rng_state",
    "training_args",
    "scaler",
];

/// True if a file of this name would be searched for a log.
pub(crate) fn looks_like_log(name: &str) -> bool {
    let name = name.to_lowercase();
    let plain = without_compression(&name);
    let (_, extension) = plain.rsplit_once('.').unwrap_or((plain, ""));
    TEXT_ENDINGS.contains(&extension)
        || TABLE_ENDINGS.contains(&extension)
        || LOG_FORMATS
            .iter()
            .any(|format| format.is_certain_from_name(plain))
}

/// Whether a name ends with the number of a process, and is that of a log without it.
fn is_of_other_process(name: &str) -> bool {
    let (log, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let number = ending.strip_prefix("rank");
    number.is_some_and(|number| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && looks_like_log(log)
    })
}

/// True for `train.log.bak` and `progress.csv~`: what an editor or a script kept of a log before it was written again.
fn is_backup_of_log(name: &str) -> bool {
    let original = [".bak", ".orig", "~"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    let parts = original.and_then(|original| original.rsplit_once('.'));
    parts.is_some_and(|(stem, extension)| match extension {
        "log" | "out" | "jsonl" => true,
        "csv" | "tsv" | "json" | "txt" => is_log_name(stem),
        _ => false,
    })
}

/// What an unread file looks like and why it is not read; `None` if it looks like something else.
pub(crate) fn why_unread(path: &Path) -> Option<(&'static str, &'static str)> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    if STATE_NAMES.iter().any(|state| name.starts_with(state)) {
        return None;
    }
    let plain = without_compression(&name);
    if is_of_other_process(plain) {
        return Some((
            "log",
            "it is the log of another process of a training: the log of the first process stands for it; \
             to see this one, copy it to a name that ends with .log",
        ));
    }
    if is_backup_of_log(plain) {
        return Some((
            "log",
            "it is a backup by its name: to see it, copy it to a name without that ending",
        ));
    }
    let (stem, extension) = plain.rsplit_once('.').unwrap_or((plain, ""));
    let of_ending = ENDINGS
        .iter()
        .find(|(endings, _, _)| endings.contains(&extension))
        .map(|(_, kind, why)| (*kind, *why));
    if of_ending.is_some() {
        return of_ending;
    }
    if extension == "bin" && MODEL_NAMES.iter().any(|model| stem.starts_with(model)) {
        return Some((
            "checkpoint",
            "PyTorch's pickles are not read: save the tensors as .safetensors",
        ));
    }
    if TEXT_ENDINGS.contains(&extension) && is_log_name(stem) {
        return Some((
            "log",
            "no rows of a step and a training metric were found in it: check what it holds, or name its \
             line format with --pattern",
        ));
    }
    None
}
