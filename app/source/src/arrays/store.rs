use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
    time::Instant,
};

use rayon::prelude::*;

use super::{
    array_file::ArrayFile,
    assemble::assemble,
    format::FileFormat,
    labels::{self, LabelTable},
    run_files::{Assembled, AxesOverrides, OpenedFiles, RunFiles},
};
use crate::{file_cache::FileCache, key_mapping::KeyMapping};

/// Files opened between two checks of the deadline.
const BATCH: usize = 64;

/// All files of arrays and figures under the opened paths, and the labels next to them.
#[derive(Debug, Default)]
pub(crate) struct ArrayStore {
    files: BTreeMap<PathBuf, ArrayFile>,
    labels: FileCache<Result<LabelTable, String>>,
    /// Files to be opened.
    pending: Vec<PathBuf>,
}

impl ArrayStore {
    pub(crate) fn add(&mut self, path: &Path, format: FileFormat) {
        if !self.files.contains_key(path) {
            self.files
                .insert(path.to_owned(), ArrayFile::new(path, format));
            self.pending.push(path.to_owned());
        }
    }

    pub(crate) fn knows(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.labels.get(path).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn has_more(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Removes the files for which `keeps` is false.
    pub(crate) fn keep(&mut self, keeps: impl Fn(&Path) -> bool) {
        self.files.retain(|path, _| keeps(path));
        self.pending.retain(|path| keeps(path));
    }

    /// Checks which files changed: all files, or `only` these.
    pub(crate) fn check(&mut self, only: Option<&HashSet<PathBuf>>) {
        // The others come first: with many files, each poll would look at all that are opened.
        if only.is_none() && self.has_more() {
            return;
        }
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

    /// Opens new and changed files until all are opened or the time is up. Returns those whose arrays
    /// changed.
    pub(crate) fn read(
        &mut self,
        pool: &rayon::ThreadPool,
        deadline: Option<Instant>,
    ) -> HashSet<PathBuf> {
        let mut changed = HashSet::new();
        while !self.pending.is_empty() {
            let rest = self.pending.len().saturating_sub(BATCH);
            let batch: BTreeSet<PathBuf> = self.pending.drain(rest..).collect();
            // Taken out, so that the other files are not looked at for each batch.
            let mut files: Vec<(PathBuf, ArrayFile)> = batch
                .into_iter()
                .filter_map(|path| self.files.remove_entry(&path))
                .collect();
            let opened: Vec<PathBuf> = pool.install(|| {
                files
                    .par_iter_mut()
                    .filter_map(|(path, file)| file.refresh().then(|| path.clone()))
                    .collect()
            });
            self.files.extend(files);
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
        paths: impl Iterator<Item = &'a PathBuf>,
    ) -> HashSet<PathBuf> {
        self.labels.update(paths, |path, stamp| match stamp {
            Some(_) => labels::read(path),
            None => Ok(LabelTable::of_list(&[])),
        })
    }

    /// The arrays and figures of a run.
    pub(crate) fn assemble(
        &self,
        run: &RunFiles<'_>,
        overrides: &AxesOverrides,
        mapping: &KeyMapping,
    ) -> Assembled {
        let files = run.arrays.iter().filter_map(|path| self.files.get(path));
        let files: Vec<&ArrayFile> = files.collect();
        let labels: Vec<_> = run
            .labels
            .iter()
            .filter_map(|path| Some((path.as_path(), self.labels.get(path)?)))
            .collect();
        assemble(&OpenedFiles {
            folder: run.folder,
            sources_before: run.sources_before,
            files: &files,
            labels: &labels,
            overrides,
            mapping,
        })
    }
}
