//! A catalog that is asked through an engine: its tables are read by a thread, and again when it has grown.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    answer::Answer,
    locate::EngineRows,
    question::{CatalogEngine, Question},
    store::{EngineState, EngineStore, Names},
};
use crate::{
    catalog::{
        CatalogRun,
        error::CatalogError,
        layout::RunColumn,
        loaded_bytes::LoadedBytes,
        runs_table::{self, RunRow},
        series_table::SeriesReader,
        sorted::{sorted, unloaded},
        table::Table as _,
    },
    limits,
};

/// How long a poll waits for tables that are being read.
const PATIENCE: Duration = Duration::from_millis(50);
/// After this time the engine is asked whether the catalog has grown.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// After this time, and longer each time, an engine that does not answer is asked again.
const TRY_AGAIN: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The number of runs and of points.
type Size = [Option<i64>; 2];

/// What a thread found out.
enum Found {
    /// The catalog is as it was.
    Same,
    /// All runs.
    Runs(Size, Vec<CatalogRun>),
}

/// An open catalog.
#[derive(Debug)]
pub struct EngineCatalog {
    engine: Arc<dyn CatalogEngine>,
    state: Arc<EngineState>,
    loaded: Arc<LoadedBytes>,
    received_bytes: Arc<AtomicU64>,
    /// What is being asked.
    asked: Option<Receiver<Result<Found, CatalogError>>>,
    ask_at: Instant,
    pause: Duration,
    /// True if it was noticed that points could not be read.
    is_failure_known: bool,
    pause_of_points: Duration,
    size: Option<Size>,
    runs: Vec<CatalogRun>,
    problems: Vec<String>,
    /// What two runs of one id are told as.
    warnings: Vec<String>,
}

impl EngineCatalog {
    /// Begins to read the tables.
    pub fn open(engine: Arc<dyn CatalogEngine>) -> Self {
        let mut catalog = Self {
            engine,
            state: Arc::default(),
            loaded: Arc::default(),
            received_bytes: Arc::default(),
            asked: None,
            ask_at: Instant::now(),
            pause: TRY_AGAIN,
            is_failure_known: false,
            pause_of_points: TRY_AGAIN,
            size: None,
            runs: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        catalog.begin();
        catalog
    }

    /// Takes what was read meanwhile, and asks again where that is due. Returns true if anything changed.
    pub fn poll(&mut self) -> bool {
        let Some(asked) = &self.asked else {
            if self.state.has_failed.load(Ordering::Relaxed) && !self.is_failure_known {
                self.is_failure_known = true;
                self.ask_at = self.ask_at.min(Instant::now() + self.pause_of_points);
                // What fails again and again although the engine answers is asked for less and less.
                self.pause_of_points = (self.pause_of_points * 2).min(LONGEST_PAUSE);
            }
            if Instant::now() >= self.ask_at {
                self.begin();
            }
            return self.unload_if_full();
        };
        let patience = match self.size {
            None => PATIENCE,
            Some(_) => Duration::ZERO,
        };
        let answer = match asked.recv_timeout(patience) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => Err(ended(&*self.engine)),
        };
        self.asked = None;
        match answer {
            Ok(found) => self.found(found),
            Err(error) => {
                self.ask_at = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                let shown = match self.size {
                    None => error.to_string(),
                    Some(_) => format!("{error}; its runs are shown as they were"),
                };
                let is_new = self.problems.first() != Some(&shown);
                self.problems = vec![shown];
                is_new
            }
        }
    }

    /// True until the tables were read for the first time, or could not be.
    pub(crate) fn is_loading(&self) -> bool {
        self.size.is_none() && self.problems.is_empty()
    }

    /// Why the tables could not be read, unless they were read before.
    pub(crate) fn failure(&self) -> Option<&str> {
        let failure = self.problems.first().filter(|_| self.size.is_none());
        failure.map(String::as_str)
    }

    /// Bytes of the tables that have come.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Ordering::Relaxed)
    }

    /// All runs.
    #[must_use]
    pub fn runs(&self) -> &[CatalogRun] {
        &self.runs
    }

    /// What cannot be read, a sentence each.
    pub fn problems(&self) -> impl Iterator<Item = &String> {
        self.problems.iter().chain(&self.warnings)
    }

    pub(crate) fn path(&self) -> &Path {
        self.engine.url()
    }

    /// Ends the questions for points: nobody waits for them any longer.
    pub(crate) fn cancel(&self) {
        self.state.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Asks in a thread: an engine may take long.
    fn begin(&mut self) {
        let (engine, state, known) = (Arc::clone(&self.engine), Arc::clone(&self.state), self.size);
        let (loaded, received_bytes) = (Arc::clone(&self.loaded), Arc::clone(&self.received_bytes));
        let (send, receive) = mpsc::channel();
        let asking = Asking {
            engine,
            state,
            received_bytes,
        };
        let spawned = thread::Builder::new()
            .name("trainscape-engine".to_owned())
            .spawn(move || {
                // Fails if the catalog was closed meanwhile.
                let _ = send.send(asking.find(known, &loaded));
            });
        if let Err(error) = spawned {
            log::warn!("no thread for an engine: {error}");
        }
        self.asked = Some(receive);
    }

    fn found(&mut self, found: Found) -> bool {
        self.ask_at = Instant::now() + LOOK_AGAIN;
        self.pause = TRY_AGAIN;
        self.is_failure_known = false;
        let has_failed = self.state.has_failed.swap(false, Ordering::Relaxed);
        if !has_failed {
            self.pause_of_points = TRY_AGAIN;
        }
        let had_problems = !std::mem::take(&mut self.problems).is_empty();
        match found {
            Found::Same => {
                if has_failed {
                    self.unload(true);
                }
                had_problems || has_failed
            }
            Found::Runs(size, mut runs) => {
                self.keep_known(&mut runs);
                self.size = Some(size);
                self.warnings.clear();
                self.runs = sorted(runs, self.engine.url(), &mut self.warnings);
                self.unload(true);
                true
            }
        }
    }

    /// Keeps the runs that have not changed, with what is in memory of them.
    fn keep_known(&self, runs: &mut [CatalogRun]) {
        let known = self.runs.iter().map(|entry| (&*entry.run.id, entry));
        let known: HashMap<&str, &CatalogRun> = known.collect();
        for entry in runs {
            let before = known.get(&*entry.run.id);
            if let Some(before) = before.filter(|before| before.fingerprint == entry.fingerprint) {
                entry.run = Arc::clone(&before.run);
            }
        }
    }

    /// Frees the histories that are in memory if others did not fit.
    fn unload_if_full(&mut self) -> bool {
        let is_full = self.loaded.take_refused();
        if is_full {
            self.unload(false);
        }
        is_full
    }

    /// Frees histories, or only forgets that they could not be read, so that they are read when they are asked for.
    fn unload(&mut self, only_failed: bool) {
        for entry in &mut self.runs {
            if !only_failed || entry.run.load_error().is_some() {
                entry.run = unloaded(&entry.run, only_failed);
            }
        }
    }
}

impl Drop for EngineCatalog {
    fn drop(&mut self) {
        self.state.is_dropped.store(true, Ordering::Relaxed);
    }
}

fn ended(engine: &dyn CatalogEngine) -> CatalogError {
    CatalogError::Engine(format!(
        "{} cannot be asked: no thread could be started; free some memory",
        engine.url().display()
    ))
}

/// What the thread needs.
struct Asking {
    engine: Arc<dyn CatalogEngine>,
    state: Arc<EngineState>,
    received_bytes: Arc<AtomicU64>,
}

impl Asking {
    fn find(&self, known: Option<Size>, loaded: &Arc<LoadedBytes>) -> Result<Found, CatalogError> {
        let size = self.size()?;
        if known == Some(size) {
            return Ok(Found::Same);
        }
        let mut runs = self.runs()?;
        if size[0] != i64::try_from(runs.len()).ok() && self.size()? == size {
            let what =
                "answers with fewer or more runs than it counts: it may cut long answers off";
            return Err(CatalogError::OtherAnswer {
                path: self.engine.url().to_owned(),
                what: what.to_owned(),
            });
        }
        let store = EngineStore::new(
            Arc::clone(&self.engine),
            Arc::clone(loaded),
            Arc::clone(&self.state),
        );
        let store = Arc::new(store);
        let mut reader = SeriesReader::new(&store, EngineRows::new(&runs));
        let most = runs.len().saturating_mul(limits::KEYS.items);
        let mut rows = 0_usize;
        self.ask(&Question::Series, |answer| {
            rows += answer.len();
            match rows > most {
                true => Err(self.too_many("series")),
                false => reader.read(answer, &mut runs),
            }
        })?;
        let keys = reader.into_locate().keys;
        let ids = runs.iter().map(|row| Arc::clone(&row.run.id)).collect();
        let names = store.names.set(Names { runs: ids, keys });
        debug_assert!(names.is_ok());
        let runs = runs.into_iter().map(CatalogRun::from);
        Ok(Found::Runs(size, runs.collect()))
    }

    fn size(&self) -> Result<Size, CatalogError> {
        let mut size = None;
        self.ask(&Question::State, |answer| {
            let runs = answer.whole_numbers("runs")?;
            let points = answer.whole_numbers("points")?;
            size = runs.first().zip(points.first()).map(|(a, b)| [*a, *b]);
            Ok(())
        })?;
        size.ok_or_else(|| {
            let reason = "it has no number of runs";
            CatalogError::damaged(self.engine.url(), reason)
        })
    }

    fn runs(&self) -> Result<Vec<RunRow>, CatalogError> {
        let mut runs = Vec::new();
        self.ask(&Question::Runs, |answer| {
            runs_table::add_rows(answer, &mut runs)?;
            match runs.len() > limits::CATALOG_RUNS.items {
                true => Err(self.too_many(RunColumn::Id.name())),
                false => Ok(()),
            }
        })?;
        Ok(runs)
    }

    fn too_many(&self, what: &str) -> CatalogError {
        let reason = format!("it has too many rows of `{what}`");
        CatalogError::damaged(self.engine.url(), reason)
    }

    fn ask(
        &self,
        question: &Question,
        mut add: impl FnMut(&Answer) -> Result<(), CatalogError>,
    ) -> Result<(), CatalogError> {
        let mut refused = None;
        let asked = self.engine.ask(question, &mut |answer| {
            self.received_bytes
                .fetch_add(answer.bytes(), Ordering::Relaxed);
            if !answer.is_empty()
                && let Err(error) = add(answer)
            {
                refused = Some(error);
            }
            refused.is_none() && !self.state.is_dropped.load(Ordering::Relaxed)
        });
        match refused {
            Some(error) => Err(error),
            None => asked.map_err(CatalogError::Engine),
        }
    }
}
