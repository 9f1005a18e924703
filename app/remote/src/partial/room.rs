//! The bound of the blocks of all files of a place.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicU64, Ordering},
};

use crate::error::RemoteError;

/// A file with blocks that others may need the room of.
pub(super) trait Holder: Send + Sync {
    /// The number of its last read.
    fn last_read(&self) -> u64;

    /// Removes its blocks, unless it is being read.
    fn try_clear(&self) -> Result<(), RemoteError>;
}

/// What the blocks of all files of a place may take.
pub(crate) struct Room {
    most: u64,
    taken: AtomicU64,
    reads: AtomicU64,
    files: Mutex<Vec<Weak<dyn Holder>>>,
}

impl Room {
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most,
            taken: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            files: Mutex::default(),
        }
    }

    /// A file whose blocks take room.
    pub(super) fn add(&self, file: Weak<dyn Holder>, bytes: u64) {
        self.take(bytes);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|file| file.strong_count() > 0);
        files.push(file);
    }

    pub(super) fn take(&self, bytes: u64) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The number of a read: later ones have larger numbers.
    pub(super) fn next_read(&self) -> u64 {
        self.reads.fetch_add(1, Ordering::Relaxed)
    }

    /// Removes blocks, those of files that were read longest ago first, until so many bytes more have room; true if they have.
    pub(super) fn make(&self, bytes: u64) -> Result<bool, RemoteError> {
        let has_room = || self.taken.load(Ordering::Relaxed).saturating_add(bytes) <= self.most;
        if has_room() {
            return Ok(true);
        }
        for file in self.files_by_last_read() {
            file.try_clear()?;
            if has_room() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn files_by_last_read(&self) -> Vec<Arc<dyn Holder>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files: Vec<_> = files.iter().filter_map(Weak::upgrade).collect();
        files.sort_by_key(|file| file.last_read());
        files
    }
}
