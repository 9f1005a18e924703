//! The points of one key of all runs of a part, and its histograms.

use std::sync::Arc;

use parquet::data_type::ByteArray;
use trainscape_run::{HistogramPoint, Series, Step};
use trainscape_source::catalog::{HistogramColumn, HistoryColumn};

use crate::{
    encode::{Cells, Column, encode},
    error::BuildError,
};

/// The columns of positions, which points and histograms share.
#[derive(Default)]
struct PositionCells {
    run_ids: Vec<Option<ByteArray>>,
    places: Vec<Option<i64>>,
    steps: Vec<Option<i64>>,
    fractional_steps: Vec<Option<f64>>,
    wall_times: Vec<Option<f64>>,
}

impl PositionCells {
    fn push(&mut self, run_id: &ByteArray, place: usize, step: Step, wall_time_secs: Option<f64>) {
        let (whole, fractional) = step_cells(step);
        self.run_ids.push(Some(run_id.clone()));
        self.places.push(Some(place as i64));
        self.steps.push(whole);
        self.fractional_steps.push(fractional);
        self.wall_times.push(wall_time_secs);
    }
}

/// The cells of a step, of which one is empty.
pub(crate) fn step_cells(step: Step) -> (Option<i64>, Option<f64>) {
    match step {
        Step::Int(step) => (Some(step), None),
        Step::Float(step) => (None, Some(step)),
    }
}

/// The file with the points of a key.
pub(crate) fn points(series: &[(Arc<str>, Arc<Series>)]) -> Result<Vec<u8>, BuildError> {
    let mut positions = PositionCells::default();
    let (mut values, mut restarts, mut superseded) = (Vec::new(), Vec::new(), Vec::new());
    for (run_id, series) in series {
        let run_id = ByteArray::from(&**run_id);
        let begins = series.restarts();
        let live = series.live_ranges();
        let (mut restart, mut range) = (0, 0);
        let before = values.len();
        for (at, point) in series.iter().enumerate() {
            while begins.get(restart).is_some_and(|&begin| begin <= at) {
                restart += 1;
            }
            while live.get(range).is_some_and(|range| range.end <= at) {
                range += 1;
            }
            let is_live = live.get(range).is_some_and(|range| range.contains(&at));
            positions.push(&run_id, at, point.step, point.wall_time_secs);
            values.push(Some(point.value));
            restarts.push(Some(restart as i64));
            superseded.push(Some(!is_live));
        }
        if let Some(error) = series.load_error() {
            return Err(BuildError::Points(error.to_owned()));
        }
        debug_assert_eq!(values.len() - before, series.len());
    }
    let PositionCells {
        run_ids,
        places,
        steps,
        fractional_steps,
        wall_times,
    } = positions;
    let cells = [
        Cells::Texts(run_ids),
        Cells::Whole(places),
        Cells::Whole(steps),
        Cells::Numbers(fractional_steps),
        Cells::Numbers(wall_times),
        Cells::Numbers(values),
        Cells::Whole(restarts),
        Cells::Truths(superseded),
    ];
    let columns = HistoryColumn::ALL.iter().zip(cells);
    let columns: Vec<Column> = columns
        .map(|(column, cells)| Column::new(column.name(), cells))
        .collect();
    let sorted_by = [HistoryColumn::RunId, HistoryColumn::Restart];
    Ok(encode(&columns, &sorted_by.map(HistoryColumn::name))?)
}

/// The file with the histograms of a key.
pub(crate) fn histograms(series: &[(Arc<str>, &[HistogramPoint])]) -> Result<Vec<u8>, BuildError> {
    let mut positions = PositionCells::default();
    let (mut sums, mut edges, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for (run_id, points) in series {
        let run_id = ByteArray::from(&**run_id);
        for (at, point) in points.iter().enumerate() {
            positions.push(&run_id, at, point.step, point.wall_time_secs);
            sums.push(point.histogram.sum_squares);
            edges.push(point.histogram.edges.clone());
            counts.push(point.histogram.counts.clone());
        }
    }
    let cells = [
        Cells::Texts(positions.run_ids),
        Cells::Whole(positions.places),
        Cells::Whole(positions.steps),
        Cells::Numbers(positions.fractional_steps),
        Cells::Numbers(positions.wall_times),
        Cells::Numbers(sums),
        Cells::Lists(edges),
        Cells::Lists(counts),
    ];
    let columns = HistogramColumn::ALL.iter().zip(cells);
    let columns: Vec<Column> = columns
        .map(|(column, cells)| Column::new(column.name(), cells))
        .collect();
    Ok(encode(&columns, &[HistogramColumn::RunId.name()])?)
}
