//! Jumps of a loss at the start of an epoch: a model that sees its data again has lower losses on them at once, which a mean
//! over both epochs would show as a slope that begins before.

use std::ops::Range;

use trainscape_run::{Role, Run};

use super::{samples::Samples, x_lookup::Follower};

/// At most so many points on each side of the start of an epoch are compared; ...
const MOST: usize = 96;
/// ... from fewer than these, nothing is known.
const FEWEST: usize = 8;
/// A jump is at least this many standard errors high, ...
const STANDARD_ERRORS: f64 = 4.0;
/// ... and this many times as high as what the same test finds within the epochs beside it, where a curve bends.
const TIMES_WITHIN: f64 = 2.0;
/// An epoch of 2 is the end of the second one, written with few digits.
const ROUNDING: f64 = 1e-6;

/// The samples at which another epoch begins, by the series of the run that counts epochs.
pub(super) fn starts_of_epochs(run: &Run, samples: &Samples) -> Vec<u32> {
    let is_epoch = |key: &str| key.rsplit('/').next() == Some("epoch");
    let counts = |(key, role): (_, &Role)| *role == Role::Step && is_epoch(key);
    let found = run.roles.iter().map(|(key, role)| (&**key, role));
    let Some(series) = found
        .filter(|of_key| counts(*of_key))
        .find_map(|(key, _)| run.series.get(key))
    else {
        return Vec::new();
    };
    let mut follower = Follower::new(series);
    let epochs: Vec<f64> = samples
        .points
        .iter()
        .map(|point| {
            let epoch = follower.value_at(point.step).map(|(epoch, _)| epoch);
            epoch.map_or(f64::NAN, |epoch| (epoch - ROUNDING).ceil())
        })
        .collect();
    (1..epochs.len())
        .filter(|at| epochs[*at] > epochs[at - 1])
        .map(|at| at as u32)
        .collect()
}

/// Divides segments at the `starts` of epochs at which the values jump.
///
/// On each side of a start, a line is fitted by least squares to as many points, and both are compared at the start (a
/// regression discontinuity with two placebo tests: Imbens and Lemieux, "Regression discontinuity designs", 2008).
pub(super) fn without_epoch_jumps(
    segments: &[Range<u32>],
    values: &[f64],
    starts: &[u32],
) -> Vec<Range<u32>> {
    let mut divided = Vec::with_capacity(segments.len());
    for segment in segments {
        let mut from = segment.start;
        for (place, at) in starts.iter().enumerate() {
            if !(segment.start < *at && *at < segment.end) {
                continue;
            }
            let before = place.checked_sub(1).map(|before| at - starts[before]);
            let after = starts.get(place + 1).map(|after| after - at);
            let nearest = before.into_iter().chain(after).min();
            let side = nearest.map_or(MOST, |nearest| (nearest / 2) as usize);
            let values = &values[segment.start as usize..segment.end as usize];
            if is_jump(values, (at - segment.start) as usize, side.min(MOST)) {
                divided.push(from..*at);
                from = *at;
            }
        }
        divided.push(from..segment.end);
    }
    divided
}

/// Whether values jump at `at`, by up to `side` points on each side.
fn is_jump(values: &[f64], at: usize, side: usize) -> bool {
    let side = side.min(at).min(values.len() - at);
    if side < FEWEST {
        return false;
    }
    let step = |at: Option<usize>| {
        let at = at.filter(|at| *at >= side && at + side <= values.len())?;
        Some(step(&values[at - side..at], &values[at..at + side]))
    };
    let Some((height, error)) = step(Some(at)) else {
        return false;
    };
    let within = [step(at.checked_sub(side)), step(Some(at + side))];
    height > STANDARD_ERRORS * error
        && within
            .into_iter()
            .flatten()
            .all(|(bend, _)| height > TIMES_WITHIN * bend)
}

/// How far apart the lines through two sides are between them, and the standard error of that.
fn step(before: &[f64], after: &[f64]) -> (f64, f64) {
    let (at_end, variance_before) = fitted(before, before.len() as f64 - 0.5);
    let (at_start, variance_after) = fitted(after, -0.5);
    let error = (variance_before + variance_after).sqrt();
    ((at_start - at_end).abs(), error)
}

/// The value at `x` of the line fitted to values at 0, 1, ..., and its variance.
fn fitted(values: &[f64], x: f64) -> (f64, f64) {
    let count = values.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / count;
    let from_middle = |at: usize| at as f64 - middle;
    let spread = count * (count * count - 1.0) / 12.0;
    let both = |(at, value): (usize, &f64)| from_middle(at) * (value - mean);
    let slope = values.iter().enumerate().map(both).sum::<f64>() / spread;
    let rest = |(at, value): (usize, &f64)| (value - mean - slope * from_middle(at)).powi(2);
    let residual = values.iter().enumerate().map(rest).sum::<f64>() / (count - 2.0);
    let away = x - middle;
    (
        mean + slope * away,
        residual * (1.0 / count + away * away / spread),
    )
}

#[cfg(test)]
mod tests {
    use trainscape_scene::scene::Path;

    use super::*;

    fn noise(at: usize) -> f64 {
        ((at as f64 * 12.9898).sin() * 43_758.545_3).fract().abs() - 0.5
    }

    /// The ends of the parts.
    fn ends(values: &[f64], starts: &[u32]) -> Vec<u32> {
        let parts = without_epoch_jumps(&Path::unbroken(values.len()), values, starts);
        parts.iter().map(|part| part.end).collect()
    }

    #[test]
    fn a_loss_that_drops_at_an_epoch_is_divided_there() {
        let values: Vec<f64> = (0..200)
            .map(|at| 2.0 - 0.3 * (at / 100) as f64 + 0.4 * noise(at))
            .collect();
        assert_eq!(ends(&values, &[100]), [100, 200]);
        // The same drop within an epoch is none of an epoch.
        assert_eq!(ends(&values, &[60]), [200]);
        assert_eq!(ends(&values, &[]), [200]);
    }

    #[test]
    fn noise_and_bends_are_no_jumps() {
        let noisy: Vec<f64> = (0..400).map(noise).collect();
        let starts: Vec<u32> = (1..10).map(|epoch| 40 * epoch).collect();
        assert_eq!(ends(&noisy, &starts), [400]);
        let decay: Vec<f64> = (0..400).map(|at| (-(at as f64) / 20.0).exp()).collect();
        assert_eq!(ends(&decay, &starts), [400]);
        // One value per epoch.
        let steps: Vec<f64> = (0..20).map(f64::from).collect();
        let every: Vec<u32> = (1..20).collect();
        assert_eq!(ends(&steps, &every), [20]);
    }
}
