//! Where the points of a series stand along the x axis: at their steps, their times, or the values of another series.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use trainscape_run::{Point, Role, Run, Series, XOfSeries, role_of_key};
use trainscape_scene::axis::Scale;

use super::{ViewSettings, logged_counter::logged_counter};

/// What the x axis of a series shows: what was chosen for the view, otherwise for the run.
pub(super) fn x_of<'a>(run: &'a Run, key: &str, settings: &ViewSettings) -> XOfSeries<'a> {
    match settings.x() {
        Some(x) => run.x_named(x, key),
        None => run.x_of_series(key),
    }
}

/// Looks up the x value of a point of a series.
pub(super) enum XLookup<'a> {
    Step,
    WallTime,
    Series(Follower<'a>),
    /// The run does not have what the user chose: nothing takes its place.
    Missing,
}

impl<'a> XLookup<'a> {
    pub(super) fn new(run: &'a Run, series: &Series, settings: &ViewSettings) -> Self {
        let along = |x: &'a Arc<Series>| Self::Series(Follower::new(x));
        match x_of(run, series.key(), settings) {
            XOfSeries::Step => Self::Step,
            XOfSeries::WallTime => Self::WallTime,
            XOfSeries::Series(x) => along(x),
            XOfSeries::Missing => Self::Missing,
            XOfSeries::Undeclared => logged_counter(run, series.key()).map_or(Self::Step, along),
        }
    }

    /// x of a point, if it is finite. Steps must not decrease between calls.
    pub(super) fn at(&mut self, point: &Point) -> Option<f64> {
        let step = point.step.as_f64();
        let x = match self {
            Self::Step => Some(step),
            Self::WallTime => point.wall_time_secs,
            Self::Series(follower) => follower.value_at(step).map(|(value, _)| value),
            Self::Missing => None,
        };
        x.filter(|x| x.is_finite())
    }
}

/// The number of drawn points of a series before the first value of another one, which is the x axis.
pub(super) fn left_out_before(run: &Run, key: &str, x: &str, settings: &ViewSettings) -> usize {
    let (Some(series), Some(x)) = (run.series.get(key), run.series.get(x)) else {
        return 0;
    };
    let first = x.live().map(|(_, point)| point.step.as_f64()).next();
    let is_before = |step: f64| first.is_none_or(|first| step < first) && settings.draws_step(step);
    let steps = series.live().map(|(_, point)| point.step.as_f64());
    steps
        .take_while(|step| first.is_none_or(|first| *step < first))
        .filter(|step| is_before(*step))
        .count()
}

/// Title and scale of the x axis.
pub(super) fn x_title(runs: &[Arc<Run>], key: &str, settings: &ViewSettings) -> (String, Scale) {
    let step = || ("step".to_owned(), Scale::Linear);
    let of_series = |key: &str| (counter_name(key).to_owned(), Scale::Linear);
    let known = runs.iter().find_map(|run| match x_of(run, key, settings) {
        XOfSeries::Step => Some(step()),
        XOfSeries::WallTime => Some(("time (UTC)".to_owned(), Scale::Date)),
        XOfSeries::Series(x) => Some(of_series(x.key())),
        XOfSeries::Missing | XOfSeries::Undeclared => None,
    });
    let logged = || runs.iter().find_map(|run| logged_counter(run, key));
    let counted = || {
        let logged = logged().map(|x| x.key().to_string());
        logged.or_else(|| counted_by(runs, key))
    };
    known.unwrap_or_else(|| counted().map_or_else(step, |key| of_series(&key)))
}

/// What the counter under a key counts: `trainer/global_step` and `current_steps` count steps, `epoch/epoch` epochs.
fn counter_name(key: &str) -> &str {
    if role_of_key(key) != Some(Role::Step) {
        return key;
    }
    match key.rsplit('/').next().unwrap_or(key) {
        "global_step" | "current_steps" | "_step" => "step",
        name => name,
    }
}

/// What the steps of a run's series under `key` count, where its log says so or its name does: Keras logs `epoch_loss` to
/// TensorBoard by epoch.
pub(super) fn steps_count<'a>(run: &'a Run, key: &str) -> Option<&'a str> {
    let source = run.sources.get(*run.series_source.get(key)?)?;
    let is_of_keras = ["train/epoch_", "validation/epoch_"]
        .iter()
        .any(|start| key.starts_with(start));
    match &source.steps_count {
        Some(name) => Some(name),
        None if is_of_monitor(run, key) => Some("episode"),
        None => is_of_keras.then_some("epoch"),
    }
}

/// Whether the steps of the series under `key` are numbers of cases, which are in no order.
pub(super) fn counts_cases(run: &Run, key: &str) -> bool {
    const CASES: [&str; 5] = ["subject", "fold", "patient", "participant", "client"];
    let counted = steps_count(run, key);
    counted.is_some_and(|name| CASES.iter().any(|case| case.eq_ignore_ascii_case(name)))
}

/// Whether the series under `key` is of a monitor file of Stable-Baselines3, which has a row for each episode: its reward, its
/// length and the time at its end.
fn is_of_monitor(run: &Run, key: &str) -> bool {
    const COLUMNS: [&str; 3] = ["r", "l", "t"];
    let source = run.series_source.get(key);
    COLUMNS
        .iter()
        .all(|column| run.series.contains_key(*column) && run.series_source.get(*column) == source)
}

/// What the steps of the series under `key` count in every run, where a series of the log is those steps: `epoch`,
/// `episode`, `total_timesteps`.
pub(super) fn counted_by(runs: &[Arc<Run>], key: &str) -> Option<String> {
    let logged = || runs.iter().filter(|run| run.series.contains_key(key));
    let mut counts = logged().map(|run| steps_count(run, key));
    if let Some(Some(name)) = counts.next()
        && counts.all(|other| other == Some(name))
    {
        return Some(name.to_owned());
    }
    let first = runs.iter().find(|run| run.series.contains_key(key))?;
    let is_step = |run: &Run, counter: &str| {
        let steps = run.series.get(counter)?;
        let series = run.series.get(key)?;
        let are_steps = |series: &Series, at: usize| {
            series
                .get(at)
                .is_some_and(|point| point.value.total_cmp(&point.step.as_f64()).is_eq())
        };
        let is_as_long = 2 * steps.len() >= series.len();
        let probes = [0, steps.len() / 2, steps.len().saturating_sub(1)];
        Some(is_as_long && probes.iter().all(|at| are_steps(steps, *at)))
    };
    let counters = first.roles.iter().filter(|(_, role)| **role == Role::Step);
    let named = counters.map(|(counter, _)| counter).find(|counter| {
        let is_named = counter_name(counter) != "step";
        let of_all = || runs.iter().filter_map(|run| is_step(run, counter));
        is_named && of_all().count() == runs.len() && of_all().all(|is_step| is_step)
    });
    named.map(|counter| counter.rsplit('/').next().unwrap_or(counter).to_owned())
}

/// Looks up the last value of a series at increasing steps of another.
pub(super) struct Follower<'a> {
    series: &'a Series,
    live: Vec<Range<usize>>,
    range: usize,
    next: usize,
    last: Option<(f64, f64)>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(series: &'a Series) -> Self {
        let live = series.live_ranges();
        let next = live.first().map_or(0, |range| range.start);
        Self {
            series,
            live,
            range: 0,
            next,
            last: None,
        }
    }

    /// The step at which the last returned value was logged.
    pub(super) fn logged_at(&self) -> Option<f64> {
        self.last.map(|(step, _)| step)
    }

    /// The series' value at `step`, and whether it was carried forward from an earlier one. Steps must
    /// not decrease between calls.
    pub(super) fn value_at(&mut self, step: f64) -> Option<(f64, bool)> {
        while let Some(range) = self.live.get(self.range) {
            if self.next >= range.end {
                self.range += 1;
                self.next = self.live.get(self.range).map_or(0, |range| range.start);
                continue;
            }
            let Some(point) = self.series.get(self.next) else {
                break;
            };
            if point.step.as_f64() > step {
                break;
            }
            self.last = Some((point.step.as_f64(), point.value));
            self.next += 1;
        }
        self.last.map(|(at, value)| (value, at < step))
    }
}

/// Keys of the series that count steps in some unit (tokens, samples, epochs).
pub(super) fn step_keys(runs: &[Arc<Run>]) -> Vec<String> {
    let keys: BTreeSet<&Arc<str>> = runs
        .iter()
        .flat_map(|run| &run.roles)
        .filter(|(_, role)| **role == Role::Step)
        .map(|(key, _)| key)
        .collect();
    keys.into_iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_carried_forward_is_reported() {
        let mut series = Series::new("lr");
        series.extend([(0, 1.0), (10, 2.0)].map(|(step, value)| Point {
            step: step.into(),
            wall_time_secs: None,
            value,
        }));
        let mut follower = Follower::new(&series);
        assert_eq!(follower.value_at(-1.0), None);
        assert_eq!(follower.value_at(0.0), Some((1.0, false)));
        assert_eq!(follower.value_at(9.0), Some((1.0, true)));
        assert_eq!(follower.value_at(10.0), Some((2.0, false)));
    }
}
