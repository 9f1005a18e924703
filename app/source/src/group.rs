//! Which logs and arrays make up which runs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use indexmap::IndexMap;
use trainscape_run::Unread;

use crate::{
    arrays::run_folder,
    checkpoint_copies::remove_copies,
    copied_runs::leave_out_copied_runs,
    copies::unread_copy,
    discover::{Catalog, FoundArray, FoundLog},
    first_rows::{FirstRows, KindOfRows},
    formats::LOG_FORMATS,
    grouping::{FolderFile, LogFiles},
    last_values::merge_last_values,
    left_out_tables::{Keeps, left_out},
    log_format::LogFormat,
    mirrored_events::merge_mirrored_events,
    nested_logs::merge_nested_logs,
    one_training::{merge_printed_logs, merge_recurring_logs},
    rotation::group_with_parts,
    run_drafts::Drafts,
    run_names::name_runs,
    run_plan::{LogKey, RunDraft, RunLog, RunPlan, is_logger_folder},
    run_table::RUN_TABLE,
    same_run::merge_same_runs,
    trainer_folders::merge_trainer_folders,
};

/// Runs, and the files of each log.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    pub(crate) runs: Vec<RunPlan>,
    pub(crate) logs: IndexMap<LogKey, Vec<PathBuf>>,
    /// Files that are left out: tables that hold results of trainings and are no logs, and copies.
    pub(crate) left_out: Vec<Unread>,
}

/// Divides logs and arrays into runs.
///
/// How the log files of one folder make up runs is up to their formats. Loggers' folders (`wandb` with
/// exactly one run, `tensorboard` with events directly in it) belong to the parent folder if that has
/// its own metrics or arrays, or if it contains two of them.
///
/// Arrays belong to the nearest run at or above their folder; without one, the arrays of a folder are a
/// run.
pub(crate) fn plan(catalog: &Catalog) -> Plans {
    let mut folders: BTreeMap<PathBuf, Vec<(&Path, &FoundLog)>> = BTreeMap::new();
    for (path, found) in &catalog.logs {
        let is_root = catalog.roots().contains(path);
        let folder = if is_root {
            path.as_path()
        } else {
            inside(found.format.folder_of(path), &catalog.roots()[found.root])
        };
        folders
            .entry(folder.to_owned())
            .or_default()
            .push((path, found));
    }
    let mut drafts = Drafts::default();
    let keeps = Keeps {
        numbers: &|rows: &FirstRows| catalog.reads_numbers(rows),
        results: catalog.holds_only_results(),
    };
    for (folder, found) in folders {
        draft_folder(&folder, &found, &keeps, &mut drafts);
    }
    remove_copies(&mut drafts);
    merge_mirrored_events(&mut drafts);
    merge_same_runs(&mut drafts);
    merge_recurring_logs(&mut drafts, catalog);
    merge_printed_logs(&mut drafts);
    merge_nested_logs(&mut drafts, catalog);
    merge_trainer_folders(&mut drafts, catalog);
    merge_logger_folders(&mut drafts, catalog);
    leave_out_copied_runs(&mut drafts, catalog);
    merge_last_values(&mut drafts);
    attach_arrays(&mut drafts, catalog);
    let Drafts {
        of_folders,
        separate,
        logs,
        left_out,
        ..
    } = drafts;
    Plans {
        runs: name_runs(of_folders.into_values().chain(separate).collect(), catalog),
        logs,
        left_out,
    }
}

/// The folder, or the opened path if the folder is above it.
fn inside<'a>(folder: &'a Path, root: &'a Path) -> &'a Path {
    match folder.starts_with(root) {
        true => folder,
        false => root,
    }
}

/// The run that a folder is, and those that only share it.
fn draft_folder(
    folder: &Path,
    found: &[(&Path, &FoundLog)],
    keeps: &Keeps<'_>,
    drafts: &mut Drafts,
) {
    let root = found[0].1.root;
    let mut of_folder: Vec<RunLog> = Vec::new();
    let mut separate: Vec<RunDraft> = Vec::new();
    // Results are read as the runs that reached them, also where the table itself is opened.
    let format_of = |path: &Path, found: &FoundLog| -> &'static dyn LogFormat {
        let are_results = found.first_rows.kind == KindOfRows::Results;
        match are_results && (keeps.results || path == folder) {
            true => &RUN_TABLE,
            false => found.format,
        }
    };
    for format in LOG_FORMATS {
        let mut files: Vec<FolderFile<'_>> = found
            .iter()
            .filter(|(path, found)| format_of(path, found) == *format)
            .map(|(path, found)| FolderFile {
                path,
                first_rows: &found.first_rows,
            })
            .collect();
        // Who opens a file itself wants to see it.
        let is_opened = |file: &FolderFile<'_>| file.path == folder;
        if !files.iter().any(is_opened) {
            let left_out = left_out(*format, &files, keeps);
            files.retain(|file| left_out.iter().all(|unread| unread.path != file.path));
            drafts.left_out.extend(left_out);
        }
        if files.is_empty() {
            continue;
        }
        let mut key = |log: LogFiles| {
            let key = LogKey {
                format: *format,
                place: log.place,
            };
            drafts
                .logs
                .entry(key.clone())
                .or_default()
                .extend(log.files);
            key
        };
        for log in group_with_parts(&files, |newest| format.group(folder, newest)) {
            let copies = log.copies.iter();
            let copies = copies.map(|(copy, original)| unread_copy(copy, original));
            drafts.left_out.extend(copies);
            let (run, naming) = (log.run.clone(), log.naming.clone());
            let key = RunLog {
                key: key(log),
                naming,
            };
            let Some(run) = run else {
                of_folder.push(key);
                continue;
            };
            match separate
                .iter_mut()
                .find(|draft| draft.suffix.as_ref() == Some(&run))
            {
                Some(draft) => draft.logs.push(key),
                None => separate.push(RunDraft {
                    suffix: Some(run),
                    logs: vec![key],
                    ..RunDraft::new(folder.to_owned(), root)
                }),
            }
        }
    }
    pair_by_stem(&mut of_folder, &mut separate);
    drafts.separate.extend(separate);
    if !of_folder.is_empty() {
        let draft = RunDraft {
            logs: of_folder,
            ..RunDraft::new(folder.to_owned(), root)
        };
        drafts.of_folders.insert(folder.to_owned(), draft);
    }
}

/// If a folder contains several runs, `a.csv` and `a.jsonl` are the same one.
fn pair_by_stem(of_folder: &mut Vec<RunLog>, separate: &mut [RunDraft]) {
    for draft in separate {
        of_folder.retain(|log| {
            let same = draft.suffix.is_some() && stem(&log.key.place) == draft.suffix;
            if same {
                draft.logs.push(log.clone());
            }
            !same
        });
    }
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
}

/// The run's folder, if all logs of a run are in a folder that their logger creates inside it.
fn run_folder_of_logs<'a>(draft: &RunDraft, folder: &'a Path) -> Option<&'a Path> {
    let run_folder = |format: &dyn LogFormat| format.run_folder(folder);
    let found = run_folder(draft.logs.first()?.key.format)?;
    let mut logs = draft.logs.iter();
    logs.all(|log| run_folder(log.key.format) == Some(found))
        .then_some(found)
}

/// Moves the logs of loggers' folders into the run above them.
fn merge_logger_folders(drafts: &mut Drafts, catalog: &Catalog) {
    let arrays: BTreeSet<&Path> = catalog
        .arrays
        .iter()
        .map(|(path, found)| array_folder(path, found, catalog))
        .collect();
    for (parent, parts) in logger_folders(drafts) {
        let is_run = drafts.of_folders.contains_key(&parent) || arrays.contains(parent.as_path());
        if !is_run && parts.len() < 2 {
            continue;
        }
        let parts: Vec<RunDraft> = parts
            .iter()
            .filter_map(|path| drafts.of_folders.remove(path))
            .collect();
        let Some(root) = parts.first().map(|part| part.root) else {
            continue;
        };
        let run = drafts
            .of_folders
            .entry(parent.clone())
            .or_insert_with(|| RunDraft::new(parent, root));
        for part in parts {
            run.logs.extend(part.logs);
            // The run's folder overrides those of its loggers.
            for folder in part.config_folders {
                run.config_folders.insert(0, folder);
            }
        }
    }
}

/// Folders that may be runs, each with the loggers' folders inside them.
fn logger_folders(drafts: &Drafts) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
    let mut parts: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    let mut runs_inside: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for (path, draft) in &drafts.of_folders {
        if path.parent().is_none() || draft.path.is_file() {
            continue;
        }
        if let Some(parent) = run_folder_of_logs(draft, path) {
            runs_inside
                .entry(parent.to_owned())
                .or_default()
                .push(path.clone());
        } else if is_logger_folder(path)
            && let Some(parent) = path.parent()
        {
            let nested = drafts.of_folders.range(path.clone()..).nth(1);
            if !nested.is_some_and(|(next, _)| next.starts_with(path)) {
                parts
                    .entry(parent.to_owned())
                    .or_default()
                    .insert(path.clone());
            }
        }
    }
    // Several such folders, or several logs in one of them, are several runs.
    let shared: BTreeSet<&Path> = drafts
        .separate
        .iter()
        .filter_map(|draft| run_folder_of_logs(draft, &draft.path))
        .collect();
    for (parent, runs) in runs_inside {
        if let [only] = runs.as_slice()
            && !shared.contains(parent.as_path())
        {
            parts.entry(parent).or_default().insert(only.clone());
        }
    }
    parts
}

/// Assigns the arrays to the runs whose folders contain them.
fn attach_arrays(drafts: &mut Drafts, catalog: &Catalog) {
    let mut without_logs: BTreeMap<PathBuf, RunDraft> = BTreeMap::new();
    let places = drafts
        .separate
        .iter()
        .enumerate()
        .flat_map(|(index, draft)| {
            let logs = draft.logs.iter();
            logs.map(move |log| (log.key.place.clone(), index))
        });
    let of_logs: HashMap<PathBuf, usize> = places.collect();
    for (path, found) in &catalog.arrays {
        let root = catalog.roots()[found.root].as_path();
        let nearest = path
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(root))
            .find(|folder| drafts.has_folder(folder));
        // One of several logs in a folder may be the array, or have its name.
        let of_log = of_logs.get(path).copied();
        let same_name = of_log.or_else(|| {
            drafts.separate.iter().position(|draft| {
                path.parent() == Some(draft.path.as_path()) && stem(path) == draft.suffix
            })
        });
        let same_name = same_name.map(|index| &mut drafts.separate[index]);
        let nearest = nearest.and_then(|folder| {
            let folder = drafts.merged.get(folder).map_or(folder, PathBuf::as_path);
            drafts.of_folders.get_mut(folder)
        });
        let draft = same_name.or(nearest).unwrap_or_else(|| {
            let folder = array_folder(path, found, catalog);
            without_logs
                .entry(folder.to_owned())
                .or_insert_with(|| RunDraft::new(folder.to_owned(), found.root))
        });
        draft.arrays.push(path.clone());
    }
    drafts.of_folders.extend(without_logs);
}

/// The folder of the run that an array is, if no log belongs to it.
fn array_folder<'a>(path: &'a Path, found: &FoundArray, catalog: &Catalog) -> &'a Path {
    let root = catalog.roots()[found.root].as_path();
    if path == root {
        return path;
    }
    let folder = path.parent().unwrap_or(path);
    let has_name = |folder: &Path, name: &str| folder.file_name().is_some_and(|own| own == name);
    // W&B's `<run>/files/media/plotly/...`.
    let media = folder
        .ancestors()
        .take_while(|above| above.starts_with(root) && *above != root)
        .find(|above| has_name(above, "media"))
        .and_then(Path::parent);
    match media {
        Some(files) if has_name(files, "files") && files != root => files.parent().unwrap_or(files),
        Some(above) => above,
        None => run_folder(folder, root),
    }
}
