//! The points of an engine's series: those of all runs that are drawn are read together.

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use trainscape_run::{HistogramPoint, PointStore, Series, StoredRows};

use super::{
    answer::Answer,
    collected::{self, Collected},
    question::{CatalogEngine, DECIMATED_POINTS, Question},
};
use crate::{
    catalog::{
        error::CatalogError,
        loaded_bytes::{BYTES_OF_HISTOGRAM, BYTES_OF_POINT, LoadedBytes},
    },
    limits,
};

/// Set in the number of a table of which decimated points are meant.
const DECIMATED: u32 = 1 << 31;

/// A series: the numbers of its table and of its run.
type Place = (u32, u64);

/// What numbers stand for.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) runs: Vec<Arc<str>>,
    pub(super) keys: Vec<Arc<str>>,
}

/// What is shared with the thread that asks for the tables.
#[derive(Debug, Default)]
pub(super) struct EngineState {
    /// True once the catalog is no longer followed: its tables are not needed.
    pub(super) is_dropped: AtomicBool,
    /// True once nobody waits for points.
    pub(super) is_cancelled: AtomicBool,
    /// True if points could not be read since this was last looked at.
    pub(super) has_failed: AtomicBool,
}

/// Points that an engine is asked for.
pub(super) struct EngineStore {
    engine: Arc<dyn CatalogEngine>,
    loaded: Arc<LoadedBytes>,
    state: Arc<EngineState>,
    pub(super) names: OnceLock<Names>,
    inner: Mutex<Inner>,
    /// Held while a question is asked, so that no two ask for the same.
    asking: Mutex<()>,
}

#[derive(Default)]
struct Inner {
    /// The series of the runs that are drawn.
    drawn: HashMap<u32, Vec<StoredRows>>,
    /// What was read with others and was not asked for yet.
    ready: HashMap<Place, Series>,
    /// How often each series is in memory.
    held: HashMap<Place, u32>,
    /// Numbers of points of series that are decimated.
    whole: HashMap<Place, u64>,
}

impl fmt::Debug for EngineStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineStore")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

fn place(rows: &StoredRows) -> Place {
    (rows.table, rows.first_row)
}

fn bytes(rows: &StoredRows) -> u64 {
    rows.rows.saturating_mul(BYTES_OF_POINT)
}

impl EngineStore {
    pub(super) fn new(
        engine: Arc<dyn CatalogEngine>,
        loaded: Arc<LoadedBytes>,
        state: Arc<EngineState>,
    ) -> Self {
        Self {
            engine,
            loaded,
            state,
            names: OnceLock::new(),
            inner: Mutex::default(),
            asking: Mutex::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn url(&self) -> &Path {
        self.engine.url()
    }

    fn run(&self, rows: &StoredRows) -> Arc<str> {
        let names = self.names.get();
        let run = names.and_then(|names| names.runs.get(rows.first_row as usize));
        run.map_or_else(|| "".into(), Arc::clone)
    }

    fn key(&self, rows: &StoredRows) -> Arc<str> {
        let names = self.names.get();
        let key = names.and_then(|names| names.keys.get((rows.table & !DECIMATED) as usize));
        key.map_or_else(|| "".into(), Arc::clone)
    }

    /// A series, and others of the runs that are drawn which have its key. There is room for all of them.
    fn batch(&self, first: StoredRows) -> Result<Vec<StoredRows>, CatalogError> {
        self.loaded.take(bytes(&first))?;
        let inner = self.inner();
        let mut batch = vec![first];
        let mut points = first.rows;
        for rows in inner.drawn.get(&first.table).into_iter().flatten() {
            let place = place(rows);
            let is_there = inner.held.contains_key(&place) || inner.ready.contains_key(&place);
            if is_there || place == self::place(&first) {
                continue;
            }
            points = points.saturating_add(rows.rows);
            if points > limits::POINTS_OF_QUESTION.items as u64
                || !self.loaded.take_if_free(bytes(rows))
            {
                break;
            }
            batch.push(*rows);
        }
        Ok(batch)
    }

    fn question(&self, batch: &[StoredRows]) -> Question {
        let key = self.key(&batch[0]);
        if batch[0].table & DECIMATED == 0 {
            let runs = batch.iter().map(|rows| self.run(rows)).collect();
            return Question::Points { key, runs };
        }
        let runs = batch.iter().map(|rows| (self.run(rows), self.whole(rows)));
        Question::decimated(key, runs.collect())
    }

    /// The points of which the rows are some.
    fn whole(&self, rows: &StoredRows) -> u64 {
        let whole = self.inner().whole.get(&place(rows)).copied();
        whole.unwrap_or(rows.rows)
    }

    /// Asks until `add` refuses a piece of the answer, or nobody waits for it any longer.
    fn ask(
        &self,
        question: &Question,
        mut add: impl FnMut(&Answer) -> Result<(), CatalogError>,
    ) -> Result<(), CatalogError> {
        let mut refused = None;
        let asked = self.engine.ask(question, &mut |answer| {
            if let Err(error) = add(answer) {
                refused = Some(error);
            }
            refused.is_none() && !self.state.is_cancelled.load(Ordering::Relaxed)
        });
        let asked = match refused {
            Some(error) => Err(error),
            None => asked.map_err(CatalogError::Engine),
        };
        if asked.is_err() {
            self.state.has_failed.store(true, Ordering::Relaxed);
        }
        asked
    }

    /// Reads a batch; returns the first and keeps the others.
    fn read(&self, batch: &[StoredRows]) -> Result<Series, CatalogError> {
        let expected = batch.iter().map(|rows| {
            let is_decimated = rows.table & DECIMATED != 0;
            let whole = is_decimated.then(|| self.whole(rows));
            (self.run(rows), rows.rows, whole)
        });
        let mut collected = Collected::new(expected);
        let asked = self.ask(&self.question(batch), |answer| match answer.is_empty() {
            true => Ok(()),
            false => collected.add_points(answer),
        });
        let mut inner = self.inner();
        let mut first = None;
        for (at, rows) in batch.iter().enumerate() {
            let run = self.run(rows);
            let series = match &asked {
                Ok(()) => collected.series(&run),
                Err(_) => None,
            };
            match series {
                Some(series) if at == 0 => first = Some(series),
                Some(series) => {
                    inner.ready.insert(place(rows), series);
                }
                None => self.loaded.give_back(bytes(rows)),
            }
        }
        asked?;
        first.ok_or_else(|| collected::incomplete(self.url(), &self.run(&batch[0])))
    }

    fn load_series(&self, rows: StoredRows) -> Result<Series, CatalogError> {
        let _asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = self.inner().ready.remove(&place(&rows));
        let series = match ready {
            Some(series) => series,
            None => self.read(&self.batch(rows)?)?,
        };
        *self.inner().held.entry(place(&rows)).or_default() += 1;
        Ok(series)
    }

    fn load_histograms(&self, rows: StoredRows) -> Result<Vec<HistogramPoint>, CatalogError> {
        let run = self.run(&rows);
        let mut collected = Collected::new(std::iter::once((Arc::clone(&run), rows.rows, None)));
        let question = Question::Histograms {
            key: self.key(&rows),
            runs: vec![Arc::clone(&run)],
        };
        self.ask(&question, |answer| match answer.is_empty() {
            true => Ok(()),
            false => collected.add_histograms(answer),
        })?;
        let found = collected.histograms(&run);
        found.ok_or_else(|| collected::incomplete(self.url(), &run))
    }
}

impl PointStore<Series> for EngineStore {
    fn load(&self, rows: StoredRows) -> Result<Series, String> {
        self.load_series(rows).map_err(|error| error.to_string())
    }

    fn release(&self, rows: StoredRows) {
        self.loaded.give_back(bytes(&rows));
        let mut inner = self.inner();
        if let Some(count) = inner.held.get_mut(&place(&rows)) {
            *count -= 1;
            if *count == 0 {
                inner.held.remove(&place(&rows));
            }
        }
    }

    fn is_asked_for_many(&self) -> bool {
        true
    }

    fn announce(&self, drawn: &mut [StoredRows]) {
        let mut points: HashMap<u32, u64> = HashMap::new();
        for rows in drawn.iter() {
            let sum = points.entry(rows.table).or_default();
            *sum = sum.saturating_add(rows.rows);
        }
        let mut inner = self.inner();
        let mut of_tables: HashMap<u32, Vec<StoredRows>> = HashMap::new();
        for rows in drawn {
            let is_long = rows.rows > 2 * DECIMATED_POINTS as u64;
            if is_long && points[&rows.table] > limits::POINTS_DRAWN_WHOLE.items as u64 {
                let whole = rows.rows;
                rows.table |= DECIMATED;
                rows.rows = DECIMATED_POINTS as u64;
                inner.whole.insert(place(rows), whole);
            }
            of_tables.entry(rows.table).or_default().push(*rows);
        }
        inner.drawn = of_tables;
        // What was read with others and is no longer drawn was not asked for.
        let Inner { drawn, ready, .. } = &mut *inner;
        ready.retain(|place, series| {
            let of_table = drawn.get(&place.0).into_iter().flatten();
            let is_drawn = of_table.clone().any(|rows| rows.first_row == place.1);
            if !is_drawn {
                let bytes = (series.len() as u64).saturating_mul(BYTES_OF_POINT);
                self.loaded.give_back(bytes);
            }
            is_drawn
        });
    }
}

impl PointStore<Vec<HistogramPoint>> for EngineStore {
    fn load(&self, rows: StoredRows) -> Result<Vec<HistogramPoint>, String> {
        let bytes = rows.rows.saturating_mul(BYTES_OF_HISTOGRAM);
        let loaded = self.loaded.take(bytes).and_then(|()| {
            let loaded = self.load_histograms(rows);
            loaded.inspect_err(|_| self.loaded.give_back(bytes))
        });
        loaded.map_err(|error| error.to_string())
    }

    fn release(&self, rows: StoredRows) {
        let bytes = rows.rows.saturating_mul(BYTES_OF_HISTOGRAM);
        self.loaded.give_back(bytes);
    }
}
