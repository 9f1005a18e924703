//! What is drawn of histories that lie elsewhere: the first series of a key that is read brings what is drawn of the key from
//! all parts, many pieces at a time. One after the other, each piece would wait for the answer before it.

use std::{
    collections::HashMap,
    fmt,
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use trainscape_run::StoredRows;

use super::file::CatalogFile;
use crate::limits;

/// Bytes of a file that are read together.
pub(super) struct Piece {
    pub(super) file: Arc<CatalogFile>,
    pub(super) bytes: Range<u64>,
}

/// A store of rows in files.
pub(super) trait FindPieces: Send + Sync {
    /// The bytes that some rows of a table are in.
    fn pieces(&self, rows: &[StoredRows]) -> Vec<Piece>;
}

/// Rows of a store that are drawn.
type OfStore = (Weak<dyn FindPieces>, Vec<StoredRows>);

/// What is drawn and was not brought yet.
#[derive(Default)]
pub(super) struct Drawn {
    /// By the folder of its key.
    keys: Mutex<HashMap<String, Vec<OfStore>>>,
    /// Held while pieces are on their way, so that no two threads bring the same.
    bringing: Mutex<()>,
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawn").finish_non_exhaustive()
    }
}

impl Drawn {
    /// Replaces what is drawn of a store, by the folders of keys.
    pub(super) fn replace(
        &self,
        store: &Weak<dyn FindPieces>,
        drawn: HashMap<String, Vec<StoredRows>>,
    ) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, stores| {
            stores.retain(|(known, _)| !known.ptr_eq(store) && known.strong_count() > 0);
            !stores.is_empty()
        });
        for (key, rows) in drawn {
            keys.entry(key)
                .or_default()
                .push((Weak::clone(store), rows));
        }
    }

    /// Brings what is drawn of a key, once. What fails is told when it is read.
    pub(super) fn bring(&self, key: &str) {
        let _bringing = self.bringing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stores) = keys.remove(key) else {
            return;
        };
        drop(keys);
        let pieces: Mutex<Vec<Piece>> = Mutex::default();
        in_parallel(&stores, |(store, rows)| {
            if let Some(store) = store.upgrade() {
                let found = store.pieces(rows);
                let mut pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner);
                pieces.extend(found);
            }
        });
        let pieces = pieces.into_inner().unwrap_or_else(PoisonError::into_inner);
        in_parallel(&pieces, |piece| piece.file.bring(piece.bytes.clone()));
    }
}

fn in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item);
        }
    };
    thread::scope(|scope| {
        for number in 1..limits::PIECES_AT_ONCE.items.min(items.len()) {
            let builder = thread::Builder::new().name(format!("trainscape-pieces-{number}"));
            // Without more threads it takes longer.
            let _helper = builder.spawn_scoped(scope, work);
        }
        work();
    });
}

/// Ranges in order, joined where what lies between costs less than another request, and divided where they are long.
pub(super) fn joined(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(limits::GAP_OF_PIECES.bytes) => {
                last.end = last.end.max(range.end);
            }
            _ => joined.push(range),
        }
    }
    let most = limits::PIECE.bytes;
    let divided = joined.into_iter().flat_map(|range| {
        let starts = (range.start..range.end).step_by(most as usize);
        starts.map(move |start| start..range.end.min(start + most))
    });
    divided.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_are_joined_and_long_ones_divided() {
        let (gap, most) = (limits::GAP_OF_PIECES.bytes, limits::PIECE.bytes);
        let far = 10 + gap + 1;
        let found = joined(vec![far..far + 5, 0..10, 5..8]);
        assert_eq!(found, [0..10, far..far + 5]);
        let near = 10 + gap;
        assert_eq!(joined(vec![0..10, near..near + 5]), vec![0..near + 5]);
        let long = vec![3..3 + most, 3 + most..4 + most];
        assert_eq!(joined(long.clone()), long);
        let whole = std::iter::once(3..4 + most).collect();
        assert_eq!(joined(whole), long);
        assert!(joined(Vec::new()).is_empty());
    }
}
