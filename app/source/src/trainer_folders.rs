//! Logs that a trainer wrote into a folder of their own below that of the run: the formats of the run's logs know them.

use std::path::{Path, PathBuf};

use crate::{discover::Catalog, log_format::Companion, run_drafts::Drafts};

/// Folders between such a folder and the run's, at most, this one included.
const MAX_LEVELS: usize = 2;

/// A folder whose logs belong to the run of another one.
struct Move {
    folder: PathBuf,
    run: PathBuf,
    companion: Companion,
}

/// Moves the logs of such folders into the run that they belong to.
pub(crate) fn merge_trainer_folders(drafts: &mut Drafts, catalog: &Catalog) {
    let mut moves: Vec<Move> = Vec::new();
    for (folder, draft) in &drafts.of_folders {
        let root = catalog.roots()[draft.root].as_path();
        let found = run_of(folder, root, drafts).filter(|(_, companion)| {
            let mut logs = draft.logs.iter();
            *companion == Companion::Output || logs.all(|log| log.key.format.accompanies())
        });
        moves.extend(found.map(|(run, companion)| Move {
            folder: folder.clone(),
            run: run.to_owned(),
            companion,
        }));
    }
    for Move {
        folder,
        run,
        companion,
    } in &moves
    {
        let of_run = || moves.iter().filter(|other| other.run == *run);
        let is_of_run = match companion {
            Companion::Output => true,
            Companion::LastStart => {
                of_run().all(|other| begun(&other.folder, drafts) <= begun(folder, drafts))
            }
            Companion::OnlyStart => of_run().count() == 1,
        };
        if is_of_run {
            merge(folder, run, drafts);
        }
    }
}

/// The nearest folder above with a run whose logs know what is in `folder`.
fn run_of<'a>(folder: &'a Path, root: &Path, drafts: &Drafts) -> Option<(&'a Path, Companion)> {
    let above = folder.ancestors().skip(1).take(MAX_LEVELS);
    let mut within = above.take_while(|above| above.starts_with(root));
    within.find_map(|above| {
        let below = folder.strip_prefix(above).ok()?;
        let mut logs = drafts.of_folders.get(above)?.logs.iter();
        let companion = logs.find_map(|log| log.key.format.companion(below))?;
        Some((above, companion))
    })
}

/// When the last file of a folder was begun.
fn begun(folder: &Path, drafts: &Drafts) -> Option<u64> {
    let keys = drafts.of_folders.get(folder)?.logs.iter();
    let files = keys.flat_map(|log| {
        let files = drafts.files_of(&log.key);
        files.map(|file| (log.key.format, file))
    });
    let begun = files.filter_map(|(format, file)| format.writer(file)?.begun_secs);
    begun.max()
}

fn merge(folder: &Path, run: &Path, drafts: &mut Drafts) {
    let Some(events) = drafts.of_folders.remove(folder) else {
        return;
    };
    let Some(draft) = drafts.of_folders.get_mut(run) else {
        drafts.of_folders.insert(folder.to_owned(), events);
        return;
    };
    draft.logs.extend(events.logs);
    let between = folder.ancestors().skip(1).take_while(|above| *above != run);
    let of_events = events.config_folders.into_iter();
    let folders = between.map(Path::to_owned).chain(of_events);
    for folder in folders {
        draft.config_folders.insert(0, folder);
    }
    drafts.merged.insert(folder.to_owned(), run.to_owned());
}
