//! How noisy a series is.

/// The share of noise (see [`noise`]) above which a series is drawn as its moving average: white noise has 0.3,
/// a smooth curve nearly 0.
pub(super) const NOISY: f64 = 0.015;

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
    let median = *second.select_nth_unstable_by(middle, f64::total_cmp).1;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let range = at(0.95) - at(0.05);
    if range > 0.0 {
        1.4826 * median / 6.0_f64.sqrt() / range
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_distinguished_from_a_trend() {
        let random = |i: usize| ((i as f64 * 12.9898).sin() * 43758.5453).fract().abs() - 0.5;
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
