//! Logs in folders of checkpoints: copies, where the run above has logs of its own.

use std::path::{Path, PathBuf};

use crate::{run_drafts::Drafts, run_plan::RunDraft};

/// Name of the folders that trainers create inside a run's folder.
const CHECKPOINTS: &str = "checkpoints";

/// Removes the runs in folders of checkpoints below a run with logs.
pub(crate) fn remove_copies(drafts: &mut Drafts) {
    let is_copy = |draft: &RunDraft| {
        run_of_checkpoints(&draft.path).is_some_and(|run| drafts.has_folder(run))
    };
    let copies: Vec<PathBuf> = drafts
        .of_folders
        .iter()
        .filter(|(_, draft)| is_copy(draft))
        .map(|(folder, _)| folder.clone())
        .collect();
    let separate: Vec<bool> = drafts.separate.iter().map(is_copy).collect();
    for folder in copies {
        drafts.of_folders.remove(&folder);
    }
    let mut separate = separate.into_iter();
    drafts.separate.retain(|_| separate.next() != Some(true));
}

/// The folder of the run whose checkpoints the folder holds.
fn run_of_checkpoints(folder: &Path) -> Option<&Path> {
    let mut above = folder.ancestors();
    above
        .find(|folder| folder.file_name().is_some_and(|name| name == CHECKPOINTS))
        .and_then(Path::parent)
}
