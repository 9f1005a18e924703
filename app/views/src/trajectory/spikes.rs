//! Spikes and divergence of a series.

use trainscape_run::Series;

/// Points in the running median.
const WINDOW: usize = 31;
/// A spike is more than this many robust standard deviations above the running median.
const DEVIATIONS: f64 = 6.0;
/// For positive values it is also more than this many times the median: a series without noise has no spikes.
const FACTOR: f64 = 1.5;
/// The ratio of standard deviation to median absolute deviation (MAD) of normal noise.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// A series ends at the median of the last points, their number divided by this.
const END_DIVISOR: usize = 20;
/// A series diverges if it rises again by more than this share of its decrease.
const MOST_REGAINED: f64 = 0.5;
/// Shorter series have no spikes.
const MIN_POINTS: usize = 12;

/// The rule for spikes, for a caption.
pub(super) fn rule() -> String {
    format!("more than {DEVIATIONS} robust standard deviations above the running median")
}

/// The rule for divergence, for a caption.
pub(super) fn divergence_rule() -> String {
    format!(
        "not finite, or ending above the minimum by more than {:.0} % of the decrease, by medians",
        MOST_REGAINED * 100.0
    )
}

/// A spike of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// The step at which it was logged.
    pub step: f64,
    /// The value as logged.
    pub value: f64,
    /// How far the value is above the running median.
    pub jump: f64,
}

/// The spikes of a series, by the rule of the views.
#[must_use]
pub fn spikes_of(series: &Series) -> Vec<Spike> {
    let (steps, values): (Vec<f64>, Vec<f64>) = series
        .live()
        .map(|(_, point)| (point.step.as_f64(), point.value))
        .filter(|(_, value)| value.is_finite())
        .unzip();
    let half = WINDOW / 2;
    let spike = |at: usize| {
        let near = at.saturating_sub(half)..(at + half + 1).min(values.len());
        Spike {
            step: steps[at],
            value: values[at],
            jump: values[at] - median(values[near].to_vec()),
        }
    };
    spikes(&values).into_iter().map(spike).collect()
}

/// Indices of the spikes: the highest of consecutive points above the threshold. Values are finite.
///
/// The residual is `log10(value) - running median`, of the values themselves where some are not positive; the
/// median runs over the nearest 31 points, fewer at the ends.
pub(super) fn spikes(values: &[f64]) -> Vec<usize> {
    if values.len() < MIN_POINTS {
        return Vec::new();
    }
    let positive = values.iter().all(|value| *value > 0.0);
    let scaled: Vec<f64> = if positive {
        values.iter().map(|value| value.log10()).collect()
    } else {
        values.to_vec()
    };
    let residuals: Vec<f64> = running_median(&scaled, WINDOW)
        .iter()
        .zip(&scaled)
        .map(|(median, value)| value - median)
        .collect();
    let deviation = MAD_TO_DEVIATION * median(residuals.iter().map(|r| r.abs()).collect());
    let least = if positive { FACTOR.log10() } else { 0.0 };
    let threshold = (DEVIATIONS * deviation).max(least);
    let mut found: Vec<usize> = Vec::new();
    let mut last_above: Option<usize> = None;
    // The first value does not rise from anything.
    for (index, residual) in residuals.iter().enumerate().skip(1) {
        if *residual <= threshold {
            continue;
        }
        let neighbour = last_above.is_some_and(|last| last + 1 == index);
        last_above = Some(index);
        match found.last_mut() {
            Some(peak) if neighbour => {
                if *residual > residuals[*peak] {
                    *peak = index;
                }
            }
            _ => found.push(index),
        }
    }
    found
}

/// Whether finite values end far above their minimum: the median of the last twentieth exceeds the smallest running
/// median by more than half of the decrease from the first running median, and by more than the noise.
pub(super) fn ends_far_above(values: &[f64]) -> bool {
    if values.len() < MIN_POINTS {
        return false;
    }
    let medians = running_median(values, WINDOW);
    let noise = values.iter().zip(&medians).map(|(a, b)| (a - b).abs());
    let noise = MAD_TO_DEVIATION * median(noise.collect());
    let lowest = medians.iter().copied().fold(f64::INFINITY, f64::min);
    let tail = (values.len() / END_DIVISOR).max(3);
    let end = median(values[values.len() - tail..].to_vec());
    let fall = medians[0] - lowest;
    end - lowest > (MOST_REGAINED * fall).max(DEVIATIONS * noise)
        && end - lowest > 1e-9 * lowest.abs().max(1e-300)
}

/// The median of the nearest `window` points at each, fewer at the ends.
fn running_median(values: &[f64], window: usize) -> Vec<f64> {
    let half = window / 2;
    let mut sorted: Vec<f64> = Vec::with_capacity(window + 1);
    let insert = |sorted: &mut Vec<f64>, value: f64| {
        let at = sorted.partition_point(|other| other.total_cmp(&value).is_lt());
        sorted.insert(at, value);
    };
    for value in values.iter().take(half) {
        insert(&mut sorted, *value);
    }
    (0..values.len())
        .map(|index| {
            if let Some(value) = values.get(index + half) {
                insert(&mut sorted, *value);
            }
            if let Some(removed) = index.checked_sub(half + 1) {
                let at = sorted.partition_point(|other| other.total_cmp(&values[removed]).is_lt());
                sorted.remove(at);
            }
            middle(&sorted)
        })
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    middle(&values)
}

/// The median of sorted values.
fn middle(sorted: &[f64]) -> f64 {
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (len, at) if len % 2 == 0 => f64::midpoint(sorted[at - 1], sorted[at]),
        (_, at) => sorted[at],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudo-random numbers from 0 to 1.
    fn noise(index: usize) -> f64 {
        ((index as f64 * 12.9898).sin() * 43758.5453).fract().abs()
    }

    fn falling() -> Vec<f64> {
        (0..300)
            .map(|i| 2.0 + 4.0 * (-(i as f64) / 60.0).exp() + 0.1 * noise(i))
            .collect()
    }

    #[test]
    fn a_running_median_has_shorter_windows_at_the_ends() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(running_median(&values, 3), [3.0, 4.0, 2.0, 3.0, 2.5]);
        assert_eq!(running_median(&values, 31), [3.0; 5]);
    }

    #[test]
    fn noise_has_no_spikes_and_spikes_have_one_marker_each() {
        let mut values = falling();
        assert_eq!(spikes(&values), [0_usize; 0]);
        values[100] *= 3.0;
        values[101] *= 4.0;
        values[102] *= 2.0;
        values[250] *= 2.5;
        assert_eq!(spikes(&values), [101, 250]);
        let shifted: Vec<f64> = values.iter().map(|value| value - 3.0).collect();
        assert!(
            spikes(&shifted).contains(&101),
            "also where values are negative"
        );
    }

    #[test]
    fn a_spike_has_its_step_its_value_and_its_jump() {
        let mut series = Series::new("loss");
        series.extend((0..40_i64).map(|step| trainscape_run::Point {
            step: (step * 10).into(),
            wall_time_secs: None,
            value: if step == 20 {
                9.0
            } else {
                2.0 + 0.01 * (step % 3) as f64
            },
        }));
        let expected = Spike {
            step: 200.0,
            value: 9.0,
            jump: 9.0 - 2.01,
        };
        assert_eq!(spikes_of(&series), [expected]);
    }

    #[test]
    fn a_constant_has_no_spikes() {
        assert_eq!(spikes(&[1.0; 50]), [0_usize; 0]);
        assert_eq!(spikes(&[0.0; 50]), [0_usize; 0]);
        assert!(!ends_far_above(&[0.0; 50]));
    }

    #[test]
    fn a_series_that_ends_far_above_its_minimum_diverges() {
        let mut values = falling();
        assert!(!ends_far_above(&values));
        for (index, value) in values.iter_mut().enumerate().skip(200) {
            *value += 0.05 * (index - 200) as f64;
        }
        assert!(ends_far_above(&values));
        let noisy: Vec<f64> = (0..300).map(|i| noise(i) - 0.5).collect();
        assert!(!ends_far_above(&noisy));
    }
}
