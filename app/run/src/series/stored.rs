//! Series whose points are stored elsewhere until something asks for them.

use std::sync::{Arc, OnceLock};

use super::{DeferredPoints, Series, SeriesSummary};
use crate::deferred::{Deferred, PointStore, StoredRows};

impl Series {
    /// A series whose points are read from `store` when they are first asked for.
    #[must_use]
    pub fn deferred(
        key: impl Into<Arc<str>>,
        summary: SeriesSummary,
        store: Arc<dyn PointStore<Self>>,
        rows: StoredRows,
    ) -> Self {
        Self {
            deferred: Some(Arc::new(DeferredPoints {
                summary,
                points: Deferred::new(store, rows),
                decimated: OnceLock::new(),
            })),
            ..Self::new(key)
        }
    }

    /// Why the points could not be read, once they were asked for: one sentence for the user.
    #[must_use]
    pub fn load_error(&self) -> Option<&str> {
        let deferred = self.deferred.as_ref()?;
        let of_decimated = deferred.decimated.get();
        let of_decimated = of_decimated.and_then(|series| series.load_error());
        deferred.points.error().or(of_decimated)
    }

    /// How often points were asked for that could not be read.
    pub(crate) fn failures(&self) -> usize {
        let deferred = self.deferred.as_ref();
        deferred.map_or(0, |deferred| deferred.points.failures())
    }

    /// Where the points are stored, unless they are in memory only.
    #[must_use]
    pub fn stored_rows(&self) -> Option<StoredRows> {
        Some(self.deferred.as_ref()?.points.rows())
    }

    /// True if stored points were asked for, so that they are in memory now.
    #[must_use]
    pub fn was_loaded(&self) -> bool {
        let deferred = self.deferred.as_ref();
        deferred.is_some_and(|deferred| {
            let decimated = deferred.decimated.get();
            deferred.points.was_asked_for() || decimated.is_some_and(|series| series.was_loaded())
        })
    }

    /// What reads its points, unless they are in memory only.
    pub(crate) fn store(&self) -> Option<&Arc<dyn PointStore<Self>>> {
        Some(self.deferred.as_ref()?.points.store())
    }

    /// The series with the fewer points at `rows` in its place, which is the same as long as this one is.
    pub(crate) fn decimated(&self, rows: StoredRows) -> Option<Arc<Self>> {
        let deferred = self.deferred.as_ref()?;
        let series = deferred.decimated.get_or_init(|| {
            let summary = SeriesSummary {
                points: usize::try_from(rows.rows).unwrap_or(usize::MAX),
                ..deferred.summary.clone()
            };
            let store = Arc::clone(deferred.points.store());
            Arc::new(Self::deferred(Arc::clone(&self.key), summary, store, rows))
        });
        Some(Arc::clone(series))
    }

    /// The same series without its points in memory: they are read when they are asked for. `None` if they are in
    /// memory only.
    #[must_use]
    pub fn unloaded(&self) -> Option<Self> {
        let deferred = self.deferred.as_ref()?;
        Some(Self {
            deferred: Some(Arc::new(DeferredPoints {
                summary: deferred.summary.clone(),
                points: deferred.points.again(),
                decimated: OnceLock::new(),
            })),
            ..Self::new(Arc::clone(&self.key))
        })
    }

    /// The series with its points in memory.
    pub(super) fn held(&self) -> &Self {
        match &self.deferred {
            None => self,
            Some(deferred) => deferred.points.get(
                |store, rows| {
                    let points = store.load(rows)?;
                    if deferred
                        .summary
                        .describes(points.len(), [points.first(), points.last()]) {
                        return Ok(points);
                    }
                    store.release(rows);
                    Err(format!(
                        "the stored points of `{}` are not those that were summarised: build the catalog again",
                        self.key
                    ))
                },
                || Self::new(Arc::clone(&self.key)),
            ),
        }
    }

    /// Takes the points into memory, where they can be changed.
    pub(super) fn hold(&mut self) {
        if self.deferred.is_some() {
            *self = self.held().with_key(Arc::clone(&self.key));
        }
    }

    pub(super) fn summary(&self) -> Option<&SeriesSummary> {
        self.deferred.as_deref().map(|deferred| &deferred.summary)
    }
}
