//! Whether two logs of a run hold one series, or two quantities of the same name: the mean of each epoch and the value of
//! each step, or the losses of two processes.

use trainscape_run::{Point, Series};

use crate::limits;

/// Points of the shorter series that are looked for in the longer one, if both count differently.
const SAMPLED: usize = 16;
/// Values that loggers wrote with several digits less are equal.
const RELATIVE_ERROR: f64 = 1e-3;
/// So many of the compared values have to be equal: loggers leave out points of each other.
const FOUND: f64 = 0.75;
/// Values with more decimals are not rounded.
const MOST_DECIMALS: i32 = 8;
/// Two logs with so many equal points one after the other are logs of one training.
const FEWEST_COMMON: usize = 3;
/// Values of series that are longer are not looked for anywhere in them.
const LONGEST: usize = limits::COMPARED_SERIES.items;
/// A value is rare if so many points of the other series have it, ...
const FEW: f64 = 2.0;
/// ... or this share of them.
const MOST_BY_CHANCE: f64 = 0.002;
/// What a share, a percentage, a second and a millisecond of one value differ by.
const UNITS: [f64; 4] = [100.0, 0.01, 1000.0, 0.001];

/// Whether two series hold the same values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// At the steps that they have in common.
    AtSteps,
    /// There, but in another unit.
    AtStepsInOtherUnit,
    /// At other steps: their logs count differently.
    InOtherSteps,
    Different,
}

/// Whether the values of the shorter series are those of the longer one, perhaps rounded or in another unit.
pub(crate) fn likeness(a: &Series, b: &Series) -> Likeness {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let error = rounding_of(short).max(rounding_of(long));
    let are_equal = |a: f64, b: f64| {
        (a - b).abs() <= error.max(RELATIVE_ERROR * b.abs()) || !a.is_finite() && !b.is_finite()
    };
    let are_mostly_equal = |pairs: &[(f64, f64)]| {
        let equal = pairs.iter().filter(|(a, b)| are_equal(*a, *b)).count();
        equal as f64 >= FOUND * pairs.len() as f64
    };
    let are_in_order = short.restarts().is_empty() && long.restarts().is_empty();
    let common = at_common_steps(short, long);
    let count_alike = are_in_order && common.len() * 2 >= short.len();
    if count_alike && are_mostly_equal(&common) {
        return Likeness::AtSteps;
    }
    if count_alike && have_other_unit(&common) {
        return Likeness::AtStepsInOtherUnit;
    }
    // One may count the calls of a logger, the other one the steps.
    let in_turn = short.iter().zip(long.iter());
    let in_turn: Vec<(f64, f64)> = in_turn.map(|(a, b)| (a.value, b.value)).collect();
    let are_as_many = short.len() == long.len() && short.len() >= FEWEST_COMMON;
    if are_as_many && (are_mostly_equal(&in_turn) || have_other_unit(&in_turn)) {
        return Likeness::InOtherSteps;
    }
    if long.len() > LONGEST || common.len() == short.len() && short.len() < FEWEST_COMMON {
        return Likeness::Different;
    }
    let spacing = short.len().div_ceil(SAMPLED).max(1);
    let sampled = short.iter().step_by(spacing).map(|point| point.value);
    let counts: Vec<usize> = sampled
        .filter(|value| value.is_finite())
        .map(|value| {
            let equal = long.iter().filter(|point| are_equal(point.value, value));
            equal.count()
        })
        .collect();
    let found = counts.iter().filter(|count| **count > 0).count();
    // Values that recur all the time are found by chance, and differ at the steps of both.
    let mean = counts.iter().sum::<usize>() as f64 / counts.len().max(1) as f64;
    let are_rare = !count_alike || mean <= f64::max(FEW, MOST_BY_CHANCE * long.len() as f64);
    match are_rare && found as f64 >= FOUND * counts.len() as f64 {
        true => Likeness::InOtherSteps,
        false => Likeness::Different,
    }
}

/// The values of both series at each step that they have in common, of series in the order of their steps.
fn at_common_steps(a: &Series, b: &Series) -> Vec<(f64, f64)> {
    let mut others = b.iter().peekable();
    let mut common = Vec::new();
    for point in a.iter() {
        while others
            .next_if(|other| other.step.is_before(point.step))
            .is_some()
        {}
        if let Some(other) = others.next_if(|other| !point.step.is_before(other.step)) {
            common.push((point.value, other.value));
        }
    }
    common
}

/// True if each value is the same multiple of the other one, and both vary: percent and shares, seconds and milliseconds.
fn have_other_unit(pairs: &[(f64, f64)]) -> bool {
    let varies = pairs.first().is_some_and(|first| {
        let mut others = pairs.iter();
        others.any(|pair| pair.0 != first.0)
    });
    varies
        && UNITS.iter().any(|unit| {
            let mut pairs = pairs.iter();
            pairs.all(|(a, b)| (a - b * unit).abs() <= 2.0 * RELATIVE_ERROR * a.abs().max(1e-12))
        })
}

/// True if `tail` goes on where `series` ends, and repeats its values before: `series` is a copy from an earlier time.
pub(crate) fn has_later_points(series: &Series, tail: &Series) -> bool {
    let (Some(last), Some(first)) = (series.last(), tail.first()) else {
        return false;
    };
    let is_plain = |series: &Series| series.restarts().is_empty() && series.dropped() == 0;
    let goes_on = tail
        .last()
        .is_some_and(|of_tail| last.step.is_before(of_tail.step));
    if !goes_on || !is_plain(series) || !is_plain(tail) || last.step.is_before(first.step) {
        return false;
    }
    let error = rounding_of(series).max(rounding_of(tail));
    // Both are in the order of their steps.
    let mut known = series
        .iter()
        .skip_while(|point| point.step.is_before(first.step))
        .peekable();
    let mut common = 0;
    for point in tail.iter() {
        if last.step.is_before(point.step) {
            break;
        }
        while known
            .next_if(|known| known.step.is_before(point.step))
            .is_some()
        {}
        let is_equal = known.next().is_some_and(|known| {
            known.step.as_f64() == point.step.as_f64()
                && (known.value - point.value).abs()
                    <= error.max(RELATIVE_ERROR * point.value.abs())
        });
        if !is_equal {
            return false;
        }
        common += 1;
    }
    common >= FEWEST_COMMON
}

/// Half of the last decimal that the values have, if they were rounded; otherwise zero.
fn rounding(points: &[Point]) -> f64 {
    let has_decimals = |decimals: i32| {
        let scale = 10_f64.powi(decimals);
        points.iter().all(|point| {
            let scaled = point.value * scale;
            // As exact as single precision is.
            let allowed = (1e-7 * scaled.abs()).max(1e-6);
            allowed < 0.05 && (scaled - scaled.round()).abs() <= allowed
        })
    };
    // Whole numbers count something.
    let decimals = (0..=MOST_DECIMALS).find(|decimals| has_decimals(*decimals));
    match decimals {
        Some(decimals) if decimals > 0 => 0.5001 * 10_f64.powi(-decimals),
        _ => 0.0,
    }
}

fn rounding_of(series: &Series) -> f64 {
    let spacing = series.len().div_ceil(SAMPLED).max(1);
    let finite = series.iter().step_by(spacing);
    let sampled: Vec<Point> = finite.filter(|point| point.value.is_finite()).collect();
    rounding(&sampled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_same(a: &Series, b: &Series) -> bool {
        likeness(a, b) != Likeness::Different
    }

    fn series(values: impl Iterator<Item = f64>) -> Series {
        from(0, values)
    }

    fn from(first: i64, values: impl Iterator<Item = f64>) -> Series {
        let mut series = Series::new("loss");
        series.extend(values.enumerate().map(|(step, value)| Point {
            step: (first + step as i64).into(),
            wall_time_secs: None,
            value,
        }));
        series
    }

    #[test]
    fn a_thinned_series_is_the_same_and_means_are_another_one() {
        let long = series((0..100).map(|step| 1.0 / f64::from(step + 1)));
        let thinned = series((0..100).step_by(10).map(|step| 1.0 / f64::from(step + 1)));
        let means = series((0..10).map(|epoch| 5.5 + f64::from(epoch)));
        assert!(are_same(&long, &thinned));
        assert!(!are_same(&long, &means));
        assert!(!are_same(&means, &long));
        assert!(are_same(&means, &means));
    }

    #[test]
    fn rounded_values_and_other_units_are_the_same_and_other_workers_are_not() {
        let exact = |step: i32| 2.0 / f64::from(step + 1).sqrt() + 0.123_456_7;
        let long = series((0..40).map(exact));
        let rounded = series((0..40).map(|step| (exact(step) * 100.0).round() / 100.0));
        assert!(are_same(&long, &rounded));
        assert!(are_same(
            &long,
            &series((0..40).map(|step| exact(step) * 100.0))
        ));
        let constant = |value: f64| series((0..40).map(move |_| value));
        assert!(!are_same(&constant(0.1), &constant(0.001)));
        assert!(!are_same(
            &series(std::iter::once(71.2)),
            &series(std::iter::once(64.9))
        ));
        // The same values at other steps.
        let noise = |seed: u32| {
            let value = move |step: u32| f64::from((step * 7 + seed) % 40) / 100.0;
            series((0..1000).map(value))
        };
        assert!(!are_same(&noise(1), &noise(2)));
        let worker = series((0..40).map(|step| exact(step) + 0.01 + 0.002 * f64::from(step % 3)));
        assert!(!are_same(&long, &worker));
    }

    #[test]
    fn an_older_copy_is_continued_by_the_later_points_only_where_both_agree() {
        let value = |step: i64| 3.0 / (step + 1) as f64;
        let old = from(0, (0..60).map(value));
        let new = from(40, (40..100).map(value));
        assert!(has_later_points(&old, &new));
        assert!(!has_later_points(&new, &old));
        let other = from(40, (40..100).map(|step| value(step) + 1.0));
        assert!(!has_later_points(&old, &other));
    }
}
