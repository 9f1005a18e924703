//! The start of a run, where a curve may be too steep for the window of the moving average of all else: a centred mean lies
//! beside a curve that bends.

use super::averages::WindowSums;

/// A mean is beside the curve if it differs from one over fewer points by this many times what the noise explains.
const DIFFERS_BY_DEVIATIONS: f64 = 4.0;
/// The noise is measured over so many windows from the start.
const WINDOWS_FOR_NOISE: usize = 4;
/// A start is at most this part of a run, ...
const MOST_OF_RUN: usize = 4;
/// ... and so many windows.
const MOST_WINDOWS: usize = 2;
/// The fewest values that tell the noise.
const FEWEST: usize = 8;

/// How many points to either side each of the first points is averaged over, where that is fewer than `half`: the widest
/// window whose mean agrees with those of all narrower ones (Lepski, Theory of Probability and Its Applications 35, 1990).
/// Empty where the whole window agrees from the start.
pub(super) fn reaches(values: &[f64], sums: &WindowSums, half: usize) -> Vec<usize> {
    let (len, window) = (values.len(), 2 * half + 1);
    let most = (len / MOST_OF_RUN).min(MOST_WINDOWS * window);
    let examined = &values[..len.min(WINDOWS_FOR_NOISE * window)];
    let Some(noise) = Noise::of(examined) else {
        return Vec::new();
    };
    // 0, 1, 2, 4, ... and the whole window.
    let mut ladder: Vec<usize> = vec![0];
    ladder.extend(
        (0..)
            .map(|power| 1 << power)
            .take_while(|reach| *reach < half),
    );
    ladder.push(half);
    // Whether all that there is room for agrees, and otherwise the widest that does.
    let narrower = |at: usize| -> Option<usize> {
        let mean = |reach: usize| sums.mean(at - reach, (at + reach + 1).min(len));
        let mut accepted: Vec<(usize, f64)> = Vec::new();
        let (deviation, outlier) = noise.around(at, half);
        for reach in ladder.iter().copied().take_while(|reach| *reach <= at) {
            let here = mean(reach);
            let agrees = accepted.iter().all(|(reach, other)| {
                let points = (2 * reach + 1) as f64;
                let explained = DIFFERS_BY_DEVIATIONS * deviation / points.sqrt();
                (here - other).abs() <= explained.max(outlier / points)
            });
            if !agrees {
                return accepted.last().map(|(reach, _)| *reach);
            }
            accepted.push((reach, here));
        }
        None
    };
    let mut found: Vec<usize> = Vec::new();
    let mut whole = 0;
    for at in 0..most {
        let reach = narrower(at);
        whole = if reach.is_none() { whole + 1 } else { 0 };
        found.push(reach.unwrap_or(half));
        if whole > half {
            break;
        }
    }
    // What does not settle is no start.
    if whole <= half {
        return Vec::new();
    }
    found.truncate(found.len() - whole);
    // A window grows from point to point.
    let mut least = half;
    for reach in found.iter_mut().rev() {
        least = least.min(*reach);
        *reach = least;
    }
    found
}

/// The noise, from second differences: a trend has none.
struct Noise {
    second: Vec<f64>,
    /// The standard deviation of all.
    deviation: f64,
}

impl Noise {
    /// `None` of few values, and where some are not finite.
    fn of(values: &[f64]) -> Option<Self> {
        let second = values
            .windows(3)
            .map(|three| (three[0] - 2.0 * three[1] + three[2]).abs());
        let second: Vec<f64> = second.collect();
        let deviation = deviation(&second);
        (second.len() >= FEWEST && deviation.is_finite()).then_some(Self { second, deviation })
    }

    /// The standard deviation around a value, and how far a single value may be off: losses are often noisier at first,
    /// and those of single examples have outliers.
    fn around(&self, at: usize, half: usize) -> (f64, f64) {
        let reach = half.max(FEWEST);
        let to = (at + reach).min(self.second.len());
        let near = &self.second[at.saturating_sub(reach).min(to - 1)..to];
        let largest = near.iter().copied().fold(0.0, f64::max);
        (self.deviation.max(deviation(near)), largest)
    }
}

/// The standard deviation of values whose second differences are these.
fn deviation(second: &[f64]) -> f64 {
    let squares: f64 = second.iter().map(|difference| difference.powi(2)).sum();
    (squares / second.len() as f64 / 6.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(at: usize) -> f64 {
        ((at as f64 * 12.9898).sin() * 43758.5453).fract().abs() - 0.5
    }

    fn of(values: &[f64], half: usize) -> Vec<usize> {
        reaches(values, &WindowSums::of(values), half)
    }

    #[test]
    fn a_steep_start_has_narrow_windows_that_grow() {
        let loss = |at: usize| 2.0 + 0.4 * (-(at as f64) / 6.0).exp() + 0.01 * random(at);
        let values: Vec<f64> = (0..435).map(loss).collect();
        let found = of(&values, 10);
        assert!((8..60).contains(&found.len()), "{found:?}");
        assert!(found.is_sorted(), "{found:?}");
        assert!(found[..8].iter().all(|reach| *reach <= 2), "{found:?}");
        // Means over these lie on the curve, where those over the whole window lie beside it.
        let (sums, curve) = (WindowSums::of(&values), |at: usize| {
            loss(at) - 0.01 * random(at)
        });
        let reach = found[8];
        let off = |reach: usize| (sums.mean(8 - reach, 9 + reach) - curve(8)).abs();
        assert!(off(8) > 3.0 * off(reach), "{} {}", off(8), off(reach));
    }

    #[test]
    fn noise_and_gentle_slopes_are_averaged_over_the_whole_window() {
        let noise: Vec<f64> = (0..435).map(random).collect();
        assert_eq!(of(&noise, 10), [0; 0]);
        let slope: Vec<f64> = (0..435).map(|at| at as f64 * 1e-3 + random(at)).collect();
        assert_eq!(of(&slope, 10), [0; 0]);
        assert_eq!(of(&noise[..6], 2), [0; 0]);
        // Losses of single examples: most are near zero, some are large.
        let tails: Vec<f64> = (0..4000).map(|at| (12.0 * random(at)).exp()).collect();
        assert_eq!(of(&tails, 50), [0; 0]);
        let calmer = |at: usize| random(at) * if at < 100 { 2.0 } else { 0.2 };
        let calms_down: Vec<f64> = (0..4000).map(calmer).collect();
        assert_eq!(of(&calms_down, 50), [0; 0]);
    }
}
