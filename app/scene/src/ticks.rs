//! Ticks at round values: 1, 2, 5 times a power of ten, decades, round times.

/// One tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Position in data units.
    pub value: f64,
    /// Its label; empty for a minor tick.
    pub label: String,
    /// Superscript after the label (the exponent of a power of ten); may be empty.
    pub superscript: String,
}

impl Tick {
    fn plain(value: f64, label: String) -> Self {
        Self {
            value,
            label,
            superscript: String::new(),
        }
    }

    /// Removes the label.
    pub(crate) fn make_minor(&mut self) {
        self.label.clear();
        self.superscript.clear();
    }

    /// Whether the tick has no label.
    #[must_use]
    pub fn is_minor(&self) -> bool {
        self.label.is_empty() && self.superscript.is_empty()
    }
}

/// The smallest of 1, 2, 5 x 10^n that is at least `rough`.
#[must_use]
pub fn nice_step(rough: f64) -> f64 {
    if !(rough.is_finite() && rough > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(rough.log10().floor());
    let lead = rough / power;
    power
        * if lead <= 1.0 + 1e-9 {
            1.0
        } else if lead <= 2.0 + 1e-9 {
            2.0
        } else if lead <= 5.0 + 1e-9 {
            5.0
        } else {
            10.0
        }
}

/// Ticks of a linear axis.
#[must_use]
pub fn linear(low: f64, high: f64, count: usize) -> Vec<Tick> {
    every(nice_step((high - low) / count.max(1) as f64), low, high)
}

/// Ticks of a linear axis of whole numbers: what is counted has no halves.
#[must_use]
pub fn whole(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let step = nice_step((high - low) / count.max(1) as f64);
    every(step.max(1.0), low, high)
}

/// Ticks at the multiples of `step`.
fn every(step: f64, low: f64, high: f64) -> Vec<Tick> {
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    if !(last - first).is_finite() || last - first > 1000.0 {
        return Vec::new();
    }
    // All ticks of an axis have the same notation.
    let has_powers = !(1e-4..1e7).contains(&low.abs().max(high.abs()));
    (0..=(last - first) as usize)
        .map(|index| {
            let value = (first + index as f64) * step;
            if value == 0.0 {
                // Avoids the label "-0".
                Tick::plain(0.0, "0".to_owned())
            } else if has_powers {
                with_power(value, step)
            } else {
                Tick::plain(value, format_linear(value, step))
            }
        })
        .collect()
}

/// Ticks of a logarithmic axis: decades, with 2 and 5 if there are few decades.
#[must_use]
pub fn log10(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let (low_exponent, high_exponent) = (low.log10(), high.log10());
    let decades = high_exponent - low_exponent;
    if !decades.is_finite() || decades <= 0.0 {
        return Vec::new();
    }
    if decades < 0.7 {
        return linear(low, high, count);
    }
    let stride = (decades / count.max(1) as f64).ceil().max(1.0) as i32;
    let labelled_within: &[i32] = if decades <= 2.5 && count >= 4 {
        &[1, 2, 5]
    } else {
        &[1]
    };
    // All decades of an axis have the same format.
    let labelled = (low_exponent - 1e-9).ceil() as i32..=(high_exponent + 1e-9).floor() as i32;
    let plain = *labelled.start() >= -3 && *labelled.end() <= 4;
    let mut ticks = Vec::new();
    for exponent in (low_exponent - 1e-9).floor() as i32..=(high_exponent + 1e-9).floor() as i32 {
        for digit in 1..10 {
            let value = f64::from(digit) * 10_f64.powi(exponent);
            if value < low * (1.0 - 1e-9) || value > high * (1.0 + 1e-9) {
                continue;
            }
            let labelled = labelled_within.contains(&digit) && exponent.rem_euclid(stride) == 0;
            if labelled {
                ticks.push(format_log(value, digit, exponent, plain));
            } else if stride == 1 || digit == 1 {
                ticks.push(Tick::plain(value, String::new()));
            }
        }
    }
    ticks
}

/// Ticks of an axis that is linear between zero and `linear_to` and logarithmic from there on: zero and those of the
/// logarithmic part.
#[must_use]
pub fn log_from_zero(low: f64, linear_to: f64, high: f64, count: usize) -> Vec<Tick> {
    let mut ticks = log10(low.max(linear_to), high, count.saturating_sub(1));
    if low <= 0.0 {
        ticks.insert(0, Tick::plain(0.0, "0".to_owned()));
    }
    ticks
}

/// Ticks of a categorical axis: as many names as fit, evenly spaced.
#[must_use]
pub fn category(low: f64, high: f64, names: &[String], count: usize) -> Vec<Tick> {
    let stride = names.len().div_ceil(count.max(1)).max(1);
    // A tick for each of thousands of names would be a solid bar.
    let minor_stride = (stride / 8).max(1);
    names
        .iter()
        .enumerate()
        .map(|(index, name)| (index as f64, index, name))
        .filter(|(value, ..)| *value >= low - 1e-9 && *value <= high + 1e-9)
        .filter(|(_, index, _)| index % stride == 0 || index % minor_stride == 0)
        .map(|(value, index, name)| {
            Tick::plain(
                value,
                if index % stride == 0 {
                    name.clone()
                } else {
                    String::new()
                },
            )
        })
        .collect()
}

/// Ticks of a date axis (seconds since the Unix epoch, UTC).
#[must_use]
pub fn date(low: f64, high: f64, count: usize) -> Vec<Tick> {
    const STEPS_SECS: [f64; 16] = [
        1.0,
        5.0,
        15.0,
        30.0,
        60.0,
        300.0,
        900.0,
        1800.0,
        3600.0,
        7200.0,
        21600.0,
        43200.0,
        86400.0,
        172_800.0,
        604_800.0,
        2_592_000.0,
    ];
    let rough = (high - low) / count.max(1) as f64;
    if rough < 1.0 {
        return linear(low, high, count);
    }
    let step = STEPS_SECS
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or_else(|| nice_step(rough / 86400.0) * 86400.0);
    let first = (low / step).ceil();
    let last = (high / step).floor();
    if !(last - first).is_finite() || last - first > 1000.0 {
        return Vec::new();
    }
    (0..=(last - first).max(0.0) as usize)
        .map(|index| {
            let value = (first + index as f64) * step;
            Tick::plain(value, format_date(value, step))
        })
        .collect()
}

/// A number times a power of ten, with just enough digits to distinguish values `step` apart.
fn with_power(value: f64, step: f64) -> Tick {
    let exponent = (value.abs().log10() + 1e-9).floor();
    let digits = (exponent - (step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize;
    let mantissa = value / 10_f64.powf(exponent);
    Tick {
        value,
        label: with_minus(&format!("{mantissa:.digits$}×10")),
        superscript: with_minus(&format!("{exponent}")),
    }
}

/// A number with just enough digits to distinguish values `step` apart.
fn format_linear(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    with_minus(&group_thousands(&format!("{value:.decimals$}")))
}

fn format_log(value: f64, digit: i32, exponent: i32, plain: bool) -> Tick {
    if plain {
        let decimals = (-exponent).max(0) as usize;
        return Tick::plain(value, group_thousands(&format!("{value:.decimals$}")));
    }
    let label = if digit == 1 {
        "10".to_owned()
    } else {
        format!("{digit}×10")
    };
    Tick {
        value,
        label,
        superscript: with_minus(&exponent.to_string()),
    }
}

fn format_date(unix_secs: f64, step_secs: f64) -> String {
    let Ok(moment) = time::OffsetDateTime::from_unix_timestamp(unix_secs as i64) else {
        return format!("{unix_secs:.0}");
    };
    let (hour, minute, second) = moment.to_hms();
    if step_secs >= 86400.0 {
        format!(
            "{}-{:02}-{:02}",
            moment.year(),
            u8::from(moment.month()),
            moment.day()
        )
    } else if (hour, minute, second) == (0, 0, 0) {
        format!("{:02}-{:02} 00:00", u8::from(moment.month()), moment.day())
    } else if step_secs >= 60.0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

/// `12000` becomes `12,000`; four-digit numbers are not grouped.
#[must_use]
pub fn group_thousands(number: &str) -> String {
    let (sign, rest) = number
        .strip_prefix('-')
        .map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = rest
        .split_once('.')
        .map_or((rest, None), |(w, f)| (w, Some(f)));
    if whole.len() <= 4 {
        return number.to_owned();
    }
    let mut grouped = String::with_capacity(number.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}

/// The number with the minus sign instead of the hyphen.
#[must_use]
pub fn with_minus(number: &str) -> String {
    number.replace('-', "−")
}

/// A logged value for captions and hover cards: up to six significant digits, no trailing zeros.
#[must_use]
pub fn format_value(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs();
    if (1e-4..1e7).contains(&magnitude) {
        let decimals = (5.0 - magnitude.log10().floor()).clamp(0.0, 9.0) as usize;
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        };
        return with_minus(&group_thousands(text));
    }
    let text = format!("{value:.3e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    with_minus(&format!("{mantissa}e{exponent}"))
}

/// A derived value (a mean, a share, a fit) for captions: four significant digits, no trailing zeros.
#[must_use]
pub fn format_derived(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format_value(value);
    }
    let scale = 10_f64.powf(3.0 - value.abs().log10().floor());
    let rounded = (value * scale).round() / scale;
    format_value(if rounded.is_finite() { rounded } else { value })
}

/// Numbers with the suffix that suits the largest of them: `5k`, `1.5M`; `None` if all are short without.
#[must_use]
pub fn compact_numbers(values: &[f64]) -> Option<Vec<String>> {
    const UNITS: [(f64, char); 4] = [(1e12, 'T'), (1e9, 'B'), (1e6, 'M'), (1e3, 'k')];
    const LARGEST_SHORT: f64 = 9999.0;
    let largest = values
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest <= LARGEST_SHORT {
        return None;
    }
    let (unit, suffix) = *UNITS.iter().find(|(unit, _)| largest >= *unit)?;
    let text = |value: &f64| match *value == 0.0 {
        true => "0".to_owned(),
        false => format!("{}{suffix}", format_value(value / unit)),
    };
    Some(values.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_no_halves() {
        let labels = |ticks: Vec<Tick>| ticks.into_iter().map(|tick| tick.label);
        let whole: Vec<String> = labels(whole(0.0, 2.0, 6)).collect();
        assert_eq!(whole, ["0", "1", "2"]);
        assert_eq!(labels(linear(0.0, 2.0, 4)).nth(1).as_deref(), Some("0.5"));
    }

    #[test]
    fn large_numbers_have_a_suffix() {
        let texts = |values: &[f64]| compact_numbers(values);
        let of = |texts: &[&str]| {
            Some(
                texts
                    .iter()
                    .map(|text| (*text).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(texts(&[0.0, 500_000.0, 1e6]), of(&["0", "0.5M", "1M"]));
        assert_eq!(texts(&[-20_000.0, 0.0, 5000.0]), of(&["−20k", "0", "5k"]));
        assert_eq!(texts(&[0.0, 5000.0]), None);
        assert_eq!(texts(&[3e9]), of(&["3B"]));
    }

    #[test]
    fn derived_values_have_four_significant_digits() {
        let texts = [2.000_88, -0.123_456, 1234.56, 0.5, 1e-12, f64::NAN, 0.0].map(format_derived);
        assert_eq!(
            texts,
            ["2.001", "−0.1235", "1235", "0.5", "1e−12", "NaN", "0"]
        );
    }

    fn labels(ticks: &[Tick]) -> Vec<String> {
        ticks
            .iter()
            .filter(|tick| !tick.is_minor())
            .map(|tick| format!("{}{}", tick.label, tick.superscript))
            .collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(
            labels(&linear(0.0, 2000.0, 5)),
            ["0", "500", "1000", "1500", "2000"]
        );
        assert_eq!(
            labels(&linear(-0.3, 0.31, 4)),
            ["−0.2", "0.0", "0.2"].map(|s| s.replace("0.0", "0"))
        );
        assert_eq!(labels(&linear(1e15, 1e15 + 4.0, 2)).len(), 3);
        assert_eq!(
            labels(&linear(0.0, 40_000.0, 4)),
            ["0", "10,000", "20,000", "30,000", "40,000"]
        );
    }

    #[test]
    fn ticks_of_an_axis_have_one_notation() {
        assert_eq!(
            labels(&linear(0.0, 2e7, 4)),
            ["0", "5×106", "1.0×107", "1.5×107", "2.0×107"]
        );
        assert_eq!(
            labels(&linear(0.0, 2e-4, 4)),
            ["0", "0.00005", "0.00010", "0.00015", "0.00020"]
        );
        assert_eq!(labels(&linear(-2e-5, 2e-5, 2)), ["−2×10−5", "0", "2×10−5"]);
    }

    #[test]
    fn decades_have_exponents_as_superscripts() {
        let ticks = log10(1e-4, 1e-1, 4);
        assert_eq!(labels(&ticks), ["10−4", "10−3", "10−2", "10−1"]);
        assert!(ticks.iter().any(Tick::is_minor));
    }

    #[test]
    fn a_short_log_axis_shows_two_and_five() {
        assert_eq!(
            labels(&log10(0.5, 20.0, 6)),
            ["0.5", "1", "2", "5", "10", "20"]
        );
    }

    #[test]
    fn many_decades_are_thinned() {
        assert!(labels(&log10(1e-30, 1e30, 6)).len() <= 7);
    }

    #[test]
    fn dates_are_round_times() {
        let noon = 1_795_312_800.0;
        let labels = labels(&date(noon, noon + 3600.0, 4));
        assert!(labels.iter().all(|label| label.len() >= 5), "{labels:?}");
        assert!((3..=5).contains(&labels.len()));
    }

    #[test]
    fn values_have_six_significant_digits_and_no_trailing_zeros() {
        assert_eq!(format_value(2.5), "2.5");
        assert_eq!(format_value(1.609_437_9), "1.60944");
        assert_eq!(format_value(1e-9), "1e−9");
        assert_eq!(format_value(123_456.0), "123,456");
        assert_eq!(format_value(f64::NAN), "NaN");
    }
}
