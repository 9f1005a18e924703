//! Tables that are found among logs and are none: what they hold are results of trainings.

use trainscape_run::Unread;

use crate::{
    columns::{has_step, step_rank, time_rank},
    first_rows::{FirstRows, KindOfRows},
    grouping::FolderFile,
    log_format::LogFormat,
};

/// Tables of steps beside which one of the same columns is a summary.
const FEWEST_BESIDE: usize = 2;

const NAMED_ROWS: &str = "its rows are results of what they name, not steps of a training: open the file itself to see them";
const NUMBERS: &str = "none of its columns has the name of a step or of a metric of a training: open the file itself, or name a column with `--role loss=COLUMN`";
const SUMMARY: &str = "it has no column of steps, and the trainings beside it have: its rows are their results; open the file itself to see them";

const SAME_RUNS: &str = "its rows are the runs that a table beside it has, too: open the file itself to see what else it holds";

/// Tables that are read although they may be none of a training.
pub(crate) struct Keeps<'a> {
    /// Whether one of nothing but numbers is.
    pub(crate) numbers: &'a dyn Fn(&FirstRows) -> bool,
    /// Whether those of results are, a row a run.
    pub(crate) results: bool,
}

/// The files of a format in a folder that are no logs, and why.
/// Tables are logs where `keeps` says so of what they seem to hold.
pub(crate) fn left_out(
    format: &dyn LogFormat,
    files: &[FolderFile<'_>],
    keeps: &Keeps<'_>,
) -> Vec<Unread> {
    if !format.is_of_tables() {
        return Vec::new();
    }
    let why = |file: &FolderFile<'_>| match () {
        () if file.first_rows.kind == KindOfRows::Results && !keeps.results => Some(NAMED_ROWS),
        () if !(keeps.numbers)(file.first_rows) => Some(NUMBERS),
        () if is_summary(file, files) => Some(SUMMARY),
        () if has_runs_of_other(file, files) => Some(SAME_RUNS),
        () => None,
    };
    let found = files.iter().filter_map(|file| {
        Some(Unread {
            path: file.path.to_owned(),
            kind: "table",
            why: why(file)?.to_owned(),
        })
    });
    found.collect()
}

/// True for a table without steps whose columns those beside it have, too, with steps.
fn is_summary(file: &FolderFile<'_>, files: &[FolderFile<'_>]) -> bool {
    let keys = &file.first_rows.keys;
    if has_step(keys) || keys.iter().any(|key| time_rank(key) > 0) {
        return false;
    }
    let is_training = |other: &&FolderFile<'_>| {
        let others = &other.first_rows.keys;
        let is_value = |key: &&String| step_rank(key) == 0 && !key.is_empty();
        has_step(others) && keys.iter().filter(is_value).any(|key| others.contains(key))
    };
    files.iter().filter(is_training).count() >= FEWEST_BESIDE
}

/// True for a table whose runs are mostly those of one before it.
fn has_runs_of_other(file: &FolderFile<'_>, files: &[FolderFile<'_>]) -> bool {
    let own = &file.first_rows.run_ids;
    let is_same = |other: &FolderFile<'_>| {
        let others = &other.first_rows.run_ids;
        let shared = own.intersection(others).count();
        other.path < file.path && shared * 2 > own.len().min(others.len())
    };
    !own.is_empty() && files.iter().any(is_same)
}
