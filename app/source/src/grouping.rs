//! Ways in which the files of one format in one folder make up logs and runs.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

pub(crate) use crate::log_files::{FolderFile, LogFiles};
use crate::{
    columns::{step_rank, time_rank},
    copies::{checksum_of_ends, is_copy},
    data_splits::of_splits,
    key_naming::KeyNaming,
};

/// Names of the log of a training, and of those of its evaluations beside it.
const OF_TRAININGS: &[&str] = &["progress", "train", "training", "log", "metrics"];
const OF_EVALUATIONS: &[&str] = &["eval", "evaluation", "evaluations", "val", "validation"];

/// Distinct fractions that make two histories of one training: zeros are those of any.
const FEWEST_FRACTIONS: usize = 4;

/// All files of the folder are one log.
pub(crate) fn one_log_per_folder(folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
    vec![LogFiles {
        place: folder.to_owned(),
        files: files.iter().map(|file| file.path.to_owned()).collect(),
        run: None,
        naming: KeyNaming::default(),
        copies: Vec::new(),
    }]
}

/// Each file is a log of the folder's run.
pub(crate) fn one_log_per_file(files: &[FolderFile<'_>]) -> Vec<LogFiles> {
    files.iter().map(LogFiles::of_one_file).collect()
}

/// Several files in a folder are several runs.
pub(crate) fn one_run_per_file(files: &[FolderFile<'_>]) -> Vec<LogFiles> {
    match files {
        [only] => vec![LogFiles::of_one_file(only)],
        several => several.iter().map(LogFiles::separate).collect(),
    }
}

/// Files belong to the folder's run, except those that share a key with another file: they are runs of
/// their own. A file whose first rows are in another file, too, belongs to that one's run; a copy of another
/// file is not read, but named by that one's log.
pub(crate) fn separate_by_shared_keys(files: &[FolderFile<'_>]) -> Vec<LogFiles> {
    let (kept, copies) = without_copies(files);
    let mut logs = separate_originals(&kept);
    for (copy, original) in copies {
        let of_original = |log: &&mut LogFiles| log.files.iter().any(|file| file == original);
        if let Some(log) = logs.iter_mut().find(of_original) {
            log.copies.push((copy.to_owned(), original.to_owned()));
        }
    }
    logs
}

fn separate_originals(files: &[FolderFile<'_>]) -> Vec<LogFiles> {
    if let Some(logs) = training_and_evaluation(files) {
        return logs;
    }
    let (mut logs, files) = of_splits(files);
    logs.extend(by_shared_keys(&files));
    logs
}

fn by_shared_keys(files: &[FolderFile<'_>]) -> Vec<LogFiles> {
    let is_value = |key: &&String| step_rank(key) == 0 && time_rank(key) == 0 && !key.is_empty();
    // Files of which only the steps are known are alike, too.
    let has_values = |file: &FolderFile<'_>| file.first_rows.keys.iter().any(|key| is_value(&key));
    let is_alike = |file: &FolderFile<'_>, other: &FolderFile<'_>| {
        !has_values(file)
            && !file.first_rows.keys.is_empty()
            && file.path != other.path
            && file.first_rows.keys == other.first_rows.keys
    };
    let extracts: Vec<bool> = files
        .iter()
        .map(|file| {
            let mut others = files.iter();
            others.any(|other| is_extract(file, other) || holds_the_same(file, other))
        })
        .collect();
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for (file, is_extract) in files.iter().zip(&extracts) {
        for key in file.first_rows.keys.iter().filter(is_value) {
            *holders.entry(key).or_default() += usize::from(!is_extract);
        }
    }
    let logs = files.iter().zip(&extracts).map(|(file, is_extract)| {
        let mut values = file.first_rows.keys.iter().filter(is_value);
        let shares = values.any(|key| holders[key.as_str()] > 1)
            || files.iter().any(|other| is_alike(file, other));
        match !is_extract && shares {
            true => LogFiles::separate(file),
            false => LogFiles::of_one_file(file),
        }
    });
    logs.collect()
}

/// `progress.txt` and `eval.txt` of one training: what both log is named after the evaluation, too.
fn training_and_evaluation(files: &[FolderFile<'_>]) -> Option<Vec<LogFiles>> {
    let stem = |file: &FolderFile<'_>| {
        let stem = file.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().to_lowercase()
    };
    let [a, b] = files else {
        return None;
    };
    let is = |file: &FolderFile<'_>, names: &[&str]| names.contains(&stem(file).as_str());
    let (training, evaluation) = match () {
        () if is(a, OF_TRAININGS) && is(b, OF_EVALUATIONS) => (a, b),
        () if is(b, OF_TRAININGS) && is(a, OF_EVALUATIONS) => (b, a),
        () => return None,
    };
    let of_evaluation = LogFiles {
        naming: KeyNaming::prefix(&stem(evaluation)),
        ..LogFiles::of_one_file(evaluation)
    };
    Some(vec![LogFiles::of_one_file(training), of_evaluation])
}

/// The files without copies of others, and each copy with the file that it is a copy of: the one with the shortest name is
/// kept.
fn without_copies<'a>(
    files: &[FolderFile<'a>],
) -> (Vec<FolderFile<'a>>, BTreeMap<&'a Path, &'a Path>) {
    let mut by_name = files.to_vec();
    by_name.sort_by_key(|file| file.path.as_os_str().len());
    let mut by_len: HashMap<u64, Vec<FolderFile<'a>>> = HashMap::new();
    for file in by_name {
        let len = file.path.metadata().map_or(0, |metadata| metadata.len());
        by_len.entry(len).or_default().push(file);
    }
    let mut copies: BTreeMap<&Path, &Path> = BTreeMap::new();
    for alike in by_len.into_values().filter(|alike| alike.len() > 1) {
        // Each file is opened once, however many have its size.
        let mut known: HashMap<u32, Vec<FolderFile<'a>>> = HashMap::new();
        for file in alike {
            let Some(checksum) = checksum_of_ends(file.path) else {
                continue;
            };
            let known = known.entry(checksum).or_default();
            let original = known.iter().find(|known| {
                known.first_rows == file.first_rows && is_copy(known.path, file.path)
            });
            match original {
                Some(original) => {
                    copies.insert(file.path, original.path);
                }
                None => known.push(file),
            }
        }
    }
    let kept = files.iter().filter(|file| !copies.contains_key(file.path));
    (kept.copied().collect(), copies)
}

/// True if two files hold the same rows and nothing but these; the one that comes first is the log.
fn holds_the_same(file: &FolderFile<'_>, other: &FolderFile<'_>) -> bool {
    let (own, of_other) = (file.first_rows, other.first_rows);
    other.path < file.path
        && own.fractions >= FEWEST_FRACTIONS
        && own.fractions == of_other.fractions
        && own.cells == of_other.cells
}

/// True if the first rows of `file` are in `other`, which holds more keys.
fn is_extract(file: &FolderFile<'_>, other: &FolderFile<'_>) -> bool {
    let (own, all) = (file.first_rows, other.first_rows);
    let mut rows = own
        .cells
        .iter()
        .filter(|row| !row.is_empty())
        .take(4)
        .peekable();
    own.keys.len() < all.keys.len()
        && own.keys.iter().all(|key| all.keys.contains(key))
        && rows.peek().is_some()
        && rows
            .flatten()
            .all(|cell| all.cells.iter().any(|row| row.contains(cell)))
}
