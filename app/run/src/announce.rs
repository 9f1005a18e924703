//! Tells stores what is drawn, so that they read it together.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{PointStore, Run, Series, StoredRows};

/// Runs whose points will be asked for.
#[derive(Debug)]
pub struct Announced {
    /// The runs, in which the store put decimated series in the place of some.
    pub runs: Vec<Arc<Run>>,
    /// The keys of these, and the number of points that each has in all runs that are drawn.
    pub decimated: Vec<(Arc<str>, usize)>,
}

/// A series of a run.
struct Place {
    run: usize,
    key: Arc<str>,
    rows: StoredRows,
}

/// A store, and the series that it has.
type OfStore = (Arc<dyn PointStore<Series>>, Vec<Place>);

/// Tells the stores of the runs for which `is_drawn` holds that their points may be asked for. `None` where no store reads
/// many series together.
#[must_use]
pub fn announce(runs: &[Arc<Run>], is_drawn: impl Fn(&Run) -> bool) -> Option<Announced> {
    let mut stores: HashMap<*const (), OfStore> = HashMap::new();
    for (at, run) in runs.iter().enumerate() {
        // The series of a run have one store.
        let store = run.series.values().find_map(|series| series.store());
        let Some(store) = store.filter(|store| store.is_asked_for_many()) else {
            continue;
        };
        if !is_drawn(run) {
            continue;
        }
        let of_store = stores
            .entry(Arc::as_ptr(store).cast())
            .or_insert_with(|| (Arc::clone(store), Vec::new()));
        let series = run.series.iter();
        of_store.1.extend(series.filter_map(|(key, series)| {
            Some(Place {
                run: at,
                key: Arc::clone(key),
                rows: series.stored_rows()?,
            })
        }));
    }
    if stores.is_empty() {
        return None;
    }
    let mut announced = Announced {
        runs: runs.to_vec(),
        decimated: Vec::new(),
    };
    let mut keys: BTreeSet<Arc<str>> = BTreeSet::new();
    for (store, places) in stores.into_values() {
        let mut drawn: Vec<StoredRows> = places.iter().map(|place| place.rows).collect();
        store.announce(&mut drawn);
        for (place, rows) in places.into_iter().zip(drawn) {
            if rows != place.rows {
                replace(&mut announced.runs[place.run], &place.key, rows);
                keys.insert(place.key);
            }
        }
    }
    announced.decimated = keys
        .into_iter()
        .map(|key| {
            let drawn = runs.iter().filter(|run| is_drawn(run));
            let points = drawn.filter_map(|run| Some(run.series.get(&key)?.len()));
            let points = points.sum();
            (key, points)
        })
        .collect();
    Some(announced)
}

fn replace(run: &mut Arc<Run>, key: &Arc<str>, rows: StoredRows) {
    let decimated = run
        .series
        .get(key)
        .and_then(|series| series.decimated(rows));
    if let Some(series) = decimated {
        Arc::make_mut(run).series.insert(Arc::clone(key), series);
    }
}
