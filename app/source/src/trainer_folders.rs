//! Event files of a trainer in a folder of their own below that of the run: the Transformers trainer's
//! `runs/Apr16_22-43-27_host` beside `trainer_state.json`, what W&B keeps in `files`, and Stable-Baselines3's `PPO_1` below its monitor files.

use std::path::{Path, PathBuf};

use crate::{discover::Catalog, run_drafts::Drafts};

/// Formats by their names: the other logs of these trainers.
const EVENTS: &str = "tensorboard";
const RECORDS: &str = "wandb";
const TRAINER_STATE: &str = "trainer_state";
const OF_BASELINES: &[&str] = &["csv", "npz_history"];

/// Folders between `PPO_1` and the run, at most: the environment's.
const MAX_LEVELS: usize = 2;

/// Moves the event files of such folders into the run that they belong to.
pub(crate) fn merge_trainer_folders(drafts: &mut Drafts, catalog: &Catalog) {
    let mut moves: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (folder, draft) in &drafts.of_folders {
        let root = catalog.roots()[draft.root].as_path();
        if folder == root {
            continue;
        }
        if let Some(run) = of_wandb(folder, drafts).filter(|run| run.starts_with(root)) {
            moves.push((folder.clone(), run));
            continue;
        }
        let only_events = draft.logs.iter().all(|log| log.key.format.name() == EVENTS);
        if !only_events {
            continue;
        }
        let run = of_transformers(folder, drafts).or_else(|| of_baselines(folder, drafts));
        let within = run.filter(|run| run.starts_with(root));
        moves.extend(within.map(|run| (folder.clone(), run)));
    }
    for (folder, run) in &moves {
        let mut others = moves
            .iter()
            .filter(|(other, of)| of == run && other != folder);
        let is_newest = || {
            let mut others = moves.iter().filter(|(_, of)| of == run);
            others.all(|(other, _)| started(other, drafts) <= started(folder, drafts))
        };
        // The state is that of the last start; several trainings of Stable-Baselines3 are several runs.
        let is_of_run = match drafts_state(run, drafts) {
            true => is_newest(),
            false => others.next().is_none(),
        };
        if is_of_run {
            merge(folder, run, drafts);
        }
    }
}

fn drafts_state(run: &Path, drafts: &Drafts) -> bool {
    has_format(run, &[TRAINER_STATE], drafts)
}

fn has_format(run: &Path, formats: &[&str], drafts: &Drafts) -> bool {
    drafts.of_folders.get(run).is_some_and(|draft| {
        let mut logs = draft.logs.iter();
        logs.any(|log| formats.contains(&log.key.format.name()))
    })
}

/// `X` of `X/files`, in which W&B keeps what a run printed.
fn of_wandb(folder: &Path, drafts: &Drafts) -> Option<PathBuf> {
    let run = folder.parent().filter(|_| folder.ends_with("files"))?;
    has_format(run, &[RECORDS], drafts).then(|| run.to_owned())
}

/// `X` of `X/runs/Apr16_22-43-27_host`.
fn of_transformers(folder: &Path, drafts: &Drafts) -> Option<PathBuf> {
    let runs = folder.parent().filter(|parent| parent.ends_with("runs"))?;
    let run = runs.parent()?;
    drafts_state(run, drafts).then(|| run.to_owned())
}

/// `X` of `X/Acrobot-v1/PPO_1` or `X/PPO_1`.
fn of_baselines(folder: &Path, drafts: &Drafts) -> Option<PathBuf> {
    let name = folder.file_name()?.to_str()?;
    let (algorithm, number) = name.rsplit_once('_')?;
    let is_algorithm = algorithm
        .bytes()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if !is_algorithm || algorithm.is_empty() || number.parse::<u32>().is_err() {
        return None;
    }
    let mut above = folder.ancestors().skip(1).take(MAX_LEVELS);
    let run = above.find(|above| has_format(above, OF_BASELINES, drafts))?;
    Some(run.to_owned())
}

/// When the last event file of a folder was begun, which its name says.
fn started(folder: &Path, drafts: &Drafts) -> Option<u64> {
    let keys = drafts.of_folders.get(folder)?.logs.iter();
    let files = keys.flat_map(|log| {
        let of_log = drafts.logs.iter().filter(|(key, _)| *key == log.key);
        of_log.flat_map(|(_, files)| files)
    });
    let secs = files.filter_map(|file| {
        let name = file.file_name()?.to_str()?;
        let (_, after) = name.split_once("tfevents.")?;
        after.split('.').next()?.parse().ok()
    });
    secs.max()
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
