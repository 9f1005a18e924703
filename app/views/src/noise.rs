//! How noisy a series is, and over how many of its points it is averaged.

use std::ops::Range;

/// The share of noise (see [`noise`]) above which a series is drawn as its moving average: white noise has 0.3,
/// a smooth curve nearly 0.
pub(super) const NOISY: f64 = 0.015;

/// This share of the values jumps, at least, where the others repeat.
const SPARSE: f64 = 0.1;

/// The standard deviation of the noise, from the median of absolute second differences (a trend has none),
/// relative to the range of the central 90 % of the values.
pub(super) fn noise(values: &[f64]) -> f64 {
    let mut second: Vec<f64> = values
        .windows(3)
        .map(|three| (three[0] - 2.0 * three[1] + three[2]).abs())
        .collect();
    if second.is_empty() {
        return 0.0;
    }
    let middle = second.len() / 2;
    let mean = second.iter().sum::<f64>() / second.len() as f64;
    let median = *second.select_nth_unstable_by(middle, f64::total_cmp).1;
    // Of values that mostly repeat, such as scores in steps of 20, the median is 0 however far the others jump.
    let changes = second.iter().filter(|change| **change > 0.0).count();
    let is_sparse = median == 0.0 && changes as f64 >= SPARSE * second.len() as f64;
    let typical = if is_sparse { mean } else { median };
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let range = match at(0.95) - at(0.05) {
        0.0 if is_sparse => at(1.0) - at(0.0),
        range => range,
    };
    if range > 0.0 {
        1.4826 * typical / 6.0_f64.sqrt() / range
    } else {
        0.0
    }
}

/// The trend may change by this many times the noise's variance (half the mean square difference) within half a window.
const MOST_CHANGE: f64 = 2.0;
/// The largest number of points in a window that the data choose.
pub(super) const MOST_AVERAGED: usize = 101;
/// The smallest.
const LEAST_AVERAGED: usize = 5;
/// Shorter series are not averaged.
const FEWEST_POINTS: usize = 20;
/// The largest number of pairs that the mean square difference at a lag is estimated from.
const MOST_PAIRS: usize = 20_000;

/// The number of points (odd, at most `most`) over which a series is averaged: 1 for a smooth one, otherwise the widest
/// window within which the trend changes by no more than the noise.
///
/// Both are read from the autocorrelation, by way of the semivariogram of the ranks, in which neither an outlier nor the
/// scale counts: half the mean square difference at each lag. Its extrapolation to lag 0 is the variance of the noise, and
/// what it grows by is the change of the trend (Cressie, Statistics for Spatial Data, 1993, section 2.4).
pub(super) fn window(values: &[f64], segments: &[Range<u32>], most: usize) -> usize {
    let most_half = most.min(MOST_AVERAGED) / 2;
    if values.len() < FEWEST_POINTS || most_half == 0 || noise(values) <= NOISY {
        return 1;
    }
    let ranks = ranks(values);
    let semivariance = |lag: usize| semivariance(&ranks, segments, lag);
    let (Some(first), Some(second)) = (semivariance(1), semivariance(2)) else {
        return 1;
    };
    // What is correlated from one point to the next is no noise.
    let noise = (2.0 * first - second).min(first);
    if noise <= 0.0 {
        return 1;
    }
    let within = |lag: &usize| {
        semivariance(*lag).is_some_and(|semivariance| semivariance <= MOST_CHANGE * noise)
    };
    match 2 * (1..=most_half).take_while(within).count() + 1 {
        // Means over so few points cost the ends and the extremes of a line and smooth little.
        ..LEAST_AVERAGED => 1,
        window => window,
    }
}

/// Half the mean square difference of values `lag` apart in one segment; `None` without such values.
fn semivariance(values: &[f64], segments: &[Range<u32>], lag: usize) -> Option<f64> {
    let stride = values.len().div_ceil(MOST_PAIRS).max(1);
    let (mut sum, mut count) = (0.0, 0_u32);
    for segment in segments {
        let values = &values[segment.start as usize..segment.end as usize];
        for (a, b) in values.iter().zip(values.iter().skip(lag)).step_by(stride) {
            sum += (b - a).powi(2);
            count += 1;
        }
    }
    (count > 0).then(|| sum / (2.0 * f64::from(count)))
}

/// The rank of each value, from 0; equal values have the mean of their ranks.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for same in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        for at in same {
            ranks[*at] = before as f64 + (same.len() - 1) as f64 / 2.0;
        }
        before += same.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_scene::scene::Path;

    fn random(i: usize) -> f64 {
        ((i as f64 * 12.9898).sin() * 43758.5453).fract().abs() - 0.5
    }

    fn window_of(values: &[f64]) -> usize {
        window(values, &Path::unbroken(values.len()), values.len() / 10)
    }

    #[test]
    fn noise_on_a_trend_is_averaged_as_far_as_the_trend_allows() {
        let decay = |length: f64| -> Vec<f64> {
            let points = 0..1000;
            let value = |i: usize| (-(i as f64) / length).exp() + 0.4 * random(i);
            points.map(value).collect()
        };
        let white: Vec<f64> = (0..1000).map(random).collect();
        assert_eq!(window_of(&white), 101, "white noise has no trend");
        let wave: Vec<f64> = (0..1000)
            .map(|i| (i as f64 / 20.0).sin() + 0.6 * random(i))
            .collect();
        let (slow, fast) = (window_of(&decay(2000.0)), window_of(&wave));
        assert!(slow > 3 * fast && fast > 1, "{slow} and {fast}");
    }

    #[test]
    fn scores_that_mostly_repeat_are_averaged() {
        let scores: Vec<f64> = (0..1000)
            .map(|i| if random(i) > 0.3 { 120.0 } else { 60.0 })
            .collect();
        assert_eq!(window_of(&scores), 101);
        let mut one_jump = vec![60.0; 1000];
        one_jump[500] = 120.0;
        assert_eq!(window_of(&one_jump), 1);
    }

    #[test]
    fn smooth_and_short_series_are_not_averaged() {
        let curve: Vec<f64> = (0..500).map(|i| (-(i as f64) / 50.0).exp()).collect();
        assert_eq!(window_of(&curve), 1);
        // A random walk is rough, and all of it is trend.
        let walk: Vec<f64> = (0..1000)
            .scan(0.0, |at, i| {
                *at += random(i);
                Some(*at)
            })
            .collect();
        assert_eq!(window_of(&walk), 1);
        let short: Vec<f64> = (0..19).map(random).collect();
        assert_eq!(window_of(&short), 1);
    }

    /// SciPy: `scipy.stats.rankdata(values) - 1`.
    #[test]
    fn ranks_are_those_of_scipy() {
        assert_eq!(
            ranks(&[3.0, 1.0, 3.0, -2.0, 7.0]),
            [2.5, 1.0, 2.5, 0.0, 4.0]
        );
    }

    #[test]
    fn noise_is_distinguished_from_a_trend() {
        let white: Vec<f64> = (0..500).map(random).collect();
        let curve: Vec<f64> = (0..500).map(|i| (-(i as f64) / 5.0).exp()).collect();
        let rough: Vec<f64> = (0..500)
            .map(|i| i as f64 / 500.0 + 0.1 * random(i))
            .collect();
        assert!(noise(&white) > 0.1, "{}", noise(&white));
        assert!(noise(&curve) < NOISY, "{}", noise(&curve));
        let share = noise(&rough);
        assert!((NOISY..0.1).contains(&share), "{share}");
        assert_eq!(noise(&[1.0; 30]), 0.0);
        assert_eq!(noise(&[1.0]), 0.0);
    }
}
