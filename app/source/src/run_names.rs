//! Ids and names of runs, and the files that belong to them.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use trainscape_run::natural_cmp;

use crate::{
    discover::Catalog,
    formats::LOG_FORMATS,
    hydra,
    run_plan::{RunDraft, RunLog, RunPlan, is_logger_folder},
};

/// Gives each run its id and name; the runs are returned in natural order of the ids.
pub(crate) fn name_runs(drafts: Vec<RunDraft>, catalog: &Catalog) -> Vec<RunPlan> {
    let mut used: HashMap<String, usize> = HashMap::new();
    let of_logs: HashSet<&Path> = catalog.logs.keys().filter_map(|log| log.parent()).collect();
    let mut siblings = Siblings::new();
    for folder in &of_logs {
        if let Some(parent) = folder.parent() {
            siblings.entry(parent).or_default().push(folder);
        }
    }
    let mut plans: Vec<RunPlan> = drafts
        .into_iter()
        .map(|draft| {
            let root = &catalog.roots()[draft.root];
            let id = unique_id(&draft, catalog, &mut used);
            let (name, configs) = name_and_configs(&draft, catalog, (&of_logs, &siblings));
            RunPlan {
                id,
                name,
                views: views(&draft.path, root, catalog),
                is_root: draft.suffix.is_none() && draft.path == *root,
                path: draft.path,
                logs: draft.logs,
                configs,
                labels: labels(&draft.arrays, catalog),
                arrays: draft.arrays,
            }
        })
        .collect();
    plans.sort_by(|a, b| natural_cmp(&a.id, &b.id));
    tell_apart(&mut plans);
    plans
}

/// Gives runs of one name as much of their paths as tells them apart: `v3_1/version_0` and `v3_2/version_0`.
fn tell_apart(plans: &mut [RunPlan]) {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, plan) in plans.iter().enumerate() {
        by_name.entry(plan.name.clone()).or_default().push(index);
    }
    for (name, same) in by_name.into_iter().filter(|(_, same)| same.len() > 1) {
        let paths: Vec<Vec<String>> = same
            .iter()
            .map(|&index| path_to(&plans[index].id, &name))
            .collect();
        let longest = paths.iter().map(Vec::len).max().unwrap_or(1);
        let last = |path: &Vec<String>, parts: usize| -> String {
            path[path.len().saturating_sub(parts)..].join("/")
        };
        // Names that are not those of folders keep what they say.
        let is_own = !paths.iter().flatten().any(|part| *part == name);
        let is_unique = |parts: &usize| {
            let names: BTreeSet<String> = paths.iter().map(|path| last(path, *parts)).collect();
            names.len() == paths.len()
        };
        let parts = (if is_own { 1 } else { 2 }..=longest).find(is_unique);
        for (&index, path) in same.iter().zip(&paths) {
            plans[index].name = match parts {
                Some(parts) if is_own => format!("{name} ({})", last(path, parts)),
                Some(parts) => last(path, parts),
                None => plans[index].id.clone(),
            };
        }
    }
}

/// The parts of an id up to the one that is the name; folders of loggers below it say nothing.
fn path_to(id: &str, name: &str) -> Vec<String> {
    let mut parts: Vec<String> = id.split('/').map(str::to_owned).collect();
    if let Some(at) = parts.iter().rposition(|part| part == name) {
        parts.truncate(at + 1);
    }
    parts
}

fn unique_id(draft: &RunDraft, catalog: &Catalog, used: &mut HashMap<String, usize>) -> String {
    let root = &catalog.roots()[draft.root];
    let mut id = relative(&draft.path, root).unwrap_or_else(|| folder_name(root));
    if let Some(suffix) = &draft.suffix {
        // In the opened folder itself the file's name is sufficient.
        id = if draft.path == *root {
            suffix.clone()
        } else {
            format!("{id}/{suffix}")
        };
    }
    // Two opened folders may contain runs of the same name.
    if catalog.roots().len() > 1 && used.contains_key(&id) {
        id = format!("{}/{id}", folder_name(root));
    }
    let count = used.entry(id.clone()).or_default();
    *count += 1;
    if *count > 1 {
        id = format!("{id}#{count}");
    }
    id
}

fn name_and_configs(
    draft: &RunDraft,
    catalog: &Catalog,
    (of_logs, siblings): (&HashSet<&Path>, &Siblings<'_>),
) -> (String, Vec<PathBuf>) {
    let configs = configs(draft, catalog, of_logs);
    if let Some(suffix) = &draft.suffix {
        return (suffix.clone(), configs);
    }
    let is_generic = draft.path != catalog.roots()[draft.root]
        && is_logger_folder(&draft.path)
        && !has_namesakes(&draft.path, siblings);
    let is_output = LOG_FORMATS
        .iter()
        .any(|format| format.is_output_folder(&draft.path));
    let job = job_of(draft, catalog);
    let name_of = |folder: &Path| {
        let of_job = job.and_then(|(job, _)| hydra::run_name(folder, job));
        of_job.unwrap_or_else(|| folder_name(folder))
    };
    match draft.path.parent() {
        Some(run) if is_output => (folder_name(run), configs),
        Some(parent) if is_generic => {
            let of_parent = || catalog.configs.get(parent).cloned().unwrap_or_default();
            let configs = if configs.is_empty() {
                of_parent()
            } else {
                configs
            };
            (name_of(parent), configs)
        }
        _ => (name_of(&draft.path), configs),
    }
}

/// The folders that hold logs, by the folder that they are in.
type Siblings<'a> = HashMap<&'a Path, Vec<&'a Path>>;

/// Whether logs lie beside `folder` in folders whose names go on after its own: `logs` beside `logs_1e-4`.
fn has_namesakes(folder: &Path, siblings: &Siblings<'_>) -> bool {
    let name = folder_name(folder);
    let of_parent = folder.parent().and_then(|parent| siblings.get(parent));
    of_parent.into_iter().flatten().any(|other| {
        let other = folder_name(other);
        other.len() > name.len() && other.starts_with(&name)
    })
}

/// `of_logs` are the folders that hold logs.
fn configs(draft: &RunDraft, catalog: &Catalog, of_logs: &HashSet<&Path>) -> Vec<PathBuf> {
    let mut configs: Vec<PathBuf> = Vec::new();
    for folder in &draft.config_folders {
        // RL Zoo's `Ant-v3_1/Ant-v3/config.yml`.
        let of_environment = folder.file_name().and_then(|name| {
            let (environment, number) = name.to_str()?.rsplit_once('_')?;
            number.parse::<u32>().ok()?;
            catalog.configs.get(&folder.join(environment))
        });
        configs.extend(of_environment.into_iter().flatten().cloned());
        configs.extend(catalog.configs.get(folder).into_iter().flatten().cloned());
    }
    if configs.is_empty() {
        configs.extend_from_slice(configs_above(draft, catalog, of_logs));
    }
    // A job's parts are in folders below its own.
    if configs.is_empty()
        && let Some((_, config)) = job_of(draft, catalog)
    {
        configs.push(config.clone());
    }
    for RunLog { key, .. } in &draft.logs {
        if let Some(path) = key.format.config_file(&key.place)
            && !configs.contains(&path)
        {
            configs.insert(0, path);
        }
    }
    configs
}

/// The folder of Hydra's job that a run is of, and its configuration.
fn job_of<'a>(draft: &'a RunDraft, catalog: &'a Catalog) -> Option<(&'a Path, &'a PathBuf)> {
    let root = catalog.roots()[draft.root].as_path();
    let within = draft.path.ancestors();
    let mut within = within.take_while(|above| above.starts_with(root));
    within.find_map(|above| {
        let mut configs = catalog.configs.get(above)?.iter();
        Some((above, configs.find(|path| hydra::is_config_file(path))?))
    })
}

/// The configuration in the folder above a run that has none of its own: ML-Agents's `Walker/configuration.yaml` above the
/// folder of each behaviour. Where the folder above is a run itself, its configuration is that run's.
fn configs_above<'a>(
    draft: &RunDraft,
    catalog: &'a Catalog,
    of_logs: &HashSet<&Path>,
) -> &'a [PathBuf] {
    let root = catalog.roots()[draft.root].as_path();
    let above = draft.path.parent().filter(|above| above.starts_with(root));
    above
        .filter(|above| !of_logs.contains(above))
        .and_then(|above| catalog.configs.get(above))
        .map_or(&[], Vec::as_slice)
}

/// Files of views in the run's folder and its parents, up to the opened folder.
fn views(run: &Path, root: &Path, catalog: &Catalog) -> Vec<PathBuf> {
    run.ancestors()
        .take_while(|folder| folder.starts_with(root))
        .filter_map(|folder| catalog.views.get(folder))
        .flatten()
        .cloned()
        .collect()
}

/// Label files in the folders of these arrays.
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
    // `.` and `..` have no name before they are resolved.
    let path = match path.file_name() {
        Some(_) => path.to_owned(),
        None => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    path.file_name().map_or_else(
        || "run".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
