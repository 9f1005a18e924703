use std::sync::Arc;

use trainscape_run::{Point, Series, Snapshot};

/// One new point.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The run's id.
    pub run: Arc<str>,
    /// The series' key.
    pub key: Arc<str>,
    /// The point.
    pub point: Point,
}

/// The points that `new` contains and `old` does not, by run, key and logged order. A series that was
/// restarted (its file was truncated or replaced) contributes all its points.
#[must_use]
pub fn records_between(old: &Snapshot, new: &Snapshot) -> Vec<Record> {
    let mut records = Vec::new();
    for run in &new.runs {
        let before = old.runs.iter().find(|before| before.id == run.id);
        if before.is_some_and(|before| Arc::ptr_eq(before, run)) {
            continue;
        }
        for (key, series) in &run.series {
            let known_series = before.and_then(|before| before.series.get(key));
            if known_series.is_some_and(|known| Arc::ptr_eq(known, series)) {
                continue;
            }
            let moved = before
                .is_some_and(|before| before.series_source.get(key) != run.series_source.get(key));
            let from = known_series.map_or(0, |known| first_new(known, series, moved));
            records.extend((from..series.len()).filter_map(|index| {
                let point = series.get(index)?;
                Some(Record {
                    run: Arc::clone(&run.id),
                    key: Arc::clone(key),
                    point,
                })
            }));
        }
    }
    records
}

/// Index of the first point of `new` that `old` does not contain. `moved` is true if the points now come
/// from another log, which may round them differently.
fn first_new(old: &Series, new: &Series, moved: bool) -> usize {
    let total = old.dropped() + old.len();
    if total < new.dropped() {
        return 0;
    }
    // Number of points of `new` that both contain.
    let known = total - new.dropped();
    let same = |back: usize| {
        let (Some(in_old), Some(in_new)) = (old.len().checked_sub(back), known.checked_sub(back))
        else {
            return false;
        };
        match (old.get(in_old), new.get(in_new)) {
            (Some(a), Some(b)) => {
                a.step == b.step && (moved || a.value.to_bits() == b.value.to_bits())
            }
            _ => false,
        }
    };
    if known == 0 || same(1) {
        known
    } else if known >= 2 && same(2) {
        // Only the last point changed: it came from an incomplete line.
        known - 1
    } else {
        0
    }
}
