//! Trainings that one log holds one after the other: each begins again at the first step, so it continues none of the
//! others, and is a run of its own.

use std::{collections::HashSet, ops::Range, sync::Arc};

use trainscape_run::{ConfigValue, HistogramSeries, Role, Run, Series, Step};

/// A series with fewer points cannot show that a training began again.
const FEWEST_POINTS: usize = 4;
/// A start with less than this share of the points of the longest was given up: the next one repeats it.
const GIVEN_UP: f64 = 0.05;
/// A training begins at most this many of its own spacings after zero.
const FIRST_SPACINGS: f64 = 1.5;
/// The widest of so many spacings counts.
const SPACINGS: usize = 8;
/// Nobody continues a training from so small a part of what it had reached.
const NEAR_ZERO: f64 = 0.005;
/// So many steps that go on show the spacings of a training that begins beyond the first step of the log: of two writers in
/// one file, the other one's steps are the farthest.
const FEWEST_SPACINGS: usize = 3;
/// Spacings that differ by no more than this part are regular.
const REGULAR: f64 = 0.01;
/// Beginnings that go up, after so few points each, are the turns of several writers in one file.
const POINTS_OF_TURN: usize = 8;
/// More trainings than this are taken for steps that count within something.
const MOST_TRAININGS: usize = 128;
/// Epochs count within nothing: so many trainings may be in one log of them.
const MOST_TRAININGS_BY_EPOCH: usize = 1024;

/// Where each training of a log begins, but for the first.
enum Begins {
    /// Seconds since the epoch between the last point of a training and the first one of the next.
    AtTimes(Vec<f64>),
    /// Number of beginnings, where the log has no times.
    Counted(usize),
}

/// The trainings of a run in their order, the last one under the run's own id: it is the one that can still grow.
pub(crate) fn separate(run: Run) -> Vec<Run> {
    let Some(begins) = begins(&run) else {
        return vec![run];
    };
    let trainings = match &begins {
        Begins::AtTimes(times) => times.len() + 1,
        Begins::Counted(count) => count + 1,
    };
    let last = trainings - 1;
    let mut runs: Vec<Run> = (0..trainings)
        .map(|at| empty_part(&run, at, last))
        .collect();
    for (key, series) in &run.series {
        for (at, range) in ranges(series, &begins).into_iter().enumerate() {
            let part = runs.get_mut(at).filter(|_| !range.is_empty());
            if let Some(part) = part {
                let mut of_part = Series::new(Arc::clone(key));
                of_part.extend(range.filter_map(|index| series.get(index)));
                part.series.insert(Arc::clone(key), Arc::new(of_part));
            }
        }
    }
    for (key, histograms) in &run.histograms {
        add_histograms(&mut runs, key, histograms, &begins);
    }
    for part in &mut runs {
        part.roles.retain(|key, _| part.series.contains_key(key));
        part.series_source
            .retain(|key, _| part.series.contains_key(key));
    }
    if let Some(own) = runs.last_mut() {
        own.tensors = run.tensors;
        own.plots = run.plots;
        own.other_media = run.other_media;
        own.reports = run.reports;
    }
    add_settings(&mut runs);
    runs
}

/// Makes settings of the columns of a table that are constant in every training and differ between some of them: a script that
/// writes a sweep into one file writes them there.
fn add_settings(runs: &mut [Run]) {
    const MEASURES: [Role; 5] = [
        Role::Loss,
        Role::ValidationLoss,
        Role::Reward,
        Role::Accuracy,
        Role::Step,
    ];
    let Some((first, others)) = runs.split_first() else {
        return;
    };
    let constant = |run: &Run, key: &str| -> Option<f64> {
        let series = run.series.get(key).filter(|series| series.len() > 1)?;
        let is_measure = run.roles.get(key).is_some_and(|of| MEASURES.contains(of));
        let (low, high) = series.value_range().filter(|_| !is_measure)?;
        (low.total_cmp(&high).is_eq() && low.is_finite()).then_some(low)
    };
    let of_all = |key: &Arc<str>| -> Option<(String, Vec<f64>)> {
        let value = constant(first, key)?;
        let others = others.iter().map(|run| constant(run, key));
        let values: Vec<f64> = std::iter::once(Some(value))
            .chain(others)
            .collect::<Option<_>>()?;
        let differ = values.iter().any(|other| other.total_cmp(&value).is_ne());
        (differ && !first.config.contains_key(&**key)).then(|| (key.to_string(), values))
    };
    let settings: Vec<(String, Vec<f64>)> = first.series.keys().filter_map(of_all).collect();
    if settings.is_empty() {
        return;
    }
    // One that is another in each training says more than their numbers.
    let naming = settings.iter().filter(|(_, values)| {
        let distinct: HashSet<u64> = values.iter().map(|value| value.to_bits()).collect();
        distinct.len() == values.len()
    });
    let naming: Vec<&(String, Vec<f64>)> = naming.collect();
    for (at, run) in runs.iter_mut().enumerate() {
        if let ([(key, values)], Some(stem)) = (naming.as_slice(), stem_of_start(&run.name, at)) {
            run.name = format!("{stem}, {key}={}", setting(values[at])).into();
        }
        let config = Arc::make_mut(&mut run.config);
        for (key, values) in &settings {
            config.insert(key.clone(), setting(values[at]));
        }
    }
}

/// The name of a run without the number of its start.
fn stem_of_start(name: &str, at: usize) -> Option<String> {
    let stem = name.strip_suffix(&format!(", start {}", at + 1))?;
    Some(stem.to_owned())
}

/// Whole numbers up to this are exact.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

fn setting(value: f64) -> ConfigValue {
    match value.fract() == 0.0 && value.abs() <= LARGEST_EXACT {
        true => ConfigValue::Int(value as i64),
        false => ConfigValue::Float(value),
    }
}

/// A run with what all trainings share, without series.
fn empty_part(run: &Run, at: usize, last: usize) -> Run {
    let id: Arc<str> = match at == last {
        true => run.id.clone(),
        false => format!("{}#{}", run.id, at + 1).into(),
    };
    let mut part = Run::new(
        id,
        format!("{}, start {}", run.name, at + 1),
        run.path.clone(),
    );
    part.sources.clone_from(&run.sources);
    part.config = run.config.clone();
    part.first_seen.clone_from(&run.first_seen);
    part.roles.clone_from(&run.roles);
    part.chosen_roles.clone_from(&run.chosen_roles);
    part.series_source.clone_from(&run.series_source);
    part.declared_x.clone_from(&run.declared_x);
    part.chosen_x.clone_from(&run.chosen_x);
    part.logged_keys.clone_from(&run.logged_keys);
    part.view_files.clone_from(&run.view_files);
    part
}

/// Where the trainings begin, as the longest series shows it that measures the training; `None` if there is one training.
fn begins(run: &Run) -> Option<Begins> {
    const MEASURES: [Role; 4] = [
        Role::Loss,
        Role::ValidationLoss,
        Role::Reward,
        Role::Accuracy,
    ];
    let is_measure = |series: &&Arc<Series>| {
        let role = run.roles.get(series.key());
        role.is_some_and(|role| MEASURES.contains(role))
    };
    let is_held = |series: &&Arc<Series>| !series.was_loaded() && series.stored_rows().is_none();
    let longest = |series: &dyn Fn(&&Arc<Series>) -> bool| {
        let held = run.series.values().filter(is_held);
        held.filter(|other| series(other))
            .max_by_key(|series| series.len())
    };
    // A counter's own values begin again where two metrics count differently.
    let is_no_counter = |series: &&Arc<Series>| run.roles.get(series.key()) != Some(&Role::Step);
    let longest = longest(&is_measure).or_else(|| longest(&is_no_counter))?;
    if longest.restarts().is_empty() {
        return None;
    }
    let begins = trainings_of(longest);
    let source = run.series_source.get(longest.key());
    let counted = source.and_then(|at| run.sources.get(*at)?.steps_count.as_deref());
    let most = match counted {
        Some("epoch") => MOST_TRAININGS_BY_EPOCH,
        _ => MOST_TRAININGS,
    };
    if begins.is_empty() || begins.len() >= most {
        return None;
    }
    let time = |index: usize| longest.get(index).and_then(|point| point.wall_time_secs);
    let times: Option<Vec<f64>> = begins
        .iter()
        .map(|&at| {
            let (before, after) = (time(at - 1)?, time(at)?);
            // A clock that was set back says nothing of which came first.
            (before <= after).then(|| f64::midpoint(before, after))
        })
        .collect();
    let is_ordered = |times: &Vec<f64>| times.is_sorted();
    Some(match times.filter(is_ordered) {
        Some(times) => Begins::AtTimes(times),
        None => Begins::Counted(begins.len()),
    })
}

/// The indices at which a series begins again, without those after starts that were given up.
fn trainings_of(series: &Series) -> Vec<usize> {
    if series.len() < FEWEST_POINTS {
        return Vec::new();
    }
    let scratch: Vec<usize> = series
        .restarts()
        .iter()
        .copied()
        .filter(|at| is_from_scratch(series, *at))
        .collect();
    if are_turns(series, &scratch) {
        return Vec::new();
    }
    let ends = scratch.iter().copied().chain([series.len()]);
    let starts = std::iter::once(0).chain(scratch.iter().copied());
    let lens: Vec<usize> = starts.zip(ends).map(|(start, end)| end - start).collect();
    let longest = lens.iter().max().copied().unwrap_or(0) as f64;
    let was_given_up = |len: usize| len < 2 || (len as f64) < GIVEN_UP * longest;
    let before = lens.iter().zip(&scratch);
    let kept = before.filter(|(len, _)| !was_given_up(**len));
    kept.map(|(_, at)| *at).collect()
}

/// Whether several writers took turns where a training seems to begin again and again: each goes on where it was.
fn are_turns(series: &Series, begins: &[usize]) -> bool {
    let steps: Vec<Step> = begins
        .iter()
        .filter_map(|at| Some(series.get(*at)?.step))
        .collect();
    let go_up = steps.len() >= 2 && steps.windows(2).all(|pair| pair[0].is_before(pair[1]));
    let last = begins.last().copied().unwrap_or(0);
    go_up && last < POINTS_OF_TURN * begins.len()
}

/// Whether the point at a restart is where a training begins, rather than a checkpoint that it continues from.
fn is_from_scratch(series: &Series, at: usize) -> bool {
    let step = |index: usize| series.get(index).map(|point| point.step);
    let (Some(first), Some(here)) = (step(0), step(at)) else {
        return false;
    };
    // A last point at any other step may be a row that is still being written.
    if at + 1 == series.len() && first != here {
        return false;
    }
    // Episodes differ in their lengths.
    let spacings = (at..at + SPACINGS).map_while(|index| {
        let (here, next) = (step(index)?, step(index + 1)?);
        here.is_before(next).then(|| next.as_f64() - here.as_f64())
    });
    let spacings: Vec<f64> = spacings.collect();
    let spacing = spacings.iter().copied().fold(0.0, f64::max);
    let reached = step(at - 1).map_or(0.0, Step::as_f64);
    let is_near = here.as_f64() <= FIRST_SPACINGS * spacing || here.as_f64() <= NEAR_ZERO * reached;
    // A script that logs every n steps first logs at step n.
    let is_one = |other: &f64| (other - here.as_f64()).abs() <= REGULAR * spacing;
    let is_regular = spacings.len() + 1 >= FEWEST_SPACINGS && spacings.iter().all(is_one);
    !first.is_before(here) || is_near && spacings.len() >= FEWEST_SPACINGS || is_regular
}

/// The points of each training; all of them are in the last one where that cannot be known.
fn ranges(series: &Series, begins: &Begins) -> Vec<Range<usize>> {
    let whole_in_last = |trainings: usize| {
        let mut ranges = vec![0..0; trainings];
        ranges[trainings - 1] = 0..series.len();
        ranges
    };
    let at = match begins {
        Begins::Counted(count) => {
            let own = trainings_of(series);
            if own.len() != *count {
                return whole_in_last(count + 1);
            }
            own
        }
        Begins::AtTimes(times) => {
            let time = |index: usize| series.get(index).and_then(|point| point.wall_time_secs);
            if (0..series.len()).any(|index| time(index).is_none()) {
                return whole_in_last(times.len() + 1);
            }
            let mut from = 0;
            let begin = |begin: &f64| {
                let after = (from..series.len()).find(|index| time(*index) > Some(*begin));
                from = after.unwrap_or(series.len());
                from
            };
            times.iter().map(begin).collect()
        }
    };
    let starts = std::iter::once(0).chain(at.iter().copied());
    let ends = at.iter().copied().chain([series.len()]);
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

fn add_histograms(
    runs: &mut [Run],
    key: &Arc<str>,
    histograms: &Arc<HistogramSeries>,
    begins: &Begins,
) {
    let last = runs.len() - 1;
    for point in histograms.points() {
        let at = match (begins, point.wall_time_secs) {
            (Begins::AtTimes(times), Some(time)) => times.partition_point(|begin| *begin < time),
            _ => last,
        };
        let of_part = runs[at]
            .histograms
            .entry(Arc::clone(key))
            .or_insert_with(|| Arc::new(HistogramSeries::new(Arc::clone(key))));
        Arc::make_mut(of_part).points_mut().push(point.clone());
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    /// Steps and, if they are known, wall times.
    type Logged = [(i64, Option<f64>)];

    fn run(series: &[(&str, &Logged)]) -> Run {
        let mut run = Run::new("a", "a", "a".into());
        for (key, points) in series {
            let mut of_key = Series::new(*key);
            of_key.extend(points.iter().map(|(step, time)| Point {
                step: (*step).into(),
                wall_time_secs: *time,
                value: *step as f64,
            }));
            run.series.insert((*key).into(), Arc::new(of_key));
        }
        run
    }

    fn lens(runs: &[Run], key: &str) -> Vec<usize> {
        let len = |run: &Run| run.series.get(key).map_or(0, |series| series.len());
        runs.iter().map(len).collect()
    }

    #[test]
    fn a_training_from_the_first_step_is_a_run_of_its_own() {
        let steps: Vec<(i64, Option<f64>)> =
            [0, 10, 20, 30, 0, 10, 20].map(|step| (step, None)).into();
        let runs = separate(run(&[("loss", &steps)]));
        let ids: Vec<&str> = runs.iter().map(|run| &*run.id).collect();
        assert_eq!(ids, ["a#1", "a"]);
        let names: Vec<&str> = runs.iter().map(|run| &*run.name).collect();
        assert_eq!(names, ["a, start 1", "a, start 2"]);
        assert_eq!(lens(&runs, "loss"), [4, 3]);
        assert!(runs.iter().all(|run| run.series["loss"].superseded() == 0));
    }

    #[test]
    fn a_clock_that_was_set_back_divides_at_the_steps() {
        let steps = (0..50).chain(0..24);
        let loss: Vec<(i64, Option<f64>)> = steps.map(|step| (step, Some(step as f64))).collect();
        let runs = separate(run(&[("loss", &loss), ("accuracy", &loss)]));
        assert_eq!(lens(&runs, "loss"), [50, 24]);
        assert_eq!(lens(&runs, "accuracy"), [50, 24]);
    }

    #[test]
    fn columns_that_are_constant_in_each_training_are_its_settings() {
        let steps: Vec<(i64, Option<f64>)> = [1, 2, 3, 1, 2, 3].map(|step| (step, None)).into();
        let mut table = run(&[("loss", &steps)]);
        let mut add = |key: &str, values: [f64; 6]| {
            let mut series = Series::new(key);
            series.extend(steps.iter().zip(values).map(|((step, _), value)| Point {
                step: (*step).into(),
                wall_time_secs: None,
                value,
            }));
            table.series.insert(key.into(), Arc::new(series));
        };
        add("start_lr", [0.1, 0.1, 0.1, 0.01, 0.01, 0.01]);
        add("seed", [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        add("world_size", [8.0; 6]);
        add("time", [1.0, 1.1, 1.0, 2.0, 2.1, 2.0]);
        let runs = separate(table);
        let settings = |run: &Run| -> Vec<String> {
            let settings = run.config.iter();
            settings
                .map(|(key, value)| format!("{key} {value}"))
                .collect()
        };
        assert_eq!(settings(&runs[0]), ["seed 0", "start_lr 0.1"]);
        assert_eq!(settings(&runs[1]), ["seed 1", "start_lr 0.01"]);
    }

    #[test]
    fn a_training_that_logs_at_other_steps_is_none_of_the_one_before() {
        let logged = [11_828, 23_656, 35_484, 47_312, 13_836, 27_672, 41_508];
        let steps: Vec<(i64, Option<f64>)> = logged.map(|step| (step, None)).into();
        let runs = separate(run(&[("reward", &steps)]));
        assert_eq!(lens(&runs, "reward"), [4, 3]);
    }

    #[test]
    fn a_checkpoint_that_is_continued_is_no_training() {
        let steps: Vec<(i64, Option<f64>)> =
            [0, 10, 20, 30, 20, 30, 40].map(|step| (step, None)).into();
        let runs = separate(run(&[("loss", &steps)]));
        assert_eq!(lens(&runs, "loss"), [7]);
        assert_eq!(runs[0].series["loss"].superseded(), 2);
    }

    #[test]
    fn writers_that_take_turns_in_one_log_are_not_trainings_one_after_the_other() {
        let turns = |a: &dyn Fn(i64) -> Vec<i64>| -> Vec<(i64, Option<f64>)> {
            (0..60).flat_map(a).map(|step| (step, None)).collect()
        };
        let writers: [&dyn Fn(i64) -> Vec<i64>; 5] = [
            &|at| vec![at, 1000 + at],
            &|at| vec![at + 1, at],
            &|at| vec![at, at],
            &|at| vec![3 * at, 3 * at + 1, 3 * at + 2, 1000 + at],
            &|at| vec![at, 100 + at, 10_000 + at],
        ];
        for writer in writers {
            let all = turns(writer);
            // At any time while they write, once each has gone on.
            for len in (1..4).chain(13..=all.len()) {
                let runs = separate(run(&[("loss", &all[..len])]));
                assert_eq!(lens(&runs, "loss"), [len]);
            }
        }
    }

    #[test]
    fn a_start_that_was_given_up_stays_with_the_next_one() {
        let mut steps: Vec<(i64, Option<f64>)> = vec![(0, None)];
        steps.extend((0..100).map(|step| (step * 10, None)));
        let runs = separate(run(&[("loss", &steps)]));
        assert_eq!(lens(&runs, "loss"), [101]);
        // The last one can still grow.
        steps.push((0, None));
        assert_eq!(lens(&separate(run(&[("loss", &steps)])), "loss"), [101, 1]);
    }

    #[test]
    fn other_series_are_divided_at_the_same_times() {
        let loss: Vec<(i64, Option<f64>)> = [0, 1, 2, 3, 0, 1, 2]
            .iter()
            .enumerate()
            .map(|(at, step)| (*step, Some(at as f64)))
            .collect();
        let accuracy = [(3, Some(3.1)), (2, Some(6.1))];
        let runs = separate(run(&[("loss", &loss), ("accuracy", &accuracy)]));
        assert_eq!(lens(&runs, "loss"), [4, 3]);
        assert_eq!(lens(&runs, "accuracy"), [1, 1]);
        // Without times, it cannot be known whose they are.
        let untimed: Vec<(i64, Option<f64>)> = loss.iter().map(|(step, _)| (*step, None)).collect();
        let runs = separate(run(&[
            ("loss", &untimed),
            ("accuracy", &[(3, None), (2, None)]),
        ]));
        assert_eq!(lens(&runs, "accuracy"), [0, 2]);
    }
}
