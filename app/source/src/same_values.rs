//! Whether two logs of a run hold one series, or two quantities of the same name: the mean of each epoch and the value of
//! each step, or the losses of two processes.

use trainscape_run::{Point, Series};

use crate::limits;

/// Points of the shorter series that are looked for in the longer one.
const SAMPLED: usize = 16;
/// Values that loggers wrote with several digits less are equal.
const RELATIVE_ERROR: f64 = 1e-3;
/// So many of the sampled values have to be found: loggers leave out points of each other.
const FOUND: f64 = 0.75;
/// Values with more decimals are not rounded.
const MOST_DECIMALS: i32 = 8;
/// Two logs with so many equal points one after the other are logs of one training.
const FEWEST_COMMON: usize = 3;
/// Longer series are not compared.
const LONGEST: usize = limits::COMPARED_SERIES.items;

/// True if the values of the shorter series are those of the longer one, perhaps rounded or in another unit.
pub(crate) fn are_same(a: &Series, b: &Series) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() > LONGEST {
        return true;
    }
    let spacing = short.len().div_ceil(SAMPLED).max(1);
    let sampled: Vec<Point> = short
        .iter()
        .step_by(spacing)
        .filter(|point| point.value.is_finite())
        .collect();
    let error = rounding(&sampled).max(rounding_of(long));
    let is_in = |value: f64| {
        let allowed = error.max(RELATIVE_ERROR * value.abs());
        long.iter()
            .any(|point| (point.value - value).abs() <= allowed)
    };
    let found = sampled.iter().filter(|point| is_in(point.value)).count();
    found as f64 >= FOUND * sampled.len() as f64
        || short.len() == long.len() && have_constant_ratio(short, long)
}

/// True if `tail` goes on where `series` ends, and repeats its values before: `series` is a copy from an earlier time.
pub(crate) fn has_later_points(series: &Series, tail: &Series) -> bool {
    let (Some(last), Some(first)) = (series.last(), tail.first()) else {
        return false;
    };
    let is_plain = |series: &Series| {
        series.restarts().is_empty() && series.dropped() == 0 && series.len() <= LONGEST
    };
    let goes_on = tail
        .last()
        .is_some_and(|of_tail| last.step.is_before(of_tail.step));
    if !goes_on || !is_plain(series) || !is_plain(tail) || last.step.is_before(first.step) {
        return false;
    }
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
                && (known.value - point.value).abs() <= RELATIVE_ERROR * point.value.abs()
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

/// True if each value is the same multiple of the other one: percent and shares, seconds and milliseconds.
fn have_constant_ratio(a: &Series, b: &Series) -> bool {
    let mut pairs = a.iter().zip(b.iter()).filter_map(|(a, b)| {
        let ratio = a.value / b.value;
        ratio.is_finite().then_some(ratio)
    });
    pairs.next().is_some_and(|first| {
        pairs.all(|ratio| (ratio - first).abs() <= RELATIVE_ERROR * first.abs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
