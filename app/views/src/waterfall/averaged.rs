//! What a mean is over: runs that are there all along it, so that no jump is one of who is averaged.

use std::ops::Range;

use trainscape_scene::scene::Path;

use crate::{
    groups::{self, ColumnsOverSteps, Mean},
    run_rows::RunRow,
};

/// Runs with fewer points are averaged only where all of them have one.
const FEWEST_INTERPOLATED: usize = 20;
/// A run is left out where the runs times the range they have in common grow by this factor without it.
const GAIN: f64 = 1.25;

/// The mean of rows over x, as they are drawn, where enough of them have a value.
pub(super) fn mean(rows: &[&RunRow], window: usize) -> Mean<2> {
    let columns: Vec<[Vec<f64>; 2]> = rows
        .iter()
        .map(|row| {
            let points = &row.samples.points;
            let x = points.iter().map(|sample| sample.x).collect();
            [x, points.iter().map(|sample| sample.step).collect()]
        })
        .collect();
    let lines: Vec<ColumnsOverSteps<'_, 2>> = rows
        .iter()
        .zip(&columns)
        .map(|(row, [x, steps])| ColumnsOverSteps {
            steps: x,
            strips: full_strips(row, window),
            columns: [&row.smooth, steps],
        })
        .collect();
    let mut mean = groups::mean(&lines);
    let need = needed(&mean, rows.len());
    let logged = |x: f64| {
        let has =
            |columns: &&[Vec<f64>; 2]| columns[0].binary_search_by(|own| own.total_cmp(&x)).is_ok();
        columns.iter().filter(has).count()
    };
    let all: Vec<usize> = (0..mean.steps.len())
        .filter(|at| mean.counts[*at] as usize >= need)
        .collect();
    let own = all.iter().copied();
    let own: Vec<usize> = match are_sparse(rows) {
        true => own
            .filter(|at| logged(mean.steps[*at]) >= mean.counts[*at] as usize)
            .collect(),
        false => Vec::new(),
    };
    let kept = if own.is_empty() { all } else { own };
    let pick = |values: &Vec<f64>| -> Vec<f64> { kept.iter().map(|at| values[*at]).collect() };
    mean.counts = kept.iter().map(|at| mean.counts[*at]).collect();
    mean.interpolated = kept.iter().map(|at| mean.interpolated[*at]).collect();
    mean.means = [pick(&mean.means[0]), pick(&mean.means[1])];
    mean.deviations = [pick(&mean.deviations[0]), pick(&mean.deviations[1])];
    mean.steps = pick(&mean.steps);
    mean
}

/// The segments of a row up to its last full window.
fn full_strips(row: &RunRow, window: usize) -> Vec<Range<u32>> {
    let end = match window {
        1 => row.samples.points.len() as u32,
        _ => row.end_of_full_windows(),
    };
    let strips = row.samples.strips().into_iter();
    let cut = strips.map(|strip| strip.start..strip.end.min(end));
    cut.filter(|strip| !strip.is_empty()).collect()
}

/// x and value of the last point of a row that is drawn.
pub(super) fn end(row: &RunRow, window: usize) -> Option<[f64; 2]> {
    let at = full_strips(row, window).last()?.end.checked_sub(1)? as usize;
    Some([row.samples.points[at].x, row.smooth[at]])
}

/// Whether what is between the points of some row is not known: they are few, and others have theirs elsewhere.
pub(super) fn are_sparse(rows: &[&RunRow]) -> bool {
    rows.iter()
        .any(|row| row.samples.points.len() < FEWEST_INTERPOLATED)
}

/// How many of the runs must have a value where their mean is drawn: all, if they have some range in common.
fn needed(mean: &Mean<2>, runs: usize) -> usize {
    let at_all = || mean.counts.iter().filter(|count| **count as usize == runs);
    match at_all().count() {
        0 | 1 if mean.counts.len() > 1 => runs.div_ceil(2),
        _ => runs,
    }
}

/// Indices of the rows that are averaged, in order: all of them, or those that have much more of x in common without the
/// rows that end early or begin late.
pub(super) fn averaged(rows: &[&RunRow], window: usize) -> Vec<usize> {
    let range = |row: &&RunRow| -> Option<[f64; 2]> {
        let strips = full_strips(row, window);
        let (first, last) = (strips.first()?.start, strips.last()?.end.checked_sub(1)?);
        Some([first, last].map(|at| row.samples.points[at as usize].x))
    };
    let ranges: Option<Vec<[f64; 2]>> = rows.iter().map(range).collect();
    match ranges {
        Some(ranges) => with_much_in_common(&ranges),
        None => (0..rows.len()).collect(),
    }
}

/// Indices of at least half of the ranges, and two, whose number times their common part is largest.
fn with_much_in_common(ranges: &[[f64; 2]]) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..ranges.len()).collect();
    let common = |kept: &[usize]| {
        let first = kept.iter().map(|at| ranges[*at][0]).reduce(f64::max);
        let last = kept.iter().map(|at| ranges[*at][1]).reduce(f64::min);
        first.zip(last).map_or(0.0, |(first, last)| last - first)
    };
    let mut best = (kept.clone(), common(&kept).max(0.0) * kept.len() as f64);
    let fewest = ranges.len().div_ceil(2).max(2);
    while kept.len() > fewest {
        let place = |of: &dyn Fn(&[f64; 2]) -> f64| {
            let by = |a: &usize, b: &usize| of(&ranges[kept[*a]]).total_cmp(&of(&ranges[kept[*b]]));
            (0..kept.len()).min_by(by)
        };
        let ends = [place(&|range| range[1]), place(&|range| -range[0])];
        let without = ends.into_iter().flatten().map(|place| {
            let mut without = kept.clone();
            without.remove(place);
            without
        });
        let Some(next) = without.max_by(|a, b| common(a).total_cmp(&common(b))) else {
            break;
        };
        let value = common(&next) * next.len() as f64;
        if value > best.1 * GAIN {
            best = (next.clone(), value);
        }
        kept = next;
    }
    best.0
}

/// The segments of a mean: of a single run those of its line, of several their common ones.
pub(super) fn strips(rows: &[&RunRow], mean: &Mean<2>) -> Vec<Range<u32>> {
    let x = &mean.steps;
    let [row] = rows else {
        return Path::unbroken(x.len());
    };
    let points = &row.samples.points;
    let at = |index: u32| {
        let first = points
            .get(index as usize)
            .map_or(f64::INFINITY, |point| point.x);
        x.partition_point(|x| *x < first) as u32
    };
    let strips = row.samples.strips().into_iter();
    let strips = strips.map(|strip| at(strip.start)..at(strip.end));
    strips.filter(|strip| !strip.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_stops_early_is_not_averaged() {
        let ranges = [[0.0, 1000.0], [0.0, 990.0], [0.0, 30.0], [10.0, 1000.0]];
        assert_eq!(with_much_in_common(&ranges), [0, 1, 3]);
        let from_late = [[0.0, 1000.0], [0.0, 990.0], [900.0, 1000.0]];
        assert_eq!(with_much_in_common(&from_late), [0, 1]);
    }

    #[test]
    fn runs_of_similar_lengths_are_averaged_together() {
        let ranges = [[0.0, 1000.0], [0.0, 700.0], [0.0, 990.0]];
        assert_eq!(with_much_in_common(&ranges), [0, 1, 2]);
    }

    #[test]
    fn two_runs_are_the_fewest() {
        let ranges = [[0.0, 1000.0], [0.0, 1.0]];
        assert_eq!(with_much_in_common(&ranges), [0, 1]);
        let apart = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]];
        assert_eq!(with_much_in_common(&apart), [0, 1, 2]);
    }
}
