//! Ways in which the files of one format in one folder make up logs and runs.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use crate::columns::step_rank;

/// A log file of a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FolderFile<'a> {
    pub(crate) path: &'a Path,
    /// Keys of its first rows, for tables only.
    pub(crate) keys: &'a [String],
}

/// The files of one log.
#[derive(Debug)]
pub(crate) struct LogFiles {
    /// Identifies the log: its file, or the folder of its files.
    pub(crate) place: PathBuf,
    pub(crate) files: Vec<PathBuf>,
}

/// The logs of one format in one folder.
#[derive(Debug, Default)]
pub(crate) struct FolderLogs {
    /// Logs of the run that the folder is.
    pub(crate) of_folder: Vec<LogFiles>,
    /// Logs that are a run each.
    pub(crate) separate: Vec<LogFiles>,
}

/// All files of the folder are one log.
pub(crate) fn one_log_per_folder(folder: &Path, files: &[FolderFile<'_>]) -> FolderLogs {
    FolderLogs {
        of_folder: vec![LogFiles {
            place: folder.to_owned(),
            files: files.iter().map(|file| file.path.to_owned()).collect(),
        }],
        separate: Vec::new(),
    }
}

/// Several files in a folder are several runs.
pub(crate) fn one_run_per_file(files: &[FolderFile<'_>]) -> FolderLogs {
    let logs: Vec<LogFiles> = files.iter().map(of_one_file).collect();
    if logs.len() == 1 {
        FolderLogs {
            of_folder: logs,
            separate: Vec::new(),
        }
    } else {
        FolderLogs {
            of_folder: Vec::new(),
            separate: logs,
        }
    }
}

/// Files belong to the folder's run, except those that share a key with another file.
pub(crate) fn separate_by_shared_keys(files: &[FolderFile<'_>]) -> FolderLogs {
    let is_value = |key: &&String| step_rank(key) == 0 && !key.is_empty();
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for key in files.iter().flat_map(|file| file.keys).filter(is_value) {
        *holders.entry(key).or_default() += 1;
    }
    let mut logs = FolderLogs::default();
    for file in files {
        let mut values = file.keys.iter().filter(is_value);
        if values.any(|key| holders[key.as_str()] > 1) {
            logs.separate.push(of_one_file(file));
        } else {
            logs.of_folder.push(of_one_file(file));
        }
    }
    logs
}

fn of_one_file(file: &FolderFile<'_>) -> LogFiles {
    LogFiles {
        place: file.path.to_owned(),
        files: vec![file.path.to_owned()],
    }
}
