//! Points that stay where they are stored until something asks for them.

use std::{
    fmt::Debug,
    sync::{Arc, OnceLock},
};

use crate::{HistogramPoint, Point, Series};

/// Where some consecutive rows of a stored table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRows {
    /// The table, as its [`PointStore`] numbers them.
    pub table: u32,
    /// The first row.
    pub first_row: u64,
    /// The number of rows.
    pub rows: u64,
}

/// Stored points, which are read when they are first asked for.
pub trait PointStore: Send + Sync + Debug {
    /// Reads the points of a series.
    ///
    /// # Errors
    /// When they cannot be read; the text is one sentence for the user.
    fn series(&self, rows: StoredRows) -> Result<Series, String>;

    /// Reads the histograms of a series.
    ///
    /// # Errors
    /// When they cannot be read; the text is one sentence for the user.
    fn histograms(&self, rows: StoredRows) -> Result<Vec<HistogramPoint>, String>;

    /// Is told that what was read is no longer in memory.
    fn release(&self, rows: StoredRows);
}

/// What is known of a series without reading its points.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSummary {
    /// Number of points, the superseded ones included.
    pub points: usize,
    /// Number of points that a later restart repeats.
    pub superseded: usize,
    /// Number of NaN and infinite values.
    pub non_finite: usize,
    /// The first point in logged order.
    pub first: Point,
    /// The last point in logged order.
    pub last: Point,
    /// The smallest and the largest finite value.
    pub value_range: Option<(f64, f64)>,
    /// True if every step is a whole number.
    pub has_whole_steps: bool,
}

/// Something that is read when it is first asked for.
#[derive(Debug)]
pub(crate) struct Deferred<T> {
    store: Arc<dyn PointStore>,
    rows: StoredRows,
    loaded: OnceLock<Box<Loaded<T>>>,
}

#[derive(Debug)]
struct Loaded<T> {
    content: T,
    error: Option<String>,
}

impl<T> Deferred<T> {
    pub(crate) fn new(store: Arc<dyn PointStore>, rows: StoredRows) -> Self {
        Self {
            store,
            rows,
            loaded: OnceLock::new(),
        }
    }

    pub(crate) fn rows(&self) -> StoredRows {
        self.rows
    }

    /// The content, which `load` reads the first time; `empty` if it could not be read.
    pub(crate) fn get(
        &self,
        load: impl FnOnce(&dyn PointStore, StoredRows) -> Result<T, String>,
        empty: impl FnOnce() -> T,
    ) -> &T {
        let loaded = self.loaded.get_or_init(|| {
            let loaded = match load(&*self.store, self.rows) {
                Ok(content) => Loaded {
                    content,
                    error: None,
                },
                Err(error) => Loaded {
                    content: empty(),
                    error: Some(error),
                },
            };
            Box::new(loaded)
        });
        &loaded.content
    }

    /// Why the content could not be read, once it was asked for.
    pub(crate) fn error(&self) -> Option<&str> {
        self.loaded.get()?.error.as_deref()
    }

    /// The same, to be read again when it is asked for.
    pub(crate) fn again(&self) -> Self {
        Self::new(Arc::clone(&self.store), self.rows)
    }

    /// True if it is in memory, or could not be read.
    pub(crate) fn was_asked_for(&self) -> bool {
        self.loaded.get().is_some()
    }
}

impl<T> Drop for Deferred<T> {
    fn drop(&mut self) {
        if self
            .loaded
            .get()
            .is_some_and(|loaded| loaded.error.is_none())
        {
            self.store.release(self.rows);
        }
    }
}
