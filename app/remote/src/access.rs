//! How a place is reached: its store is connected when it is needed, and again after a failure.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::{connect::connect, entry::Entry, error::RemoteError, location::Location, store::Store};

/// How a place is reached, by whatever reads it.
pub(crate) struct Access {
    location: Location,
    store: Mutex<Option<Arc<dyn Store>>>,
    gives_ranges: OnceLock<bool>,
}

impl Access {
    pub(crate) fn new(location: Location) -> Self {
        Self {
            location,
            store: Mutex::default(),
            gives_ranges: OnceLock::new(),
        }
    }

    /// A place with a store of a test's own.
    #[cfg(test)]
    pub(crate) fn to(store: Arc<dyn Store>) -> Self {
        let access = Self::new(Location::parse("ssh://host/runs").expect("a place"));
        *access.slot() = Some(store);
        access
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<dyn Store>>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, connected now if it was not before.
    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, RemoteError> {
        let mut slot = self.slot();
        match &*slot {
            Some(store) => Ok(Arc::clone(store)),
            None => Ok(Arc::clone(slot.insert(connect(&self.location)?))),
        }
    }

    /// The store, if it is connected.
    pub(crate) fn connected(&self) -> Option<Arc<dyn Store>> {
        self.slot().clone()
    }

    /// Connects again when the store is needed next: after a failure, with credentials that are read again.
    pub(crate) fn renew(&self) {
        *self.slot() = None;
    }

    /// Whether the place gives ranges of files; a file is read for it once.
    pub(crate) fn gives_ranges(&self, file: &Entry) -> Result<bool, RemoteError> {
        if let Some(&known) = self.gives_ranges.get() {
            return Ok(known);
        }
        let found = self.store()?.gives_ranges(file)?;
        Ok(*self.gives_ranges.get_or_init(|| found))
    }
}
