//! Event files that W&B mirrors: `sync_tensorboard` links or copies those of a run's folder into the folder of W&B's run, so
//! that both are of one training.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::PathBuf,
};

use crate::{
    run_drafts::Drafts,
    run_plan::{LogKey, RunDraft},
};

/// Merges W&B's runs into the runs whose event files they mirror. The names of event files hold the time, the host and the
/// process: equal names are those of one file.
pub(crate) fn merge_mirrored_events(drafts: &mut Drafts) {
    let mut originals: BTreeMap<(OsString, usize), PathBuf> = BTreeMap::new();
    for (folder, draft) in &drafts.of_folders {
        if !is_of_wandb(draft) {
            for name in event_files(draft, drafts) {
                originals.insert((name, draft.root), folder.clone());
            }
        }
    }
    let mirrors: Vec<(PathBuf, PathBuf)> = drafts
        .of_folders
        .iter()
        .filter(|(_, draft)| is_of_wandb(draft))
        .filter_map(|(folder, draft)| {
            let names = event_files(draft, drafts);
            let of_name = |name: &OsString| originals.get(&(name.clone(), draft.root));
            let folders: BTreeSet<Option<&PathBuf>> = names.iter().map(of_name).collect();
            let original = folders.first().copied().flatten();
            let original = original.filter(|_| folders.len() == 1)?;
            Some((folder.clone(), original.clone()))
        })
        .collect();
    for (mirror, original) in mirrors {
        let of_events: Vec<LogKey> = drafts
            .of_folders
            .get(&mirror)
            .into_iter()
            .flat_map(|draft| &draft.logs)
            .filter(|log| is_of_events(&log.key, drafts))
            .map(|log| log.key.clone())
            .collect();
        drafts.merge(&mirror, &original, |log| of_events.contains(&log.key));
    }
}

fn is_of_wandb(draft: &RunDraft) -> bool {
    let mut logs = draft.logs.iter();
    logs.any(|log| log.key.format.run_id(&log.key.place).is_some())
}

/// The names of the event files of a run.
fn event_files(draft: &RunDraft, drafts: &Drafts) -> BTreeSet<OsString> {
    let logs = draft.logs.iter();
    let of_events = logs.filter(|log| is_of_events(&log.key, drafts));
    let files = of_events.flat_map(|log| drafts.files_of(&log.key));
    files
        .filter_map(|file| file.file_name().map(OsString::from))
        .collect()
}

/// Whether the names of a log's files say who wrote them, as those of event files do.
fn is_of_events(key: &LogKey, drafts: &Drafts) -> bool {
    let mut files = drafts.files_of(key);
    files.all(|file| key.format.writer(file).is_some())
}
