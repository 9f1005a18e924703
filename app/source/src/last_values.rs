//! What a training reached, in a folder of its own above or below that of the training's log.

use std::path::{Path, PathBuf};

use crate::{run_drafts::Drafts, run_plan::RunDraft};

/// Moves documents of last values into the only run that has a log above or below their folder.
pub(crate) fn merge_last_values(drafts: &mut Drafts) {
    let folders: Vec<PathBuf> = drafts
        .of_folders
        .iter()
        .filter(|(_, draft)| has_only_last_values(draft))
        .map(|(folder, _)| folder.clone())
        .collect();
    let moves: Vec<(PathBuf, PathBuf)> = folders
        .iter()
        .filter_map(|folder| {
            let of_run =
                run_below(folder, drafts).or_else(|| run_above(folder, &folders, drafts))?;
            Some((folder.clone(), of_run))
        })
        .collect();
    for (folder, of_run) in moves {
        let Some(draft) = drafts.of_folders.remove(&folder) else {
            continue;
        };
        if let Some(run) = drafts.of_folders.get_mut(&of_run) {
            run.logs.extend(draft.logs);
        }
        drafts.merged.insert(folder, of_run);
    }
}

fn has_only_last_values(draft: &RunDraft) -> bool {
    let mut logs = draft.logs.iter();
    !draft.logs.is_empty() && logs.all(|log| log.key.format.holds_last_values())
}

/// The folder of the only run below `folder`.
fn run_below(folder: &Path, drafts: &Drafts) -> Option<PathBuf> {
    let is_below = |draft: &&RunDraft| draft.path.starts_with(folder);
    if drafts.separate.iter().any(|draft| is_below(&draft)) {
        return None;
    }
    let of_folders = drafts.of_folders.range(folder.to_owned()..).skip(1);
    let mut below = of_folders.take_while(|(path, _)| path.starts_with(folder));
    let (run, draft) = below.next()?;
    (below.next().is_none() && !has_only_last_values(draft)).then(|| run.clone())
}

/// The folder of the run directly above `folder`, if no other such folder is below it.
fn run_above(folder: &Path, folders: &[PathBuf], drafts: &Drafts) -> Option<PathBuf> {
    let parent = folder.parent()?;
    let draft = drafts.of_folders.get(parent)?;
    let below = folders.iter().filter(|other| other.starts_with(parent));
    (below.count() == 1 && !has_only_last_values(draft)).then(|| parent.to_owned())
}
