//! The files that were found under the opened paths.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use regex::Regex;

use trainscape_run::{RoleOverrides, Unread};

use super::{
    names::{CONFIG_NAMES, VIEW_NAMES, finds, is_replay, search_in},
    unread_files::{UnreadFiles, why_not_opened, why_not_yet},
};
use crate::{
    arrays::{FileFormat, format_of_name, format_of_named_file, is_label_name, label_names},
    catalog::CatalogFolder,
    config::{holds_settings, is_results_name},
    detect::{Detected, detect},
    first_rows::{FirstRows, KindOfRows},
    formats::LOG_FORMATS,
    hydra,
    key_mapping::KeyMapping,
    limits,
    log_format::{Detection, LogFormat},
    open_options::OpenOptions,
    regular_file,
    search::Search,
    stamp::{CLOCK_RESOLUTION, identity},
    unread::why_unread,
};

/// Largest number of entries of a folder that are looked at.
const MAX_ENTRIES: usize = limits::FOLDER.items;

/// A log file that was found.
#[derive(Clone, Debug)]
pub(crate) struct FoundLog {
    pub(crate) format: &'static dyn LogFormat,
    /// Index of the opened path that contains it.
    pub(crate) root: usize,
    pub(crate) first_rows: FirstRows,
}

/// A file of arrays or a figure that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundArray {
    pub(crate) format: FileFormat,
    /// Index of the opened path that contains it.
    pub(crate) root: usize,
}

#[derive(Debug)]
struct Folder {
    root: usize,
    depth: usize,
    search: Search,
    /// Its place in `visited`.
    canonical: PathBuf,
    /// Device and inode when it was listed.
    identity: Option<(u64, u64)>,
    /// `None` if the folder must be listed again even if its modification time is unchanged.
    modified: Option<SystemTime>,
}

/// The files that were found under the opened paths.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    roots: Vec<PathBuf>,
    /// Those that have become catalogs of runs, and are read as such.
    left: HashSet<PathBuf>,
    max_depth: usize,
    max_folders: usize,
    /// The user's pattern of the lines of text logs.
    pattern: Option<Arc<Regex>>,
    /// The roles that the user gives to keys.
    roles: RoleOverrides,
    mapping: Arc<KeyMapping>,
    folders: BTreeMap<PathBuf, Folder>,
    /// Canonical paths of folders, so that links cause neither loops nor duplicates.
    visited: HashSet<PathBuf>,
    pub(crate) logs: BTreeMap<PathBuf, FoundLog>,
    pub(crate) configs: BTreeMap<PathBuf, Vec<PathBuf>>,
    pub(crate) arrays: BTreeMap<PathBuf, FoundArray>,
    /// Label files by folder.
    pub(crate) labels: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Files of user-defined views by folder.
    pub(crate) views: BTreeMap<PathBuf, Vec<PathBuf>>,
    arrays_changed: bool,
    /// Files that may become logs, with their size when they were last examined.
    undecided: HashMap<PathBuf, (usize, u64)>,
    /// Files of arrays in which logs were searched for.
    examined_arrays: HashSet<PathBuf>,
    unread: UnreadFiles,
    pub(crate) warnings: Vec<String>,
    too_deep: bool,
}

impl Catalog {
    pub(crate) fn new(roots: Vec<PathBuf>, options: &OpenOptions) -> Self {
        Self {
            roots,
            max_depth: options.max_depth,
            max_folders: options.max_folders,
            pattern: options.pattern.clone(),
            roles: options.roles.clone(),
            mapping: Arc::clone(&options.mapping),
            ..Self::default()
        }
    }

    pub(crate) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The folders that are searched, with the device and the inode of each: another folder may come into its place.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&Path, Option<(u64, u64)>)> {
        let folders = self.folders.iter();
        folders.map(|(path, folder)| (path.as_path(), folder.identity))
    }

    /// Searches for new files. Returns true if logs, arrays or configuration files were found, or arrays
    /// were removed.
    pub(crate) fn scan(&mut self) -> bool {
        let before = (
            self.logs.len(),
            self.configs.values().map(Vec::len).sum::<usize>(),
        );
        let mut links = Vec::new();
        for (index, root) in self.roots.clone().into_iter().enumerate() {
            match fs::metadata(&root) {
                Ok(metadata) if metadata.is_dir() => {
                    if self.is_late_catalog(&root) {
                        self.remove_folder(&root);
                        continue;
                    }
                    if !self.folders.contains_key(&root) {
                        self.enter(root, index, 0, Search::Everything);
                    }
                }
                Ok(metadata) if regular_file::not_readable(&root, &metadata).is_none() => {
                    match format_of_named_file(&root) {
                        Some(format) => self.array(&root, index, format),
                        None => self.file(&root, index, metadata.len()),
                    }
                    self.find_labels_of(&root);
                }
                Ok(_) | Err(_) => {}
            }
        }
        let mut known: Vec<PathBuf> = self.folders.keys().cloned().collect();
        while let Some(path) = known.pop() {
            self.scan_folder(&path, &mut known, &mut links);
            // Linked folders come last, so that a folder is listed under its canonical path if possible.
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

    /// True for a folder that became a catalog of runs before anything else was found.
    fn is_late_catalog(&self, root: &Path) -> bool {
        let is_empty = self.logs.is_empty() && self.arrays.is_empty();
        self.left.contains(root) || (is_empty && CatalogFolder::is_catalog(root))
    }

    /// The folders that have become catalogs of runs and are not read as such yet.
    pub(crate) fn late_catalogs(&self) -> Vec<PathBuf> {
        let roots = self.roots.iter();
        let roots = roots.filter(|root| !self.left.contains(*root) && root.is_dir());
        let late = roots.filter(|root| self.is_late_catalog(root));
        late.cloned().collect()
    }

    /// Searches a folder no longer: it is read as a catalog of runs.
    pub(crate) fn leave(&mut self, root: &Path) {
        self.remove_folder(root);
        self.left.insert(root.to_owned());
    }

    fn enter(&mut self, path: PathBuf, root: usize, depth: usize, search: Search) -> bool {
        let Ok(canonical) = fs::canonicalize(&path) else {
            return false;
        };
        if self.visited.contains(&canonical) {
            return false;
        }
        if self.folders.len() >= self.max_folders {
            let most = self.max_folders;
            self.warn(format!(
                "more than {most} folders are below the opened one, and the others were not searched: open one of them"
            ));
            return false;
        }
        self.visited.insert(canonical.clone());
        self.folders.insert(
            path,
            Folder {
                root,
                depth,
                search,
                canonical,
                identity: None,
                modified: None,
            },
        );
        true
    }

    fn scan_folder(
        &mut self,
        path: &Path,
        pending: &mut Vec<PathBuf>,
        links: &mut Vec<(PathBuf, usize, usize, Search)>,
    ) {
        let Some(entries) = self.list_if_changed(path) else {
            return;
        };
        let Some(folder) = self.folders.get(path) else {
            return;
        };
        let (root, depth, search) = (folder.root, folder.depth, folder.search);
        let mut listing = FolderListing::default();
        for (index, entry) in entries.flatten().enumerate() {
            if index >= MAX_ENTRIES {
                self.warn_of_entries(path);
                break;
            }
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name == hydra::FOLDER {
                let config = hydra::config_file(path);
                listing.configs.extend(config.map(|config| (0, config)));
            }
            let (Ok(kind), false) = (entry.file_type(), name.starts_with('.')) else {
                continue;
            };
            let entry_path = entry.path();
            let (is_dir, is_file) = if kind.is_symlink() {
                match fs::metadata(&entry_path) {
                    Ok(target) => (target.is_dir(), target.is_file()),
                    Err(_) => (false, false),
                }
            } else {
                (kind.is_dir(), kind.is_file())
            };
            if !is_dir && !is_file {
                self.unread.list_special(&entry_path, &name);
            } else if is_file {
                self.scan_file(entry_path, &name, root, search, &mut listing);
            } else if is_dir && !self.folders.contains_key(&entry_path) {
                let search = search_in(&name, path, search);
                if search == Search::Nothing {
                    continue;
                }
                if CatalogFolder::is_catalog(&entry_path) {
                    self.unread.add_catalog(entry_path);
                    continue;
                }
                if depth >= self.max_depth {
                    self.warn_of_depth(path);
                } else if kind.is_symlink()
                    && let Some(what) = regular_file::what_kernel_folder(&entry_path)
                {
                    self.warn(format!(
                        "{} is a link that was not followed: {what}",
                        entry_path.display()
                    ));
                } else if kind.is_symlink() && self.leads_above(&entry_path, root) {
                    self.warn(format!(
                        "{} is a link to a folder that contains the opened one, and was not followed",
                        entry_path.display()
                    ));
                } else if kind.is_symlink() {
                    links.push((entry_path, root, depth + 1, search));
                } else if self.enter(entry_path.clone(), root, depth + 1, search) {
                    pending.push(entry_path);
                }
            }
        }
        self.record(path, listing);
    }

    /// True if a link leads to a folder that contains the opened one: everything beside that would be searched.
    fn leads_above(&self, link: &Path, root: usize) -> bool {
        let canonical = |path: &Path| fs::canonicalize(path).ok();
        match (canonical(link), canonical(&self.roots[root])) {
            (Some(target), Some(root)) => root.starts_with(&target) && root != target,
            _ => false,
        }
    }

    /// The entries of a folder, unless it is unchanged or cannot be listed.
    fn list_if_changed(&mut self, path: &Path) -> Option<fs::ReadDir> {
        let now = SystemTime::now();
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_dir);
        let Some((modified, identity)) =
            metadata.and_then(|metadata| Some((metadata.modified().ok()?, identity(&metadata))))
        else {
            self.remove_folder(path);
            return None;
        };
        let folder = self.folders.get_mut(path)?;
        let is_same = folder.identity == identity;
        if is_same && folder.modified == Some(modified) {
            return None;
        }
        folder.identity = identity;
        match fs::read_dir(path) {
            Ok(entries) => {
                let is_reliable = now
                    .duration_since(modified)
                    .is_ok_and(|age| age > CLOCK_RESOLUTION);
                folder.modified = is_reliable.then_some(modified);
                Some(entries)
            }
            Err(error) => {
                folder.modified = Some(modified);
                self.warnings
                    .push(format!("{} cannot be listed: {error}", path.display()));
                None
            }
        }
    }

    fn scan_file(
        &mut self,
        path: PathBuf,
        name: &str,
        root: usize,
        search: Search,
        listing: &mut FolderListing,
    ) {
        let by_content = self.arrays.get(&path).map(|found| found.format);
        if let Some(format) = format_of_name(&path).or(by_content) {
            if finds(search, format) && !is_replay(&path) && !format.is_foreign(&path) {
                self.add_array(&path, root, format);
                if search == Search::Everything {
                    self.find_log_in_arrays(&path, root);
                }
                listing.arrays.insert(path);
            }
            return;
        }
        if is_label_name(name) && search != Search::Figures {
            listing.labels.push(path.clone());
        }
        let mut formats = LOG_FORMATS.iter();
        let is_read = search == Search::Everything
            || formats.any(|format| format.is_read_within(search, name));
        if !is_read {
            // Logs in folders of checkpoints are copies.
            if search == Search::Arrays && why_unread(&path).is_some_and(|(kind, _)| kind != "log")
            {
                self.unread.list_by_name(&path);
            }
            return;
        }
        if VIEW_NAMES.contains(&name) {
            listing.views.push(path.clone());
        } else if let Some(rank) = CONFIG_NAMES.iter().position(|known| *known == name) {
            listing.configs.push((rank + 1, path.clone()));
        } else if !self.logs.contains_key(&path)
            && !self.unread.is_no_log(&path)
            && let Ok(metadata) = fs::metadata(&path)
        {
            self.file(&path, root, metadata.len());
            if self.arrays.contains_key(&path) {
                listing.arrays.insert(path.clone());
            }
        }
        let is_log = |found: &FoundLog| !found.format.holds_last_values();
        if is_results_name(name)
            && !self.logs.get(&path).is_some_and(is_log)
            && holds_settings(&path)
        {
            listing.configs.push((0, path));
        }
    }

    fn record(&mut self, folder: &Path, mut listing: FolderListing) {
        listing.configs.sort();
        let configs = listing.configs.into_iter().map(|(_, path)| path);
        self.configs.insert(folder.to_owned(), configs.collect());
        self.arrays_changed |= replace_sorted(&mut self.views, folder, listing.views);
        self.arrays_changed |= replace_sorted(&mut self.labels, folder, listing.labels);
        self.remove_arrays(folder, &listing.arrays);
    }

    /// Finds the labels of an array that was opened without its folder.
    fn find_labels_of(&mut self, path: &Path) {
        let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else {
            return;
        };
        if format_of_name(path).is_none() || self.folders.contains_key(folder) {
            return;
        }
        let labels: Vec<PathBuf> = label_names(&stem.to_string_lossy())
            .map(|name| folder.join(name))
            .filter(|path| path.is_file())
            .collect();
        let changed = self.labels.get(folder).map_or(&[][..], Vec::as_slice) != labels;
        self.arrays_changed |= changed;
        self.labels.insert(folder.to_owned(), labels);
    }

    fn add_array(&mut self, path: &Path, root: usize, format: FileFormat) {
        if !self.arrays.contains_key(path) {
            self.arrays
                .insert(path.to_owned(), FoundArray { format, root });
            self.arrays_changed = true;
        }
    }

    /// Removes the arrays that are no longer in the folder: trainers delete their old checkpoints.
    fn remove_arrays(&mut self, folder: &Path, present: &HashSet<PathBuf>) {
        let removed: Vec<PathBuf> = self
            .arrays
            .range::<Path, _>((Bound::Included(folder), Bound::Unbounded))
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(folder))
            .filter(|path| path.parent() == Some(folder) && !present.contains(*path))
            .cloned()
            .collect();
        for path in removed {
            self.arrays.remove(&path);
            self.arrays_changed = true;
        }
    }

    fn remove_folder(&mut self, path: &Path) {
        self.remove_arrays(path, &HashSet::new());
        // The folder may be created again.
        if let Some(folder) = self.folders.remove(path) {
            self.visited.remove(&folder.canonical);
        }
    }

    /// Adds a file of arrays or a figure, and the log that it may be, too.
    fn array(&mut self, path: &Path, root: usize, format: FileFormat) {
        self.unread.remove(path);
        self.add_array(path, root, format);
        self.find_log_in_arrays(path, root);
    }

    fn file(&mut self, path: &Path, root: usize, len: u64) {
        self.unread.remove(path);
        if let Some(format) = format_of_name(path) {
            self.array(path, root, format);
            return;
        }
        if let Some(format) = self.logs.get(path).map(|found| found.format) {
            self.check_left_out(path, format, root, len);
            return;
        }
        let is_known = self.unread.is_no_log(path) || self.arrays.contains_key(path);
        if is_known {
            return;
        }
        match detect(path, len, self.pattern.as_deref()) {
            Detected::Log(format, first_rows) => {
                let found = FoundLog {
                    format,
                    root,
                    first_rows,
                };
                self.logs.insert(path.to_owned(), found);
                self.check_left_out(path, format, root, len);
            }
            Detected::Array(format) => self.add_array(path, root, FileFormat::Array(format)),
            Detected::NotYet => {
                let why = why_not_opened(path).or_else(|| why_not_yet(path));
                if let Some(why) = why {
                    self.unread.list(path, "log", &why);
                }
                self.undecided.insert(path.to_owned(), (root, len));
            }
            Detected::Pointer => {
                let why = "it is a pointer of Git LFS: fetch the file itself with `git lfs pull`";
                self.unread.list(path, "log", why);
                self.undecided.insert(path.to_owned(), (root, len));
            }
            Detected::Known => {
                self.unread.add_no_log(path);
            }
            Detected::Other => match why_not_opened(path) {
                Some(why) => {
                    self.unread.list(path, "log", &why);
                    self.undecided.insert(path.to_owned(), (root, len));
                }
                None => {
                    self.unread.add_no_log(path);
                    self.unread.list_by_name(path);
                }
            },
        }
    }

    /// Lists a file that is left out although its format is known.
    fn check_left_out(&mut self, path: &Path, format: &dyn LogFormat, root: usize, len: u64) {
        if let Some(why) = format.why_left_out(path) {
            self.unread.list(path, "log", why);
            self.undecided.insert(path.to_owned(), (root, len));
        }
    }

    /// Whether a table is read whose rows may be numbers of any kind: where the user gave one of its columns a role, or nothing
    /// else was found.
    pub(crate) fn reads_numbers(&self, rows: &FirstRows) -> bool {
        let are_numbers = |rows: &FirstRows| rows.kind == KindOfRows::Numbers;
        let is_chosen =
            |key: &String| self.roles.contains_key(key) || self.mapping.role(key).is_some();
        !are_numbers(rows)
            || rows.keys.iter().any(is_chosen)
            || self.arrays.is_empty()
                && self
                    .logs
                    .values()
                    .all(|found| are_numbers(&found.first_rows))
    }

    /// Whether tables of results are read, a row a run: where nothing else was found.
    pub(crate) fn holds_only_results(&self) -> bool {
        let kinds = || self.logs.values().map(|found| found.first_rows.kind);
        self.arrays.is_empty()
            && kinds().any(|kind| kind == KindOfRows::Results)
            && kinds().all(|kind| matches!(kind, KindOfRows::Results | KindOfRows::Numbers))
    }

    /// The files that look as if they should have been read, by path.
    pub(crate) fn unread(&self) -> Vec<Unread> {
        self.unread.listed()
    }

    /// All files that were seen and not read.
    pub(crate) fn all_unread(&self) -> Vec<Unread> {
        self.unread.all(self.undecided.keys())
    }

    /// Number of files that look as if they should have been read.
    pub(crate) fn unread_len(&self) -> usize {
        self.unread.len()
    }

    /// What was seen and not read, for a message; `None` if there was no file.
    pub(crate) fn seen(&self) -> Option<String> {
        self.unread.message(&self.roots, self.undecided.keys())
    }

    fn warn_of_entries(&mut self, path: &Path) {
        self.warn(format!(
            "{} has more than {MAX_ENTRIES} entries, and the others were not searched: open a folder below it",
            path.display()
        ));
    }

    pub(crate) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Some files of arrays are logs, too.
    fn find_log_in_arrays(&mut self, path: &Path, root: usize) {
        if self.logs.contains_key(path) || !self.examined_arrays.insert(path.to_owned()) {
            return;
        }
        for format in LOG_FORMATS {
            if let Detection::Log(first_rows) = format.detect_in_arrays(path) {
                let found = FoundLog {
                    format: *format,
                    root,
                    first_rows,
                };
                self.logs.insert(path.to_owned(), found);
                return;
            }
        }
    }

    fn warn_of_depth(&mut self, path: &Path) {
        if !std::mem::replace(&mut self.too_deep, true) {
            self.warnings.push(format!(
                "{} is {} folders deep: the folders below it were not searched; open it separately",
                path.display(),
                self.max_depth
            ));
        }
    }
}

/// The files of interest in one folder.
#[derive(Default)]
struct FolderListing {
    /// With their ranks: results that hold settings, then the positions in [`CONFIG_NAMES`].
    configs: Vec<(usize, PathBuf)>,
    labels: Vec<PathBuf>,
    views: Vec<PathBuf>,
    arrays: HashSet<PathBuf>,
}

/// Replaces the files of a folder; true if they changed.
fn replace_sorted(
    by_folder: &mut BTreeMap<PathBuf, Vec<PathBuf>>,
    folder: &Path,
    mut files: Vec<PathBuf>,
) -> bool {
    files.sort();
    let changed = by_folder.get(folder).map_or(&[][..], Vec::as_slice) != files;
    by_folder.insert(folder.to_owned(), files);
    changed
}
