mod building;
mod late_catalogs;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use rayon::prelude::*;
use trainscape_run::{Progress, Run, Snapshot, Unread};

use crate::{
    arrays::{ArrayStore, Assembled, array_titles},
    catalog::{OpenCatalog, is_engine},
    config::{self, ConfigFile},
    discover::Catalog,
    error::SourceError,
    file_cache::FileCache,
    formats::log_titles,
    group::plan,
    log_entry::LogEntry,
    log_file::Log,
    open_options::OpenOptions,
    read_views::{ReadViews, read_views},
    regular_file,
    rewrite_search::RewriteSearch,
    run_plan::{LogKey, RunPlan},
    stamp::Stamp,
    user_choices,
};

/// A snapshot that is built in less time may be built after each poll.
const NOTICEABLE: Duration = Duration::from_millis(20);

/// Reads runs from files and follows their changes.
#[derive(Debug)]
pub struct Loader {
    pub(crate) options: OpenOptions,
    pool: rayon::ThreadPool,
    catalog: Catalog,
    /// Opened folders and engines that are catalogs of runs.
    pub(crate) catalogs: Vec<OpenCatalog>,
    pub(crate) logs: Vec<LogEntry>,
    /// Indices of logs in `logs`, by key and by file.
    pub(crate) indices: HashMap<LogKey, usize>,
    files: HashMap<PathBuf, usize>,
    rewrites: RewriteSearch,
    pub(crate) arrays: ArrayStore,
    pub(crate) runs: Vec<RunState>,
    /// Files that are left out of the runs, and why.
    left_out: Vec<Unread>,
    /// The copies among these, with their lengths: one that grows is a copy no longer.
    copies: Vec<(PathBuf, u64)>,
    configs: FileCache<ConfigFile>,
    views: FileCache<ReadViews>,
    snapshot: Arc<Snapshot>,
    /// When the snapshot was built, and how long that took.
    built: (Instant, Duration),
    dirty: bool,
    /// True if a snapshot was asked for, and was not due.
    withheld: bool,
    more: bool,
    /// True once everything that existed at the start has been read.
    caught_up: bool,
}

#[derive(Debug)]
pub(crate) struct RunState {
    pub(crate) plan: RunPlan,
    /// The run, or the several runs that its logs hold; `None` if they must be rebuilt.
    run: Option<Vec<Arc<Run>>>,
    /// Its arrays and the number of log sources before theirs; `None` if they must be assembled again.
    arrays: Option<(usize, Assembled)>,
}

/// The files to check for changes.
pub(crate) enum PollScope<'a> {
    /// All files, and the folders for new ones.
    All,
    /// Only these files.
    Files(&'a HashSet<PathBuf>),
}

impl Loader {
    /// Finds the logs in `paths` (folders or files) without reading them.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if a path does not exist or cannot be read, or if no file of a known format was found.
    pub fn open(paths: &[PathBuf], options: OpenOptions) -> Result<Self, SourceError> {
        let mut loader = Self::open_without_searching(paths, options)?;
        loader.rescan();
        let found = &loader.catalog;
        if found.logs.is_empty() && found.arrays.is_empty() && loader.catalogs.is_empty() {
            let names: Vec<String> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            return Err(SourceError::NothingFound {
                paths: names.join(", "),
                unread: loader.catalog.all_unread(),
                advice: loader.catalog.seen().unwrap_or_else(|| {
                    format!(
                        "give a folder with logs ({}) or arrays ({})",
                        log_titles(),
                        array_titles()
                    )
                }),
            });
        }
        Ok(loader)
    }

    /// Like [`Loader::open`], but without a search: logs may be created later.
    pub(crate) fn open_without_searching(
        paths: &[PathBuf],
        options: OpenOptions,
    ) -> Result<Self, SourceError> {
        check(paths)?;
        let pool = rayon::ThreadPoolBuilder::new()
            .thread_name(|index| format!("trainscape-read-{index}"))
            .build()
            .map_err(|error| SourceError::Threads {
                reason: error.to_string(),
            })?;
        let (of_catalogs, searched): (Vec<_>, Vec<_>) = paths
            .iter()
            .cloned()
            .partition(|path| OpenCatalog::is_catalog(path));
        let catalogs = of_catalogs
            .iter()
            .map(|path| OpenCatalog::open(path, options.engine));
        let catalogs = catalogs.collect::<Result<Vec<_>, _>>()?;
        let catalog = Catalog::new(searched, &options);
        Ok(Self {
            options,
            pool,
            catalog,
            catalogs,
            logs: Vec::new(),
            indices: HashMap::new(),
            files: HashMap::new(),
            rewrites: RewriteSearch::default(),
            arrays: ArrayStore::default(),
            runs: Vec::new(),
            left_out: Vec::new(),
            copies: Vec::new(),
            configs: FileCache::default(),
            views: FileCache::default(),
            snapshot: Arc::default(),
            built: (Instant::now(), Duration::ZERO),
            dirty: true,
            withheld: false,
            more: true,
            caught_up: false,
        })
    }

    /// Reads the new content of all files and searches for new files. Stops after about `budget` even if
    /// there is more to read (see [`Progress::caught_up`]). Returns true if anything changed.
    pub fn poll(&mut self, budget: Option<Duration>) -> bool {
        self.poll_scope(&PollScope::All, budget)
    }

    pub(crate) fn poll_scope(&mut self, scope: &PollScope<'_>, budget: Option<Duration>) -> bool {
        let deadline = budget.map(|budget| Instant::now() + budget);
        let mut changed = false;
        if matches!(scope, PollScope::All) {
            changed |= self.open_late_catalogs();
            changed |= self.poll_catalogs();
            changed |= self.rescan();
            changed |= self.reread_configs();
            changed |= self.reread_labels();
            changed |= self.reread_views();
        }
        changed |= self.reread_arrays(scope, deadline);
        self.read_logs(scope, deadline);
        self.more = self.logs.iter().any(|entry| entry.more) || self.arrays.has_more();
        if !self.more {
            self.more = self.rewrites.step(&mut self.logs);
        }
        self.more |= self.catalogs.iter().any(OpenCatalog::is_loading);
        if !self.more && !self.caught_up {
            self.caught_up = true;
            changed = true;
        }
        changed |= self.collect_changes();
        self.dirty |= changed;
        changed || (self.withheld && self.is_due())
    }

    /// True if a new snapshot may be built. While files are still read, one that takes long is built only now and
    /// then: with each poll, the time to read many files would grow with the square of their number.
    fn is_due(&self) -> bool {
        let (at, taken) = self.built;
        !self.more || taken < NOTICEABLE || at.elapsed() >= taken * 4
    }

    /// Reads the logs chunk by chunk until they are read or the time is up.
    pub(crate) fn read_logs(&mut self, scope: &PollScope<'_>, deadline: Option<Instant>) {
        let wanted: Option<HashSet<usize>> = match scope {
            PollScope::All => None,
            PollScope::Files(paths) => Some(
                paths
                    .iter()
                    .filter_map(|path| self.files.get(path).copied())
                    .collect(),
            ),
        };
        let mut first = true;
        loop {
            let is_wanted = |index| wanted.as_ref().is_none_or(|wanted| wanted.contains(&index));
            let mut active: Vec<&mut LogEntry> = self
                .logs
                .iter_mut()
                .enumerate()
                .filter(|(index, entry)| entry.more || (first && is_wanted(*index)))
                .map(|(_, entry)| entry)
                .collect();
            if active.is_empty() {
                return;
            }
            first = false;
            self.pool.install(|| {
                active.par_iter_mut().for_each(|entry| {
                    let outcome = entry.log.read_chunk();
                    entry.more = outcome.more;
                    entry.changed |= outcome.changed;
                });
            });
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return;
            }
        }
    }

    /// Reads until there is nothing left to read.
    pub fn read_to_end(&mut self) {
        loop {
            self.poll(None);
            if !self.more {
                return;
            }
        }
    }

    /// All runs as of the last poll, or of a little earlier while much is read; the same `Arc` while nothing changes.
    pub fn snapshot(&mut self) -> Arc<Snapshot> {
        self.withheld = self.dirty && !self.is_due();
        if self.dirty && !self.withheld {
            self.dirty = false;
            let begun = Instant::now();
            let runs = self.build_runs();
            self.built = (Instant::now(), begun.elapsed());
            let mut warnings = self.warnings();
            warnings.extend(user_choices::problems(&runs, &self.options));
            self.snapshot = Arc::new(Snapshot {
                runs,
                warnings,
                unread: self.unread().into(),
                progress: self.progress(),
                generation: self.snapshot.generation + 1,
            });
        }
        Arc::clone(&self.snapshot)
    }

    /// The files that look as if they should have been read.
    pub(crate) fn unread(&self) -> Vec<Unread> {
        let mut unread = self.catalog.unread();
        unread.extend_from_slice(&self.left_out);
        let configs = self.configs.iter().filter_map(|(path, file)| {
            Some(Unread {
                path: path.to_owned(),
                kind: "configuration",
                why: file.problem.clone()?,
            })
        });
        unread.extend(configs);
        let views = self.views.iter().filter_map(|(path, file)| {
            Some(Unread {
                path: path.to_owned(),
                kind: "configuration",
                why: file.problem.clone()?,
            })
        });
        unread.extend(views);
        unread.extend(self.catalogs.iter().flat_map(OpenCatalog::unread));
        unread
    }

    /// True while more can be read immediately.
    pub(crate) fn has_more(&self) -> bool {
        self.more
    }

    /// When to poll although nothing was reported: what was read is to be compared with files that changed.
    pub(crate) fn compares_at(&self) -> Option<Instant> {
        self.rewrites.due(&self.logs)
    }

    /// The folders in which new files may be created, with what distinguishes each from another one in its place.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (&Path, Option<(u64, u64)>)> {
        let catalogs = self.catalogs.iter().filter_map(OpenCatalog::folder);
        let catalogs = catalogs.map(|folder| (folder, None));
        self.catalog.folders().chain(catalogs)
    }

    pub(crate) fn knows(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.arrays.knows(path)
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let of_arrays: BTreeSet<&String> = self
            .runs
            .iter()
            .filter_map(|state| state.arrays.as_ref())
            .flat_map(|(_, arrays)| &arrays.warnings)
            .collect();
        let of_folders = self.catalog.warnings.iter();
        let of_catalogs = self.catalogs.iter().flat_map(OpenCatalog::warnings);
        let of_files = of_folders.chain(of_arrays).cloned();
        of_files.chain(of_catalogs).collect()
    }

    fn progress(&self) -> Progress {
        let (bytes_done, bytes_total) = self
            .logs
            .iter()
            .map(|entry| entry.log.progress())
            .fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        let of_engines = self.catalogs.iter().map(OpenCatalog::received_bytes);
        let of_engines: u64 = of_engines.sum();
        let (bytes_done, bytes_total) = (bytes_done + of_engines, bytes_total + of_engines);
        Progress {
            bytes_done,
            bytes_total,
            files: self.files.len() + self.arrays.len(),
            caught_up: self.caught_up,
        }
    }

    /// Frees what only finding new files needs.
    pub(crate) fn forget_search(&mut self) {
        self.catalog = Catalog::default();
    }

    /// Why the runs of an engine could not be read, as long as none of them is known: one sentence for the user.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.catalogs.iter().find_map(OpenCatalog::failure)
    }

    /// Ends what is asked of engines: nobody waits for it any longer.
    pub(crate) fn cancel(&self) {
        self.catalogs.iter().for_each(OpenCatalog::cancel);
    }

    /// Reads the tables of catalogs that have changed.
    fn poll_catalogs(&mut self) -> bool {
        let catalogs = self.catalogs.iter_mut();
        catalogs.fold(false, |changed, catalog| catalog.poll() | changed)
    }

    /// Searches for new files and divides them into runs.
    fn rescan(&mut self) -> bool {
        let told = |catalog: &Catalog| (catalog.warnings.len(), catalog.unread_len());
        let before = told(&self.catalog);
        let has_diverged = |(path, len): &(PathBuf, u64)| file_len(path) != *len;
        let have_diverged = self.copies.iter().any(has_diverged);
        if !self.catalog.scan() && !have_diverged {
            return told(&self.catalog) != before;
        }
        let plans = plan(&self.catalog);
        for (key, files) in plans.logs {
            self.add_log(key, &files);
        }
        self.arrays
            .keep(|path| self.catalog.arrays.contains_key(path));
        for (path, found) in &self.catalog.arrays {
            self.arrays.add(path, found.format);
        }
        self.more |= self.arrays.has_more();
        self.left_out = plans.left_out;
        let copies = self
            .left_out
            .iter()
            .filter(|file| file.kind == Unread::COPY);
        let copies = copies.map(|file| (file.path.clone(), file_len(&file.path)));
        self.copies = copies.collect();
        self.replace_plans(plans.runs);
        self.reread_configs();
        self.reread_labels();
        self.reread_views();
        true
    }

    fn add_log(&mut self, key: LogKey, files: &[PathBuf]) {
        let format = key.format;
        let index = *self.indices.entry(key).or_insert_with(|| {
            let options = &self.options;
            let pattern = options.pattern.clone();
            let log = Log::new(format, options.buffer, pattern, options.only_whole_lines);
            self.logs.push(LogEntry {
                log,
                more: false,
                changed: false,
            });
            self.logs.len() - 1
        });
        for file in files {
            if self.logs[index].log.add_file(file) {
                let watched = self.logs[index].log.watched();
                self.files.extend(watched.map(|path| (path, index)));
                self.logs[index].more = true;
                self.more = true;
            }
        }
    }

    /// Runs keep their order, because colours depend on it; new ones are appended.
    fn replace_plans(&mut self, plans: Vec<RunPlan>) {
        let places: HashMap<String, usize> = plans
            .iter()
            .enumerate()
            .map(|(place, plan)| (plan.id.clone(), place))
            .collect();
        let mut plans: Vec<Option<RunPlan>> = plans.into_iter().map(Some).collect();
        let mut runs: Vec<RunState> = Vec::with_capacity(plans.len());
        for state in self.runs.drain(..) {
            let same = places.get(&state.plan.id).copied();
            if let Some(plan) = same.and_then(|place| plans[place].take()) {
                let same_arrays = (&plan.path, &plan.arrays, &plan.labels)
                    == (&state.plan.path, &state.plan.arrays, &state.plan.labels);
                runs.push(RunState {
                    run: state.run.filter(|_| plan == state.plan),
                    arrays: state.arrays.filter(|_| same_arrays),
                    plan,
                });
            }
        }
        runs.extend(plans.into_iter().flatten().map(|plan| RunState {
            plan,
            run: None,
            arrays: None,
        }));
        self.runs = runs;
    }

    /// Reads the configuration files that changed.
    fn reread_configs(&mut self) -> bool {
        let wanted = self.runs.iter().flat_map(|state| &state.plan.configs);
        let read = |path: &Path, stamp: Option<Stamp>| match stamp {
            Some(_) => config::read(path),
            None => ConfigFile::default(),
        };
        let changed = self.configs.update(wanted, read);
        let mut any = false;
        for state in &mut self.runs {
            if state.plan.configs.iter().any(|path| changed.contains(path)) {
                state.run = None;
                any = true;
            }
        }
        any
    }

    /// Reads the files of views that changed.
    fn reread_views(&mut self) -> bool {
        let of_runs = self.runs.iter().flat_map(|state| &state.plan.views);
        let wanted: BTreeSet<&PathBuf> = self.options.views.iter().chain(of_runs).collect();
        let changed = self.views.update(wanted, read_views);
        if changed.is_empty() {
            return false;
        }
        let for_all = self.options.views.iter().any(|path| changed.contains(path));
        for state in &mut self.runs {
            if for_all || state.plan.views.iter().any(|path| changed.contains(path)) {
                state.run = None;
            }
        }
        true
    }

    /// Reads the label files that changed.
    fn reread_labels(&mut self) -> bool {
        let wanted = self.runs.iter().flat_map(|state| &state.plan.labels);
        let changed = self.arrays.read_labels(wanted);
        self.mark_arrays_changed(|plan| plan.labels.iter().any(|path| changed.contains(path)))
    }

    /// Reads the headers of arrays that are new or changed.
    fn reread_arrays(&mut self, scope: &PollScope<'_>, deadline: Option<Instant>) -> bool {
        match scope {
            PollScope::All => self.arrays.check(None),
            PollScope::Files(paths) => self.arrays.check(Some(paths)),
        }
        let changed = self.arrays.read(&self.pool, deadline);
        self.mark_arrays_changed(|plan| {
            !changed.is_empty() && plan.arrays.iter().any(|path| changed.contains(path))
        })
    }

    /// Marks the runs whose arrays changed.
    fn mark_arrays_changed(&mut self, changed: impl Fn(&RunPlan) -> bool) -> bool {
        let mut any = false;
        for state in self.runs.iter_mut().filter(|state| changed(&state.plan)) {
            state.run = None;
            state.arrays = None;
            any = true;
        }
        any
    }

    /// Marks the runs whose logs changed.
    fn collect_changes(&mut self) -> bool {
        let mut changed = false;
        for state in &mut self.runs {
            let touched = state.plan.logs.iter().any(|log| {
                self.indices
                    .get(&log.key)
                    .is_some_and(|&index| self.logs[index].changed)
            });
            if touched {
                state.run = None;
                changed = true;
            }
        }
        for entry in &mut self.logs {
            entry.changed = false;
        }
        changed
    }
}

fn check(paths: &[PathBuf]) -> Result<(), SourceError> {
    if paths.is_empty() {
        return Err(SourceError::NoPath);
    }
    for path in paths.iter().filter(|path| !is_engine(path)) {
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::NotFound { path: path.clone() },
            _ => SourceError::Unreadable {
                path: path.clone(),
                reason: error.to_string(),
            },
        })?;
        if let Some(what) = regular_file::not_readable(path, &metadata) {
            let path = path.clone();
            return Err(SourceError::NotAFile { path, what });
        }
        if metadata.is_dir()
            && let Err(error) = fs::read_dir(path)
        {
            return Err(SourceError::Unreadable {
                path: path.clone(),
                reason: error.to_string(),
            });
        }
    }
    Ok(())
}
/// 0 for a file that is gone.
fn file_len(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}
