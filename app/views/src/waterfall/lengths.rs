//! Runs of very different lengths, of which a linear axis would show only the longest.

use trainscape_scene::axis::Scale;

use crate::run_rows::RunRow;

/// Fewer runs have no usual length.
const FEWEST_RUNS: usize = 3;
/// The longest run is this many times as long as half of all, or as the best one.
const FACTOR: f64 = 10.0;
/// The best run has a curve from so many points on.
const FEWEST_POINTS: usize = 3;
/// The axis is logarithmic from this share of the length of the shortest runs on, ...
const FIRST_SHARE: f64 = 0.01;
/// ... of which this is the quantile.
const SHORTEST: f64 = 0.1;

/// From where on the axis of runs of different lengths is logarithmic.
pub(super) struct Lengths {
    first_x: f64,
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
        // A single point beyond all curves leaves them no more room than a long curve.
        let last = rows.iter().filter_map(|row| row.samples.points.last());
        let longest = last.map(|point| point.x).fold(*ends.last()?, f64::max);
        let median = ends[(ends.len() - 1) / 2];
        let curve = best.map(|row| &rows[row].samples.points);
        let curve = curve.filter(|points| points.len() >= FEWEST_POINTS);
        let of_best = curve.and_then(|points| points.last());
        let of_best = of_best.map_or(median, |point| point.x);
        let compared = median.min(of_best);
        let firsts = rows.iter().filter_map(|row| row.samples.points.first());
        // No logarithmic axis shows what is below zero.
        if firsts.map(|point| point.x).fold(0.0, f64::min) < 0.0 {
            return None;
        }
        if ends.len() < FEWEST_RUNS || shortest <= 0.0 || longest < FACTOR * compared {
            return None;
        }
        Some(Self {
            first_x: FIRST_SHARE * shortest,
        })
    }

    /// The scale that shows all of the places `all_x`: those before the logarithmic part, such as a step of zero, are on a
    /// linear part.
    pub(super) fn scale(&self, all_x: impl Iterator<Item = f64>) -> Scale {
        let (mut linear_to, mut is_before) = (f64::INFINITY, false);
        for x in all_x {
            if x < self.first_x || x <= 0.0 {
                is_before = true;
            } else {
                linear_to = linear_to.min(x);
            }
        }
        match is_before && linear_to.is_finite() {
            true => Scale::LogFromZero(linear_to),
            false => Scale::Log10,
        }
    }
}
