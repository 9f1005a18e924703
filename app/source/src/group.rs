//! Which log files make up one run.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use trainscape_run::{SourceFormat, natural_cmp};

use crate::{
    arrays::run_folder,
    columns::step_rank,
    discover::{Catalog, Found, FoundArray},
};

/// Names of folders that loggers make inside a run's folder.
const LOGGER_FOLDERS: &[&str] = &[
    "tensorboard",
    "tensorboard_log",
    "tensorboard_logs",
    "tb",
    "tb_log",
    "tb_logs",
    "tblogs",
    "tbs",
    "logs",
    "log",
    "events",
    "summaries",
    "summary",
    "csv",
    "csv_logs",
    "jsonl",
    "metrics",
];

/// One log by name: a file, or all event files of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LogKey {
    pub(crate) format: SourceFormat,
    pub(crate) place: PathBuf,
}

/// One run and the logs it is read from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) logs: Vec<LogKey>,
    /// Configuration files; later ones count more.
    pub(crate) configs: Vec<PathBuf>,
    /// Files of arrays and figures, by path.
    pub(crate) arrays: Vec<PathBuf>,
    /// Files that may hold labels of those arrays.
    pub(crate) labels: Vec<PathBuf>,
    /// Files of the user's own views, the nearest first.
    pub(crate) views: Vec<PathBuf>,
}

/// Runs, and the files of each log.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    pub(crate) runs: Vec<Plan>,
    pub(crate) files: BTreeMap<LogKey, Vec<PathBuf>>,
}

/// A run in the making.
#[derive(Debug)]
struct Unit {
    path: PathBuf,
    root: usize,
    logs: Vec<LogKey>,
    arrays: Vec<PathBuf>,
    /// Part of the id after the path, where several runs share a folder.
    suffix: Option<String>,
    /// Folders whose configuration files belong to the run; later ones count more.
    config_folders: Vec<PathBuf>,
}

/// Tells the runs apart.
///
/// Files of one folder are one run, unless two of the same format hold the same keys. Loggers' own
/// folders (`wandb` with exactly one run, `tensorboard` with events directly in it) belong to the
/// folder above where that has metrics or arrays of its own, or where two of them lie side by side.
///
/// Arrays belong to the nearest run at or above their folder; where there is none, the arrays of a folder
/// are a run.
pub(crate) fn plan(catalog: &Catalog) -> Plans {
    let mut files: BTreeMap<LogKey, Vec<PathBuf>> = BTreeMap::new();
    let mut folders: BTreeMap<PathBuf, Vec<(&PathBuf, &Found)>> = BTreeMap::new();
    for (path, found) in &catalog.logs {
        let is_root = catalog.roots().contains(path);
        let folder = if is_root {
            path.as_path()
        } else {
            path.parent().unwrap_or(path)
        };
        folders
            .entry(folder.to_owned())
            .or_default()
            .push((path, found));
        let place = match found.format {
            SourceFormat::Tensorboard => folder.to_owned(),
            _ => path.clone(),
        };
        files
            .entry(LogKey {
                format: found.format,
                place,
            })
            .or_default()
            .push(path.clone());
    }
    let mut own: BTreeMap<PathBuf, Unit> = BTreeMap::new();
    let mut others: Vec<Unit> = Vec::new();
    for (folder, found) in folders {
        units_of_folder(folder, &found, &mut own, &mut others);
    }
    merge_parts(&mut own, &others, catalog);
    attach_arrays(&mut own, &mut others, catalog);
    let units = own.into_values().chain(others);
    Plans {
        runs: name(units.collect(), catalog),
        files,
    }
}

/// The run that a folder is, and those that only share it.
fn units_of_folder(
    folder: PathBuf,
    found: &[(&PathBuf, &Found)],
    own: &mut BTreeMap<PathBuf, Unit>,
    others: &mut Vec<Unit>,
) {
    let root = found[0].1.root;
    let mut logs = Vec::new();
    let wandb: Vec<_> = found
        .iter()
        .filter(|(_, found)| found.format == SourceFormat::Wandb)
        .collect();
    for (path, _) in &wandb {
        let key = LogKey {
            format: SourceFormat::Wandb,
            place: PathBuf::clone(path),
        };
        if wandb.len() == 1 {
            logs.push(key);
        } else {
            others.push(Unit::alone(folder.clone(), root, key));
        }
    }
    for format in [SourceFormat::Jsonl, SourceFormat::Csv] {
        let tables: Vec<_> = found
            .iter()
            .filter(|(_, found)| found.format == format)
            .collect();
        let mut holders: HashMap<&str, usize> = HashMap::new();
        let of_values = |found: &Found| -> Vec<String> {
            found
                .keys
                .iter()
                .filter(|key| step_rank(key) == 0 && !key.is_empty())
                .cloned()
                .collect()
        };
        let keys: Vec<Vec<String>> = tables.iter().map(|(_, found)| of_values(found)).collect();
        for key in keys.iter().flatten() {
            *holders.entry(key).or_default() += 1;
        }
        for ((path, _), keys) in tables.iter().zip(&keys) {
            let key = LogKey {
                format,
                place: PathBuf::clone(path),
            };
            if keys.iter().any(|key| holders[key.as_str()] > 1) {
                others.push(Unit::alone(folder.clone(), root, key));
            } else {
                logs.push(key);
            }
        }
    }
    if found
        .iter()
        .any(|(_, found)| found.format == SourceFormat::Tensorboard)
    {
        logs.push(LogKey {
            format: SourceFormat::Tensorboard,
            place: folder.clone(),
        });
    }
    pair_by_stem(&mut logs, others, &folder);
    if !logs.is_empty() {
        let config_folders = vec![folder.clone()];
        own.insert(
            folder.clone(),
            Unit {
                path: folder,
                root,
                logs,
                arrays: Vec::new(),
                suffix: None,
                config_folders,
            },
        );
    }
}

/// `a.csv` beside `a.jsonl`, where the folder holds several runs, is the same run.
fn pair_by_stem(logs: &mut Vec<LogKey>, others: &mut [Unit], folder: &Path) {
    for other in others.iter_mut().filter(|other| other.path == *folder) {
        logs.retain(|key| {
            let same = other.suffix.is_some() && stem(&key.place) == other.suffix;
            if same {
                other.logs.push(key.clone());
            }
            !same
        });
    }
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
}

impl Unit {
    fn alone(folder: PathBuf, root: usize, key: LogKey) -> Self {
        let suffix = stem(&key.place);
        let config_folders = vec![folder.clone()];
        Self {
            path: folder,
            root,
            logs: vec![key],
            arrays: Vec::new(),
            suffix,
            config_folders,
        }
    }

    fn without_logs(path: PathBuf, root: usize) -> Self {
        Self {
            config_folders: vec![path.clone()],
            path,
            root,
            logs: Vec::new(),
            arrays: Vec::new(),
            suffix: None,
        }
    }
}

/// Moves loggers' folders into the run above them.
fn merge_parts(own: &mut BTreeMap<PathBuf, Unit>, others: &[Unit], catalog: &Catalog) {
    // The folders above, each with the paths of the units that may be its parts.
    let mut parts: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    let mut wandb: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for (path, unit) in own.iter() {
        if path.parent().is_none() || unit.path.is_file() {
            continue;
        }
        let only_wandb = unit
            .logs
            .iter()
            .all(|key| key.format == SourceFormat::Wandb);
        if let Some(above) = above_wandb(path)
            && only_wandb
        {
            wandb
                .entry(above.to_owned())
                .or_default()
                .push(path.clone());
        } else if is_logger_folder(path)
            && let Some(above) = path.parent()
        {
            let nested = own.range(path.clone()..).nth(1);
            if !nested.is_some_and(|(next, _)| next.starts_with(path)) {
                parts
                    .entry(above.to_owned())
                    .or_default()
                    .insert(path.clone());
            }
        }
    }
    // Several W&B files in one folder are several runs.
    let crowded: BTreeSet<&Path> = others
        .iter()
        .filter_map(|unit| above_wandb(&unit.path))
        .collect();
    for (above, runs) in wandb {
        if let [only] = runs.as_slice()
            && !crowded.contains(above.as_path())
        {
            parts.entry(above).or_default().insert(only.clone());
        }
    }
    let with_arrays: BTreeSet<&Path> = catalog
        .arrays
        .iter()
        .map(|(path, found)| array_folder(path, found, catalog))
        .collect();
    for (above, parts) in parts {
        let is_run = own.contains_key(&above) || with_arrays.contains(above.as_path());
        if !is_run && parts.len() < 2 {
            continue;
        }
        let units: Vec<Unit> = parts.iter().filter_map(|path| own.remove(path)).collect();
        let Some(root) = units.first().map(|unit| unit.root) else {
            continue;
        };
        let into = own
            .entry(above.clone())
            .or_insert_with(|| Unit::without_logs(above, root));
        for unit in units {
            into.logs.extend(unit.logs);
            // The run's own folder counts more than those of its loggers.
            for folder in unit.config_folders {
                into.config_folders.insert(0, folder);
            }
        }
    }
}

/// Gives the arrays to the runs whose folders they lie in.
fn attach_arrays(own: &mut BTreeMap<PathBuf, Unit>, others: &mut [Unit], catalog: &Catalog) {
    let mut alone: BTreeMap<PathBuf, Unit> = BTreeMap::new();
    for (path, found) in &catalog.arrays {
        let root = catalog.roots()[found.root].as_path();
        let above = path
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(root));
        let near = above
            .clone()
            .find(|folder| own.contains_key(*folder))
            .and_then(|folder| own.get_mut(folder));
        // One of several logs in a folder may be called as the array is.
        let twin = others
            .iter_mut()
            .find(|unit| path.parent() == Some(unit.path.as_path()) && stem(path) == unit.suffix);
        let unit = match twin.or(near) {
            Some(unit) => unit,
            None => {
                let folder = array_folder(path, found, catalog);
                alone
                    .entry(folder.to_owned())
                    .or_insert_with(|| Unit::without_logs(folder.to_owned(), found.root))
            }
        };
        unit.arrays.push(path.clone());
    }
    own.extend(alone);
}

/// The folder of the run that an array is, where no log says otherwise.
fn array_folder<'a>(path: &'a Path, found: &FoundArray, catalog: &Catalog) -> &'a Path {
    let root = catalog.roots()[found.root].as_path();
    if path == root {
        return path;
    }
    let folder = path.parent().unwrap_or(path);
    let is_called = |folder: &Path, name: &str| folder.file_name().is_some_and(|own| own == name);
    // W&B's `<run>/files/media/plotly/...`.
    let media = folder
        .ancestors()
        .take_while(|above| above.starts_with(root) && *above != root)
        .find(|above| is_called(above, "media"))
        .and_then(Path::parent);
    match media {
        Some(files) if is_called(files, "files") && files != root => {
            files.parent().unwrap_or(files)
        }
        Some(above) => above,
        None => run_folder(folder, root),
    }
}

/// The run's folder, where `path` is `<run>/wandb/<logger's folder>`.
fn above_wandb(path: &Path) -> Option<&Path> {
    let wandb = path.parent()?;
    if wandb.file_name()? == "wandb" {
        wandb.parent()
    } else {
        None
    }
}

fn is_logger_folder(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy().to_lowercase();
        LOGGER_FOLDERS.contains(&name.as_str())
    })
}

/// Gives each unit its id and name, in natural order of the ids.
fn name(units: Vec<Unit>, catalog: &Catalog) -> Vec<Plan> {
    let mut used: HashMap<String, usize> = HashMap::new();
    let mut plans: Vec<Plan> = units
        .into_iter()
        .map(|unit| {
            let root = &catalog.roots()[unit.root];
            let mut id = relative(&unit.path, root).unwrap_or_else(|| folder_name(root));
            if let Some(suffix) = &unit.suffix {
                // In the opened folder itself the file's name says enough.
                id = if unit.path == *root {
                    suffix.clone()
                } else {
                    format!("{id}/{suffix}")
                };
            }
            // Two opened folders may hold runs of the same name.
            if catalog.roots().len() > 1 && used.contains_key(&id) {
                id = format!("{}/{id}", folder_name(root));
            }
            let count = used.entry(id.clone()).or_default();
            *count += 1;
            if *count > 1 {
                id = format!("{id}#{count}");
            }
            let mut configs = configs(&unit, catalog);
            let generic =
                unit.suffix.is_none() && unit.path != *root && is_logger_folder(&unit.path);
            let name = match (&unit.suffix, unit.path.parent()) {
                (Some(suffix), _) => suffix.clone(),
                (None, Some(above)) if generic => {
                    if configs.is_empty() {
                        configs = catalog.configs.get(above).cloned().unwrap_or_default();
                    }
                    folder_name(above)
                }
                _ => folder_name(&unit.path),
            };
            Plan {
                id,
                name,
                views: views(&unit.path, root, catalog),
                path: unit.path,
                logs: unit.logs,
                configs,
                labels: labels(&unit.arrays, catalog),
                arrays: unit.arrays,
            }
        })
        .collect();
    plans.sort_by(|a, b| natural_cmp(&a.id, &b.id));
    plans
}

fn configs(unit: &Unit, catalog: &Catalog) -> Vec<PathBuf> {
    let mut configs: Vec<PathBuf> = Vec::new();
    for folder in &unit.config_folders {
        configs.extend(catalog.configs.get(folder).into_iter().flatten().cloned());
    }
    for key in &unit.logs {
        if key.format == SourceFormat::Wandb
            && let Some(folder) = key.place.parent()
        {
            configs.insert(0, folder.join("files/config.yaml"));
        }
    }
    configs
}

/// Files of views in the run's folder and in those above it, up to the opened one.
fn views(run: &Path, root: &Path, catalog: &Catalog) -> Vec<PathBuf> {
    run.ancestors()
        .take_while(|folder| folder.starts_with(root))
        .filter_map(|folder| catalog.views.get(folder))
        .flatten()
        .cloned()
        .collect()
}

/// Label files in the folders of these arrays. One opened by itself has those beside it.
fn labels(arrays: &[PathBuf], catalog: &Catalog) -> Vec<PathBuf> {
    let folders: BTreeSet<&Path> = arrays.iter().filter_map(|path| path.parent()).collect();
    folders
        .into_iter()
        .filter_map(|folder| catalog.labels.get(folder))
        .flatten()
        .filter(|path| !catalog.logs.contains_key(*path))
        .cloned()
        .collect()
}

fn relative(path: &Path, root: &Path) -> Option<String> {
    let relative = path.strip_prefix(root).ok()?;
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn folder_name(path: &Path) -> String {
    // The true name, for `.` and `..`.
    let path = match path.file_name() {
        Some(_) => path.to_owned(),
        None => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    path.file_name().map_or_else(
        || "run".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
