//! A bound for what is read from catalogs into memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::error::CatalogError;
use crate::limits;

/// The bytes of the histories that are in memory.
#[derive(Debug, Default)]
pub(super) struct LoadedBytes {
    bytes: AtomicU64,
    refused: AtomicBool,
}

impl LoadedBytes {
    /// Makes room for `bytes` more.
    pub(super) fn take(&self, bytes: u64) -> Result<(), CatalogError> {
        let limit = limits::CATALOG_HISTORIES.bytes;
        let fits = |held: u64| held.checked_add(bytes).filter(|sum| *sum <= limit);
        match self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
        {
            Ok(_) => Ok(()),
            Err(_) => {
                self.refused.store(true, Ordering::Relaxed);
                Err(CatalogError::TooLarge {
                    limit_mib: limit >> 20,
                })
            }
        }
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// True if something was refused since the last call.
    pub(super) fn take_refused(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }
}
