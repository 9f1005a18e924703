//! Runs while they are assembled from logs and arrays.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use trainscape_run::Unread;

use crate::{
    log_format::LogFormat,
    run_plan::{LogKey, RunDraft},
};

/// Runs by folder, further runs that share a folder, and the files of their logs.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    pub(crate) of_folders: BTreeMap<PathBuf, RunDraft>,
    pub(crate) separate: Vec<RunDraft>,
    pub(crate) logs: Vec<(LogKey, Vec<PathBuf>)>,
    /// Files that are left out: tables that hold results of trainings and are no logs, and copies.
    pub(crate) left_out: Vec<Unread>,
    /// Folders of runs that were merged into the run of another folder.
    pub(crate) merged: BTreeMap<PathBuf, PathBuf>,
}

impl Drafts {
    pub(crate) fn has_folder(&self, folder: &Path) -> bool {
        self.of_folders.contains_key(folder) || self.merged.contains_key(folder)
    }

    /// True if the folder's run has a log of the format.
    pub(crate) fn has_log(&self, folder: &Path, format: &'static dyn LogFormat) -> bool {
        self.of_folders
            .get(folder)
            .is_some_and(|draft| draft.logs.iter().any(|log| log.key.format == format))
    }
}
