//! Points that stay where they are stored until something asks for them.

use std::{
    fmt::Debug,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

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

/// Stored points or histograms, which are read when they are first asked for.
pub trait PointStore<T>: Send + Sync + Debug {
    /// Reads those of a series.
    ///
    /// # Errors
    /// When they cannot be read; the text is one sentence for the user.
    fn load(&self, rows: StoredRows) -> Result<T, String>;

    /// Is told that what was read is no longer in memory.
    fn release(&self, rows: StoredRows);

    /// True if reading the points of many series together is quicker than one after the other, so that it should be told
    /// of all that may be asked for.
    fn is_asked_for_many(&self) -> bool {
        false
    }

    /// Is told of the series of the runs that are drawn, of which some will be asked for. It may put the place of fewer points
    /// in the place of a series: the first, the last, and the smallest and the largest of each bucket of consecutive points.
    fn announce(&self, _drawn: &mut [StoredRows]) {}
}

/// Something that is read when it is first asked for.
#[derive(Debug)]
pub(crate) struct Deferred<T> {
    store: Arc<dyn PointStore<T>>,
    rows: StoredRows,
    loaded: OnceLock<Box<Loaded<T>>>,
}

#[derive(Debug)]
struct Loaded<T> {
    content: T,
    error: Option<String>,
    /// How often it was asked for although it could not be read.
    failures: AtomicUsize,
}

impl<T> Deferred<T> {
    pub(crate) fn new(store: Arc<dyn PointStore<T>>, rows: StoredRows) -> Self {
        Self {
            store,
            rows,
            loaded: OnceLock::new(),
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn PointStore<T>> {
        &self.store
    }

    pub(crate) fn rows(&self) -> StoredRows {
        self.rows
    }

    /// The content, which `load` reads the first time; `empty` if it could not be read.
    pub(crate) fn get(
        &self,
        load: impl FnOnce(&dyn PointStore<T>, StoredRows) -> Result<T, String>,
        empty: impl FnOnce() -> T,
    ) -> &T {
        let loaded = self.loaded.get_or_init(|| {
            let loaded = match load(&*self.store, self.rows) {
                Ok(content) => Loaded {
                    content,
                    error: None,
                    failures: AtomicUsize::new(0),
                },
                Err(error) => Loaded {
                    content: empty(),
                    error: Some(error),
                    failures: AtomicUsize::new(0),
                },
            };
            Box::new(loaded)
        });
        if loaded.error.is_some() {
            loaded.failures.fetch_add(1, Ordering::Relaxed);
        }
        &loaded.content
    }

    /// Why the content could not be read, once it was asked for.
    pub(crate) fn error(&self) -> Option<&str> {
        self.loaded.get()?.error.as_deref()
    }

    /// How often it was asked for although it could not be read.
    pub(crate) fn failures(&self) -> usize {
        let loaded = self.loaded.get();
        loaded.map_or(0, |loaded| loaded.failures.load(Ordering::Relaxed))
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
