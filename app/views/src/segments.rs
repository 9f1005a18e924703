//! Segments of a line over which values may be averaged or interpolated.

use std::ops::Range;

/// A spacing of more than this many times the median spacing is a gap.
const GAP_FACTOR: f64 = 10.0;
/// If more than one in this many spacings would be a gap, points are logged in bursts, between which there is nothing
/// missing: episodes of parallel environments end together.
const BURSTS: usize = 10;

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

/// Points on each side of a jump that are compared.
const SIDE: usize = 8;
/// A jump exceeds the range of the values on either side of it by this factor.
const JUMP_FACTOR: f64 = 2.0;

/// Divides segments at jumps of the values, over which no average is taken: where the medians of the eight values before
/// and after differ by more than twice the range of the values on either side.
pub(super) fn without_jumps(segments: &[Range<u32>], values: &[f64]) -> Vec<Range<u32>> {
    let mut divided = Vec::with_capacity(segments.len());
    for segment in segments {
        let (mut start, end) = (segment.start as usize, segment.end as usize);
        let mut at = start + SIDE;
        while at + SIDE <= end {
            if is_jump(&values[at - SIDE..at], &values[at..at + SIDE]) {
                divided.push(start as u32..at as u32);
                start = at;
                at += SIDE;
            } else {
                at += 1;
            }
        }
        if start < end {
            divided.push(start as u32..end as u32);
        }
    }
    divided
}

fn is_jump(before: &[f64], after: &[f64]) -> bool {
    // At a jump the step exceeds the range of either side, and with it the steps beside it.
    let step = (after[0] - before[SIDE - 1]).abs();
    let beside = [before[SIDE - 1] - before[SIDE - 2], after[1] - after[0]];
    if beside.iter().any(|other| step <= other.abs()) {
        return false;
    }
    let [
        (low, median_before, high),
        (low_after, median_after, high_after),
    ] = [before, after].map(|side| {
        let mut sorted: [f64; SIDE] = std::array::from_fn(|at| side[at]);
        sorted.sort_by(f64::total_cmp);
        (
            sorted[0],
            f64::midpoint(sorted[SIDE / 2 - 1], sorted[SIDE / 2]),
            sorted[SIDE - 1],
        )
    });
    let range = (high - low).max(high_after - low_after);
    (median_after - median_before).abs() > JUMP_FACTOR * range
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
    let largest = GAP_FACTOR * *median;
    let between_bursts = (spacings.len() - 1) * (BURSTS - 1) / BURSTS;
    let (_, usual, _) = spacings.select_nth_unstable_by(between_bursts, f64::total_cmp);
    if *usual > largest {
        GAP_FACTOR * *usual
    } else {
        largest
    }
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
    fn a_jump_ends_a_segment_and_a_steep_slope_does_not() {
        let noise = |at: usize| 0.1 * ((at as f64 * 12.9898).sin() * 43758.5453).fract();
        let level = |at: usize| if at < 40 { 3.0 } else { 1.0 };
        let jump: Vec<f64> = (0..80).map(|at| level(at) + noise(at)).collect();
        assert_eq!(without_jumps(&Path::unbroken(80), &jump), [0..40, 40..80]);
        assert_eq!(without_jumps(&[0..40, 40..80], &jump), [0..40, 40..80]);
        let mut spike: Vec<f64> = (0..80).map(noise).collect();
        spike[33] = 50.0;
        assert_eq!(
            without_jumps(&Path::unbroken(80), &spike),
            Path::unbroken(80)
        );
        let slope: Vec<f64> = (0..80).map(|at| -2.0 * at as f64).collect();
        assert_eq!(
            without_jumps(&Path::unbroken(80), &slope),
            Path::unbroken(80)
        );
        let decay: Vec<f64> = (0..80).map(|at| (-(at as f64) / 3.0).exp()).collect();
        assert_eq!(
            without_jumps(&Path::unbroken(80), &decay),
            Path::unbroken(80)
        );
    }

    #[test]
    fn regular_pauses_between_bursts_are_no_gaps() {
        let bursts: Vec<f64> = (0..100)
            .map(|at| f64::from(at / 4 * 1000 + at % 4))
            .collect();
        let whole = Path::unbroken(100);
        assert_eq!(segments(&whole, &[], &bursts), whole);
        let mut stopped = bursts;
        for step in &mut stopped[60..] {
            *step += 50_000.0;
        }
        assert_eq!(segments(&whole, &[], &stopped), [0..60, 60..100]);
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
