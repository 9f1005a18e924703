//! Files that the same run wrote into several folders: jobs that resumed it, and copies.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use trainscape_run::natural_cmp;

use crate::{
    copies::{is_beginning, is_copy, unread_beginning, unread_copy},
    log_format::RunId,
    run_drafts::Drafts,
    run_plan::{LogKey, RunDraft, RunLog},
};

/// Merges the runs of folders whose logs carry the same id. A copy of a file is read once.
pub(crate) fn merge_same_runs(drafts: &mut Drafts) {
    let mut by_id: BTreeMap<(RunId, usize), Vec<PathBuf>> = BTreeMap::new();
    for (folder, draft) in &drafts.of_folders {
        if let Some((_, id)) = identified(draft) {
            by_id
                .entry((id, draft.root))
                .or_default()
                .push(folder.clone());
        }
    }
    for mut folders in by_id.into_values().filter(|folders| folders.len() > 1) {
        // Folders are named after the time, copies are not.
        folders.sort_by(|a, b| natural_cmp(&name(a), &name(b)).then_with(|| a.cmp(b)));
        let is_dated = |folder: &PathBuf| name(folder).contains(|c: char| c.is_ascii_digit());
        folders.sort_by_key(|folder| !is_dated(folder));
        merge(&folders, drafts);
    }
}

/// The log of a run that carries an id, and the id.
fn identified(draft: &RunDraft) -> Option<(&RunLog, RunId)> {
    let mut logs = draft.logs.iter();
    logs.find_map(|log| Some((log, log.key.format.run_id(&log.key.place)?)))
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    // Offline and online jobs of one run.
    name.trim_start_matches("offline-").to_owned()
}

fn merge(folders: &[PathBuf], drafts: &mut Drafts) {
    let Some((first, others)) = folders.split_first() else {
        return;
    };
    let log_of = |folder: &PathBuf| {
        let draft = drafts.of_folders.get(folder)?;
        identified(draft).map(|(log, _)| log.key.clone())
    };
    let keys: Vec<LogKey> = folders.iter().filter_map(log_of).collect();
    let mut files: Vec<PathBuf> = Vec::new();
    let mut copies = Vec::new();
    // The longest first: others may be copies of it from an earlier time.
    let mut all: Vec<&PathBuf> = keys.iter().flat_map(|key| drafts.files_of(key)).collect();
    all.sort_by_key(|file| std::cmp::Reverse(file.metadata().map_or(0, |metadata| metadata.len())));
    for file in all {
        let mut known = files.iter();
        let copy = known.find_map(|known| match () {
            () if is_copy(known, file) => Some(unread_copy(file, known)),
            () if is_beginning(file, known) => Some(unread_beginning(file, known)),
            () => None,
        });
        match copy {
            Some(copy) => copies.push(copy),
            None => files.push(file.clone()),
        }
    }
    drafts.left_out.extend(copies);
    for folder in others {
        drafts.merge(folder, first, |log| keys.contains(&log.key));
    }
    let own = keys.first();
    if let Some(own) = own.and_then(|key| drafts.logs.get_mut(key)) {
        *own = files;
    }
}
