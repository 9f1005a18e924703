//! Whether two logs of a run hold one series, or two quantities of the same name: the mean of each epoch and the value of
//! each step.

use trainscape_run::Series;

use crate::limits;

/// Points of the shorter series that are looked for in the longer one.
const SAMPLED: usize = 16;
/// Fewer points do not show that the series differ.
const FEWEST: usize = 3;
/// Values that loggers wrote with several digits less are equal.
const RELATIVE_ERROR: f64 = 1e-3;
/// Longer series are not compared.
const LONGEST: usize = limits::COMPARED_SERIES.items;

/// True if hardly any value of the shorter series is in the longer one.
pub(crate) fn are_different(a: &Series, b: &Series) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    // Two logs of one length are taken for one: they may differ in what they round, or in the unit.
    if short.len() < FEWEST || short.len() == long.len() || long.len() > LONGEST {
        return false;
    }
    let spacing = short.len().div_ceil(SAMPLED);
    let sampled: Vec<f64> = short
        .iter()
        .step_by(spacing)
        .map(|point| point.value)
        .collect();
    let is_in = |value: f64| {
        let mut long = long.iter();
        long.any(|point| (point.value - value).abs() <= RELATIVE_ERROR * value.abs())
    };
    let finite = sampled.iter().filter(|value| value.is_finite());
    let found = finite.clone().filter(|value| is_in(**value)).count();
    finite.count() >= FEWEST && found * 4 < sampled.len()
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    fn series(values: impl Iterator<Item = f64>) -> Series {
        let mut series = Series::new("loss");
        series.extend(values.enumerate().map(|(step, value)| Point {
            step: (step as i64).into(),
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
        assert!(!are_different(&long, &thinned));
        assert!(are_different(&long, &means));
        assert!(are_different(&means, &long));
        assert!(!are_different(&means, &means));
    }
}
