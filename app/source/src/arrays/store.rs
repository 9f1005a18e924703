use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use rayon::prelude::*;
use trainscape_run::SourceFormat;

use super::{
    Contents, Entry,
    assemble::{Assembled, Assembler, AxesOverrides},
    labels::{self, LabelTable},
};
use crate::{group::Plan, stamp::Stamp};

/// Files opened between two looks at the clock.
const BATCH: usize = 64;

/// A file changed this recently may change again without a later modification time.
const CLOCK_GRAIN: Duration = Duration::from_millis(100);

/// One file of arrays, or one figure, as of the last look.
#[derive(Debug)]
pub(crate) struct ArrayFile {
    pub(super) path: PathBuf,
    pub(super) format: SourceFormat,
    /// What was opened; `None` before the first look and where the file is gone.
    opened: Option<Stamp>,
    /// Whether an unchanged stamp means an unchanged file.
    settled: bool,
    result: Result<Contents, String>,
}

impl ArrayFile {
    fn new(path: &Path, format: SourceFormat) -> Self {
        Self {
            path: path.to_owned(),
            format,
            opened: None,
            settled: false,
            result: Ok(Contents::default()),
        }
    }

    pub(super) fn of(path: &Path, format: SourceFormat, stamp: Stamp, contents: Contents) -> Self {
        Self {
            opened: Some(stamp),
            result: Ok(contents),
            ..Self::new(path, format)
        }
    }

    pub(super) fn result(&self) -> Result<&Contents, &str> {
        self.result.as_ref().map_err(String::as_str)
    }

    pub(super) fn contents(&self) -> Option<&Contents> {
        self.result.as_ref().ok()
    }

    pub(super) fn entries(&self) -> &[Entry] {
        self.contents().map_or(&[], |contents| &contents.entries)
    }

    pub(super) fn len(&self) -> u64 {
        self.opened.map_or(0, |stamp| stamp.len)
    }

    fn is_stale(&self) -> bool {
        !self.settled || Stamp::at(&self.path).ok() != self.opened
    }

    /// Reads the headers anew where the file changed; true where that shows.
    fn refresh(&mut self) -> bool {
        let now = match Stamp::at(&self.path) {
            Ok(now) => now,
            Err(error) => {
                let reason = match error.kind() {
                    std::io::ErrorKind::NotFound => "the file is gone".to_owned(),
                    _ => format!("the file cannot be read: {error}"),
                };
                let shows = self.result.as_ref().err() != Some(&reason);
                self.opened = None;
                self.settled = true;
                self.result = Err(reason);
                return shows;
            }
        };
        let age = now
            .modified
            .and_then(|modified| SystemTime::now().duration_since(modified).ok());
        self.settled = age.is_some_and(|age| age > CLOCK_GRAIN);
        let result = super::open(&self.path, self.format, now);
        let same = self.opened == Some(now)
            && match (&self.result, &result) {
                (Ok(before), Ok(after)) => before.describes_as(after),
                (Err(before), Err(after)) => before == after,
                _ => false,
            };
        // The same arrays stay the same objects for those who look at them.
        if !same {
            self.result = result;
        }
        self.opened = Some(now);
        !same
    }
}

/// A label file as of the last look.
#[derive(Debug)]
struct LabelFile {
    stamp: Option<Stamp>,
    table: Result<LabelTable, String>,
}

/// All files of arrays and figures under the opened paths, and the labels beside them.
#[derive(Debug, Default)]
pub(crate) struct ArrayStore {
    files: BTreeMap<PathBuf, ArrayFile>,
    labels: BTreeMap<PathBuf, LabelFile>,
    /// Files to be opened.
    pending: Vec<PathBuf>,
}

impl ArrayStore {
    pub(crate) fn add(&mut self, path: &Path, format: SourceFormat) {
        if !self.files.contains_key(path) {
            self.files
                .insert(path.to_owned(), ArrayFile::new(path, format));
            self.pending.push(path.to_owned());
        }
    }

    pub(crate) fn knows(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.labels.contains_key(path)
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn has_more(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Forgets files.
    pub(crate) fn keep(&mut self, keeps: impl Fn(&Path) -> bool) {
        self.files.retain(|path, _| keeps(path));
        self.pending.retain(|path| keeps(path));
    }

    /// Notes which files changed: of all, or of `only` these.
    pub(crate) fn look(&mut self, only: Option<&HashSet<PathBuf>>) {
        let waiting: HashSet<&PathBuf> = self.pending.iter().collect();
        let stale: Vec<PathBuf> = self
            .files
            .iter()
            .filter(|(path, _)| only.is_none_or(|only| only.contains(*path)))
            .filter(|(path, file)| !waiting.contains(path) && file.is_stale())
            .map(|(path, _)| path.clone())
            .collect();
        self.pending.extend(stale);
    }

    /// Opens files that are new or changed until there are none or the time is up. Returns those whose
    /// arrays changed.
    pub(crate) fn read(
        &mut self,
        pool: &rayon::ThreadPool,
        deadline: Option<Instant>,
    ) -> HashSet<PathBuf> {
        let mut changed = HashSet::new();
        while !self.pending.is_empty() {
            let rest = self.pending.len().saturating_sub(BATCH);
            let batch: HashSet<PathBuf> = self.pending.drain(rest..).collect();
            let mut files: Vec<&mut ArrayFile> = self
                .files
                .iter_mut()
                .filter(|(path, _)| batch.contains(*path))
                .map(|(_, file)| file)
                .collect();
            let opened: Vec<PathBuf> = pool.install(|| {
                files
                    .par_iter_mut()
                    .filter_map(|file| file.refresh().then(|| file.path.clone()))
                    .collect()
            });
            changed.extend(opened);
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
        }
        changed
    }

    /// Reads the label files that changed. Returns them.
    pub(crate) fn read_labels<'a>(
        &mut self,
        wanted: impl Iterator<Item = &'a PathBuf>,
    ) -> HashSet<PathBuf> {
        let mut changed = HashSet::new();
        for path in wanted {
            let stamp = Stamp::at(path).ok();
            let known = self.labels.get(path);
            if known.is_some_and(|known| known.stamp == stamp) {
                continue;
            }
            let table = match stamp {
                Some(_) => labels::read(path),
                None => Ok(LabelTable::of_list(&[])),
            };
            self.labels.insert(path.clone(), LabelFile { stamp, table });
            changed.insert(path.clone());
        }
        changed
    }

    /// The arrays and figures of a run that has so many sources of logs.
    pub(crate) fn assemble(
        &self,
        plan: &Plan,
        sources_before: usize,
        overrides: &AxesOverrides,
    ) -> Assembled {
        let files = plan.arrays.iter().filter_map(|path| self.files.get(path));
        let files: Vec<&ArrayFile> = files.collect();
        let labels: Vec<_> = plan
            .labels
            .iter()
            .filter_map(|path| Some((path.as_path(), &self.labels.get(path)?.table)))
            .collect();
        Assembler {
            folder: &plan.path,
            sources_before,
            files: &files,
            labels: &labels,
            overrides,
        }
        .assemble()
    }
}
