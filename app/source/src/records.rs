use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use trainscape_run::{Point, Run, Series, Snapshot, Step};

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

/// The new points of each snapshot after another one, each once: a log that is written again, as a file that is replaced or
/// a checkpoint that holds all of the history, adds only what it did not hold before.
#[derive(Debug, Default)]
pub struct NewRecords {
    last: Arc<Snapshot>,
    /// Series that were there and are not, or began again, by run and key.
    lost: HashMap<(Arc<str>, Arc<str>), LostPoints>,
}

impl NewRecords {
    /// The points after those of a snapshot.
    #[must_use]
    pub fn after(snapshot: Arc<Snapshot>) -> Self {
        Self {
            last: snapshot,
            lost: HashMap::new(),
        }
    }

    /// The points of the next snapshot that none before it had, by run, key and logged order.
    pub fn next(&mut self, snapshot: Arc<Snapshot>) -> Vec<Record> {
        let Changes {
            mut records,
            lost,
            renamed,
        } = changes(&self.last, &snapshot);
        for (before, now) in renamed {
            self.rename(&before, &now);
        }
        for (run, series) in lost {
            let id = (run, Arc::clone(series.key()));
            self.lost.entry(id).or_default().series.push(series);
        }
        if !self.lost.is_empty() {
            records.retain(|record| {
                let id = (Arc::clone(&record.run), Arc::clone(&record.key));
                let lost = self.lost.get_mut(&id);
                lost.is_none_or(|lost| !lost.has(&record.point))
            });
        }
        self.last = snapshot;
        records
    }

    fn rename(&mut self, before: &Arc<str>, now: &Arc<str>) {
        let of_run = self.lost.keys().filter(|(run, _)| run == before);
        for id in of_run.cloned().collect::<Vec<_>>() {
            if let Some(points) = self.lost.remove(&id) {
                self.lost.insert((Arc::clone(now), id.1), points);
            }
        }
    }
}

/// Points that a series had before it began again.
#[derive(Debug, Default)]
struct LostPoints {
    /// Those that are not in the set yet: few series that are lost come back.
    series: Vec<Arc<Series>>,
    known: HashSet<(u64, u64)>,
}

impl LostPoints {
    fn has(&mut self, point: &Point) -> bool {
        for series in std::mem::take(&mut self.series) {
            self.known.extend(series.iter().map(|point| id_of(&point)));
        }
        self.known.contains(&id_of(point))
    }
}

/// Step and value; an integer step is the same as a fraction that is equal to it.
fn id_of(point: &Point) -> (u64, u64) {
    let step = match point.step {
        Step::Int(step) => step as f64,
        Step::Float(step) => step,
    };
    (step.to_bits(), point.value.to_bits())
}

/// What differs between two snapshots.
#[derive(Default)]
struct Changes {
    records: Vec<Record>,
    /// Series that are gone or began again, with the id that their run has now.
    lost: Vec<(Arc<str>, Arc<Series>)>,
    /// Ids of runs before and now.
    renamed: Vec<(Arc<str>, Arc<str>)>,
}

/// The points that `new` contains and `old` does not, by run, key and logged order: those that were appended, and those
/// that were rewritten in place. A series that was restarted (its file was truncated or replaced) contributes all its
/// points. A run that has another name now, because another log appeared beside it, is still the same run.
fn changes(old: &Snapshot, new: &Snapshot) -> Changes {
    let earlier = EarlierRuns::new(old, new);
    let mut changes = Changes::default();
    let mut found: HashSet<&str> = HashSet::new();
    for run in &new.runs {
        let before = earlier.find(run);
        found.extend(before.map(|before| &*before.id));
        if before.is_some_and(|before| Arc::ptr_eq(before, run)) {
            continue;
        }
        if let Some(before) = before {
            note_lost(before, run, &mut changes);
        }
        let records = &mut changes.records;
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
    for run in old.runs.iter().filter(|run| !found.contains(&*run.id)) {
        let series = run.series.values();
        let lost = series.map(|series| (Arc::clone(&run.id), Arc::clone(series)));
        changes.lost.extend(lost);
    }
    changes
}

/// Notes the series of a run that are gone or began again.
fn note_lost(before: &Arc<Run>, run: &Arc<Run>, changes: &mut Changes) {
    if before.id != run.id {
        let names = (Arc::clone(&before.id), Arc::clone(&run.id));
        changes.renamed.push(names);
    }
    for (key, known) in &before.series {
        let goes_on = run.series.get(key).is_some_and(|series| {
            let moved = source_of(before, key) != source_of(run, key);
            let is_cut = series.dropped() + series.len() < known.dropped() + known.len();
            Arc::ptr_eq(known, series) || !is_cut && first_new(known, series, moved) > 0
        });
        if !goes_on && !known.is_empty() {
            let lost = (Arc::clone(&run.id), Arc::clone(known));
            changes.lost.push(lost);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(runs: &[(&str, &[(i64, f64)])]) -> Arc<Snapshot> {
        let runs = runs.iter().map(|(id, points)| {
            let mut series = Series::new("loss");
            series.extend(points.iter().map(|(step, value)| Point {
                step: (*step).into(),
                wall_time_secs: None,
                value: *value,
            }));
            let mut run = Run::new(*id, *id, "folder".into());
            if !points.is_empty() {
                run.series.insert("loss".into(), Arc::new(series));
            }
            Arc::new(run)
        });
        Arc::new(Snapshot {
            runs: runs.collect(),
            ..Snapshot::default()
        })
    }

    fn steps(records: &[Record]) -> Vec<f64> {
        let steps = records.iter().map(|record| record.point.step.as_f64());
        steps.collect()
    }

    #[test]
    fn points_of_a_log_that_is_written_again_are_new_once() {
        let mut records = NewRecords::after(snapshot(&[("a", &[(1, 1.0)])]));
        let mut next = |runs: &[(&str, &[(i64, f64)])]| steps(&records.next(snapshot(runs)));
        assert_eq!(next(&[("a", &[(1, 1.0), (2, 2.0)])]), [2.0]);
        // Emptied, and written in two pieces.
        assert!(next(&[("a", &[])]).is_empty());
        assert!(next(&[("a", &[(1, 1.0)])]).is_empty());
        assert_eq!(next(&[("a", &[(1, 1.0), (2, 2.0), (3, 3.0)])]), [3.0]);
        // Gone, and back under its name.
        assert!(next(&[]).is_empty());
        assert_eq!(next(&[("a", &[(2, 2.0), (3, 3.5), (4, 4.0)])]), [3.0, 4.0]);
        // Another run has points of its own.
        assert_eq!(next(&[("b", &[(2, 2.0)])]), [2.0]);
    }

    #[test]
    fn equal_points_that_are_appended_are_all_new() {
        let mut records = NewRecords::after(snapshot(&[("a", &[(1, 1.0)])]));
        let new = records.next(snapshot(&[("a", &[(1, 1.0), (1, 1.0), (1, 1.0)])]));
        assert_eq!(new.len(), 2);
    }
}
