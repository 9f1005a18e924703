//! Logs of one training under several names: those that its trainer writes into each run's folder, and what it printed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
};

use crate::{
    columns::{step_rank, time_rank},
    discover::{Catalog, FoundLog},
    run_drafts::Drafts,
    run_plan::{RunDraft, is_logger_folder},
    sample::is_log_name,
};

/// Folders in which a name stands that is that of a log, not of a run.
const FEWEST_FOLDERS: usize = 2;
/// Words of a run's folder that make another name with all of them that of its log.
const FEWEST_WORDS: usize = 2;

/// Words in the names of logs beside those of training metrics.
const OTHER_LOGS: &[&str] = &["telemetry", "stats", "trace", "debug"];

/// Makes one run of logs in a folder whose names stand in other folders, too, if they hold mostly different keys and begin
/// with an equal value: `train_logs.json` and `reward_stats.json` of each run.
pub(crate) fn merge_recurring_logs(drafts: &mut Drafts, catalog: &Catalog) {
    let mut folders: HashMap<&str, HashSet<&Path>> = HashMap::new();
    for path in catalog.logs.keys() {
        if let (Some(name), Some(folder)) = (file_name(path), path.parent()) {
            folders.entry(name).or_default().insert(folder);
        }
    }
    let mut by_folder: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.separate.iter().enumerate() {
        let [log] = draft.logs.as_slice() else {
            continue;
        };
        let name = file_name(&log.key.place);
        let recurs = |name| folders.get(name).map_or(0, HashSet::len) >= FEWEST_FOLDERS;
        let is_log = draft.suffix.as_deref().is_some_and(|name| {
            is_log_name(name) || OTHER_LOGS.iter().any(|word| name.contains(word))
        });
        if is_log && name.is_some_and(recurs) && catalog.logs.contains_key(&log.key.place) {
            by_folder.entry(draft.path.clone()).or_default().push(index);
        }
    }
    let mut merged: BTreeSet<usize> = BTreeSet::new();
    for (folder, indices) in by_folder {
        let found = |index: usize| &catalog.logs[&drafts.separate[index].logs[0].key.place];
        let of_one = |a: usize, b: usize| a == b || are_of_one(found(a), found(b));
        let has_other = |index: &usize| indices.iter().any(|b| b != index && of_one(*index, *b));
        let parts: Vec<usize> = indices.iter().copied().filter(has_other).collect();
        let differ = |a: usize, b: usize| a == b || differ(found(a), found(b));
        if parts.len() < 2 || !parts.iter().all(|&a| parts.iter().all(|&b| differ(a, b))) {
            continue;
        }
        let root = drafts.separate[parts[0]].root;
        let logs = parts
            .iter()
            .map(|&index| drafts.separate[index].logs.clone());
        let logs: Vec<_> = logs.flatten().collect();
        let run = drafts.of_folders.entry(folder.clone());
        run.or_insert_with(|| RunDraft::new(folder, root))
            .logs
            .extend(logs);
        merged.extend(parts);
    }
    let mut index = 0..;
    drafts
        .separate
        .retain(|_| index.next().is_none_or(|index| !merged.contains(&index)));
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// The keys of values, without those of steps and times.
fn values(found: &FoundLog) -> Vec<&str> {
    let keys = found.first_rows.keys.iter().map(String::as_str);
    keys.filter(|key| step_rank(key) == 0 && time_rank(key) == 0)
        .collect()
}

/// True if two logs share less than half of the keys of the one that has fewer.
fn differ(a: &FoundLog, b: &FoundLog) -> bool {
    let (a, b) = (values(a), values(b));
    let shared = a.iter().filter(|key| b.contains(key)).count();
    shared * 2 < a.len().min(b.len())
}

/// True if a value in the first rows of two logs is equal at the same step.
fn are_of_one(a: &FoundLog, b: &FoundLog) -> bool {
    let cells: HashSet<&u64> = a.first_rows.cells.iter().flatten().collect();
    let mut others = b.first_rows.cells.iter().flatten();
    others.any(|cell| cells.contains(cell))
}

/// Moves what runs printed into them: `logs/job3_lr0.1_seed42.log` belongs to the run in `lr0.1_seed42`.
pub(crate) fn merge_printed_logs(drafts: &mut Drafts) {
    let mut of_runs: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for draft in drafts.separate.iter().chain(drafts.of_folders.values()) {
        if let Some(log) = printed(draft)
            && let Some(run) = run_named_by(log, drafts)
        {
            of_runs.entry(run).or_default().push(log.to_owned());
        }
    }
    // Two logs of one name are two attempts.
    let moves = of_runs.into_iter().filter_map(|(run, logs)| {
        let [log] = logs.as_slice() else { return None };
        Some((log.clone(), run))
    });
    for (log, run) in moves.collect::<Vec<_>>() {
        let is_log = |draft: &RunDraft| printed(draft) == Some(log.as_path());
        let separate = drafts.separate.iter().position(is_log);
        let folder = log.parent().map(Path::to_owned).unwrap_or_default();
        let draft = match separate {
            Some(index) => Some(drafts.separate.remove(index)),
            None => drafts.of_folders.remove(&folder),
        };
        if let (Some(draft), Some(of_run)) = (draft, drafts.of_folders.get_mut(&run)) {
            of_run.logs.extend(draft.logs);
        }
    }
}

/// The only log of a run that is nothing but what a program printed.
fn printed(draft: &RunDraft) -> Option<&Path> {
    match draft.logs.as_slice() {
        [log] if log.key.format.is_fallback() => Some(&log.key.place),
        _ => None,
    }
}

/// The run beside a log, or beside its folder of logs, whose name is in that of the log.
fn run_named_by(log: &Path, drafts: &Drafts) -> Option<PathBuf> {
    let mut words = words(log.file_stem()?.to_str()?);
    while words.last().is_some_and(|word| is_of_printing(word)) && words.len() > FEWEST_WORDS {
        words.pop();
    }
    let folder = log.parent()?;
    let above = folder.parent().filter(|_| is_logger_folder(folder));
    let mut folders = std::iter::once(folder).chain(above);
    folders.find_map(|folder| run_in(folder, &words, drafts))
}

/// The run in a folder with the longest name in which `words` end.
fn run_in(beside: &Path, words: &[&str], drafts: &Drafts) -> Option<PathBuf> {
    let named = drafts
        .of_folders
        .range(beside.to_owned()..)
        .take_while(|(run, _)| run.starts_with(beside));
    let named = named.filter_map(|(run, draft)| {
        let of_run = self::words(run.file_name()?.to_str()?);
        let is_named = run.parent() == Some(beside)
            && of_run.len() >= FEWEST_WORDS
            && words.ends_with(&of_run)
            && draft.logs.iter().any(|log| !log.key.format.is_fallback());
        is_named.then_some((of_run.len(), run))
    });
    let mut named: Vec<(usize, &PathBuf)> = named.collect();
    named.sort();
    let (most, run) = named.pop()?;
    let is_only = named.last().is_none_or(|(len, _)| *len < most);
    is_only.then(|| run.clone())
}

/// Whether a word at the end of the name of a log says that a run printed it, or which attempt it was.
fn is_of_printing(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "run", "job", "log", "logs", "train", "training", "stdout", "stderr", "out", "err",
        "output", "console", "slurm", "nohup",
    ];
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    letters.is_empty() || WORDS.contains(&letters.to_lowercase().as_str())
}

fn words(name: &str) -> Vec<&str> {
    let words = name.split(['_', '-', ' ']);
    words.filter(|word| !word.is_empty()).collect()
}
