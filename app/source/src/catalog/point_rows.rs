//! Points and histograms of the rows of a table.

use std::{path::Path, sync::Arc};

use trainscape_run::{Histogram, HistogramPoint, Point, Step};

use super::{
    error::CatalogError,
    layout::{HistogramColumn, HistoryColumn},
    table::Table,
};

/// Where the restarts of a series begin, from the number of restarts before each point.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    pub(super) begins: Vec<usize>,
}

impl Restarts {
    /// Adds the point at the place `at`.
    pub(super) fn add(&mut self, at: usize, before: Option<usize>) {
        if before.is_some_and(|before| before > self.begins.len()) {
            self.begins.push(at);
        }
    }
}

/// The columns that points are read from.
pub(super) const COLUMNS: [HistoryColumn; 5] = [
    HistoryColumn::Step,
    HistoryColumn::FractionalStep,
    HistoryColumn::WallTime,
    HistoryColumn::Value,
    HistoryColumn::Restart,
];

/// The points of some rows, and the number of restarts before each.
pub(super) fn points(rows: &dyn Table) -> Result<Vec<(Point, Option<usize>)>, CatalogError> {
    let steps = steps(
        &rows.whole_numbers(HistoryColumn::Step.name())?,
        &rows.numbers(HistoryColumn::FractionalStep.name())?,
        rows.place(),
    )?;
    let times = rows.numbers(HistoryColumn::WallTime.name())?;
    let values = rows.numbers(HistoryColumn::Value.name())?;
    let counts = rows.whole_numbers(HistoryColumn::Restart.name())?;
    let cells = steps.into_iter().zip(times).zip(values).zip(counts);
    let points = cells.map(|(((step, wall_time_secs), value), count)| {
        let point = Point {
            step,
            wall_time_secs,
            value: value.ok_or_else(|| no_value(rows.place()))?,
        };
        Ok((point, count.and_then(|count| usize::try_from(count).ok())))
    });
    points.collect()
}

/// The histograms of some rows.
pub(super) fn histograms(rows: &dyn Table) -> Result<Vec<HistogramPoint>, CatalogError> {
    let steps = steps(
        &rows.whole_numbers(HistogramColumn::Step.name())?,
        &rows.numbers(HistogramColumn::FractionalStep.name())?,
        rows.place(),
    )?;
    let times = rows.numbers(HistogramColumn::WallTime.name())?;
    let sums = rows.numbers(HistogramColumn::SumSquares.name())?;
    let edges = rows.lists(HistogramColumn::Edges.name())?;
    let counts = rows.lists(HistogramColumn::Counts.name())?;
    let bins = edges.into_iter().zip(counts);
    let cells = steps.into_iter().zip(times).zip(sums).zip(bins);
    let points = cells.map(|(((step, wall_time_secs), sum_squares), (edges, counts))| {
        if edges.len() != counts.len() + 1 {
            let reason = "a histogram has not one edge more than bins";
            return Err(CatalogError::damaged(rows.place(), reason));
        }
        let histogram = Histogram {
            edges,
            counts,
            sum_squares,
        };
        Ok(HistogramPoint {
            step,
            wall_time_secs,
            histogram: Arc::new(histogram),
        })
    });
    points.collect()
}

/// The step of a row, which is either whole or fractional.
pub(super) fn step(whole: Option<i64>, fractional: Option<f64>) -> Option<Step> {
    whole.map(Step::Int).or(fractional.map(Step::Float))
}

fn steps(
    whole: &[Option<i64>],
    fractional: &[Option<f64>],
    place: &Path,
) -> Result<Vec<Step>, CatalogError> {
    let steps = whole.iter().zip(fractional);
    let steps: Option<Vec<Step>> = steps.map(|(&whole, &float)| step(whole, float)).collect();
    steps.ok_or_else(|| CatalogError::damaged(place, "a row has no step"))
}

fn no_value(place: &Path) -> CatalogError {
    CatalogError::damaged(place, "a row has no value")
}
