//! Means over windows of a series, exact also where values differ by many orders of magnitude.

/// Sums of the values in pairs, of these sums in pairs, and so on, in double-double arithmetic (Dekker's two-sum). The mean
/// of a window is one of sums of its own values: an exploding value outside of it leaves no noise, as it would in the
/// difference of two prefix sums.
pub(super) struct WindowSums {
    /// The sums: those of one value each are in the second half, and `sums[at]` is that of `2 * at` and `2 * at + 1`.
    sums: Vec<[f64; 2]>,
    len: usize,
    /// What the values were divided by, so that no sum is beyond the largest number: a power of two.
    scale: f64,
}

impl WindowSums {
    pub(super) fn of(values: &[f64]) -> Self {
        let finite = values.iter().filter(|value| value.is_finite());
        let largest = finite.fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let scale = match largest > f64::MAX / (4 * values.len().max(1)) as f64 {
            true => ((4 * values.len()).next_power_of_two()) as f64,
            false => 1.0,
        };
        let len = values.len();
        let mut sums = vec![[0.0, 0.0]; 2 * len];
        for (sum, value) in sums[len..].iter_mut().zip(values) {
            *sum = [value / scale, 0.0];
        }
        for at in (1..len).rev() {
            let [high, low] = sums[2 * at + 1];
            sums[at] = add(add(sums[2 * at], high), low);
        }
        Self { sums, len, scale }
    }

    /// The mean of the values `from .. to`; the range is not empty.
    pub(super) fn mean(&self, from: usize, to: usize) -> f64 {
        let mut sum = [0.0, 0.0];
        let mut take = |at: usize| {
            let [high, low] = self.sums[at];
            sum = add(add(sum, high), low);
        };
        let (mut start, mut end) = (from + self.len, to + self.len);
        while start < end {
            if start % 2 == 1 {
                take(start);
                start += 1;
            }
            if end % 2 == 1 {
                end -= 1;
                take(end);
            }
            (start, end) = (start / 2, end / 2);
        }
        (sum[0] + sum[1]) / (to - from) as f64 * self.scale
    }
}

/// Adds a number to an unevaluated sum of two.
fn add([high, low]: [f64; 2], value: f64) -> [f64; 2] {
    let sum = high + value;
    let part = sum - high;
    let error = (high - (sum - part)) + (value - part) + low;
    let high = sum + error;
    [high, error - (high - sum)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_beside_exploding_values_keeps_its_digits() {
        let values = [58.25, 1.75e25, -3.5e24, 58.25, 60.75, 1e12, 2.0, 4.0];
        let sums = WindowSums::of(&values);
        assert_eq!(sums.mean(3, 5), 59.5);
        assert_eq!(sums.mean(6, 8), 3.0);
        assert_eq!(sums.mean(0, 1), 58.25);
    }

    #[test]
    fn the_largest_values_have_a_mean_and_leave_no_trace_in_others() {
        let values = [
            1e308, 1.5e308, 1e308, -1.5e308, -1e308, 2.0, 4.0, 1e300, -1e300,
        ];
        let sums = WindowSums::of(&values);
        assert!((sums.mean(0, 3) / 1.166_666_666_666_666_7e308 - 1.0).abs() < 1e-12);
        assert_eq!(sums.mean(0, 5), 2e307);
        assert_eq!(sums.mean(5, 7), 3.0);
        assert_eq!(sums.mean(7, 9), 0.0);
        let values: Vec<f64> = (0..1000)
            .map(|n| if n == 500 { 1e300 } else { 0.5 })
            .collect();
        let sums = WindowSums::of(&values);
        for from in (0..490).chain(501..990) {
            assert_eq!(sums.mean(from, from + 10), 0.5, "{from}");
        }
    }
}
