//! The files that were seen and not read, and why.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use trainscape_run::Unread;

use super::names::is_settings_name;
use crate::{
    arrays::format_of_name,
    formats::LOG_FORMATS,
    regular_file,
    unread::{looks_like_log, why_unread},
};

/// Largest number of files that are listed as not read.
const MAX_UNREAD: usize = 1000;

/// Number of files that a message names.
const MAX_NAMED: usize = 8;

/// Number of these of which the same is said.
const MAX_ALIKE: usize = 4;

/// Files that were seen and not read.
#[derive(Debug, Default)]
pub(super) struct UnreadFiles {
    /// Those that look like logs, arrays or checkpoints.
    listed: BTreeMap<PathBuf, Unread>,
    /// Files that are not logs.
    not_logs: HashSet<PathBuf>,
    /// Catalogs of runs below the opened paths: their runs are mostly those of the logs beside them.
    catalogs: BTreeSet<PathBuf>,
}

impl UnreadFiles {
    /// The listed files, by path.
    pub(super) fn listed(&self) -> Vec<Unread> {
        self.listed.values().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.listed.len()
    }

    /// All files that were seen, for those who found nothing in them. `open` are files that may become logs.
    pub(super) fn all<'a>(&'a self, open: impl Iterator<Item = &'a PathBuf>) -> Vec<Unread> {
        let others = self.others(open).into_iter().map(|path| Unread {
            path: path.clone(),
            kind: "file",
            why: "it is no log".to_owned(),
        });
        let catalogs = self.catalogs.iter().map(|path| Unread {
            path: path.clone(),
            kind: "catalog",
            why: "it is a catalog: open it itself".to_owned(),
        });
        let all = self.listed.values().cloned().chain(catalogs).chain(others);
        all.take(MAX_UNREAD).collect()
    }

    /// Files that are not logs, or not yet, and do not look like any.
    fn others<'a>(&'a self, open: impl Iterator<Item = &'a PathBuf>) -> Vec<&'a PathBuf> {
        let mut others: Vec<&PathBuf> = self.not_logs.iter().chain(open).collect();
        others.retain(|path| !self.listed.contains_key(*path));
        others.sort();
        others
    }

    pub(super) fn is_no_log(&self, path: &Path) -> bool {
        self.not_logs.contains(path)
    }

    pub(super) fn add_no_log(&mut self, path: &Path) {
        self.not_logs.insert(path.to_owned());
    }

    pub(super) fn add_catalog(&mut self, path: PathBuf) {
        self.catalogs.insert(path);
    }

    /// Forgets that a file was listed.
    pub(super) fn remove(&mut self, path: &Path) {
        self.listed.remove(path);
    }

    pub(super) fn list(&mut self, path: &Path, kind: &'static str, why: &str) {
        if self.listed.len() < MAX_UNREAD {
            let unread = Unread {
                path: path.to_owned(),
                kind,
                why: why.to_owned(),
            };
            self.listed.insert(path.to_owned(), unread);
        }
    }

    /// Lists a file that looks as if it should have been read.
    pub(super) fn list_by_name(&mut self, path: &Path) {
        if let Some((kind, why)) = why_unread(path) {
            self.list(path, kind, why);
        }
    }

    /// Lists what has the name of a file that would be read, and is no file.
    pub(super) fn list_special(&mut self, path: &Path, name: &str) {
        let kind = match (format_of_name(path), looks_like_log(name)) {
            (Some(_), _) => "array",
            (None, true) => "log",
            (None, false) if is_settings_name(name) => "configuration",
            (None, false) => return,
        };
        let what = match fs::metadata(path) {
            Ok(metadata) => regular_file::not_readable(path, &metadata),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Some("it is a link to a file that does not exist")
            }
            Err(_) => Some("it is a link that leads to no file"),
        };
        if let Some(why) = what {
            self.list(path, kind, why);
        }
    }

    /// What was seen and not read below `roots`, for a message; `None` if there was no file.
    pub(super) fn message<'a>(
        &'a self,
        roots: &[PathBuf],
        open: impl Iterator<Item = &'a PathBuf>,
    ) -> Option<String> {
        let name = |path: &Path| name_below(roots, path);
        let others = self.others(open);
        let mut parts = Alike::default();
        for Unread { path, why, .. } in self.listed.values() {
            parts.add(&format!("not read ({why})"), || name(path));
        }
        for path in &self.catalogs {
            parts.add("a catalog: open it itself", || name(path));
        }
        for path in others {
            parts.add("no log", || name(path));
        }
        let mut parts = parts.into_sentences();
        let more = parts.len().saturating_sub(MAX_NAMED);
        parts.truncate(MAX_NAMED);
        if more > 0 {
            parts.push(format!("and {more} more reasons"));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Files of which the same is said.
#[derive(Default)]
struct Alike {
    groups: Vec<Group>,
    places: HashMap<String, usize>,
}

struct Group {
    what: String,
    /// Of the first of the files.
    names: Vec<String>,
    files: usize,
}

impl Alike {
    fn add(&mut self, what: &str, name: impl Fn() -> String) {
        let place = *self.places.entry(what.to_owned()).or_insert_with(|| {
            self.groups.push(Group {
                what: what.to_owned(),
                names: Vec::new(),
                files: 0,
            });
            self.groups.len() - 1
        });
        let group = &mut self.groups[place];
        group.files += 1;
        if group.names.len() < MAX_ALIKE {
            group.names.push(name());
        }
    }

    fn into_sentences(self) -> Vec<String> {
        self.groups.iter().map(Group::sentence).collect()
    }
}

impl Group {
    fn sentence(&self) -> String {
        let verb = match (self.what.starts_with("not read"), self.files) {
            (true, 1) => "was",
            (true, _) => "were",
            (false, 1) => "is",
            (false, _) => "are",
        };
        let names = self.names.join(", ");
        let more = match self.files - self.names.len() {
            0 => String::new(),
            1 => " and 1 more file".to_owned(),
            more => format!(" and {more} more files"),
        };
        format!("{names}{more} {verb} {}", self.what)
    }
}

/// The file's path below the opened one.
fn name_below(roots: &[PathBuf], path: &Path) -> String {
    let below = roots.iter().find_map(|root| path.strip_prefix(root).ok());
    let name = below.filter(|below| !below.as_os_str().is_empty());
    name.unwrap_or(path).display().to_string()
}

/// Why a file that would be searched for a log cannot be opened; `None` if it can, or is no such file.
pub(super) fn why_not_opened(path: &Path) -> Option<String> {
    if !looks_like_log(&path.file_name()?.to_string_lossy()) {
        return None;
    }
    let error = regular_file::open(path).err()?;
    Some(format!("it cannot be read: {error}"))
}

/// Why a file whose name is that of a log is none yet.
pub(super) fn why_not_yet(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let mut formats = LOG_FORMATS.iter();
    let is_log = formats.any(|format| format.is_certain_from_name(&name));
    is_log.then(|| "it holds no rows yet: it is read when it does".to_owned())
}
