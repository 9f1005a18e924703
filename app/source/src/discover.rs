//! Walking folders for logs.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use trainscape_run::SourceFormat;

use crate::sniff::{Verdict, sniff};

/// Folders that hold no logs and often much else.
const SKIPPED: &[&str] = &[
    "node_modules",
    "__pycache__",
    "site-packages",
    "checkpoints",
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

#[derive(Debug)]
struct Folder {
    root: usize,
    depth: usize,
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

    /// Looks for what is new. Returns true where logs or configuration files were found.
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
                        self.enter(root, index, 0);
                    }
                }
                Ok(metadata) => self.file(&root, index, metadata.len()),
                Err(_) => {}
            }
        }
        let mut known: Vec<PathBuf> = self.folders.keys().cloned().collect();
        while let Some(path) = known.pop() {
            self.look(&path, &mut known, &mut links);
            // Folders behind links come last, so that a folder is known by its own name.
            if known.is_empty() {
                for (path, root, depth) in links.drain(..) {
                    if self.enter(PathBuf::clone(&path), root, depth) {
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
        before
            != (
                self.logs.len(),
                self.configs.values().map(Vec::len).sum::<usize>(),
            )
    }

    fn enter(&mut self, path: PathBuf, root: usize, depth: usize) -> bool {
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
                modified: None,
            },
        );
        true
    }

    fn look(
        &mut self,
        path: &Path,
        pending: &mut Vec<PathBuf>,
        links: &mut Vec<(PathBuf, usize, usize)>,
    ) {
        let Some(folder) = self.folders.get(path) else {
            return;
        };
        let (root, depth) = (folder.root, folder.depth);
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
                if self.folders.contains_key(&entry_path) || skipped(&name, path) {
                    continue;
                }
                if depth >= self.max_depth {
                    self.warn_of_depth(path);
                } else if kind.is_symlink() {
                    links.push((entry_path, root, depth + 1));
                } else if self.enter(entry_path.clone(), root, depth + 1) {
                    pending.push(entry_path);
                }
            } else if is_file {
                let known =
                    self.logs.contains_key(&entry_path) || self.settled.contains(&entry_path);
                if CONFIG_NAMES.contains(&&*name) {
                    configs.push(entry_path);
                } else if known {
                    continue;
                } else if let Ok(metadata) = fs::metadata(&entry_path) {
                    self.file(&entry_path, root, metadata.len());
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
    }

    fn leave(&mut self, path: &Path) {
        self.folders.remove(path);
        // Its true name is free again: the folder may come back.
        if let Ok(true_name) = fs::canonicalize(path.parent().unwrap_or(path)) {
            self.visited
                .remove(&true_name.join(path.file_name().unwrap_or_default()));
        }
    }

    fn file(&mut self, path: &Path, root: usize, len: u64) {
        if self.logs.contains_key(path) || self.settled.contains(path) {
            return;
        }
        match sniff(path, len) {
            Verdict::Log(format, keys) => {
                self.logs
                    .insert(path.to_owned(), Found { format, root, keys });
            }
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

fn skipped(name: &str, parent: &Path) -> bool {
    if SKIPPED.contains(&name) || name.starts_with("checkpoint-") {
        return true;
    }
    // Inside a W&B run only the log itself is of use.
    let in_wandb_run = parent.file_name().is_some_and(|folder| {
        let folder = folder.to_string_lossy();
        (folder.starts_with("run-") || folder.starts_with("offline-run-"))
            && parent
                .parent()
                .and_then(Path::file_name)
                .is_some_and(|name| name == "wandb")
    });
    in_wandb_run && matches!(name, "files" | "logs" | "tmp")
}
