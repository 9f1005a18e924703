//! Files that the same run wrote into several folders: jobs that resumed it, and copies.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use trainscape_run::natural_cmp;

use crate::{
    copies::{is_copy, unread_copy},
    log_format::RunId,
    run_drafts::Drafts,
};

/// Merges the runs of folders whose logs carry the same id. A copy of a file is read once.
pub(crate) fn merge_same_runs(drafts: &mut Drafts) {
    let mut by_id: BTreeMap<(RunId, usize), Vec<PathBuf>> = BTreeMap::new();
    for (folder, draft) in &drafts.of_folders {
        let [log] = draft.logs.as_slice() else {
            continue;
        };
        if let Some(id) = log.key.format.run_id(&log.key.place) {
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

fn name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    // Offline and online jobs of one run.
    name.trim_start_matches("offline-").to_owned()
}

fn merge(folders: &[PathBuf], drafts: &mut Drafts) {
    let Some((first, others)) = folders.split_first() else {
        return;
    };
    let mut files: Vec<PathBuf> = Vec::new();
    let mut copies = Vec::new();
    for folder in folders {
        let Some(draft) = drafts.of_folders.get(folder) else {
            continue;
        };
        let keys: Vec<_> = draft.logs.iter().map(|log| &log.key).collect();
        let of_folder = drafts.logs.iter().filter(|(key, _)| keys.contains(&key));
        for file in of_folder.flat_map(|(_, files)| files.clone()) {
            match files.iter().find(|known| is_copy(known, &file)) {
                Some(known) => copies.push(unread_copy(&file, known)),
                None => files.push(file),
            }
        }
    }
    drafts.left_out.extend(copies);
    for folder in others {
        let Some(other) = drafts.of_folders.remove(folder) else {
            continue;
        };
        drafts
            .logs
            .retain(|(key, _)| other.logs.iter().all(|log| log.key != *key));
        if let Some(draft) = drafts.of_folders.get_mut(first) {
            draft.config_folders.extend(other.config_folders);
        }
        drafts.merged.insert(folder.clone(), first.clone());
    }
    if let Some(draft) = drafts.of_folders.get(first)
        && let Some(log) = draft.logs.first()
        && let Some((_, own)) = drafts.logs.iter_mut().find(|(key, _)| *key == log.key)
    {
        *own = files;
    }
}
