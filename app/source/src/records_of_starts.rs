//! New points of a log whose trainings are counted differently now: a training began again, so that the points of the run
//! before are those of its first start.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use trainscape_run::{Point, Run, Series, Snapshot};

use crate::record::Record;

/// Points by what identifies them, with how often each is there.
#[derive(Debug, Default)]
pub(crate) struct KnownPoints(HashMap<(u64, Option<u64>, u64), usize>);

impl KnownPoints {
    pub(crate) fn of(points: impl Iterator<Item = Point>) -> Self {
        let mut known = Self::default();
        for point in points {
            *known.0.entry(Self::id(&point)).or_default() += 1;
        }
        known
    }

    /// Takes a point out once for each time that it is there; false if it is not.
    pub(crate) fn take(&mut self, point: &Point) -> bool {
        match self.0.get_mut(&Self::id(point)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    fn id(point: &Point) -> (u64, Option<u64>, u64) {
        let time = point.wall_time_secs.map(f64::to_bits);
        (point.step.as_f64().to_bits(), time, point.value.to_bits())
    }
}

/// The trainings of one log in their order: `a#1`, `a#2`, `a`.
type Trainings<'a> = Vec<&'a Arc<Run>>;

/// Logs that hold another number of trainings than before, by the id of their last one: those before and now.
pub(crate) struct ChangedStarts<'a>(HashMap<&'a str, (Trainings<'a>, Trainings<'a>)>);

impl<'a> ChangedStarts<'a> {
    pub(crate) fn new(old: &'a Snapshot, new: &'a Snapshot) -> Self {
        let is_part = |run: &Arc<Run>| base_of(&run.id).is_some();
        if !old.runs.iter().chain(&new.runs).any(is_part) {
            return Self(HashMap::new());
        }
        let (mut before, now) = (trainings(old), trainings(new));
        let changed = now.into_iter().filter_map(|(id, now)| {
            let before = before.remove(id)?;
            (before.len() != now.len()).then_some((id, (before, now)))
        });
        Self(changed.collect())
    }

    /// True for a run of such a log.
    pub(crate) fn has(&self, run: &Run) -> bool {
        self.is_any(run, |(_, now)| now)
    }

    /// True for a run that was of such a log before.
    pub(crate) fn had(&self, run: &Run) -> bool {
        self.is_any(run, |(before, _)| before)
    }

    fn is_any(
        &self,
        run: &Run,
        trainings: impl for<'b> Fn(&'b (Trainings<'a>, Trainings<'a>)) -> &'b Trainings<'a>,
    ) -> bool {
        let of_id = |id: &str| {
            let found = self.0.get(id);
            found.is_some_and(|log| trainings(log).iter().any(|known| known.id == run.id))
        };
        of_id(&run.id) || base_of(&run.id).is_some_and(of_id)
    }

    /// Adds the points that no training of the log had before, and the series that none has now.
    pub(crate) fn add_records(
        &self,
        records: &mut Vec<Record>,
        lost: &mut Vec<(Arc<str>, Arc<Series>)>,
    ) {
        let keys = |trainings: &Trainings<'_>| -> BTreeSet<Arc<str>> {
            let series = trainings.iter().flat_map(|run| run.series.keys());
            series.map(Arc::clone).collect()
        };
        let mut logs: Vec<_> = self.0.iter().collect();
        logs.sort_by_key(|(id, _)| **id);
        for (_, (before, now)) in logs {
            let keys_now = keys(now);
            for key in &keys_now {
                add_new_points(before, now, key, records);
            }
            for run in before {
                let gone = run
                    .series
                    .iter()
                    .filter(|(key, _)| !keys_now.contains(*key));
                lost.extend(gone.map(|(_, series)| (Arc::clone(&run.id), Arc::clone(series))));
            }
        }
    }
}

fn add_new_points(
    before: &Trainings<'_>,
    now: &Trainings<'_>,
    key: &Arc<str>,
    records: &mut Vec<Record>,
) {
    let series = |run: &&'_ Arc<Run>| run.series.get(key).map(Arc::clone);
    let olds: Vec<Arc<Series>> = before.iter().filter_map(series).collect();
    let mut known = KnownPoints::of(olds.iter().flat_map(|series| series.iter()));
    for run in now {
        let Some(series) = run.series.get(key) else {
            continue;
        };
        let new = series.iter().filter(|point| !known.take(point));
        records.extend(new.map(|point| Record {
            run: Arc::clone(&run.id),
            key: Arc::clone(key),
            point,
        }));
    }
}

/// The id of the last training of the log, where `id` is that of an earlier one.
fn base_of(id: &str) -> Option<&str> {
    let (base, number) = id.rsplit_once('#')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(base)
}

/// The runs of a snapshot by the id of the last training of their log.
fn trainings(snapshot: &Snapshot) -> HashMap<&str, Trainings<'_>> {
    let ids: BTreeSet<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    let mut by_log: HashMap<&str, Trainings<'_>> = HashMap::new();
    for run in &snapshot.runs {
        let base = base_of(&run.id).filter(|base| ids.contains(base));
        by_log.entry(base.unwrap_or(&run.id)).or_default().push(run);
    }
    by_log
}
