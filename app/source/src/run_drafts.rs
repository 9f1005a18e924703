//! Runs while they are assembled from logs and arrays.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use indexmap::IndexMap;
use trainscape_run::Unread;

use crate::{
    copies::{is_copy, unread_copy},
    log_format::LogFormat,
    run_plan::{LogKey, RunDraft, RunLog},
};

/// Runs by folder, further runs that share a folder, and the files of their logs.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    pub(crate) of_folders: BTreeMap<PathBuf, RunDraft>,
    pub(crate) separate: Vec<RunDraft>,
    pub(crate) logs: IndexMap<LogKey, Vec<PathBuf>>,
    /// Files that are left out: tables that hold results of trainings and are no logs, and copies.
    pub(crate) left_out: Vec<Unread>,
    /// Folders of runs that were merged into the run of another folder.
    pub(crate) merged: BTreeMap<PathBuf, PathBuf>,
}

impl Drafts {
    pub(crate) fn has_folder(&self, folder: &Path) -> bool {
        self.of_folders.contains_key(folder) || self.merged.contains_key(folder)
    }

    /// Merges the run of a folder into that of another. Its logs that `are_dropped` are not read; neither are copies of the
    /// other's files, which are told.
    pub(crate) fn merge(
        &mut self,
        from: &Path,
        into: &Path,
        are_dropped: impl Fn(&RunLog) -> bool,
    ) {
        let Some(merged) = self.of_folders.remove(from) else {
            return;
        };
        let known: Vec<PathBuf> = self
            .of_folders
            .get(into)
            .into_iter()
            .flat_map(|draft| &draft.logs)
            .flat_map(|log| self.files_of(&log.key).cloned())
            .collect();
        let mut kept = Vec::new();
        for log in merged.logs {
            let original = |file: &PathBuf| known.iter().find(|known| is_copy(known, file));
            let copies: Vec<Option<Unread>> = self
                .files_of(&log.key)
                .map(|file| Some(unread_copy(file, original(file)?)))
                .collect();
            let is_copy = copies.iter().all(Option::is_some);
            if !are_dropped(&log) && !is_copy {
                kept.push(log);
                continue;
            }
            let is_told = |copy: &Unread| self.left_out.iter().any(|told| told.path == copy.path);
            let told: Vec<Unread> = copies
                .into_iter()
                .flatten()
                .filter(|c| !is_told(c))
                .collect();
            self.left_out.extend(told);
            self.logs.shift_remove(&log.key);
        }
        if let Some(draft) = self.of_folders.get_mut(into) {
            draft.config_folders.extend(merged.config_folders);
            draft.logs.extend(kept);
        }
        self.merged.insert(from.to_owned(), into.to_owned());
    }

    /// The files of a log.
    pub(crate) fn files_of(&self, key: &LogKey) -> impl Iterator<Item = &PathBuf> {
        self.logs.get(key).into_iter().flatten()
    }

    /// True if the folder's run has a log of the format.
    pub(crate) fn has_log(&self, folder: &Path, format: &'static dyn LogFormat) -> bool {
        self.of_folders
            .get(folder)
            .is_some_and(|draft| draft.logs.iter().any(|log| log.key.format == format))
    }
}
