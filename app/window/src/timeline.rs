//! A series over steps, decimated to columns with each column's minimum and maximum: the loss, or what runs log instead.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use trainscape_run::{Role, Run, Series, Snapshot};
use trainscape_views::{key_with_role, main_role};

use crate::lenient;

/// Points of a catalog that curves are made of: the window waits for them.
const MOST_POINTS_TO_READ: usize = 1_000_000;

/// Columns a curve is decimated to.
const COLUMNS: usize = 600;
/// Part of a run's points that a smoothed value is the mean of.
const SMOOTHED_PART: usize = 50;
/// Fewer points are not smoothed.
const LEAST_SMOOTHED: usize = 10;

/// What the user chose for the timeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TimelineChoices {
    /// The series; `None`: the loss, or what the runs log instead.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) key: Option<String>,
    /// Heights are logarithmic; values of zero and less are not drawn then. `None`: as the focused tile draws the series.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) is_logarithmic: Option<bool>,
    /// Means over a fiftieth of each run's points are drawn over the logged values.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) is_smoothed: bool,
}

/// A run's curve: the smallest and the largest point (step and value) of each column.
#[derive(Clone)]
pub(crate) struct Curve {
    /// Index of the run in the snapshot, which decides its colour.
    pub(crate) run: usize,
    pub(crate) id: Arc<str>,
    pub(crate) columns: Vec<[[f64; 2]; 2]>,
    /// Step and mean, a point a column; empty unless asked for.
    pub(crate) means: Vec<[f64; 2]>,
    /// A column may summarise several points.
    decimated: bool,
    /// First and last step.
    steps: [f64; 2],
    has_whole_steps: bool,
    /// The series it shows.
    series: Arc<Series>,
}

impl Curve {
    /// Step and value of the logged point that is nearest to a step; `None` outside of the run.
    pub(crate) fn nearest(&self, step: f64) -> Option<[f64; 2]> {
        if step < self.steps[0] || step > self.steps[1] {
            return None;
        }
        let at_or_before = next_index(&self.series, step.next_up(), false);
        let after = next_index(&self.series, step, true);
        let points = [at_or_before, after].into_iter().flatten();
        let points = points.filter_map(|index| self.series.get(index));
        let nearest = points.min_by(|a, b| {
            let distance = |step_of: f64| (step_of - step).abs();
            distance(a.step.as_f64()).total_cmp(&distance(b.step.as_f64()))
        })?;
        Some([nearest.step.as_f64(), nearest.value])
    }

    /// Number of logged points.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    /// Step and value of the points of a line through each column's extremes, for at most `most_columns` columns.
    pub(crate) fn points(&self, most_columns: usize) -> impl Iterator<Item = [f64; 2]> + '_ {
        let together = self.columns.len().div_ceil(most_columns).max(1);
        self.columns.chunks(together).flat_map(|columns| {
            let (mut low, mut high) = (columns[0][0], columns[0][1]);
            for [lower, higher] in columns {
                if lower[1] < low[1] {
                    low = *lower;
                }
                if higher[1] > high[1] {
                    high = *higher;
                }
            }
            // In the order in which they were logged, so that a slope stays a slope.
            if low[0] <= high[0] {
                [low, high]
            } else {
                [high, low]
            }
        })
    }
}

/// What the curves were made from: the snapshot, the drawn runs and the choices.
#[derive(Clone, PartialEq)]
struct TimelineSource {
    generation: u64,
    runs: Option<BTreeSet<String>>,
    choices: TimelineChoices,
    /// The series that the focused tile draws upwards.
    of_view: Option<String>,
}

/// The curves of a snapshot.
#[derive(Default)]
pub(crate) struct Timeline {
    of: Option<TimelineSource>,
    pub(crate) curves: Vec<Curve>,
    /// Key of all curves.
    pub(crate) key: String,
    /// Its role in the first run that has it.
    pub(crate) role: Option<Role>,
    pub(crate) steps: Option<RangeInclusive<f64>>,
    pub(crate) values: Option<RangeInclusive<f64>>,
    /// The smallest positive value of the curves.
    pub(crate) least_positive: Option<f64>,
    /// Some columns summarise several points.
    pub(crate) decimated: bool,
    /// Drawn runs whose curves are not shown, because too many points would have to be read first.
    pub(crate) left_out: usize,
    /// A run has logged a step that is no whole number.
    has_fractional_steps: bool,
}

impl Timeline {
    /// Updates the curves to those of the drawn runs.
    pub(crate) fn update(
        &mut self,
        snapshot: &Snapshot,
        drawn: Option<&BTreeSet<String>>,
        choices: &TimelineChoices,
        of_view: Option<&str>,
    ) {
        let is_same = self.of.as_ref().is_some_and(|of| {
            of.generation == snapshot.generation
                && of.runs.as_ref() == drawn
                && of.choices == *choices
                && of.of_view.as_deref() == of_view
        });
        if is_same {
            return;
        }
        let before = std::mem::take(self);
        self.of = Some(TimelineSource {
            generation: snapshot.generation,
            runs: drawn.cloned(),
            choices: choices.clone(),
            of_view: of_view.map(str::to_owned),
        });
        let shown: Vec<(usize, &Arc<Run>)> = snapshot
            .runs
            .iter()
            .enumerate()
            .filter(|(_, run)| drawn.is_none_or(|drawn| drawn.contains(run.id.as_ref())))
            .collect();
        let Some(key) = known_key(&shown, choices.key.as_deref())
            .or_else(|| known_key(&shown, of_view))
            .or_else(|| key_to_show(&shown))
        else {
            return;
        };
        self.key = key.to_string();
        let mut with_key = shown
            .iter()
            .filter(|(_, run)| run.series.contains_key(&key));
        self.role = with_key.find_map(|(_, run)| run.roles.get(&key).copied());
        // A series that has not grown is the same one: 1,000 runs are not walked for one that trains.
        let known: HashMap<*const Series, &Curve> = before
            .curves
            .iter()
            .map(|curve| (Arc::as_ptr(&curve.series), curve))
            .collect();
        let mut points_to_read = 0;
        for (index, run) in shown {
            let Some(series) = run.series.get(&key) else {
                continue;
            };
            if series.stored_rows().is_some() {
                points_to_read += series.len();
                if points_to_read > MOST_POINTS_TO_READ {
                    self.left_out += 1;
                    continue;
                }
            }
            let curve = match known.get(&Arc::as_ptr(series)) {
                Some(known) => Some((*known).clone()),
                None => curve(index, run, series),
            };
            let Some(mut curve) = curve else { continue };
            if !choices.is_smoothed {
                curve.means.clear();
            } else if curve.means.is_empty() {
                curve.means = means(series);
            }
            self.decimated |= curve.decimated;
            self.has_fractional_steps |= !curve.has_whole_steps;
            for [low, high] in &curve.columns {
                grow(&mut self.values, low[1]);
                grow(&mut self.values, high[1]);
                let positive = [low[1], high[1]].into_iter().find(|value| *value > 0.0);
                let least = [self.least_positive, positive].into_iter().flatten();
                self.least_positive = least.reduce(f64::min);
            }
            grow(&mut self.steps, curve.steps[0]);
            grow(&mut self.steps, curve.steps[1]);
            self.curves.push(Curve {
                run: index,
                ..curve
            });
        }
    }

    /// A step as the log has it: a whole number where all logged ones are.
    pub(crate) fn rounded(&self, step: f64) -> f64 {
        if self.has_fractional_steps {
            step
        } else {
            step.round()
        }
    }

    /// Digits of a step after the decimal point.
    pub(crate) fn step_decimals(&self) -> usize {
        if self.has_fractional_steps { 4 } else { 0 }
    }

    /// The whole step at or before a position in a log of whole steps.
    pub(crate) fn whole(&self, position: f64) -> f64 {
        if self.has_fractional_steps {
            position
        } else {
            position.floor()
        }
    }

    /// The nearest logged step after `step`, or before it.
    pub(crate) fn next_step(&self, step: f64, is_forward: bool) -> Option<f64> {
        let steps = self
            .curves
            .iter()
            .filter_map(|curve| next_step(&curve.series, step, is_forward));
        if is_forward {
            steps.reduce(f64::min)
        } else {
            steps.reduce(f64::max)
        }
    }
}

/// The reward of most runs that learn by reinforcement, else their loss; without one the reward, another measure, or else the series with the most points. Series
/// under different keys are different quantities, so only one key is shown.
fn key_to_show(runs: &[(usize, &Arc<Run>)]) -> Option<Arc<str>> {
    const IN_ORDER: [Role; 5] = [
        Role::Loss,
        Role::Reward,
        Role::ValidationLoss,
        Role::Accuracy,
        Role::GradientNorm,
    ];
    let with_role = |role| key_with_role(runs.iter().map(|(_, run)| *run), role);
    let all: Vec<Arc<Run>> = runs.iter().map(|(_, run)| Arc::clone(run)).collect();
    let mut in_order = std::iter::once(main_role(&all)).chain(IN_ORDER);
    if let Some(key) = in_order.find_map(with_role) {
        return Some(key);
    }
    let mut points: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
    for (_, run) in runs {
        for (key, series) in &run.series {
            let is_position = run.roles.get(key) == Some(&Role::Step);
            if !is_position && series.value_range().is_some() {
                *points.entry(key).or_default() += series.len();
            }
        }
    }
    // The first key of those with equally many.
    let most = points.into_iter().rev().max_by_key(|(_, points)| *points);
    most.map(|(key, _)| Arc::clone(key))
}

/// A series that is wanted, where a drawn run has it.
fn known_key(runs: &[(usize, &Arc<Run>)], wanted: Option<&str>) -> Option<Arc<str>> {
    let wanted = wanted?;
    let mut found = runs.iter().filter_map(|(_, run)| run.series.get(wanted));
    found.next().map(|series| Arc::clone(series.key()))
}

/// The nearest step of a series after `step`, or before it.
pub(crate) fn next_step(series: &Series, step: f64, is_forward: bool) -> Option<f64> {
    let index = next_index(series, step, is_forward)?;
    series.get(index).map(|point| point.step.as_f64())
}

/// The index of the nearest step of a series after `step`, or before it. Steps increase within each range of live
/// points.
fn next_index(series: &Series, step: f64, is_forward: bool) -> Option<usize> {
    let at = |index: usize| series.get(index).map(|point| point.step.as_f64());
    let in_range = |range: std::ops::Range<usize>| {
        let (mut low, mut high) = (range.start, range.end);
        // The first index whose step is after `step`, or not before it.
        while low < high {
            let middle = low + (high - low) / 2;
            let is_passed = match is_forward {
                true => at(middle)? <= step,
                false => at(middle)? < step,
            };
            if is_passed {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        match is_forward {
            true => (low < range.end).then_some(low),
            false => (low > range.start).then(|| low - 1),
        }
    };
    let found = series.live_ranges().into_iter().filter_map(in_range);
    let order = |a: &usize, b: &usize| {
        let [a, b] = [*a, *b].map(|index| at(index).unwrap_or(f64::NAN));
        a.total_cmp(&b)
    };
    if is_forward {
        found.min_by(order)
    } else {
        found.max_by(order)
    }
}

/// Means over a fiftieth of the points, centred at each column; infinite and missing values are left out.
fn means(series: &Series) -> Vec<[f64; 2]> {
    let half = series.len() / SMOOTHED_PART / 2;
    if series.len() < LEAST_SMOOTHED {
        return Vec::new();
    }
    let half = half.max(1);
    let per_column = series.len().div_ceil(COLUMNS).max(1);
    let mut means = Vec::new();
    for range in series.live_ranges() {
        // Sums over the points before each, so that a mean takes two look-ups.
        let mut sums = vec![(0.0, 0_usize)];
        let (mut sum, mut count) = (0.0, 0);
        for index in range.clone() {
            let value = series.get(index).map_or(f64::NAN, |point| point.value);
            if value.is_finite() {
                sum += value;
                count += 1;
            }
            sums.push((sum, count));
        }
        for at in (0..range.len()).step_by(per_column) {
            let (from, to) = (at.saturating_sub(half), (at + half + 1).min(range.len()));
            let count = sums[to].1 - sums[from].1;
            let step = series
                .get(range.start + at)
                .map(|point| point.step.as_f64());
            if let (Some(step), true) = (step, count > 0) {
                means.push([step, (sums[to].0 - sums[from].0) / count as f64]);
            }
        }
    }
    means
}

fn curve(index: usize, run: &Run, series: &Arc<Series>) -> Option<Curve> {
    let per_column = series.len().div_ceil(COLUMNS).max(1);
    let mut columns: Vec<[[f64; 2]; 2]> = Vec::with_capacity(COLUMNS.min(series.len()) + 1);
    let mut steps = [f64::MAX, f64::MIN];
    let step_at = |index| series.get(index).map(|point| point.step.as_f64());
    for range in series.live_ranges() {
        for start in range.clone().step_by(per_column) {
            let end = range.end.min(start + per_column);
            let Some(found) = series.extremes(start..end) else {
                continue;
            };
            let low = [step_at(found.low_index)?, found.low];
            let high = [step_at(found.high_index)?, found.high];
            columns.push([low, high]);
            steps = [
                steps[0].min(step_at(start)?),
                steps[1].max(step_at(end - 1)?),
            ];
        }
    }
    (!columns.is_empty()).then(|| Curve {
        run: index,
        id: run.id.clone(),
        columns,
        means: Vec::new(),
        decimated: per_column > 1,
        steps,
        has_whole_steps: series.has_whole_steps(),
        series: Arc::clone(series),
    })
}

fn grow(range: &mut Option<RangeInclusive<f64>>, value: f64) {
    *range = Some(match range {
        None => value..=value,
        Some(range) => range.start().min(value)..=range.end().max(value),
    });
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    fn run(series: &[(&str, Option<Role>, &[i64])]) -> Arc<Run> {
        let mut run = Run::new("run", "run", "run".into());
        for (key, role, steps) in series {
            let mut series = Series::new(*key);
            series.extend(steps.iter().map(|step| Point {
                step: (*step).into(),
                wall_time_secs: None,
                value: *step as f64,
            }));
            run.series.insert((*key).into(), Arc::new(series));
            run.roles.extend(role.map(|role| ((*key).into(), role)));
        }
        Arc::new(run)
    }

    fn timeline(runs: Vec<Arc<Run>>) -> Timeline {
        let mut timeline = Timeline::default();
        let snapshot = Snapshot {
            runs,
            generation: 1,
            ..Snapshot::default()
        };
        timeline.update(&snapshot, None, &TimelineChoices::default(), None);
        timeline
    }

    #[test]
    fn without_a_loss_the_reward_is_shown_and_else_the_longest_series() {
        let reward = ("reward", Some(Role::Reward), &[1, 2][..]);
        let fps = ("fps", None, &[1, 2, 3][..]);
        let step = ("step", Some(Role::Step), &[1, 2, 3, 4][..]);
        assert_eq!(timeline(vec![run(&[reward, fps, step])]).key, "reward");
        let other = timeline(vec![run(&[("a", None, &[1]), fps, step])]);
        assert_eq!(other.key, "fps");
        assert_eq!(other.steps, Some(1.0..=3.0));
    }

    #[test]
    fn the_next_step_is_one_that_some_run_has_logged() {
        let of = |steps| run(&[("loss", Some(Role::Loss), steps)]);
        let timeline = timeline(vec![of(&[0, 10, 20]), of(&[0, 15])]);
        assert_eq!(timeline.next_step(10.0, true), Some(15.0));
        assert_eq!(timeline.next_step(15.0, true), Some(20.0));
        assert_eq!(timeline.next_step(20.0, true), None);
        assert_eq!(timeline.next_step(16.5, false), Some(15.0));
        assert_eq!(timeline.next_step(15.0, false), Some(10.0));
        assert_eq!(timeline.next_step(0.0, false), None);
        assert_eq!(timeline.rounded(10.4), 10.0);
    }

    #[test]
    fn the_nearest_logged_point_is_found_and_none_outside_of_the_run() {
        let timeline = timeline(vec![run(&[("loss", Some(Role::Loss), &[0, 10, 20])])]);
        let curve = &timeline.curves[0];
        assert_eq!(curve.nearest(4.0), Some([0.0, 0.0]));
        assert_eq!(curve.nearest(6.0), Some([10.0, 10.0]));
        assert_eq!(curve.nearest(20.0), Some([20.0, 20.0]));
        assert_eq!(curve.nearest(20.5), None);
    }

    #[test]
    fn a_chosen_series_is_shown_and_its_means_are_drawn() {
        let steps: Vec<i64> = (0..200).collect();
        let loss = ("loss", Some(Role::Loss), &[0, 1][..]);
        let runs = vec![run(&[loss, ("kl", None, &steps)])];
        let snapshot = Snapshot {
            runs,
            generation: 1,
            ..Snapshot::default()
        };
        let choices = TimelineChoices {
            key: Some("kl".to_owned()),
            is_smoothed: true,
            ..TimelineChoices::default()
        };
        let mut timeline = Timeline::default();
        timeline.update(&snapshot, None, &choices, None);
        assert_eq!(timeline.key, "kl");
        assert_eq!(timeline.least_positive, Some(1.0));
        // Of a straight line every mean with a full window is the value itself.
        assert_eq!(timeline.curves[0].means[100], [100.0, 100.0]);
        let missing = TimelineChoices {
            key: Some("gone".to_owned()),
            ..choices
        };
        timeline.update(&snapshot, None, &missing, None);
        assert_eq!(timeline.key, "loss");
        timeline.update(&snapshot, None, &missing, Some("kl"));
        assert_eq!(timeline.key, "kl", "as the tile draws it");
        timeline.update(&snapshot, None, &missing, None);
        assert_eq!(timeline.key, "loss", "a series that is gone is not shown");
    }
}
