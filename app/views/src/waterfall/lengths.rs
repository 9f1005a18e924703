//! Runs of very different lengths, of which a linear axis would show only the longest.

use trainscape_scene::{
    axis::{Axis, Scale},
    ticks::format_value,
};

use crate::{run_rows::RunRow, samples::counted};

/// Fewer runs have no usual length.
const FEWEST_RUNS: usize = 3;
/// The longest run is this many times as long as half of all, or as the best one.
const FACTOR: f64 = 10.0;
/// The best run has a curve from so many points on.
const FEWEST_POINTS: usize = 3;
/// The axis begins at this share of the length of the shortest runs, ...
const FIRST_SHARE: f64 = 0.01;
/// ... of which this is the quantile.
const SHORTEST: f64 = 0.1;

/// Where a logarithmic axis of runs of different lengths begins.
pub(super) struct Lengths {
    pub(super) first_x: f64,
    /// Points above zero that are before.
    before: usize,
}

impl Lengths {
    /// `None` of runs of similar lengths, and where x is not positive; `best` is the row of the best one, if one is.
    pub(super) fn of(rows: &[RunRow], best: Option<usize>) -> Option<Self> {
        // Runs of one point have no length.
        let long = || rows.iter().filter(|row| row.samples.points.len() > 1);
        let mut ends: Vec<f64> = long()
            .filter_map(|row| Some(row.samples.points.last()?.x))
            .collect();
        ends.sort_by(f64::total_cmp);
        let shortest = *ends.get((SHORTEST * ends.len() as f64) as usize)?;
        let longest = *ends.last()?;
        let median = ends[(ends.len() - 1) / 2];
        let curve = best.map(|row| &rows[row].samples.points);
        let curve = curve.filter(|points| points.len() >= FEWEST_POINTS);
        let of_best = curve.and_then(|points| points.last());
        let of_best = of_best.map_or(median, |point| point.x);
        let compared = median.min(of_best);
        if ends.len() < FEWEST_RUNS || shortest <= 0.0 || longest < FACTOR * compared {
            return None;
        }
        let first_x = FIRST_SHARE * shortest;
        let points = rows.iter().flat_map(|row| &row.samples.points);
        let before = points
            .filter(|point| point.x > 0.0 && point.x < first_x)
            .count();
        Some(Self { first_x, before })
    }

    /// Points before the axis.
    pub(super) fn not_shown(&self, axis: &Axis) -> usize {
        match axis.scale {
            Scale::Log10 => self.before,
            _ => 0,
        }
    }

    /// The caption's sentence.
    pub(super) fn text(&self, axis: &Axis) -> String {
        let before = self.not_shown(axis);
        if before == 0 {
            return String::new();
        }
        let points = counted(before, "point");
        format!(
            "Not shown: {points} before {} {}",
            axis.title,
            format_value(axis.low)
        )
    }
}
