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

/// A spike is farther from the values on both sides than this many times their range, ...
const SPIKE_FACTOR: f64 = 4.0;
/// ... and than so many times the usual difference between values that follow each other.
const SPIKE_DIFFERENCES: f64 = 20.0;
/// A spike has at most so many values.
const WIDEST_SPIKE: usize = 3;
/// More spikes than one in so many values are how the values are distributed.
const VALUES_PER_SPIKE: usize = 100;
/// Up to so many are spikes in any case.
const FEW_SPIKES: usize = 3;

/// Divides segments before and after spikes, of which an average would make plateaus as wide as its window.
pub(super) fn without_spikes(segments: &[Range<u32>], values: &[f64]) -> Vec<Range<u32>> {
    let mut differences: Vec<f64> = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .collect();
    if differences.len() < 2 * SIDE {
        return segments.to_vec();
    }
    let middle = differences.len() / 2;
    let (_, usual, _) = differences.select_nth_unstable_by(middle, f64::total_cmp);
    let far = SPIKE_DIFFERENCES * *usual;
    let (mut divided, mut spikes) = (Vec::with_capacity(segments.len()), 0);
    for segment in segments {
        let (mut start, end) = (segment.start as usize, segment.end as usize);
        let mut at = start + SIDE;
        while at + SIDE < end {
            let leaves = (values[at] - values[at - 1]).abs() > far;
            let width =
                (1..=WIDEST_SPIKE).find(|width| leaves && is_spike(values, at, end, *width));
            let Some(width) = width else {
                at += 1;
                continue;
            };
            spikes += 1;
            if at > start {
                divided.push(start as u32..at as u32);
            }
            divided.push(at as u32..(at + width) as u32);
            start = at + width;
            at = start;
        }
        if start < end {
            divided.push(start as u32..end as u32);
        }
    }
    match spikes <= FEW_SPIKES.max(values.len() / VALUES_PER_SPIKE) {
        true => divided,
        false => segments.to_vec(),
    }
}

/// Whether the values from `at` on, so many, are far from those before and after them.
fn is_spike(values: &[f64], at: usize, end: usize, width: usize) -> bool {
    let after = at + width;
    if after + SIDE > end {
        return false;
    }
    let around = || {
        values[at - SIDE..at]
            .iter()
            .chain(&values[after..after + SIDE])
    };
    let low = around().copied().fold(f64::INFINITY, f64::min);
    let high = around().copied().fold(f64::NEG_INFINITY, f64::max);
    let off = SPIKE_FACTOR * (high - low);
    let is_off = |value: &f64| *value > high + off || *value < low - off;
    high > low && values[at..after].iter().all(is_off)
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

/// A spacing is a wide gap if it is more than this many times each of the ones beside it, ...
const WIDE_FACTOR: f64 = 100.0;
/// ... and more than this part of the whole.
const WIDE_PART: f64 = 0.05;
/// More gaps than these are how the series is logged.
const MOST_WIDE: usize = 3;

/// Positions before which the spacing of ascending places is out of all proportion to those on either side.
pub(super) fn wide_gaps(x: &[f64]) -> Vec<u32> {
    let (Some(first), Some(last)) = (x.first(), x.last()) else {
        return Vec::new();
    };
    let spacing = |at: usize| x[at] - x[at - 1];
    let is_wide = |at: &usize| {
        let widest = spacing(at - 1).max(spacing(at + 1));
        widest > 0.0
            && spacing(*at) > WIDE_FACTOR * widest
            && spacing(*at) > WIDE_PART * (last - first)
    };
    let positions = 2..x.len().saturating_sub(1);
    let gaps: Vec<u32> = positions.filter(is_wide).map(|at| at as u32).collect();
    match gaps.len() {
        0..=MOST_WIDE => gaps,
        _ => Vec::new(),
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
    fn a_spike_is_a_segment_of_its_own() {
        let noise = |at: usize| 0.1 * ((at as f64 * 12.9898).sin() * 43758.5453).fract();
        let mut values: Vec<f64> = (0..80).map(noise).collect();
        let whole = Path::unbroken(80);
        assert_eq!(without_spikes(&whole, &values), whole);
        values[33] = 50.0;
        assert_eq!(without_spikes(&whole, &values), [0..33, 33..34, 34..80]);
        values[34] = 40.0;
        assert_eq!(without_spikes(&whole, &values), [0..33, 33..35, 35..80]);
        // Many are no exceptions.
        for at in (10..70).step_by(12) {
            values[at] = 30.0;
        }
        assert_eq!(without_spikes(&whole, &values), whole);
    }

    #[test]
    fn a_wide_gap_is_beside_short_spacings_only() {
        let mut resumed = vec![50.0, 100.0, 150.0, 80_050.0, 80_100.0, 80_150.0];
        assert_eq!(wide_gaps(&resumed), [3]);
        resumed.truncate(4);
        assert!(wide_gaps(&resumed).is_empty());
        let powers: Vec<f64> = (0..20).map(|at| 2_f64.powi(at)).collect();
        assert!(wide_gaps(&powers).is_empty());
        let bursts: Vec<f64> = (0..40)
            .map(|at| f64::from(at / 4 * 1000 + at % 4))
            .collect();
        assert!(wide_gaps(&bursts).is_empty());
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
