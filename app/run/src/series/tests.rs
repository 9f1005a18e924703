//! Series as they grow, restart and are cut.

use super::*;

fn series(steps: &[i64]) -> Series {
    let mut series = Series::new("loss");
    for (index, &step) in steps.iter().enumerate() {
        series.push(Point {
            step: step.into(),
            wall_time_secs: None,
            value: index as f64,
        });
    }
    series
}

#[test]
fn a_restart_supersedes_the_steps_it_repeats() {
    let series = series(&[0, 1, 2, 3, 2, 3, 4]);
    assert_eq!(series.live_ranges(), vec![0..2, 4..7]);
    assert_eq!(series.superseded(), 2);
}

#[test]
fn a_second_restart_further_back_supersedes_both_earlier_attempts() {
    let series = series(&[0, 1, 2, 3, 2, 3, 1, 2]);
    assert_eq!(series.live_ranges(), vec![0..1, 6..8]);
    assert_eq!(series.superseded(), 5);
}

#[test]
fn points_of_several_writers_are_no_restart() {
    let mut series = Series::new("loss");
    let mut push = |step: i64, wall_time_secs: f64| {
        series.push(Point {
            step: step.into(),
            wall_time_secs: Some(wall_time_secs),
            value: step as f64,
        });
    };
    for step in [0, 2, 4] {
        push(step, step as f64);
    }
    for step in [1, 3, 5] {
        push(step, step as f64);
    }
    // A restart, after both.
    push(4, 10.0);
    let ordered = series.in_step_order().unwrap();
    let steps: Vec<f64> = ordered.live().map(|(_, point)| point.value).collect();
    assert_eq!(steps, [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!((ordered.len(), ordered.superseded()), (7, 2));
    assert!(ordered.in_step_order().is_none());
}

#[test]
fn a_clock_that_is_behind_does_not_hide_a_restart() {
    let logged = |second_at: f64| {
        let mut series = Series::new("loss");
        for (steps, at) in [(0..50, 1000.0), (30..80, second_at)] {
            series.extend(steps.map(|step| Point {
                step: i64::from(step).into(),
                wall_time_secs: Some(at + f64::from(step)),
                value: at,
            }));
        }
        let in_order = series.in_step_order();
        in_order.unwrap_or(series).superseded()
    };
    assert_eq!(logged(2000.0), 20);
    assert_eq!(logged(100.0), 20);
    // Both at the same time: two writers.
    assert_eq!(logged(1000.5), 0);
}

#[test]
fn steps_that_go_back_too_often_are_those_of_environments_in_turn() {
    // Three environments, each of which reports when its episode ends.
    let steps: Vec<i64> = (0..40)
        .flat_map(|at| [at * 10 + 9, at * 10, at * 10 + 5])
        .collect();
    let logged = series(&steps);
    assert!(logged.superseded() > 0);
    let ordered = logged.of_turns().unwrap();
    assert_eq!((ordered.len(), ordered.superseded()), (120, 0));
    assert_eq!(ordered.turns(), 40);
    let steps: Vec<f64> = ordered.iter().map(|point| point.step.as_f64()).collect();
    assert!(steps.is_sorted());
    assert!(ordered.of_turns().is_none());
}

#[test]
fn many_short_trainings_after_each_other_do_not_log_in_turn() {
    let steps: Vec<i64> = (0..30).flat_map(|_| 1..=10).collect();
    assert!(series(&steps).of_turns().is_none());
}

#[test]
fn trainings_that_restart_now_and_then_do_not_log_in_turn() {
    // Preempted ten times, each time 20 steps after a checkpoint.
    let steps: Vec<i64> = (0..10).flat_map(|job| job * 100..job * 100 + 120).collect();
    let restarted = series(&steps);
    assert_eq!(
        (restarted.restarts().len(), restarted.superseded()),
        (9, 180)
    );
    assert!(restarted.of_turns().is_none());
    assert!(series(&[0, 1, 2, 1, 2, 3, 2, 3, 4]).of_turns().is_none());
}

#[test]
fn equal_steps_are_not_a_restart() {
    let series = series(&[5, 5, 5, 6]);
    assert_eq!(series.live_ranges(), vec![0..4]);
    assert_eq!(series.superseded(), 0);
}

#[test]
fn chunk_boundaries_are_invisible() {
    let steps: Vec<i64> = (0..10_000).collect();
    let mut series = series(&steps);
    assert_eq!(series.len(), 10_000);
    assert_eq!(series.iter().count(), 10_000);
    assert_eq!(series.get(4096).map(|point| point.value), Some(4096.0));
    assert_eq!(series.get(10_000), None);
    series.keep_last(1000);
    assert_eq!(series.len() + series.dropped(), 10_000);
    assert_eq!(series.last().map(|point| point.value), Some(9999.0));
    assert!(series.len() >= 1000);
}

#[test]
fn whole_columns_are_appended_as_their_points_are() {
    for steps in [[0, 1, 2, 3], [7, 7, 9, 9], [5, 2, 8, 1]] {
        let (mut by_point, mut by_column) = (series(&[4]), series(&[4]));
        for round in 0..1000 {
            let mut positions = Positions::default();
            let values = [1.5, f64::NAN, f64::from(round), -2.0];
            for (step, value) in steps.into_iter().zip(values) {
                let wall_time_secs = (round > 700).then_some(value);
                let step = Step::Int(step + i64::from(round) * 4);
                positions.push(step, wall_time_secs);
                by_point.push(Point {
                    step,
                    wall_time_secs,
                    value,
                });
            }
            by_column.extend_rows(&positions, &values);
        }
        assert_eq!(format!("{by_point:?}"), format!("{by_column:?}"));
    }
}

#[test]
fn steps_beyond_the_precision_of_floats_stay_distinct() {
    let big = (1_i64 << 60) + 1;
    let series = series(&[big - 1, big, big + 1]);
    assert_eq!(series.superseded(), 0);
    assert_eq!(series.get(1).map(|point| point.step), Some(Step::Int(big)));
}

/// Compares every part of a series with a search through its points.
#[test]
fn the_extremes_of_every_part_are_those_of_its_points() {
    let mut state = 7_u64;
    let mut series = Series::new("loss");
    for step in 0..5000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let value = match state >> 60 {
            0 => f64::NAN,
            1 => f64::INFINITY,
            // Few distinct values, so that the first of equal ones is asked for.
            _ => (state >> 50) as f64 % 200.0,
        };
        series.push(Point {
            step: step.into(),
            wall_time_secs: None,
            value,
        });
    }
    let values: Vec<f64> = series.iter().map(|point| point.value).collect();
    for (start, end) in [
        (0, 5000),
        (1, 4999),
        (1024, 2048),
        (1023, 2049),
        (1500, 1501),
        (4096, 5000),
        (4990, 9000),
        (3000, 3000),
    ] {
        let finite = || (start..end.min(5000)).filter(|&at| values[at].is_finite());
        let by_value = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
        let low = finite().min_by(by_value);
        let high = finite().rev().max_by(by_value);
        let found = series.extremes(start..end);
        assert_eq!(found.map(|found| found.low_index), low, "{start}..{end}");
        assert_eq!(found.map(|found| found.high_index), high, "{start}..{end}");
        assert_eq!(found.map(|found| found.low), low.map(|at| values[at]));
        assert_eq!(found.map(|found| found.high), high.map(|at| values[at]));
    }
}
