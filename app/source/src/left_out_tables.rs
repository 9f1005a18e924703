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

const NAMED_ROWS: &str = "its rows are results of what they name, not steps of a training: open the file itself to see them row by row";
const NUMBERS: &str = "none of its columns has the name of a step or of a metric of a training: open the file itself, or name a column with `--role loss=COLUMN`";
const SUMMARY: &str = "it has no column of steps, and the trainings beside it have: its rows are their results; open the file itself to see them row by row";

const SAME_RUNS: &str = "its rows are the runs that a table beside it has, too: open the file itself to see what else it holds";

/// The files of a format in a folder that are no logs, and why.
/// Tables of numbers are logs where `keeps_numbers` says so.
pub(crate) fn left_out(
    format: &dyn LogFormat,
    files: &[FolderFile<'_>],
    keeps_numbers: &dyn Fn(&FirstRows) -> bool,
) -> Vec<Unread> {
    if !format.is_of_tables() {
        return Vec::new();
    }
    let why = |file: &FolderFile<'_>| match () {
        () if file.first_rows.kind == KindOfRows::Results => Some(NAMED_ROWS),
        () if !keeps_numbers(file.first_rows) => Some(NUMBERS),
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
