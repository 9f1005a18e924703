//! The start of a run, where a curve may be too steep for the window of the moving average of all else: a centred mean lies
//! beside a curve that bends.

use super::averages::WindowSums;

/// A mean is beside the curve if it differs from one over fewer points by this many times what the noise explains.
const DIFFERS_BY_DEVIATIONS: f64 = 3.0;
/// The noise is measured over so many windows from the start.
const WINDOWS_FOR_NOISE: usize = 4;
/// A start is at most this part of a run.
const MOST_OF_RUN: usize = 4;
/// The fewest values that tell the noise.
const FEWEST: usize = 8;

/// How many points to either side each of the first points is averaged over, where that is fewer than `half`: the widest
/// window whose mean agrees with those of all narrower ones (Lepski, Theory of Probability and Its Applications 35, 1990).
/// Empty where the whole window agrees from the start.
pub(super) fn reaches(values: &[f64], sums: &WindowSums, half: usize) -> Vec<usize> {
    let len = values.len();
    let most = len / MOST_OF_RUN;
    let Some(deviation) = deviation(&values[..len.min(WINDOWS_FOR_NOISE * (2 * half + 1))]) else {
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
        for reach in ladder.iter().copied().take_while(|reach| *reach <= at) {
            let here = mean(reach);
            let agrees = accepted.iter().all(|(reach, other)| {
                let points = (2 * reach + 1) as f64;
                (here - other).abs() <= DIFFERS_BY_DEVIATIONS * deviation / points.sqrt()
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
    found.truncate(found.len() - whole);
    // A window grows from point to point.
    let mut least = half;
    for reach in found.iter_mut().rev() {
        least = least.min(*reach);
        *reach = least;
    }
    found
}

/// The standard deviation of the noise, from the median of absolute second differences; `None` of few values.
fn deviation(values: &[f64]) -> Option<f64> {
    let mut second: Vec<f64> = values
        .windows(3)
        .map(|three| (three[0] - 2.0 * three[1] + three[2]).abs())
        .filter(|difference| difference.is_finite())
        .collect();
    if second.len() < FEWEST {
        return None;
    }
    let middle = second.len() / 2;
    let median = *second.select_nth_unstable_by(middle, f64::total_cmp).1;
    Some(1.4826 * median / 6.0_f64.sqrt())
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
    }
}
