//! An axis: which values it shows, how they map to the unit box, and its ticks.

use crate::ticks::{self, Tick};

/// How values map to positions on an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Linear.
    Linear,
    /// Linear; ticks are only at whole numbers.
    Whole,
    /// Logarithmic; values must be positive.
    Log10,
    /// Logarithmic from the value that it holds on, and linear between zero and it, over as much of the axis as half a
    /// decade (matplotlib's `symlog` with `linscale=0.5`, for values that are not negative).
    LogFromZero(f64),
    /// Linear; ticks are dates and times (values are seconds since the Unix epoch).
    Date,
    /// Linear over integers; ticks are the names.
    Category(Vec<String>),
}

impl Scale {
    /// Whether equal ratios of most values have equal distances.
    #[must_use]
    pub fn is_logarithmic(&self) -> bool {
        matches!(self, Self::Log10 | Self::LogFromZero(_))
    }
}

/// How much of a [`Scale::LogFromZero`] is linear, in decades.
const LINEAR_DECADES: f64 = 0.5;

/// The place of a value on a [`Scale::LogFromZero`], in decades from zero; `None` of a negative value.
fn decades_from_zero(value: f64, linear_to: f64) -> Option<f64> {
    match value {
        _ if value >= linear_to => Some(LINEAR_DECADES + (value / linear_to).log10()),
        _ if value >= 0.0 => Some(LINEAR_DECADES * value / linear_to),
        _ => None,
    }
}

/// The value at a place on a [`Scale::LogFromZero`].
fn value_from_decades(decades: f64, linear_to: f64) -> f64 {
    match decades > LINEAR_DECADES {
        true => (linear_to * 10_f64.powf(decades - LINEAR_DECADES)).min(f64::MAX),
        false => linear_to * decades / LINEAR_DECADES,
    }
}

/// The smallest number above zero.
const SMALLEST: f64 = f64::from_bits(1);

/// A power of ten that is no zero and no infinity: the smallest or the largest number where it would be one.
#[must_use]
pub fn power_of_ten(exponent: f64) -> f64 {
    10_f64.powf(exponent).clamp(SMALLEST, f64::MAX)
}

/// How many more ticks than wanted are tried until two have a label.
const MORE_TICKS: usize = 8;

/// One of a figure's three axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The quantity, with its unit in parentheses if it has one.
    pub title: String,
    /// How values map to positions.
    pub scale: Scale,
    /// Smallest value shown, in data units.
    pub low: f64,
    /// Largest value shown, in data units; above `low`.
    pub high: f64,
}

impl Axis {
    /// An axis that shows all of `values` (the finite ones; under [`Scale::Log10`] the positive ones).
    ///
    /// If all values are equal, the range extends to both sides of them, which avoids a division by zero.
    #[must_use]
    pub fn spanning(
        title: impl Into<String>,
        scale: Scale,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            let is_shown = match scale {
                Scale::Log10 => value > 0.0,
                Scale::LogFromZero(_) => value >= 0.0,
                _ => true,
            };
            if value.is_finite() && is_shown {
                low = low.min(value);
                high = high.max(value);
            }
        }
        if low > high {
            (low, high) = if scale == Scale::Log10 {
                (1.0, 10.0)
            } else {
                (0.0, 1.0)
            };
        }
        let degenerate = match scale {
            Scale::Log10 => high.log10() - low.log10() < 1e-12,
            _ => high - low <= (low.abs().max(high.abs())) * 1e-12,
        };
        if degenerate {
            (low, high) = match scale {
                Scale::Log10 => ((low / 2.0).max(SMALLEST), (high * 2.0).min(f64::MAX)),
                _ => {
                    let half = match low == 0.0 {
                        true => 0.5,
                        false => (low.abs() * 0.05).max(SMALLEST),
                    };
                    ((low - half).max(f64::MIN), (high + half).min(f64::MAX))
                }
            };
        }
        Self {
            title: title.into(),
            scale,
            low,
            high,
        }
    }

    /// Whether values between the ends have positions: the span of the ends is a number, too. From -1.7e308 to 1.7e308 it is
    /// not.
    #[must_use]
    pub fn has_positions(&self) -> bool {
        let span = match self.scale {
            Scale::Log10 => self.high.log10() - self.low.log10(),
            Scale::LogFromZero(linear_to) => {
                let place = |value| decades_from_zero(value, linear_to).unwrap_or(f64::NAN);
                place(self.high) - place(self.low)
            }
            _ => self.high - self.low,
        };
        span.is_finite() && span > 0.0
    }

    /// The value's position on the axis: 0 at `low`, 1 at `high`, outside of 0 to 1 for values out of range. `None` for
    /// values the axis cannot show (NaN, infinities, non-positive ones under [`Scale::Log10`], negative ones under
    /// [`Scale::LogFromZero`]).
    #[must_use]
    pub fn unit_from_value(&self, value: f64) -> Option<f64> {
        let unit = match self.scale {
            Scale::Log10 => {
                if value <= 0.0 {
                    return None;
                }
                let (low, high) = (self.low.log10(), self.high.log10());
                (value.log10() - low) / (high - low)
            }
            Scale::LogFromZero(linear_to) => {
                let place = |value| decades_from_zero(value, linear_to);
                let (low, high) = (place(self.low)?, place(self.high)?);
                (place(value)? - low) / (high - low)
            }
            _ => (value - self.low) / (self.high - self.low),
        };
        unit.is_finite().then_some(unit)
    }

    /// The value at a position on the axis (0 to 1).
    #[must_use]
    pub fn value_from_unit(&self, unit: f64) -> f64 {
        match self.scale {
            Scale::Log10 => {
                let (low, high) = (self.low.log10(), self.high.log10());
                power_of_ten(low + unit * (high - low))
            }
            Scale::LogFromZero(linear_to) => {
                let place = |value| decades_from_zero(value, linear_to).unwrap_or(0.0);
                let (low, high) = (place(self.low), place(self.high));
                value_from_decades(low + unit * (high - low), linear_to)
            }
            _ => self.low + unit * (self.high - self.low),
        }
    }

    /// At most about `count` ticks at round values, in ascending order.
    #[must_use]
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        match &self.scale {
            Scale::Linear => ticks::linear(self.low, self.high, count),
            Scale::Whole => ticks::whole(self.low, self.high, count),
            Scale::Log10 => ticks::log10(self.low, self.high, count),
            Scale::LogFromZero(linear_to) => {
                ticks::log_from_zero(self.low, *linear_to, self.high, count)
            }
            Scale::Date => ticks::date(self.low, self.high, count),
            Scale::Category(names) => ticks::category(self.low, self.high, names, count),
        }
    }

    /// The ticks, with at least two labels wherever the axis has two round values: the first and the last of finer ticks
    /// if `count` gives fewer.
    #[must_use]
    pub fn labelled_ticks(&self, count: usize) -> Vec<Tick> {
        let labels = |ticks: &[Tick]| ticks.iter().filter(|tick| !tick.is_minor()).count();
        let ticks = self.ticks(count);
        if labels(&ticks) >= 2 {
            return ticks;
        }
        for finer in count + 1..=count + MORE_TICKS {
            let mut finer = self.ticks(finer);
            if labels(&finer) < 2 {
                continue;
            }
            let first = finer.iter().position(|tick| !tick.is_minor());
            let last = finer.iter().rposition(|tick| !tick.is_minor());
            for (index, tick) in finer.iter_mut().enumerate() {
                if Some(index) != first && Some(index) != last {
                    tick.make_minor();
                }
            }
            return finer;
        }
        ticks
    }

    /// The axis with its ends moved outward to round values.
    #[must_use]
    pub fn rounded_outward(mut self) -> Self {
        match self.scale {
            Scale::Linear | Scale::Whole => {
                let rough = (self.high - self.low) / 10.0;
                // No round value is between the smallest numbers, and none is beyond the largest.
                if !rough.is_normal() {
                    return self;
                }
                let step = ticks::nice_step(rough);
                // The tolerance keeps an end that is already round.
                self.low = (((self.low / step + 1e-9).floor()) * step).max(f64::MIN);
                self.high = (((self.high / step - 1e-9).ceil()) * step).min(f64::MAX);
            }
            Scale::Log10 => {
                if self.high / self.low > 30.0 {
                    let snap = |exponent: f64, up: bool| {
                        let fraction = exponent - exponent.floor();
                        let near = if up { fraction > 0.75 } else { fraction < 0.25 };
                        match (near, up) {
                            (true, true) => exponent.ceil(),
                            (true, false) => exponent.floor(),
                            (false, true) => exponent + 0.05,
                            (false, false) => exponent - 0.05,
                        }
                    };
                    self.low = power_of_ten(snap(self.low.log10(), false));
                    self.high = power_of_ten(snap(self.high.log10(), true));
                }
            }
            Scale::LogFromZero(_) | Scale::Date | Scale::Category(_) => {}
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_give_a_valid_axis() {
        for value in [0.0, 3.0, -2e15, 1e-300] {
            let axis = Axis::spanning("x", Scale::Linear, [value, value]);
            assert!(axis.low < axis.high, "{value}: {axis:?}");
            let unit = axis.unit_from_value(value).unwrap();
            assert!((unit - 0.5).abs() < 1e-6, "{value} is at {unit}");
        }
    }

    #[test]
    fn a_log_axis_ignores_values_without_a_logarithm() {
        let axis = Axis::spanning("lr", Scale::Log10, [0.0, -1.0, f64::NAN, 1e-4, 1e-1]);
        assert_eq!((axis.low, axis.high), (1e-4, 1e-1));
        assert_eq!(axis.unit_from_value(0.0), None);
        assert!((axis.unit_from_value(1e-3).unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_log_axis_from_zero_shows_zero() {
        let axis = Axis::spanning("step", Scale::LogFromZero(10.0), [0.0, -1.0, 10.0, 1000.0]);
        assert_eq!((axis.low, axis.high), (0.0, 1000.0));
        // Half a decade to 10, two decades from there.
        for (value, wanted) in [
            (0.0, 0.0),
            (5.0, 0.1),
            (10.0, 0.2),
            (100.0, 0.6),
            (1e3, 1.0),
        ] {
            let unit = axis.unit_from_value(value).unwrap();
            assert!((unit - wanted).abs() < 1e-12, "{value} is at {unit}");
            assert!((axis.value_from_unit(unit) - value).abs() < 1e-9 * (1.0 + value));
        }
        assert_eq!(axis.unit_from_value(-1.0), None);
        let labels: Vec<String> = axis.ticks(6).into_iter().map(|tick| tick.label).collect();
        let labels: Vec<String> = labels.into_iter().filter(|l| !l.is_empty()).collect();
        assert_eq!(labels[0], "0");
        assert!(labels.contains(&"100".to_owned()), "{labels:?}");
    }

    #[test]
    fn a_step_of_ten_to_the_fifteen_keeps_its_precision() {
        let low = 1e15;
        let axis = Axis::spanning("step", Scale::Linear, [low, low + 100.0]);
        assert!((axis.unit_from_value(low + 50.0).unwrap() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn the_smallest_and_the_largest_numbers_have_positions() {
        for values in [
            [5e-324, 1e-310],
            [5e-324, 5e-324],
            [1e-310, 1e308],
            [f64::MAX, f64::MAX],
            [1.0, f64::MAX],
        ] {
            for scale in [Scale::Linear, Scale::Log10] {
                let axis = Axis::spanning("x", scale, values).rounded_outward();
                assert!(axis.has_positions(), "{axis:?}");
                for value in values {
                    let unit = axis.unit_from_value(value);
                    assert!(
                        unit.is_some_and(|unit| (-1e-9..=1.0 + 1e-9).contains(&unit)),
                        "{value} in {axis:?}"
                    );
                }
            }
        }
        let too_wide = Axis::spanning("x", Scale::Linear, [-1.7e308, 1.7e308]);
        assert!(!too_wide.rounded_outward().has_positions());
    }

    #[test]
    fn an_axis_without_values_is_valid() {
        let axis = Axis::spanning("x", Scale::Log10, []);
        assert!(axis.low > 0.0 && axis.low < axis.high);
    }
}
