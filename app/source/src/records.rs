use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use trainscape_run::{Point, Run, Series, Snapshot};

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

/// The points that `new` contains and `old` does not, by run, key and logged order: those that were appended, and those
/// that were rewritten in place. A series that was restarted (its file was truncated or replaced) contributes all its
/// points. A run that has another name now, because another log appeared beside it, is still the same run.
#[must_use]
pub fn records_between(old: &Snapshot, new: &Snapshot) -> Vec<Record> {
    let earlier = EarlierRuns::new(old, new);
    let mut records = Vec::new();
    for run in &new.runs {
        let before = earlier.find(run);
        if before.is_some_and(|before| Arc::ptr_eq(before, run)) {
            continue;
        }
        for (key, series) in &run.series {
            let known_series = before.and_then(|before| before.series.get(key));
            if known_series.is_some_and(|known| Arc::ptr_eq(known, series)) {
                continue;
            }
            if let Some(known) = known_series.filter(|_| series.turns() > 0) {
                let points = new_of_turns(known, series).into_iter();
                records.extend(points.map(|point| Record {
                    run: Arc::clone(&run.id),
                    key: Arc::clone(key),
                    point,
                }));
                continue;
            }
            let moved = before.is_some_and(|before| source_of(before, key) != source_of(run, key));
            let (rewritten, from) = match known_series {
                Some(known) => new_points(known, series, moved),
                None => (Vec::new(), 0),
            };
            let indices = rewritten.into_iter().chain(from..series.len());
            records.extend(indices.filter_map(|index| {
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

/// The file that a series was taken from.
fn source_of<'a>(run: &'a Run, key: &str) -> Option<&'a Path> {
    let source = run.sources.get(*run.series_source.get(key)?)?;
    Some(&source.path)
}

/// The runs of an earlier snapshot, by id and, for those whose id is gone, by their files.
struct EarlierRuns<'a> {
    by_id: HashMap<&'a str, &'a Arc<Run>>,
    gone: HashMap<&'a Path, Vec<&'a Arc<Run>>>,
}

impl<'a> EarlierRuns<'a> {
    fn new(old: &'a Snapshot, new: &Snapshot) -> Self {
        let ids: HashSet<&str> = new.runs.iter().map(|run| &*run.id).collect();
        let mut gone: HashMap<&Path, Vec<&Arc<Run>>> = HashMap::new();
        for run in old.runs.iter().filter(|run| !ids.contains(&*run.id)) {
            for source in &run.sources {
                gone.entry(&source.path).or_default().push(run);
            }
        }
        Self {
            by_id: old.runs.iter().map(|run| (&*run.id, run)).collect(),
            gone,
        }
    }

    /// The run as it was. Where several runs are in one file, the one that has the same name.
    fn find(&self, run: &Run) -> Option<&'a Arc<Run>> {
        if let Some(before) = self.by_id.get(&*run.id) {
            return Some(before);
        }
        let mut files = run.sources.iter();
        let candidates = files.find_map(|source| self.gone.get(&*source.path))?;
        match candidates.as_slice() {
            [only] => Some(only),
            several => {
                let mut several = several.iter();
                several.find(|before| before.name == run.name).copied()
            }
        }
    }
}

/// The points of a series in the order of its steps that it did not have before: they may be anywhere in it.
fn new_of_turns(old: &Series, new: &Series) -> Vec<Point> {
    let id = |point: &Point| {
        let time = point.wall_time_secs.map(f64::to_bits);
        (point.step.as_f64().to_bits(), time, point.value.to_bits())
    };
    let mut known: HashMap<_, usize> = HashMap::new();
    for point in old.iter() {
        *known.entry(id(&point)).or_default() += 1;
    }
    let mut is_new = |point: &Point| match known.get_mut(&id(point)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    new.iter().filter(|point| is_new(point)).collect()
}

/// The indices of points that were rewritten, and the index of the first point of `new` after those that `old`
/// contains. `moved` is true if the points now come from another log, which may round them differently.
fn new_points(old: &Series, new: &Series, moved: bool) -> (Vec<usize>, usize) {
    let from = first_new(old, new, moved);
    let is_comparable = !moved && old.dropped() == new.dropped();
    let rewritten = match is_comparable {
        true => new.differences(old, from.min(old.len())),
        false => Vec::new(),
    };
    (rewritten, from)
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
