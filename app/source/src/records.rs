use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use trainscape_run::{Point, Run, Series, Snapshot, Step};

use crate::{
    record::{Record, Revoked, WhyRevoked},
    records_of_starts::{ChangedStarts, KnownPoints},
};

/// The new points of each snapshot after another one, each once: a log that is written again, as a file that is replaced or
/// a checkpoint that holds all of the history, adds only what it did not hold before.
#[derive(Debug, Default)]
pub struct NewRecords {
    last: Arc<Snapshot>,
    /// Series that were there and are not, or began again, by run and key.
    lost: HashMap<(Arc<str>, Arc<str>), LostPoints>,
    /// What the last snapshot holds no longer.
    revoked: Vec<Revoked>,
}

impl NewRecords {
    /// The points after those of a snapshot.
    #[must_use]
    pub fn after(snapshot: Arc<Snapshot>) -> Self {
        Self {
            last: snapshot,
            ..Self::default()
        }
    }

    /// What had been read before the last snapshot and does not hold any more.
    #[must_use]
    pub fn revoked(&self) -> &[Revoked] {
        &self.revoked
    }

    /// The points of the next snapshot that none before it had, by run, key and logged order.
    pub fn next(&mut self, snapshot: Arc<Snapshot>) -> Vec<Record> {
        let Changes {
            mut records,
            lost,
            renamed,
            revoked,
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
        self.revoked = revoked;
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
    revoked: Vec<Revoked>,
}

/// The points that `new` contains and `old` does not, by run, key and logged order: those that were appended, and those
/// that were rewritten in place. A series that was restarted (its file was truncated or replaced) contributes all its
/// points. A run that has another name now, because another log appeared beside it, is still the same run.
fn changes(old: &Snapshot, new: &Snapshot) -> Changes {
    let earlier = EarlierRuns::new(old, new);
    let mut changes = Changes::default();
    let mut found: HashSet<&str> = HashSet::new();
    let starts = ChangedStarts::new(old, new);
    for run in &new.runs {
        if starts.has(run) {
            continue;
        }
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
    starts.add_records(&mut changes.records, &mut changes.lost);
    let is_gone = |run: &&Arc<Run>| !found.contains(&*run.id) && !starts.had(run);
    for run in old.runs.iter().filter(is_gone) {
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
            let why = why_revoked(before, run, key);
            changes.revoked.extend(why.map(|why| Revoked {
                run: Arc::clone(&run.id),
                key: Arc::clone(key),
                why,
            }));
            let lost = (Arc::clone(&run.id), Arc::clone(known));
            changes.lost.push(lost);
        }
    }
}

/// Why the points of a series that a run had do not hold any more. A file that is shorter than it was began again: what was
/// read of it held.
fn why_revoked(before: &Run, run: &Run, key: &str) -> Option<WhyRevoked> {
    let source = source_of(before, key)?;
    let bytes = |run: &Run| {
        let mut sources = run.sources.iter();
        sources
            .find(|of_run| of_run.path == source)
            .map(|of_run| of_run.bytes)
    };
    match source_of(run, key) {
        Some(other) if other != source => Some(WhyRevoked::OtherFile(other.to_owned())),
        _ => (bytes(run)? > bytes(before)?).then_some(WhyRevoked::ReadDifferently),
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
    let mut known = KnownPoints::of(old.iter());
    new.iter().filter(|point| !known.take(point)).collect()
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
    if total < new.dropped() || moved && !agree(old, new) {
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

/// Points at the end of what two logs hold that show whether both hold the same.
const COMPARED: usize = 8;

/// True if the last points of a series are those of another log, but for how they were rounded.
fn agree(old: &Series, new: &Series) -> bool {
    let known = (old.dropped() + old.len()).saturating_sub(new.dropped());
    let pairs = (1..=COMPARED).map_while(|back| {
        let before = old.get(old.len().checked_sub(back)?)?;
        let now = new.get(known.checked_sub(back)?)?;
        (before.step == now.step).then_some((before.value, now.value))
    });
    let mut pairs = pairs.peekable();
    pairs.peek().is_none() || pairs.all(|(a, b)| is_rounded(a, b))
}

/// True if two numbers are the same but for the digits that one of them was rounded to.
fn is_rounded(a: f64, b: f64) -> bool {
    let unit = |value: f64| {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let decimals = digits
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        let exponent: i32 = exponent.parse().unwrap_or(0);
        10f64.powi(exponent - i32::try_from(decimals).unwrap_or(0))
    };
    // Neither is a number, or both are infinite.
    let is_same = a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    is_same || (a - b).abs() <= unit(a).max(unit(b)).min(a.abs().max(b.abs()))
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
    fn a_training_that_begins_again_prints_no_point_twice() {
        let first: Vec<(i64, f64)> = (0..7).map(|step| (step, 2.0)).collect();
        let mut records = NewRecords::after(snapshot(&[("a", &first)]));
        let mut next = |runs: &[(&str, &[(i64, f64)])]| {
            let records = records.next(snapshot(runs));
            let ids = records.iter().map(|record| record.run.to_string());
            ids.zip(steps(&records)).collect::<Vec<_>>()
        };
        // The first points of the second training were those of a restart.
        let both = [&first[..], &[(0, 9.0)]].concat();
        assert_eq!(next(&[("a", &both)]), [("a".to_owned(), 0.0)]);
        let second = [(0, 9.0), (1, 8.0)];
        let new = next(&[("a#1", &first), ("a", &second)]);
        assert_eq!(new, [("a".to_owned(), 1.0)]);
        let third = [(0, 7.0)];
        let new = next(&[("a#1", &first), ("a#2", &second), ("a", &third)]);
        assert_eq!(new, [("a".to_owned(), 0.0)]);
        assert!(next(&[("a#1", &first), ("a#2", &second), ("a", &third)]).is_empty());
    }

    #[test]
    fn two_logs_hold_the_same_but_for_how_they_round() {
        for (a, b) in [(0.1, 0.1234), (2.5, 2.4999), (1.0, 0.9), (3e-4, 2.9996e-4)] {
            assert!(is_rounded(a, b) && is_rounded(b, a), "{a} {b}");
        }
        for (a, b) in [(0.5, 1.25), (0.75, 1.75), (2.0, 4.5)] {
            assert!(!is_rounded(a, b), "{a} {b}");
        }
    }

    #[test]
    fn equal_points_that_are_appended_are_all_new() {
        let mut records = NewRecords::after(snapshot(&[("a", &[(1, 1.0)])]));
        let new = records.next(snapshot(&[("a", &[(1, 1.0), (1, 1.0), (1, 1.0)])]));
        assert_eq!(new.len(), 2);
    }
}
