//! A catalog that is open: its runs, and those that are added later.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use rayon::prelude::*;
use trainscape_run::Unread;

use super::{
    catalog_run::CatalogRun,
    error::CatalogError,
    file::{CatalogFile, guard},
    histories::PartStore,
    layout::{FORMAT, MANIFEST, Manifest, Part, STAGING, VERSION},
    parts_state::PartsState,
    runs_table::{self, KnownOrigin},
    series_table,
    sorted::{sorted, unloaded},
};
use crate::{limits, regular_file, stamp::Stamp};

/// Letters of the name of a part.
const ID_LEN: usize = 16;
/// Shortest time after which histories are freed again.
const PAUSE: Duration = Duration::from_secs(30);
/// Time after which histories that lie elsewhere and could not be read are read again: at first, and at most.
const TRY_AGAIN: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// An open catalog.
#[derive(Debug)]
pub struct CatalogFolder {
    path: PathBuf,
    manifest: Manifest,
    /// The state of the list when it was read.
    read_at: Option<Stamp>,
    parts: BTreeMap<String, Arc<[CatalogRun]>>,
    /// All runs, in natural order of their origins.
    runs: Vec<CatalogRun>,
    /// Parts and lists that cannot be read, a sentence each.
    problems: Vec<String>,
    state: Arc<PartsState>,
    /// When histories were freed last.
    unloaded_at: Option<Instant>,
    /// When those that could not be read are read again, and how long after a failure that is.
    retry_at: Option<Instant>,
    retry_pause: Duration,
}

impl CatalogFolder {
    /// True if a folder is a catalog, whole or not.
    pub(crate) fn is_catalog(path: &Path) -> bool {
        is_list(&path.join(MANIFEST)) || path.join(STAGING).is_dir() || has_tables(path)
    }

    /// Opens a catalog and reads the tables of its runs.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] if the list of its files cannot be read. A part that cannot be read is one of
    /// [`CatalogFolder::problems`].
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        let mut folder = Self {
            path: path.to_owned(),
            manifest: Manifest::empty(),
            read_at: None,
            parts: BTreeMap::new(),
            runs: Vec::new(),
            problems: Vec::new(),
            state: Arc::default(),
            unloaded_at: None,
            retry_at: None,
            retry_pause: TRY_AGAIN,
        };
        folder.read_at = Stamp::at(&path.join(MANIFEST)).ok();
        folder.manifest = read_manifest(path)?;
        folder.read_parts();
        Ok(folder)
    }

    /// Reads the tables of new parts, if the list of files has changed. Returns true if anything changed.
    pub fn poll(&mut self) -> bool {
        let stamp = Stamp::at(&self.path.join(MANIFEST)).ok();
        let is_same = stamp.is_some() && stamp == self.read_at;
        if is_same {
            return self.unload_if_full() | self.retry_failed();
        }
        if stamp.is_none() && self.read_at.is_none() {
            return false;
        }
        self.read_at = stamp;
        match read_manifest(&self.path) {
            Ok(manifest) => {
                self.manifest = manifest;
                self.read_parts();
            }
            Err(error) => {
                let reason = format!("{error}; its runs are shown as they were");
                self.problems = vec![reason];
            }
        }
        true
    }

    /// All runs.
    #[must_use]
    pub fn runs(&self) -> &[CatalogRun] {
        &self.runs
    }

    /// The runs of a part that was read.
    #[must_use]
    pub fn runs_of_part(&self, id: &str) -> Option<&Arc<[CatalogRun]>> {
        self.parts.get(id)
    }

    /// The list of files.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What cannot be read, a sentence each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What was not read when the catalog was built.
    pub(crate) fn unread(&self) -> impl Iterator<Item = Unread> + '_ {
        self.manifest.not_read.iter().map(|file| Unread {
            path: PathBuf::from(&file.path),
            kind: "log",
            why: file.why.clone(),
        })
    }

    fn read_parts(&mut self) {
        self.problems.clear();
        let known = std::mem::take(&mut self.parts);
        let (path, state) = (&self.path, &self.state);
        let parts = self.manifest.parts.par_iter().map(|part| {
            let runs = match known.get(&part.id) {
                Some(runs) => Ok(Arc::clone(runs)),
                None => read_part(path, part, state),
            };
            (part.id.clone(), runs)
        });
        for (id, runs) in parts.collect::<Vec<_>>() {
            match runs {
                Ok(runs) => {
                    self.parts.insert(id, runs);
                }
                Err(error) => self.problems.push(error.to_string()),
            }
        }
        self.collect_runs();
    }

    fn collect_runs(&mut self) {
        let runs = self.parts.values();
        let runs = runs.flat_map(|runs| runs.iter().cloned()).collect();
        self.runs = sorted(runs, &self.path, &mut self.problems);
    }

    /// Frees the histories that are in memory if others did not fit. Those that are drawn are read again, which may not
    /// fit either: then not before a while.
    fn unload_if_full(&mut self) -> bool {
        let is_early = self.unloaded_at.is_some_and(|at| at.elapsed() < PAUSE);
        if is_early || !self.state.loaded.take_refused() {
            return false;
        }
        self.unloaded_at = Some(Instant::now());
        self.unload(false);
        true
    }

    /// Reads histories that lie elsewhere and could not be read again, after a while. Returns true if it does.
    fn retry_failed(&mut self) -> bool {
        if self.state.has_failed.swap(false, Ordering::Relaxed) && self.retry_at.is_none() {
            self.retry_at = Some(Instant::now() + self.retry_pause);
        }
        match self.retry_at {
            Some(at) if Instant::now() >= at => {}
            _ => return false,
        }
        self.retry_at = None;
        // What fails again and again is asked for less and less.
        self.retry_pause = (self.retry_pause * 2).min(LONGEST_PAUSE);
        self.unload(true);
        true
    }

    /// Frees histories, or only forgets that they could not be read.
    fn unload(&mut self, only_failed: bool) {
        for runs in self.parts.values_mut() {
            let fresh = runs.iter().map(|entry| CatalogRun {
                run: unloaded(&entry.run, only_failed),
                ..entry.clone()
            });
            *runs = fresh.collect();
        }
        self.collect_runs();
    }
}

/// True for the list of a catalog's files, of whatever version.
fn is_list(path: &Path) -> bool {
    let Ok(file) = regular_file::open(path) else {
        return false;
    };
    let mut head = String::new();
    let _not_text = file.take(256).read_to_string(&mut head);
    head.contains(FORMAT)
}

/// True for a folder with the tables of a catalog, whose list may be damaged or gone: each part has its runs and its series
/// under one name.
fn has_tables(folder: &Path) -> bool {
    let names = |table: &str| {
        let entries = fs::read_dir(folder.join(table)).into_iter().flatten();
        let entries = entries.flatten().take(limits::FOLDER.items);
        entries.filter_map(|entry| entry.file_name().into_string().ok())
    };
    let mut series = names("series").filter_map(|name| {
        let id = name.strip_suffix(".parquet")?;
        is_part_id(id).then(|| format!("{id}-"))
    });
    let Some(part) = series.next().filter(|_| folder.join("history").is_dir()) else {
        return false;
    };
    names("runs").any(|name| name.starts_with(&part) && name.ends_with(".parquet"))
}

/// True for the name of a part.
pub(super) fn is_part_id(id: &str) -> bool {
    id.len() == ID_LEN && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The list of a catalog's files.
///
/// # Errors
///
/// [`CatalogError`] if it cannot be read, or is of another version.
pub fn read_manifest(folder: &Path) -> Result<Manifest, CatalogError> {
    let path = folder.join(MANIFEST);
    let file = match regular_file::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let path = folder.to_owned();
            return Err(match has_tables(folder) && !folder.join(STAGING).is_dir() {
                true => CatalogError::NoList { path },
                false => CatalogError::Unfinished { path },
            });
        }
        Err(reason) => return Err(CatalogError::io(&path, reason)),
    };
    let limit = limits::CATALOG_LIST.bytes;
    let mut bytes = Vec::new();
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|reason| CatalogError::io(&path, reason))?;
    let invalid = |reason: String| CatalogError::Manifest {
        path: path.clone(),
        reason,
    };
    if bytes.len() as u64 > limit {
        return Err(invalid("it is too large".to_owned()));
    }
    let head: Head = serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
    if head.format != FORMAT {
        return Err(invalid(format!("its format is not {FORMAT}")));
    }
    if head.version != VERSION {
        return Err(CatalogError::Version {
            path: folder.to_owned(),
            found: head.version,
        });
    }
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
    let mut files = manifest.parts.iter().flat_map(Part::files);
    if let Some(outside) = files.find(|file| !is_inside(file)) {
        return Err(invalid(format!("{outside} is not below the catalog")));
    }
    drop(files);
    Ok(manifest)
}

/// What every version of the list begins with.
#[derive(serde::Deserialize)]
struct Head {
    format: String,
    version: u64,
}

/// True for a path that leads to no other folder.
fn is_inside(file: &str) -> bool {
    let mut parts = Path::new(file).components();
    parts.all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// What the runs of a part were read from, whose files are below `folder`.
///
/// # Errors
///
/// [`CatalogError`] if its table of runs cannot be read.
pub fn origins_of_part(folder: &Path, part: &Part) -> Result<Vec<KnownOrigin>, CatalogError> {
    let path = folder.join(&part.runs_file);
    guard(&path, || {
        runs_table::read_origins(&CatalogFile::open(&path)?)
    })
}

/// The runs of a part whose files are below `folder`. Their points are read when they are asked for.
///
/// # Errors
///
/// [`CatalogError`] if its tables cannot be read.
pub fn open_part(folder: &Path, part: &Part) -> Result<Arc<[CatalogRun]>, CatalogError> {
    read_part(folder, part, &Arc::default())
}

fn read_part(
    folder: &Path,
    part: &Part,
    state: &Arc<PartsState>,
) -> Result<Arc<[CatalogRun]>, CatalogError> {
    let store = PartStore::new(folder, part, Arc::clone(state));
    let path = folder.join(&part.runs_file);
    let mut runs = guard(&path, || runs_table::read(&CatalogFile::open(&path)?))?;
    let path = folder.join(&part.series_file);
    guard(&path, || {
        series_table::read(&CatalogFile::open(&path)?, &mut runs, &store)
    })?;
    if runs.len() as u64 != part.runs {
        let reason = format!("it holds {} of {} runs", runs.len(), part.runs);
        return Err(CatalogError::damaged(&folder.join(&part.runs_file), reason));
    }
    Ok(runs.into_iter().map(CatalogRun::from).collect())
}
