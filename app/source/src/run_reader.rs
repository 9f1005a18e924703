//! Reading runs a few at a time, so that no more than those are in memory.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use trainscape_run::{Run, Unread};

use crate::{
    error::SourceError,
    key_mapping::KeyMapping,
    loader::{Loader, PollScope},
    open_options::OpenOptions,
    run_plan::RunPlan,
    stamp::Stamp,
};

/// What one or several runs are read from: the logs of a folder, or a file that holds many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOrigin {
    /// The id of the run, or of the runs' common part; unique and stable.
    pub id: String,
    /// The folder or the file.
    pub path: PathBuf,
    /// The state of its files; changes with each of them.
    pub fingerprint: String,
    /// Bytes of its logs.
    pub bytes: u64,
    /// Arrays and figures that belong to it, which are read by the viewer only.
    pub arrays: usize,
}

/// Finds runs and reads each once, a few at a time.
#[derive(Debug)]
pub struct RunReader {
    loader: Loader,
    origins: Vec<RunOrigin>,
    unread: Vec<Unread>,
    warnings: Vec<String>,
}

impl RunReader {
    /// Finds the runs in `paths` without reading them.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if a path does not exist or cannot be read, or if no file of a known format was found.
    pub fn open(paths: &[PathBuf], options: OpenOptions) -> Result<Self, SourceError> {
        let mut loader = Loader::open(paths, options)?;
        if let Some(catalog) = loader.catalogs.first() {
            let path = catalog.path().to_owned();
            return Err(SourceError::IsCatalog { path });
        }
        // Of the files that are being written to, what was there when they were looked at counts.
        let origins = loader.runs.iter().map(|state| origin(&loader, &state.plan));
        let origins = origins.collect();
        let (unread, warnings) = (loader.unread(), loader.warnings());
        loader.arrays.keep(|_| false);
        loader.forget_search();
        Ok(Self {
            loader,
            origins,
            unread,
            warnings,
        })
    }

    /// Frees what is needed to read other origins than those at `places`.
    pub fn keep(&mut self, places: &[usize]) {
        let kept: HashSet<usize> = places
            .iter()
            .flat_map(|&place| logs_of(&self.loader, &self.loader.runs[place].plan))
            .collect();
        for (index, entry) in self.loader.logs.iter_mut().enumerate() {
            if !kept.contains(&index) {
                entry.log.close();
            }
        }
    }

    /// What was found, in natural order of the ids.
    #[must_use]
    pub fn origins(&self) -> &[RunOrigin] {
        &self.origins
    }

    /// Reads the runs of some origins, given by their places in [`RunReader::origins`], and closes them.
    pub fn read(&mut self, places: &[usize]) -> Vec<(usize, Vec<Arc<Run>>)> {
        let loader = &mut self.loader;
        let files = places
            .iter()
            .flat_map(|&place| logs_of(loader, &loader.runs[place].plan))
            .flat_map(|index| loader.logs[index].log.watched())
            .collect();
        for entry in &mut loader.logs {
            entry.more = false;
        }
        loader.read_logs(&PollScope::Files(&files), None);
        let mut states = std::mem::take(&mut loader.runs);
        let runs = places
            .iter()
            .map(|&place| (place, loader.build_run(&mut states[place])))
            .collect();
        loader.runs = states;
        for &place in places {
            for index in logs_of(loader, &loader.runs[place].plan) {
                loader.logs[index].log.close();
            }
        }
        runs
    }

    /// Files that look like logs and are not read.
    #[must_use]
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// What was left out while searching, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The places of a run's logs.
fn logs_of(loader: &Loader, plan: &RunPlan) -> Vec<usize> {
    let logs = plan.logs.iter();
    logs.filter_map(|log| loader.indices.get(&log.key).copied())
        .collect()
}

fn origin(loader: &Loader, plan: &RunPlan) -> RunOrigin {
    let mut files: Vec<PathBuf> = logs_of(loader, plan)
        .into_iter()
        .flat_map(|index| loader.logs[index].log.watched())
        .collect();
    let bytes = files
        .iter()
        .filter_map(|path| Some(Stamp::at(path).ok()?.len));
    let bytes = bytes.sum();
    files.extend(plan.configs.iter().cloned());
    files.sort();
    files.dedup();
    RunOrigin {
        id: plan.id.clone(),
        path: plan.path.clone(),
        fingerprint: fingerprint(&files, &loader.options),
        bytes,
        arrays: plan.arrays.len(),
    }
}

/// A number for the paths, lengths and times of files, and for what the user says of how they are read.
fn fingerprint(files: &[PathBuf], options: &OpenOptions) -> String {
    let mut hash = DefaultHasher::new();
    for file in files {
        hash_file(file, &mut hash);
    }
    hash_choices(options, &mut hash);
    format!("{:016x}", hash.finish())
}

fn hash_file(file: &Path, hash: &mut DefaultHasher) {
    file.hash(hash);
    let Ok(stamp) = Stamp::at(file) else { return };
    stamp.len.hash(hash);
    let modified = stamp
        .modified
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    modified.hash(hash);
    // Programs set the time back after they changed a file in place, or replaced it by one of the same size. The device is left
    // out: machines that share the work number it in their own way.
    stamp.changed.hash(hash);
    stamp.identity.map(|(_, inode)| inode).hash(hash);
}

/// The user's choices that decide what is read of a log and under which names: the content of a mapping, not its file.
fn hash_choices(options: &OpenOptions, hash: &mut DefaultHasher) {
    let OpenOptions {
        roles,
        x,
        mapping,
        buffer,
        pattern,
        // These decide which files are found, or concern what is read by the viewer only.
        max_depth: _,
        max_folders: _,
        axes: _,
        views: _,
        only_whole_lines: _,
        engine: _,
    } = options;
    let pattern = pattern.as_ref().map(|pattern| pattern.as_str());
    let KeyMapping {
        path: _,
        names,
        roles: roles_of_mapping,
        x: x_of_mapping,
        arrays: _,
    } = &**mapping;
    let choices = (
        roles,
        x,
        names,
        roles_of_mapping,
        x_of_mapping,
        buffer,
        pattern,
    );
    format!("{choices:?}").hash(hash);
}
