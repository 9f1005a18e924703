//! Logs of one training in a file for each part of the data: `train_metrics.csv` and `val_metrics.csv`.

use std::{collections::BTreeMap, path::Path};

use crate::{
    columns::{step_rank, time_rank},
    key_naming::KeyNaming,
    log_files::{FolderFile, LogFiles},
};

/// Words for the data that are trained on, and for others.
const TRAINING: &[&str] = &["train", "training"];
const HELD_OUT: &[&str] = &[
    "val",
    "valid",
    "validation",
    "test",
    "testing",
    "eval",
    "evaluation",
    "dev",
];

/// A name without the word for a part of the data.
struct Split {
    /// What is left of the name.
    rest: String,
    part: String,
    is_training: bool,
}

/// The name has one such word, between separators.
fn split(stem: &str) -> Option<Split> {
    let separators = ['_', '-', '.', ' '];
    let words: Vec<&str> = stem.split(separators).collect();
    let is_any = |word: &str, known: &[&str]| known.iter().any(|k| word.eq_ignore_ascii_case(k));
    let mut parts = words
        .iter()
        .enumerate()
        .filter(|(_, word)| is_any(word, TRAINING) || is_any(word, HELD_OUT));
    let (at, part) = parts.next()?;
    if parts.next().is_some() {
        return None;
    }
    let rest: Vec<&str> = (0..words.len())
        .filter(|other| *other != at)
        .map(|other| words[other])
        .collect();
    Some(Split {
        rest: rest.join("_"),
        part: part.to_lowercase(),
        is_training: is_any(part, TRAINING),
    })
}

fn stem_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// How the values of a folder's log are called in the run above it, if the folders beside it are the other parts of the data:
/// `train/log.csv` and `eval/log.csv`.
pub(crate) fn naming_of_folder(folder: &str, beside: &[&str]) -> Option<KeyNaming> {
    let is_any = |name: &str, known: &[&str]| known.iter().any(|k| name.eq_ignore_ascii_case(k));
    let is_training = |name: &str| is_any(name, TRAINING);
    let is_held_out = |name: &str| is_any(name, HELD_OUT);
    let has = |is_part: &dyn Fn(&str) -> bool| beside.iter().any(|name| is_part(name));
    let are_parts = beside
        .iter()
        .all(|name| is_training(name) || is_held_out(name));
    match () {
        () if !are_parts => None,
        () if is_training(folder) && has(&is_held_out) => Some(KeyNaming::default()),
        () if is_held_out(folder) && has(&is_training) => Some(KeyNaming::prefix(folder)),
        () => None,
    }
}

/// The logs of files that differ in the word for the part of the data and share the keys of values, and the other files. What
/// was measured on held-out data is named after them.
pub(crate) fn of_splits<'a>(files: &[FolderFile<'a>]) -> (Vec<LogFiles>, Vec<FolderFile<'a>>) {
    let mut by_rest: BTreeMap<String, Vec<(Split, FolderFile<'a>)>> = BTreeMap::new();
    let mut others: Vec<FolderFile<'a>> = Vec::new();
    for file in files {
        match split(&stem_of(file.path)) {
            Some(split) => by_rest
                .entry(split.rest.clone())
                .or_default()
                .push((split, *file)),
            None => others.push(*file),
        }
    }
    // The file of the training need not say so: `log.txt` beside `log_eval.txt`.
    for (rest, files) in &mut by_rest {
        let stem = |file: &FolderFile<'_>| stem_of(file.path);
        let is_training = |file: &FolderFile<'_>| !rest.is_empty() && stem(file) == *rest;
        if files.iter().all(|(split, _)| !split.is_training)
            && let Some(at) = others.iter().position(is_training)
        {
            let split = Split {
                rest: rest.clone(),
                part: String::new(),
                is_training: true,
            };
            files.push((split, others[at]));
        }
    }
    let (trainings, rest): (Vec<_>, Vec<_>) = by_rest
        .into_iter()
        .partition(|(_, files)| are_of_one_training(files));
    let is_in = |file: &FolderFile<'_>| {
        let mut files = trainings.iter().flat_map(|(_, files)| files);
        files.any(|(_, known)| known.path == file.path)
    };
    others.retain(|file| !is_in(file));
    let rest = rest.into_iter().flat_map(|(_, files)| files);
    others.extend(
        rest.filter(|(split, _)| !split.part.is_empty())
            .map(|(_, file)| file),
    );
    let has_rows = |file: &FolderFile<'_>| !file.first_rows.cells.is_empty();
    let is_alone = trainings.len() == 1 && !others.iter().any(has_rows);
    let logs = trainings.into_iter().flat_map(|(name, files)| {
        files.into_iter().map(move |(split, file)| LogFiles {
            run: (!is_alone && !name.is_empty()).then(|| name.clone()),
            naming: match split.is_training {
                true => KeyNaming::default(),
                false => KeyNaming::prefix(&split.part),
            },
            ..LogFiles::of_one_file(&file)
        })
    });
    (logs.collect(), others)
}

/// Whether one file is of the data that are trained on, the others are of different other data, and these log what that does.
fn are_of_one_training(files: &[(Split, FolderFile<'_>)]) -> bool {
    let (training, held_out): (Vec<_>, Vec<_>) =
        files.iter().partition(|(split, _)| split.is_training);
    let [(_, training)] = training.as_slice() else {
        return false;
    };
    let is_value = |key: &&String| step_rank(key) == 0 && time_rank(key) == 0 && !key.is_empty();
    let shares = |file: &FolderFile<'_>| {
        let mut values = file.first_rows.keys.iter().filter(is_value);
        values.any(|key| training.first_rows.keys.contains(key))
    };
    let mut parts: Vec<&String> = held_out.iter().map(|(split, _)| &split.part).collect();
    parts.sort_unstable();
    parts.dedup();
    !held_out.is_empty()
        && parts.len() == held_out.len()
        && held_out.iter().all(|(_, file)| shares(file))
}
