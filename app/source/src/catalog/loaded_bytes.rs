//! A bound for what is read from catalogs into memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::error::CatalogError;
use crate::limits;

/// Bytes of a point in memory: its step, time and value.
pub(super) const BYTES_OF_POINT: u64 = 24;

/// Bytes of a histogram of the usual 64 bins.
pub(super) const BYTES_OF_HISTOGRAM: u64 = 1100;

/// The bytes of the histories that are in memory.
#[derive(Debug, Default)]
pub(super) struct LoadedBytes {
    bytes: AtomicU64,
    refused: AtomicBool,
}

impl LoadedBytes {
    /// Makes room for `bytes` more.
    pub(super) fn take(&self, bytes: u64) -> Result<(), CatalogError> {
        if self.take_if_free(bytes) {
            return Ok(());
        }
        self.refused.store(true, Ordering::Relaxed);
        Err(CatalogError::TooLarge {
            limit_mib: limits::CATALOG_HISTORIES.bytes >> 20,
        })
    }

    /// Makes room for `bytes` more; false if there is none, which nobody hears of.
    pub(super) fn take_if_free(&self, bytes: u64) -> bool {
        let limit = limits::CATALOG_HISTORIES.bytes;
        let fits = |held: u64| held.checked_add(bytes).filter(|sum| *sum <= limit);
        let taken = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.is_ok()
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// True if something was refused since the last call.
    pub(super) fn take_refused(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_until_something_is_given_back() {
        let loaded = LoadedBytes::default();
        let half = limits::CATALOG_HISTORIES.bytes / 2 + 1;
        loaded.take(half).unwrap();
        assert!(!loaded.take_refused());
        let text = loaded.take(half).unwrap_err().to_string();
        assert!(
            text.contains("512 MiB") && text.contains("fewer runs"),
            "{text}"
        );
        assert!(
            loaded.take(u64::MAX).is_err(),
            "the sum of a size that a file claims"
        );
        assert!(loaded.take_refused() && !loaded.take_refused());
        loaded.give_back(half);
        loaded.take(half).unwrap();
    }
}
