use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use rayon::prelude::*;
use trainscape_run::{Config, Progress, RoleOverrides, Run, Snapshot, ViewFile};

use crate::{
    arrays::{ArrayStore, Assembled},
    config,
    discover::Catalog,
    error::SourceError,
    group::{LogKey, Plan, plan},
    log_file::Log,
    merge,
};

/// A longer file describes no views.
const MAX_VIEW_FILE: u64 = 1 << 20;

/// How to open.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The user's own words on what keys mean, ahead of the table's.
    pub roles: RoleOverrides,
    /// Keep about the last so many points of each series (whole chunks are let go, so somewhat more
    /// are kept); all where `None`.
    pub buffer: Option<usize>,
    /// How many folders below an opened one are searched.
    pub max_depth: usize,
    /// The user's own names of an array's axes by the array's key, ahead of those in files.
    pub axes: BTreeMap<String, Vec<String>>,
    /// Files of the user's own views, ahead of those in the opened folders.
    pub views: Vec<PathBuf>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            roles: RoleOverrides::new(),
            buffer: None,
            max_depth: 12,
            axes: BTreeMap::new(),
            views: Vec::new(),
        }
    }
}

/// Reads runs from files and keeps up with them.
#[derive(Debug)]
pub struct Loader {
    options: OpenOptions,
    pool: rayon::ThreadPool,
    catalog: Catalog,
    logs: Vec<Entry>,
    /// Places of logs in `logs`, by name and by file.
    places: HashMap<LogKey, usize>,
    files: HashMap<PathBuf, usize>,
    arrays: ArrayStore,
    runs: Vec<RunState>,
    configs: BTreeMap<PathBuf, (Option<(u64, SystemTime)>, Config)>,
    views: BTreeMap<PathBuf, ReadViews>,
    snapshot: Arc<Snapshot>,
    dirty: bool,
    more: bool,
    /// True once everything that was there at the start has been read.
    caught_up: bool,
}

/// A file of views as of the last look; `None` where it cannot be read.
#[derive(Debug)]
struct ReadViews {
    stamp: Option<(u64, SystemTime)>,
    file: Option<Arc<ViewFile>>,
}

#[derive(Debug)]
struct Entry {
    log: Log,
    more: bool,
    changed: bool,
}

#[derive(Debug)]
struct RunState {
    plan: Plan,
    /// `None` where it must be built anew.
    run: Option<Arc<Run>>,
    /// Its arrays, for so many sources of logs before theirs; `None` where they must be put together anew.
    arrays: Option<(usize, Assembled)>,
}

/// Which files to look at.
pub(crate) enum Scope<'a> {
    /// All, and folders for new ones.
    All,
    /// These only.
    Files(&'a HashSet<PathBuf>),
}

impl Loader {
    /// Finds the logs in `paths` (folders or files) and reads nothing yet.
    ///
    /// # Errors
    ///
    /// [`SourceError`] where a path does not exist or cannot be read, or where nothing known was found.
    pub fn open(paths: &[PathBuf], options: OpenOptions) -> Result<Self, SourceError> {
        let mut loader = Self::open_for_now(paths, options)?;
        loader.rescan();
        if loader.catalog.logs.is_empty() && loader.catalog.arrays.is_empty() {
            let names: Vec<String> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            return Err(SourceError::NothingFound {
                where_: names.join(", "),
            });
        }
        Ok(loader)
    }

    /// As [`Loader::open`], but looks for nothing yet: logs may come later.
    pub(crate) fn open_for_now(
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
        let catalog = Catalog::new(paths.to_vec(), options.max_depth);
        Ok(Self {
            options,
            pool,
            catalog,
            logs: Vec::new(),
            places: HashMap::new(),
            files: HashMap::new(),
            arrays: ArrayStore::default(),
            runs: Vec::new(),
            configs: BTreeMap::new(),
            views: BTreeMap::new(),
            snapshot: Arc::default(),
            dirty: true,
            more: true,
            caught_up: false,
        })
    }

    /// Reads what is new in all files and looks for new files. Stops after about `budget` even where
    /// there is more to read ([`Progress::caught_up`] tells). Returns true if anything changed.
    pub fn poll(&mut self, budget: Option<Duration>) -> bool {
        self.poll_scope(&Scope::All, budget)
    }

    pub(crate) fn poll_scope(&mut self, scope: &Scope<'_>, budget: Option<Duration>) -> bool {
        let deadline = budget.map(|budget| Instant::now() + budget);
        let mut changed = false;
        if matches!(scope, Scope::All) {
            changed |= self.rescan();
            changed |= self.reread_configs();
            changed |= self.reread_labels();
            changed |= self.reread_views();
        }
        changed |= self.reread_arrays(scope, deadline);
        let wanted: Option<HashSet<usize>> = match scope {
            Scope::All => None,
            Scope::Files(paths) => Some(
                paths
                    .iter()
                    .filter_map(|path| self.files.get(path).copied())
                    .collect(),
            ),
        };
        let mut first = true;
        loop {
            let mut active: Vec<&mut Entry> = self
                .logs
                .iter_mut()
                .enumerate()
                .filter(|(index, entry)| {
                    entry.more
                        || (first && wanted.as_ref().is_none_or(|wanted| wanted.contains(index)))
                })
                .map(|(_, entry)| entry)
                .collect();
            if active.is_empty() {
                break;
            }
            first = false;
            self.pool.install(|| {
                active.par_iter_mut().for_each(|entry| {
                    let turn = entry.log.turn();
                    entry.more = turn.more;
                    entry.changed |= turn.changed;
                });
            });
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
        }
        self.more = self.logs.iter().any(|entry| entry.more) || self.arrays.has_more();
        if !self.more && !self.caught_up {
            self.caught_up = true;
            changed = true;
        }
        changed |= self.collect_changes();
        self.dirty |= changed;
        changed
    }

    /// Reads until nothing is left to read for now.
    pub fn read_to_end(&mut self) {
        loop {
            self.poll(None);
            if !self.more {
                return;
            }
        }
    }

    /// All runs as of the last poll; the same `Arc` while nothing changed.
    pub fn snapshot(&mut self) -> Arc<Snapshot> {
        if self.dirty {
            self.dirty = false;
            let runs = self.build_runs();
            self.snapshot = Arc::new(Snapshot {
                runs,
                warnings: self.warnings(),
                progress: self.progress(),
                generation: self.snapshot.generation + 1,
            });
        }
        Arc::clone(&self.snapshot)
    }

    /// True while there is more to read right away.
    pub(crate) fn has_more(&self) -> bool {
        self.more
    }

    /// The folders in which something new may appear.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.catalog.folders()
    }

    pub(crate) fn knows(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.arrays.knows(path)
    }

    fn warnings(&self) -> Vec<String> {
        let of_arrays: BTreeSet<&String> = self
            .runs
            .iter()
            .filter_map(|state| state.arrays.as_ref())
            .flat_map(|(_, arrays)| &arrays.warnings)
            .collect();
        let of_folders = self.catalog.warnings.iter();
        of_folders.chain(of_arrays).cloned().collect()
    }

    fn progress(&self) -> Progress {
        let (bytes_done, bytes_total) = self
            .logs
            .iter()
            .map(|entry| entry.log.progress())
            .fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        Progress {
            bytes_done,
            bytes_total,
            files: self.files.len() + self.arrays.len(),
            caught_up: self.caught_up,
        }
    }

    /// Looks for new files and sorts them into runs.
    fn rescan(&mut self) -> bool {
        let warnings = self.catalog.warnings.len();
        if !self.catalog.scan() {
            return self.catalog.warnings.len() > warnings;
        }
        let plans = plan(&self.catalog);
        for (key, files) in &plans.files {
            let index = *self.places.entry(key.clone()).or_insert_with(|| {
                let log = Log::new(key.format, self.options.buffer);
                self.logs.push(Entry {
                    log,
                    more: false,
                    changed: false,
                });
                self.logs.len() - 1
            });
            for file in files {
                if self.logs[index].log.add_file(file) {
                    self.files.insert(file.clone(), index);
                    self.logs[index].more = true;
                    self.more = true;
                }
            }
        }
        self.arrays
            .keep(|path| self.catalog.arrays.contains_key(path));
        for (path, found) in &self.catalog.arrays {
            self.arrays.add(path, found.format);
        }
        self.more |= self.arrays.has_more();
        let mut plans: Vec<Option<Plan>> = plans.runs.into_iter().map(Some).collect();
        // Runs keep their places: colours depend on the order.
        let mut runs: Vec<RunState> = Vec::with_capacity(plans.len());
        for state in self.runs.drain(..) {
            let same = plans
                .iter_mut()
                .find(|plan| plan.as_ref().is_some_and(|plan| plan.id == state.plan.id));
            if let Some(plan) = same.and_then(Option::take) {
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
        self.reread_configs();
        self.reread_labels();
        self.reread_views();
        true
    }

    /// Reads the configuration files that changed.
    fn reread_configs(&mut self) -> bool {
        let mut changed = false;
        for state in &mut self.runs {
            for path in &state.plan.configs {
                let stamp = fs::metadata(path)
                    .and_then(|metadata| Ok((metadata.len(), metadata.modified()?)))
                    .ok();
                let known = self.configs.get(path).map(|(stamp, _)| *stamp);
                if known == Some(stamp) {
                    continue;
                }
                let config = if stamp.is_some() {
                    config::read(path)
                } else {
                    Config::new()
                };
                self.configs.insert(path.clone(), (stamp, config));
                state.run = None;
                changed = true;
            }
        }
        changed
    }

    /// Reads the files of views that changed.
    fn reread_views(&mut self) -> bool {
        let mut changed: HashSet<PathBuf> = HashSet::new();
        let of_runs = self.runs.iter().flat_map(|state| &state.plan.views);
        let wanted: BTreeSet<&PathBuf> = self.options.views.iter().chain(of_runs).collect();
        for path in wanted {
            let stamp = fs::metadata(path)
                .and_then(|metadata| Ok((metadata.len(), metadata.modified()?)))
                .ok();
            if self
                .views
                .get(path)
                .is_some_and(|known| known.stamp == stamp)
            {
                continue;
            }
            let file = stamp
                .filter(|(len, _)| *len <= MAX_VIEW_FILE)
                .and_then(|_| {
                    let bytes = fs::read(path).ok()?;
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    Some(Arc::new(ViewFile {
                        path: path.clone(),
                        text,
                    }))
                });
            self.views.insert(path.clone(), ReadViews { stamp, file });
            changed.insert(path.clone());
        }
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
        self.forget(|plan| plan.labels.iter().any(|path| changed.contains(path)))
    }

    /// Reads the headers of arrays that are new or changed.
    fn reread_arrays(&mut self, scope: &Scope<'_>, deadline: Option<Instant>) -> bool {
        match scope {
            Scope::All => self.arrays.look(None),
            Scope::Files(paths) => self.arrays.look(Some(paths)),
        }
        let changed = self.arrays.read(&self.pool, deadline);
        self.forget(|plan| {
            !changed.is_empty() && plan.arrays.iter().any(|path| changed.contains(path))
        })
    }

    /// Marks the runs whose arrays changed.
    fn forget(&mut self, changed: impl Fn(&Plan) -> bool) -> bool {
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
            let touched = state.plan.logs.iter().any(|key| {
                self.places
                    .get(key)
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

    fn build_runs(&mut self) -> Vec<Arc<Run>> {
        let mut built = Vec::with_capacity(self.runs.len());
        for state in &mut self.runs {
            let run = state.run.get_or_insert_with(|| {
                let logs: Vec<&Log> = state
                    .plan
                    .logs
                    .iter()
                    .filter_map(|key| self.places.get(key).map(|&index| &self.logs[index].log))
                    .collect();
                let mut config = Config::new();
                for path in &state.plan.configs {
                    if let Some((_, part)) = self.configs.get(path) {
                        config.extend(part.iter().map(|(key, value)| (key.clone(), value.clone())));
                    }
                }
                let before = logs.iter().map(|log| log.sources().count()).sum();
                if state
                    .arrays
                    .as_ref()
                    .is_none_or(|(known, _)| *known != before)
                {
                    let assembled = self
                        .arrays
                        .assemble(&state.plan, before, &self.options.axes);
                    state.arrays = Some((before, assembled));
                }
                let (_, arrays) = state.arrays.as_ref().expect("they were put together above");
                let mut run =
                    merge::build(&state.plan, &logs, &config, arrays, &self.options.roles);
                run.view_files = self
                    .options
                    .views
                    .iter()
                    .chain(&state.plan.views)
                    .filter_map(|path| self.views.get(path)?.file.clone())
                    .collect();
                Arc::new(run)
            });
            built.push(Arc::clone(run));
        }
        built
    }
}

fn check(paths: &[PathBuf]) -> Result<(), SourceError> {
    if paths.is_empty() {
        return Err(SourceError::NoPath);
    }
    for path in paths {
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::NotFound { path: path.clone() },
            _ => SourceError::Unreadable {
                path: path.clone(),
                reason: error.to_string(),
            },
        })?;
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
