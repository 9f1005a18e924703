//! The values of a landscape: missing values, outliers, scale and curvature.

use trainscape_scene::{
    axis::{Axis, Scale},
    ticks,
};

use crate::{ViewSettings, axes::in_range};

/// A magnitude beyond this is an overflow, not a loss.
const OVERFLOW: f64 = 1e300;

/// Values higher than the upper quartile by this many interquartile ranges (as displayed) are
/// drawn at the top of the axis.
const HIGH_FENCE: f64 = 3.0;

/// As [`HIGH_FENCE`], downwards: larger, because deep minima matter.
const LOW_FENCE: f64 = 12.0;

/// A logarithmic height over more decades than this is that of an explosion, beside which the basin is a plane.
const EXPLOSION_DECADES: f64 = 8.0;

/// Then the height ends this many decades above the lowest value.
const BASIN_DECADES: f64 = 3.0;

/// At least this share of the values is drawn where it is.
const LEAST_SHARE: f64 = 0.1;

/// A linear height explodes where it is more than this many times that of the lowest values, and ends at this many times.
const EXPLOSION_FACTOR: f64 = 1e4;
const BASIN_FACTOR: f64 = 100.0;

/// Below this ratio of the largest to the smallest value a logarithmic scale shows nothing more.
const LOG_SPREAD: f64 = 1.5;

/// Values, NaN where they are missing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cleaned {
    pub(super) values: Vec<f64>,
    pub(super) not_finite: usize,
    pub(super) overflowed: usize,
    /// Values of -1 among non-negative ones: not computed yet.
    pub(super) not_computed: usize,
}

impl Cleaned {
    pub(super) fn new(mut values: Vec<f64>) -> Self {
        let is_number = |value: f64| value.is_finite() && value.abs() < OVERFLOW;
        let marks_holes = values
            .iter()
            .all(|&value| !is_number(value) || value >= 0.0 || value == -1.0);
        let (mut not_finite, mut overflowed, mut not_computed) = (0, 0, 0);
        for value in &mut values {
            let counter = match *value {
                value if !value.is_finite() => &mut not_finite,
                value if !is_number(value) => &mut overflowed,
                -1.0 if marks_holes => &mut not_computed,
                _ => continue,
            };
            *counter += 1;
            *value = f64::NAN;
        }
        Self {
            values,
            not_finite,
            overflowed,
            not_computed,
        }
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = f64> {
        self.values.iter().copied().filter(|value| !value.is_nan())
    }

    /// A sentence on the cells that are holes; empty where there are none.
    pub(super) fn holes_text(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |count: usize, what: &str| {
            if count > 0 {
                let number = ticks::group_thousands(&count.to_string());
                parts.push(format!("{number} {what}"));
            }
        };
        part(self.not_computed, "not computed (-1)");
        part(self.not_finite, "not finite");
        part(self.overflowed, "beyond ±10³⁰⁰");
        if parts.is_empty() {
            return String::new();
        }
        format!("Holes are missing values: {}.", parts.join(", "))
    }
}

/// The height axis, and the values beyond its ends.
#[derive(Clone, Debug)]
pub(super) struct Heights {
    pub(super) axis: Axis,
    /// Smallest and largest value that is drawn where it is, in data units.
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) below: usize,
    pub(super) above: usize,
}

impl Heights {
    /// Without a choice in the settings, a loss whose values are all positive is drawn by its logarithm,
    /// unless they differ so little that it would look the same.
    pub(super) fn new(
        title: &str,
        cleaned: &[&Cleaned],
        settings: &ViewSettings,
        log_by_default: bool,
    ) -> Self {
        let mut shown: Vec<f64> = cleaned.iter().flat_map(|cleaned| cleaned.shown()).collect();
        shown.sort_by(f64::total_cmp);
        let spread = match (shown.first(), shown.last()) {
            (Some(low), Some(high)) => high / low,
            _ => 1.0,
        };
        let positive = shown.first().is_some_and(|&least| least > 0.0);
        let chosen = settings.log(2);
        let is_log = chosen.unwrap_or(log_by_default && positive && spread >= LOG_SPREAD);
        let scale = if is_log { Scale::Log10 } else { Scale::Linear };
        if is_log {
            shown.retain(|&value| value > 0.0);
        }
        let (mut low, mut high) = match (shown.first(), shown.last()) {
            (Some(&low), Some(&high)) => {
                let (low, high) = fences(&shown, is_log, low, high);
                (low, basin_end(&shown, is_log, low, high))
            }
            _ => (0.0, 1.0),
        };
        let axis = Axis::spanning(title, scale, [low, high]);
        let axis = in_range(settings, 2, axis);
        if settings.range(2).is_some() {
            (low, high) = (axis.low, axis.high);
        }
        Self {
            axis,
            low,
            high,
            below: shown.iter().filter(|&&value| value < low).count(),
            above: shown.iter().filter(|&&value| value > high).count(),
        }
    }

    /// Makes room below the surface, so that its shadow on the floor shows: `share` of the height.
    pub(super) fn with_room_below(mut self, share: f64) -> Self {
        self.axis.low = self.axis.value_from_unit(-share);
        self
    }

    /// The axis between two heights of the unit box, as a colour bar's.
    pub(super) fn between(&self, ends_unit: [f32; 2]) -> Axis {
        let [low, high] = ends_unit.map(|unit| self.axis.value_from_unit(f64::from(unit)));
        Axis {
            low,
            high,
            ..self.axis.clone()
        }
    }

    /// What a caption calls the scale.
    pub(super) fn scale_text(&self) -> &'static str {
        match self.axis.scale {
            Scale::Log10 => "logarithmic height",
            _ => "linear height",
        }
    }

    /// Height in the unit box; outliers are at the ends.
    pub(super) fn unit(&self, value: f64) -> Option<f32> {
        if value.is_nan() {
            return None;
        }
        let unit = self
            .axis
            .unit_from_value(value.clamp(self.low, self.high))?;
        // A value without a logarithm cannot be drawn.
        (self.axis.scale != Scale::Log10 || value > 0.0).then_some(unit as f32)
    }

    /// A sentence on values that are drawn at the ends of the axis; empty where there are none.
    pub(super) fn clipped_text(&self) -> String {
        let number = |count: usize| ticks::group_thousands(&count.to_string());
        let mut parts = Vec::new();
        if self.above > 0 {
            let at = ticks::format_value(self.high);
            parts.push(format!("{} above {at} at its top", number(self.above)));
        }
        if self.below > 0 {
            let at = ticks::format_value(self.low);
            parts.push(format!("{} below {at} at its bottom", number(self.below)));
        }
        if parts.is_empty() {
            return String::new();
        }
        format!(
            "The height is limited so that outliers do not flatten the surface: {}.",
            parts.join(", ")
        )
    }
}

/// Smallest and largest value within the fences.
fn fences(sorted: &[f64], log: bool, low: f64, high: f64) -> (f64, f64) {
    let displayed = |value: f64| if log { value.log10() } else { value };
    let quantile =
        |share: f64| displayed(sorted[((sorted.len() - 1) as f64 * share).round() as usize]);
    let (lower, upper) = (quantile(0.25), quantile(0.75));
    let between = upper - lower;
    if !(between.is_finite() && between > 0.0) {
        return (low, high);
    }
    let (from, to) = (lower - LOW_FENCE * between, upper + HIGH_FENCE * between);
    let within = |value: &&f64| (from..=to).contains(&displayed(**value));
    let first = sorted.iter().find(within).copied().unwrap_or(low);
    let last = sorted.iter().rev().find(within).copied().unwrap_or(high);
    (first, last)
}

/// The upper end of the height: `high`, or where losses explode away from a basin, an end that shows the basin.
fn basin_end(sorted: &[f64], log: bool, low: f64, high: f64) -> f64 {
    let share = sorted[((sorted.len() - 1) as f64 * LEAST_SHARE).round() as usize];
    let (is_explosion, end) = if log {
        (
            (high / low).log10() > EXPLOSION_DECADES,
            low * 10_f64.powf(BASIN_DECADES),
        )
    } else {
        (
            share > low && high - low > EXPLOSION_FACTOR * (share - low),
            low + BASIN_FACTOR * (share - low),
        )
    };
    // The end is a value, so that the surface reaches it.
    let end = end.max(share);
    let last = sorted.iter().rev().find(|value| **value <= end).copied();
    match last {
        Some(last) if is_explosion && last > low => last,
        _ => high,
    }
}

/// Second difference at the middle of three values with the distances between them; exact for a parabola.
pub(super) fn second_difference(
    [before, at, after]: [f64; 3],
    [step_before, step_after]: [f64; 2],
) -> f64 {
    let slope_before = (at - before) / step_before;
    let slope_after = (after - at) / step_after;
    2.0 * (slope_after - slope_before) / (step_before + step_after)
}

/// Coordinates along one axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GridCoordinates {
    /// Ascending.
    pub(super) values: Vec<f64>,
    /// The file has them in descending order.
    pub(super) reversed: bool,
    /// The values are indices, because coordinates are missing or not monotone.
    pub(super) are_indices: bool,
}

impl GridCoordinates {
    pub(super) fn new(values: Option<Vec<f64>>, len: usize) -> Self {
        let rising = |values: &[f64]| {
            values.iter().all(|value| value.is_finite())
                && values.windows(2).all(|pair| pair[0] < pair[1])
        };
        if let Some(mut values) = values.filter(|values| values.len() == len) {
            if rising(&values) {
                return Self {
                    values,
                    reversed: false,
                    are_indices: false,
                };
            }
            values.reverse();
            if rising(&values) {
                return Self {
                    values,
                    reversed: true,
                    are_indices: false,
                };
            }
        }
        Self {
            values: (0..len).map(|index| index as f64).collect(),
            reversed: false,
            are_indices: true,
        }
    }

    /// The node at 0, where there is one.
    pub(super) fn zero(&self) -> Option<usize> {
        if self.are_indices {
            return None;
        }
        let span = self.values.last()? - self.values.first()?;
        let step = span / (self.values.len() - 1).max(1) as f64;
        self.values
            .iter()
            .position(|value| value.abs() <= step * 1e-4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_one_is_a_hole_only_where_nothing_else_is_negative() {
        let cleaned = Cleaned::new(vec![
            -1.0,
            2.0,
            f64::NAN,
            0.5,
            -1.0,
            f64::INFINITY,
            f64::MIN,
        ]);
        assert_eq!(
            (cleaned.not_computed, cleaned.not_finite, cleaned.overflowed),
            (2, 2, 1)
        );
        let cleaned = Cleaned::new(vec![-1.0, 2.0, f64::MIN]);
        assert_eq!((cleaned.not_computed, cleaned.overflowed), (1, 1));
        let signed = Cleaned::new(vec![-1.0, -2.0, 3.0]);
        assert_eq!(signed.not_computed, 0);
        assert_eq!(signed.shown().count(), 3);
    }

    #[test]
    fn an_outlier_does_not_flatten_the_rest_and_a_deep_minimum_stays() {
        let mut values: Vec<f64> = (0..100).map(|i| 1.0 + f64::from(i) / 50.0).collect();
        values.push(1e35);
        values.push(0.05);
        let heights = Heights::new(
            "loss",
            &[&Cleaned::new(values)],
            &ViewSettings::default(),
            true,
        );
        assert_eq!(heights.axis.scale, Scale::Log10);
        assert_eq!((heights.above, heights.below), (1, 0));
        assert_eq!(heights.low, 0.05);
        assert!(heights.high < 3.0, "{}", heights.high);
        assert_eq!(heights.unit(1e35), heights.unit(heights.high));
        assert_eq!(heights.unit(f64::NAN), None);
    }

    #[test]
    fn an_explosion_is_capped_and_decades_of_a_basin_are_not() {
        let heights = |decades: f64| {
            let values = (0..1000).map(|i| 0.1 * 10_f64.powf(decades * f64::from(i) / 1000.0));
            let cleaned = Cleaned::new(values.collect());
            Heights::new("loss", &[&cleaned], &ViewSettings::default(), true)
        };
        let exploding = heights(50.0);
        // A tenth of the values is drawn where it is.
        assert!(
            exploding.high < 0.1 * 10_f64.powf(5.1),
            "{}",
            exploding.high
        );
        assert_eq!(exploding.above, 899);
        assert!(exploding.clipped_text().contains("899 above"));
        assert_eq!(heights(5.0).above, 0);
        let mut values: Vec<f64> = (0..100).map(|i| f64::from(i) / 100.0 - 0.5).collect();
        values.extend((0..200).map(|i| 1e30 * f64::from(i + 1)));
        let linear = Heights::new(
            "reward",
            &[&Cleaned::new(values)],
            &ViewSettings::default(),
            false,
        );
        assert_eq!(linear.high, 0.49);
    }

    #[test]
    fn an_open_end_of_the_range_follows_the_values() {
        let cleaned = Cleaned::new((1..=100).map(|i| f64::from(i) / 10.0).collect());
        let mut settings = ViewSettings::default();
        settings.set_ranges([None, None, Some([f64::NEG_INFINITY, 5.0])]);
        let heights = Heights::new("loss", &[&cleaned], &settings, false);
        assert_eq!((heights.axis.low, heights.axis.high), (0.1, 5.0));
        assert_eq!((heights.below, heights.above), (0, 50));
        assert!(heights.unit(2.0) < heights.unit(4.0));
    }

    #[test]
    fn curvature_is_exact_for_a_parabola_with_unequal_steps() {
        let f = |x: f64| 3.0 * x * x - 2.0 * x + 1.0;
        let curvature = second_difference([f(-0.1), f(0.0), f(0.4)], [0.1, 0.4]);
        assert!((curvature - 6.0).abs() < 1e-12, "{curvature}");
    }

    #[test]
    fn coordinates_that_are_not_monotone_become_indices() {
        let down = GridCoordinates::new(Some(vec![1.0, 0.0, -1.0]), 3);
        assert_eq!(
            (down.values.as_slice(), down.reversed),
            (&[-1.0, 0.0, 1.0][..], true)
        );
        assert_eq!(down.zero(), Some(1));
        let flat = GridCoordinates::new(Some(vec![0.0; 3]), 3);
        assert!(flat.are_indices);
        assert_eq!(
            (flat.values.as_slice(), flat.zero()),
            (&[0.0, 1.0, 2.0][..], None)
        );
        assert!(GridCoordinates::new(None, 4).are_indices);
    }
}
