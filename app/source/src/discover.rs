//! Walking folders for logs.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    ops::Bound,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use trainscape_run::SourceFormat;

use crate::{
    arrays::{format_of, is_label_name, label_names},
    sniff::{Verdict, sniff},
};

/// Folders that hold neither logs nor arrays and often much else.
const SKIPPED: &[&str] = &[
    "node_modules",
    "__pycache__",
    "site-packages",
    "media",
    "artifacts",
];

/// Configuration files beside logs, in the order in which later ones count more.
const CONFIG_NAMES: &[&str] = &[
    "args.yml",
    "args.yaml",
    "configuration.yaml",
    "config.yml",
    "config.yaml",
    "hparams.yml",
    "hparams.yaml",
    "args.json",
    "params.json",
    "hparams.json",
    "config.json",
];

/// Files in which the user describes views; they apply to the runs in their folder and below.
const VIEW_NAMES: &[&str] = &["trainscape.toml", "views.toml"];

/// A folder whose modification time lies this close to the last look may have changed since without
/// showing it.
const CLOCK_GRAIN: Duration = Duration::from_millis(100);

/// Below this many bytes, a file that is no log yet may become one.
const SHORT: u64 = 16 << 10;

/// A log file that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) format: SourceFormat,
    /// Index of the opened path under which it was found.
    pub(crate) root: usize,
    /// Keys of its first rows, for tables only.
    pub(crate) keys: Vec<String>,
}

/// An array or a figure that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundArray {
    pub(crate) format: SourceFormat,
    /// Index of the opened path under which it was found.
    pub(crate) root: usize,
}

/// What is looked for in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    Everything,
    /// Checkpoints hold copies of logs, which are no runs.
    Arrays,
    /// Of the files that W&B keeps only figures are of use, and those lie in one folder.
    MediaFolder,
    Figures,
}

#[derive(Debug)]
struct Folder {
    root: usize,
    depth: usize,
    search: Search,
    /// `None` where the folder must be looked at again whatever its time says.
    modified: Option<SystemTime>,
}

/// Everything that is known about the opened paths.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    roots: Vec<PathBuf>,
    max_depth: usize,
    folders: BTreeMap<PathBuf, Folder>,
    /// True names of folders, so that links make neither loops nor twins.
    visited: HashSet<PathBuf>,
    pub(crate) logs: BTreeMap<PathBuf, Found>,
    pub(crate) configs: BTreeMap<PathBuf, Vec<PathBuf>>,
    pub(crate) arrays: BTreeMap<PathBuf, FoundArray>,
    /// Label files by folder.
    pub(crate) labels: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Files of views by folder.
    pub(crate) views: BTreeMap<PathBuf, Vec<PathBuf>>,
    arrays_changed: bool,
    /// Files that may become logs, with the size at which that was not clear.
    undecided: HashMap<PathBuf, (usize, u64)>,
    /// Files that are no logs.
    settled: HashSet<PathBuf>,
    pub(crate) warnings: Vec<String>,
    too_deep: bool,
}

impl Catalog {
    pub(crate) fn new(roots: Vec<PathBuf>, max_depth: usize) -> Self {
        Self {
            roots,
            max_depth,
            ..Self::default()
        }
    }

    pub(crate) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.keys().map(PathBuf::as_path)
    }

    /// Looks for what is new. Returns true where logs, arrays or configuration files were found, or arrays
    /// went.
    pub(crate) fn scan(&mut self) -> bool {
        let before = (
            self.logs.len(),
            self.configs.values().map(Vec::len).sum::<usize>(),
        );
        let mut links = Vec::new();
        for (index, root) in self.roots.clone().into_iter().enumerate() {
            match fs::metadata(&root) {
                Ok(metadata) if metadata.is_dir() => {
                    if !self.folders.contains_key(&root) {
                        self.enter(root, index, 0, Search::Everything);
                    }
                }
                Ok(metadata) => {
                    self.file(&root, index, metadata.len());
                    self.labels_beside(&root);
                }
                Err(_) => {}
            }
        }
        let mut known: Vec<PathBuf> = self.folders.keys().cloned().collect();
        while let Some(path) = known.pop() {
            self.look(&path, &mut known, &mut links);
            // Folders behind links come last, so that a folder is known by its own name.
            if known.is_empty() {
                for (path, root, depth, search) in links.drain(..) {
                    if self.enter(PathBuf::clone(&path), root, depth, search) {
                        known.push(path);
                    }
                }
            }
        }
        for (path, (root, size)) in std::mem::take(&mut self.undecided) {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.len() != size => self.file(&path, root, metadata.len()),
                Ok(_) => {
                    self.undecided.insert(path, (root, size));
                }
                Err(_) => {}
            }
        }
        std::mem::take(&mut self.arrays_changed)
            || before
                != (
                    self.logs.len(),
                    self.configs.values().map(Vec::len).sum::<usize>(),
                )
    }

    fn enter(&mut self, path: PathBuf, root: usize, depth: usize, search: Search) -> bool {
        let Ok(true_name) = fs::canonicalize(&path) else {
            return false;
        };
        if !self.visited.insert(true_name) {
            return false;
        }
        self.folders.insert(
            path,
            Folder {
                root,
                depth,
                search,
                modified: None,
            },
        );
        true
    }

    fn look(
        &mut self,
        path: &Path,
        pending: &mut Vec<PathBuf>,
        links: &mut Vec<(PathBuf, usize, usize, Search)>,
    ) {
        let Some(folder) = self.folders.get(path) else {
            return;
        };
        let (root, depth, search) = (folder.root, folder.depth, folder.search);
        let now = SystemTime::now();
        let Ok(modified) = fs::metadata(path).and_then(|metadata| metadata.modified()) else {
            self.leave(path);
            return;
        };
        if folder.modified == Some(modified) {
            return;
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                if let Some(folder) = self.folders.get_mut(path) {
                    folder.modified = Some(modified);
                }
                self.warnings
                    .push(format!("{} cannot be listed: {error}", path.display()));
                return;
            }
        };
        let settles = now
            .duration_since(modified)
            .is_ok_and(|age| age > CLOCK_GRAIN);
        if let Some(folder) = self.folders.get_mut(path) {
            folder.modified = settles.then_some(modified);
        }
        let mut configs = Vec::new();
        let mut labels = Vec::new();
        let mut views = Vec::new();
        let mut arrays = HashSet::new();
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let entry_path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            let (is_dir, is_file) = if kind.is_symlink() {
                match fs::metadata(&entry_path) {
                    Ok(target) => (target.is_dir(), target.is_file()),
                    Err(_) => continue,
                }
            } else {
                (kind.is_dir(), kind.is_file())
            };
            if is_dir {
                if self.folders.contains_key(&entry_path) {
                    continue;
                }
                let Some(search) = search_in(&name, path, search) else {
                    continue;
                };
                if depth >= self.max_depth {
                    self.warn_of_depth(path);
                } else if kind.is_symlink() {
                    links.push((entry_path, root, depth + 1, search));
                } else if self.enter(entry_path.clone(), root, depth + 1, search) {
                    pending.push(entry_path);
                }
            } else if is_file {
                let by_content = self.arrays.get(&entry_path).map(|found| found.format);
                if let Some(format) = format_of(&entry_path).or(by_content) {
                    if finds(search, format) {
                        self.array(&entry_path, root, format);
                        arrays.insert(entry_path);
                    }
                    continue;
                }
                if is_label_name(&name) && search != Search::Figures {
                    labels.push(entry_path.clone());
                }
                if search != Search::Everything {
                    continue;
                }
                if VIEW_NAMES.contains(&&*name) {
                    views.push(entry_path);
                    continue;
                }
                let known =
                    self.logs.contains_key(&entry_path) || self.settled.contains(&entry_path);
                if CONFIG_NAMES.contains(&&*name) {
                    configs.push(entry_path);
                } else if known {
                    continue;
                } else if let Ok(metadata) = fs::metadata(&entry_path) {
                    self.file(&entry_path, root, metadata.len());
                    if self.arrays.contains_key(&entry_path) {
                        arrays.insert(entry_path);
                    }
                }
            }
        }
        let order = |path: &PathBuf| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            CONFIG_NAMES
                .iter()
                .position(|known| Some(*known) == name.as_deref())
        };
        configs.sort_by_key(order);
        self.configs.insert(path.to_owned(), configs);
        views.sort();
        self.arrays_changed |= self.views.get(path).map_or(&[][..], Vec::as_slice) != views;
        self.views.insert(path.to_owned(), views);
        labels.sort();
        self.arrays_changed |= self.labels.get(path).map_or(&[][..], Vec::as_slice) != labels;
        self.labels.insert(path.to_owned(), labels);
        self.forget_arrays(path, &arrays);
    }

    /// Labels of an array that was opened without its folder.
    fn labels_beside(&mut self, path: &Path) {
        let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else {
            return;
        };
        if format_of(path).is_none() || self.folders.contains_key(folder) {
            return;
        }
        let labels: Vec<PathBuf> = label_names(&stem.to_string_lossy())
            .map(|name| folder.join(name))
            .filter(|path| path.is_file())
            .collect();
        self.arrays_changed |= self.labels.get(folder).map_or(&[][..], Vec::as_slice) != labels;
        self.labels.insert(folder.to_owned(), labels);
    }

    fn array(&mut self, path: &Path, root: usize, format: SourceFormat) {
        if !self.arrays.contains_key(path) {
            self.arrays
                .insert(path.to_owned(), FoundArray { format, root });
            self.arrays_changed = true;
        }
    }

    /// Forgets the arrays that are no longer in the folder: trainers remove their old checkpoints.
    fn forget_arrays(&mut self, folder: &Path, there: &HashSet<PathBuf>) {
        let gone: Vec<PathBuf> = self
            .arrays
            .range::<Path, _>((Bound::Included(folder), Bound::Unbounded))
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(folder))
            .filter(|path| path.parent() == Some(folder) && !there.contains(*path))
            .cloned()
            .collect();
        for path in gone {
            self.arrays.remove(&path);
            self.arrays_changed = true;
        }
    }

    fn leave(&mut self, path: &Path) {
        self.forget_arrays(path, &HashSet::new());
        self.folders.remove(path);
        // Its true name is free again: the folder may come back.
        if let Ok(true_name) = fs::canonicalize(path.parent().unwrap_or(path)) {
            self.visited
                .remove(&true_name.join(path.file_name().unwrap_or_default()));
        }
    }

    fn file(&mut self, path: &Path, root: usize, len: u64) {
        if let Some(format) = format_of(path) {
            self.array(path, root, format);
            return;
        }
        let known = self.logs.contains_key(path)
            || self.settled.contains(path)
            || self.arrays.contains_key(path);
        if known {
            return;
        }
        match sniff(path, len) {
            Verdict::Log(format, keys) => {
                self.logs
                    .insert(path.to_owned(), Found { format, root, keys });
            }
            Verdict::Array(format) => self.array(path, root, format),
            Verdict::NotYet => {
                self.undecided.insert(path.to_owned(), (root, len));
            }
            // A short table may still show what it is.
            Verdict::Other if len < SHORT && may_be_table(path) => {
                self.undecided.insert(path.to_owned(), (root, len));
            }
            Verdict::Other => {
                self.settled.insert(path.to_owned());
            }
        }
    }

    fn warn_of_depth(&mut self, path: &Path) {
        if !std::mem::replace(&mut self.too_deep, true) {
            self.warnings.push(format!(
                "{} lies {} folders deep: what is below was not searched; open it by itself",
                path.display(),
                self.max_depth
            ));
        }
    }
}

fn may_be_table(path: &Path) -> bool {
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    extension
        .is_some_and(|extension| extension == "jsonl" || extension == "json" || extension == "csv")
}

/// What to look for in the folder `name` within `parent`; `None` where it is passed over.
fn search_in(name: &str, parent: &Path, search: Search) -> Option<Search> {
    let parent_name = parent.file_name().map(|name| name.to_string_lossy());
    let in_files = parent_name.as_deref() == Some("files");
    match search {
        Search::Arrays | Search::Figures => return Some(search),
        Search::MediaFolder => return (name == "media").then_some(Search::Figures),
        Search::Everything if name == "media" && in_files => return Some(Search::Figures),
        Search::Everything => {}
    }
    if SKIPPED.contains(&name) {
        return None;
    }
    if name == "checkpoints" || name.starts_with("checkpoint-") {
        return Some(Search::Arrays);
    }
    let in_wandb_run = parent_name
        .is_some_and(|folder| folder.starts_with("run-") || folder.starts_with("offline-run-"))
        && parent
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|name| name == "wandb");
    match name {
        "files" if in_wandb_run => Some(Search::MediaFolder),
        "logs" | "tmp" if in_wandb_run => None,
        _ => Some(Search::Everything),
    }
}

fn finds(search: Search, format: SourceFormat) -> bool {
    let figure = matches!(format, SourceFormat::Plotly | SourceFormat::Object3d);
    match search {
        Search::Everything => true,
        Search::Arrays => !figure,
        Search::MediaFolder => false,
        Search::Figures => figure,
    }
}
