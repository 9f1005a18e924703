//! Files of one log that several trainings wrote at the same time: each training is a run.
//!
//! A training that is resumed begins a file after it ended the one before. The workers of one training count the same
//! steps, so that the steps go on from file to file in the order of time. What is left are trainings beside each other.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Range,
    path::{Path, PathBuf},
};

use trainscape_run::Series;

use crate::{
    keys::Slot,
    log_format::{LogFormat, Writer},
    store::Store,
};

/// Points that each of two files has while the other one is written, at least.
const FEWEST_BESIDE: usize = 3;
/// The same as a share of the points of the shorter file: a process that is stopped may outlive the start of the next one.
const SHARE_BESIDE: f64 = 0.1;
/// Of so many changes from one file to the other one goes back, where two trainings write.
const CHANGES_PER_BACK: usize = 3;

/// A step and its wall time.
type Place = (f64, f64);

/// Which file holds which points of a log, and whose run each file is.
#[derive(Debug, Default)]
pub(crate) struct Writers {
    /// Where the points of each file are in the series of its store, by key.
    points: HashMap<PathBuf, BTreeMap<Slot, Vec<Range<usize>>>>,
    /// Points of pairs of files when these were compared last.
    compared: HashMap<(PathBuf, PathBuf), usize>,
    /// Pairs of files of different trainings.
    beside: BTreeSet<(PathBuf, PathBuf)>,
    /// The run inside the log to which a file belongs; the others are those of the log's own run.
    parts: BTreeMap<PathBuf, String>,
}

impl Writers {
    /// The run inside the log to which a file belongs; none if it belongs to the log's own.
    pub(crate) fn part(&self, file: &Path) -> Option<&str> {
        self.parts.get(file).map(String::as_str)
    }

    /// True if `part` is a run of files of this log.
    pub(crate) fn has_part(&self, part: &str) -> bool {
        self.parts.values().any(|known| known == part)
    }

    /// Forgets where the points are: they are read again.
    pub(crate) fn forget_points(&mut self) {
        self.points.clear();
    }

    /// Notes what was read of a file: `before` are the numbers of points of each series before that.
    pub(crate) fn note(&mut self, file: &Path, before: &[usize], store: &Store) {
        for (slot, len) in store.lens().into_iter().enumerate() {
            let start = before.get(slot).copied().unwrap_or(0);
            if len <= start {
                continue;
            }
            if !self.points.contains_key(file) {
                self.points.insert(file.to_owned(), BTreeMap::new());
            }
            let Some(of_file) = self.points.get_mut(file) else {
                return;
            };
            let ranges = of_file.entry(slot as Slot).or_default();
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = len,
                _ => ranges.push(start..len),
            }
        }
    }

    /// Looks for files that were written beside others. Returns true if files belong to other runs now.
    pub(crate) fn divide(
        &mut self,
        files: &[&Path],
        format: &dyn LogFormat,
        store: &Store,
    ) -> bool {
        let mut is_new = false;
        for (index, a) in files.iter().enumerate() {
            for b in &files[index + 1..] {
                let pair = (a.to_path_buf(), b.to_path_buf());
                if self.part(a) != self.part(b) || self.beside.contains(&pair) {
                    continue;
                }
                let of_part = self.part(a).and_then(|part| store.known_part(part));
                let store = of_part.unwrap_or(store);
                if self.is_due(&pair) && self.are_beside(&pair, store) {
                    self.beside.insert(pair);
                    is_new = true;
                }
            }
        }
        is_new && self.assign(files, format)
    }

    /// True if two files hold twice as many points as when they were compared last.
    fn is_due(&mut self, pair: &(PathBuf, PathBuf)) -> bool {
        let count = |file: &PathBuf| -> usize {
            let of_file = self.points.get(file).into_iter().flatten();
            of_file.flat_map(|(_, ranges)| ranges).map(Range::len).sum()
        };
        let now = count(&pair.0).min(count(&pair.1));
        let known = self.compared.entry(pair.clone()).or_default();
        let is_due = now > 0 && now >= *known * 2;
        if is_due {
            *known = now;
        }
        is_due
    }

    /// True if two files were written at the same time by two trainings.
    fn are_beside(&self, (a, b): &(PathBuf, PathBuf), store: &Store) -> bool {
        let (Some(of_a), Some(of_b)) = (self.points.get(a), self.points.get(b)) else {
            return false;
        };
        let len = |ranges: &[Range<usize>]| ranges.iter().map(Range::len).sum::<usize>();
        let shared = of_a.iter().filter_map(|(slot, in_a)| {
            let in_b = of_b.get(slot)?;
            Some((len(in_a).min(len(in_b)), *slot, in_a, in_b))
        });
        let longest = shared.max_by_key(|(len, slot, ..)| (*len, std::cmp::Reverse(*slot)));
        let Some((_, slot, in_a, in_b)) = longest else {
            return false;
        };
        let Some(series) = store.series_of(slot) else {
            return false;
        };
        match (places(series, in_a), places(series, in_b)) {
            (Some(a), Some(b)) => are_two_trainings(&a, &b),
            _ => false,
        }
    }

    /// Divides the files into runs of which none has files that were written beside each other. The newest file is in the
    /// run of the log, to which other logs of its folder belong. Returns true if any file changed its run.
    pub(crate) fn assign(&mut self, files: &[&Path], format: &dyn LogFormat) -> bool {
        let before = std::mem::take(&mut self.parts);
        if self.beside.is_empty() {
            return !before.is_empty();
        }
        let mut runs: Vec<Vec<&Path>> = Vec::new();
        let host = |file: &Path| format.writer(file).map(|writer| writer.host);
        for file in files {
            let is_free = |run: &&mut Vec<&Path>| {
                let mut others = run.iter();
                !others.any(|other| {
                    self.beside
                        .contains(&(other.to_path_buf(), file.to_path_buf()))
                })
            };
            // The machine that wrote a run goes on with it.
            let best = runs
                .iter_mut()
                .filter(is_free)
                .max_by_key(|run| run.last().is_some_and(|last| host(last) == host(file)));
            match best {
                Some(run) => run.push(file),
                None => runs.push(vec![file]),
            }
        }
        let own = runs
            .iter()
            .position(|run| run.last() == files.last())
            .unwrap_or(0);
        let names = names(&runs, format);
        for (index, (run, name)) in runs.iter().zip(names).enumerate() {
            if index != own {
                let of_run = run.iter().map(|file| (file.to_path_buf(), name.clone()));
                self.parts.extend(of_run);
            }
        }
        self.parts != before
    }
}

/// A name for each run: its machine where that tells it from the others, otherwise the process or the file that began it.
fn names(runs: &[Vec<&Path>], format: &dyn LogFormat) -> Vec<String> {
    let writers: Vec<Writer> = runs
        .iter()
        .map(|run| {
            let first = run.first().copied().unwrap_or(Path::new(""));
            format.writer(first).unwrap_or_else(|| {
                let name = first.file_name().unwrap_or_default().to_string_lossy();
                Writer {
                    host: name.clone().into_owned(),
                    process: name.clone().into_owned(),
                    file: name.into_owned(),
                    begun_secs: None,
                }
            })
        })
        .collect();
    let differ = |name: fn(&Writer) -> &String| {
        let names: BTreeSet<&String> = writers.iter().map(name).collect();
        names.len() == writers.len()
    };
    let name: fn(&Writer) -> &String = match () {
        () if differ(|writer| &writer.host) => |writer| &writer.host,
        () if differ(|writer| &writer.process) => |writer| &writer.process,
        () => |writer| &writer.file,
    };
    writers.iter().map(|writer| name(writer).clone()).collect()
}

/// Steps and wall times of points; `None` if one has no time, or was dropped.
fn places(series: &Series, ranges: &[Range<usize>]) -> Option<Vec<Place>> {
    let held = |index: usize| {
        let point = series.get(index.checked_sub(series.dropped())?)?;
        Some((point.step.as_f64(), point.wall_time_secs?))
    };
    ranges.iter().flat_map(Range::clone).map(held).collect()
}

fn bits(place: &Place) -> [u64; 2] {
    [place.0.to_bits(), place.1.to_bits()]
}

fn are_two_trainings(a: &[Place], b: &[Place]) -> bool {
    let times = |places: &[Place]| {
        let all = places.iter().map(|place| place.1);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), time| {
            (from.min(time), to.max(time))
        })
    };
    let ((from_a, to_a), (from_b, to_b)) = (times(a), times(b));
    let (from, to) = (from_a.max(from_b), to_a.min(to_b));
    let beside = |places: &[Place]| {
        let within = places
            .iter()
            .filter(|place| place.1 >= from && place.1 <= to);
        within.count()
    };
    let shorter = a.len().min(b.len());
    let fewest = FEWEST_BESIDE.max((SHARE_BESIDE * shorter as f64).ceil() as usize);
    if beside(a).min(beside(b)) < fewest {
        return false;
    }
    // Times that follow from the steps tell nothing about writers.
    let places: HashSet<[u64; 2]> = a.iter().map(bits).collect();
    if b.iter().any(|place| places.contains(&bits(place))) {
        return false;
    }
    let mut all: Vec<(Place, bool)> = a.iter().map(|&place| (place, true)).collect();
    all.extend(b.iter().map(|&place| (place, false)));
    all.retain(|((_, time), _)| *time >= from && *time <= to);
    all.sort_by(|(a, _), (b, _)| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal));
    let changes = all.windows(2).filter(|pair| pair[0].1 != pair[1].1);
    let (mut count, mut back) = (0, 0);
    for pair in changes {
        count += 1;
        back += usize::from(pair[1].0.0 <= pair[0].0.0);
    }
    count > 1 && back * CHANGES_PER_BACK >= count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(steps: impl Iterator<Item = i64>, time: impl Fn(i64) -> f64) -> Vec<Place> {
        steps.map(|step| (step as f64, time(step))).collect()
    }

    #[test]
    fn trainings_beside_each_other_go_back_from_file_to_file() {
        let slow = places(0..50, |step| step as f64 * 10.0);
        let fast = places(0..50, |step| 200.0 + step as f64 * 3.0);
        assert!(are_two_trainings(&slow, &fast));
        // In lockstep, too.
        let other = places(0..50, |step| step as f64 * 10.0 + 1.0);
        assert!(are_two_trainings(&slow, &other));
    }

    #[test]
    fn workers_of_one_training_and_a_resumed_one_are_one() {
        let even = places((0..100).step_by(2), |step| step as f64);
        let odd = places((1..100).step_by(2), |step| step as f64);
        assert!(!are_two_trainings(&even, &odd));
        let resumed = places(40..90, |step| 100.0 + step as f64);
        let first = places(0..50, |step| step as f64);
        assert!(!are_two_trainings(&first, &resumed));
        // Times that were made from the steps.
        let made = places(30..80, |step| step as f64);
        assert!(!are_two_trainings(&first, &made));
        // The first process lives on a little.
        let resumed = places(40..90, |step| 7.0 + step as f64);
        assert!(!are_two_trainings(&first, &resumed));
    }
}
