//! Segments of a line over which values may be averaged or interpolated.

use std::ops::Range;

/// A spacing of more than this many times the median spacing is a gap.
const GAP_FACTOR: f64 = 10.0;

/// Divides the segments of a line further: at the positions `restarts`, before which the run restarted, and where
/// the spacing of its steps exceeds ten times the median.
pub(super) fn segments(strips: &[Range<u32>], restarts: &[u32], steps: &[f64]) -> Vec<Range<u32>> {
    let largest = largest_spacing(steps);
    let mut segments = Vec::with_capacity(strips.len());
    for strip in strips {
        let mut start = strip.start;
        for at in strip.start + 1..strip.end {
            let spacing = steps[at as usize] - steps[at as usize - 1];
            if spacing > largest || restarts.binary_search(&at).is_ok() {
                segments.push(start..at);
                start = at;
            }
        }
        if start < strip.end {
            segments.push(start..strip.end);
        }
    }
    segments
}

/// The largest spacing of steps that is no gap.
fn largest_spacing(steps: &[f64]) -> f64 {
    let mut spacings: Vec<f64> = steps
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|spacing| *spacing > 0.0)
        .collect();
    if spacings.is_empty() {
        return f64::INFINITY;
    }
    let middle = spacings.len() / 2;
    let (_, median, _) = spacings.select_nth_unstable_by(middle, f64::total_cmp);
    GAP_FACTOR * *median
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_scene::scene::Path;

    #[test]
    fn a_gap_and_a_restart_end_segments() {
        let mut steps: Vec<f64> = (0..20).map(f64::from).collect();
        steps.extend((0..10).map(|at| 100.0 + f64::from(at)));
        let whole = Path::unbroken(30);
        assert_eq!(segments(&whole, &[], &steps), [0..20, 20..30]);
        assert_eq!(segments(&whole, &[5], &steps), [0..5, 5..20, 20..30]);
        assert_eq!(segments(&[0..3, 4..6], &[], &steps), [0..3, 4..6]);
    }

    #[test]
    fn even_and_mildly_uneven_spacing_has_no_gap() {
        let even: Vec<f64> = (0..50).map(|at| 10.0 * f64::from(at)).collect();
        assert_eq!(
            segments(&Path::unbroken(50), &[], &even),
            Path::unbroken(50)
        );
        let doubling = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(
            segments(&Path::unbroken(6), &[], &doubling),
            Path::unbroken(6)
        );
        assert_eq!(segments(&Path::unbroken(1), &[], &[3.0]), Path::unbroken(1));
    }
}
