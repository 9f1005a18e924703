//! Means over windows of a series, exact also where values differ by many orders of magnitude.

/// Prefix sums in double-double arithmetic (Dekker's two-sum): the difference of two sums keeps the digits of small
/// values that follow an exploding one, where sums in f64 would leave noise.
pub(super) struct PrefixSums(Vec<[f64; 2]>);

impl PrefixSums {
    pub(super) fn of(values: &[f64]) -> Self {
        let mut sums = Vec::with_capacity(values.len() + 1);
        let mut sum = [0.0, 0.0];
        sums.push(sum);
        for value in values {
            sum = add(sum, *value);
            sums.push(sum);
        }
        Self(sums)
    }

    /// The mean of the values `from .. to`; the range is not empty.
    pub(super) fn mean(&self, from: usize, to: usize) -> f64 {
        let ([from_high, from_low], [high, low]) = (self.0[from], self.0[to]);
        let difference = add(add([high, low], -from_high), -from_low);
        (difference[0] + difference[1]) / (to - from) as f64
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
        let sums = PrefixSums::of(&values);
        assert_eq!(sums.mean(3, 5), 59.5);
        assert_eq!(sums.mean(6, 8), 3.0);
        assert_eq!(sums.mean(0, 1), 58.25);
    }
}
