//! What a training reached, in a folder of its own above or below that of the training's log.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use crate::{run_drafts::Drafts, run_plan::RunDraft};

/// Moves documents of last values into the only run that has a log above or below their folder.
pub(crate) fn merge_last_values(drafts: &mut Drafts) {
    let folders: Vec<PathBuf> = drafts
        .of_folders
        .iter()
        .filter(|(_, draft)| has_only_last_values(draft))
        .map(|(folder, _)| folder.clone())
        .collect();
    // Of all folders at once: there may be thousands.
    let separate = drafts.separate.iter();
    let above_separate: HashSet<&Path> =
        separate.flat_map(|draft| draft.path.ancestors()).collect();
    let mut folders_below: HashMap<&Path, usize> = HashMap::new();
    for above in folders.iter().flat_map(|folder| folder.ancestors()) {
        *folders_below.entry(above).or_default() += 1;
    }
    let moves: Vec<(PathBuf, PathBuf)> = folders
        .iter()
        .filter_map(|folder| {
            let below = match above_separate.contains(&**folder) {
                true => None,
                false => run_below(folder, drafts),
            };
            let of_run = below.or_else(|| run_above(folder, &folders_below, drafts))?;
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
    let of_folders = drafts.of_folders.range(folder.to_owned()..).skip(1);
    let mut below = of_folders.take_while(|(path, _)| path.starts_with(folder));
    let (run, draft) = below.next()?;
    (below.next().is_none() && !has_only_last_values(draft)).then(|| run.clone())
}

/// The folder of the run directly above `folder`, if no other such folder is below it.
fn run_above(
    folder: &Path,
    folders_below: &HashMap<&Path, usize>,
    drafts: &Drafts,
) -> Option<PathBuf> {
    let parent = folder.parent()?;
    let draft = drafts.of_folders.get(parent)?;
    let is_only = folders_below.get(parent) == Some(&1);
    (is_only && !has_only_last_values(draft)).then(|| parent.to_owned())
}
