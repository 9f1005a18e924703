//! The measured nodes of a terrain: the runs' smoothed losses at common x positions.

use std::sync::Arc;

use trainscape_compute::{Field, MISSING};
use trainscape_scene::{axis::Axis, scene::NodeRecords, ticks::format_value};

use super::row::{SweepRow, is_same_place};
use crate::{axes, run_rows::RunRow};

/// Columns of the measured grid; longer runs are averaged into this many.
pub(super) const COLUMNS: usize = 1024;

/// All smoothed samples in the unit box.
pub(super) fn scattered(rows: &[&SweepRow], axes: &[Axis; 3]) -> Arc<[[f32; 3]]> {
    rows.iter()
        .flat_map(|row| {
            row.row
                .samples
                .points
                .iter()
                .zip(&row.row.smooth)
                .filter_map(|(sample, smooth)| axes::place(axes, [sample.x, row.y, *smooth]))
        })
        .collect()
}

/// The runs' smoothed losses at common x positions.
pub(super) struct MeasuredGrid {
    pub(super) field: Field,
    /// x of each column in data units.
    pub(super) x: Vec<f64>,
    /// Step of each column; empty where runs reach a column at different steps.
    steps: Vec<f64>,
    /// y of each row in data units.
    pub(super) rows: Vec<f64>,
    /// Value of each node in data units; NaN where it is missing.
    pub(super) values: Vec<f64>,
    /// A member of each row.
    member_of_row: Vec<usize>,
    /// Indices of the sweep's rows that each row averages.
    averaged: Vec<Vec<usize>>,
    /// Whether each column averages several steps.
    pub(super) thinned: bool,
}

impl MeasuredGrid {
    /// Whether it has an area.
    pub(super) fn is_surface(&self) -> bool {
        self.field.y_unit.len() >= 2 && self.field.x_unit.len() >= 2
    }

    /// Whether some row is the mean of several runs.
    pub(super) fn averages_runs(&self) -> bool {
        self.averaged.iter().any(|rows| rows.len() > 1)
    }

    /// The rows of the sweep that the grid is made of, without those of one of its rows.
    pub(super) fn rows_without<'a>(&self, all: &'a [SweepRow], except: usize) -> Vec<&'a SweepRow> {
        let kept = self.averaged.iter().enumerate();
        kept.filter(|(row, _)| *row != except)
            .flat_map(|(_, rows)| rows.iter().map(|row| &all[*row]))
            .collect()
    }

    /// The places of the nodes of a row in the unit box.
    pub(super) fn places_of(&self, row: usize) -> Vec<[f32; 2]> {
        let y = self.field.y_unit[row];
        self.field.x_unit.iter().map(|x| [*x, y]).collect()
    }

    pub(super) fn records(&self, rows: &[SweepRow], key: &str) -> NodeRecords {
        let positions: Vec<[f32; 3]> = self
            .field
            .values
            .iter()
            .enumerate()
            .map(|(node, value)| {
                let (row, column) = (node / self.x.len(), node % self.x.len());
                [self.field.x_unit[column], self.field.y_unit[row], *value]
            })
            .collect();
        let averaged = rows
            .iter()
            .any(|row| row.row.samples.points.len() != self.x.len());
        NodeRecords {
            positions_unit: positions.into(),
            rows: self.rows.iter().map(|y| format_value(*y)).collect(),
            x: self.x.clone().into(),
            steps: self.steps.clone().into(),
            values: self.values.clone().into(),
            value_name: if averaged {
                format!("{key} (averaged)")
            } else {
                key.to_owned()
            },
            drawn: None,
            run_of_row: self
                .member_of_row
                .iter()
                .map(|member| *member as u32)
                .collect(),
        }
    }
}

/// The grid of some rows of the sweep, by rising second coordinate; rows at the same place are replaced by their mean.
pub(super) fn measured_grid(all: &[SweepRow], of: &[usize], axes: &[Axis; 3]) -> MeasuredGrid {
    let [x_axis, y_axis, z_axis] = axes;
    let rows: Vec<&SweepRow> = of.iter().map(|row| &all[*row]).collect();
    let mut columns: Vec<f64> = rows
        .iter()
        .flat_map(|row| row.row.samples.points.iter().map(|sample| sample.x))
        .collect();
    columns.retain(|x| x_axis.unit_from_value(*x).is_some());
    columns.sort_by(f64::total_cmp);
    columns.dedup();
    let thinned = columns.len() > COLUMNS;
    if thinned {
        let last = (COLUMNS - 1) as f64;
        columns = (0..COLUMNS)
            .map(|i| x_axis.value_from_unit(i as f64 / last))
            .collect();
    }
    let mut merged: Vec<(f64, Vec<usize>)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match merged.last_mut() {
            Some((y, same)) if is_same_place(*y, row.y) => same.push(index),
            _ => merged.push((row.y, vec![index])),
        }
    }
    let mut values = Vec::with_capacity(columns.len() * merged.len());
    for (_, same) in &merged {
        let resampled: Vec<Vec<f64>> = same
            .iter()
            .map(|index| resample(rows[*index], &columns, thinned))
            .collect();
        values.extend((0..columns.len()).map(|column| {
            let present: Vec<f64> = resampled
                .iter()
                .map(|row| row[column])
                .filter(|value| !value.is_nan())
                .collect();
            if present.is_empty() {
                f64::NAN
            } else {
                present.iter().sum::<f64>() / present.len() as f64
            }
        }));
    }
    let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).map(|unit| unit as f32);
    let mut field = Field {
        x_unit: columns.iter().filter_map(|x| unit(x_axis, *x)).collect(),
        y_unit: merged
            .iter()
            .filter_map(|(y, _)| unit(y_axis, *y))
            .collect(),
        values: Vec::with_capacity(values.len()),
        support: Vec::with_capacity(values.len()),
    };
    for value in &values {
        let height = unit(z_axis, *value);
        field.values.push(height.unwrap_or(0.0));
        field
            .support
            .push(if height.is_some() { 1.0 } else { MISSING });
    }
    MeasuredGrid {
        field,
        steps: steps_of_columns(&rows, &columns).unwrap_or_default(),
        x: columns,
        rows: merged.iter().map(|(y, _)| *y).collect(),
        values,
        member_of_row: merged
            .iter()
            .map(|(_, same)| rows[same[0]].row.member)
            .collect(),
        averaged: merged
            .iter()
            .map(|(_, same)| same.iter().map(|index| of[*index]).collect())
            .collect(),
        thinned,
    }
}

/// The step at which runs reach each column, where all agree: always where x is the step.
fn steps_of_columns(rows: &[&SweepRow], columns: &[f64]) -> Option<Vec<f64>> {
    let mut points = rows.iter().flat_map(|row| &row.row.samples.points);
    #[expect(
        clippy::float_cmp,
        reason = "x is a copy of the step, or another quantity"
    )]
    let x_is_step = points.all(|sample| sample.x == sample.step);
    if x_is_step {
        return Some(columns.to_vec());
    }
    let mut steps = vec![f64::NAN; columns.len()];
    for row in rows {
        let points = &row.row.samples.points;
        for (step, &x) in steps.iter_mut().zip(columns) {
            let next = points.partition_point(|sample| sample.x < x);
            let found = match (next.checked_sub(1), points.get(next)) {
                (_, Some(after)) if after.x <= x => after.step,
                (Some(before), Some(after)) => {
                    let before = &points[before];
                    before.step + (after.step - before.step) * (x - before.x) / (after.x - before.x)
                }
                _ => continue,
            };
            let agrees = step.is_nan() || (found - *step).abs() <= 1e-6 * found.abs().max(1.0);
            if !agrees {
                return None;
            }
            *step = found;
        }
    }
    steps.iter().all(|step| step.is_finite()).then_some(steps)
}

/// A row's smoothed values at the given x positions: linear between its samples, NaN outside their range and
/// across gaps; with `average`, the mean over each column that contains samples.
fn resample(row: &SweepRow, columns: &[f64], average: bool) -> Vec<f64> {
    let mut values = vec![f64::NAN; columns.len()];
    let RunRow {
        samples,
        smooth,
        segments,
        ..
    } = &row.row;
    for segment in segments {
        let range = segment.start as usize..segment.end as usize;
        let (points, smooth) = (&samples.points[range.clone()], &smooth[range]);
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            continue;
        };
        for (index, &x) in columns.iter().enumerate() {
            if x < first.x || x > last.x {
                continue;
            }
            let next = points.partition_point(|sample| sample.x < x);
            let value = if points[next].x == x || next == 0 {
                smooth[next]
            } else {
                let share = (x - points[next - 1].x) / (points[next].x - points[next - 1].x);
                smooth[next - 1] + (smooth[next] - smooth[next - 1]) * share
            };
            values[index] = value;
            if average {
                let half = |a: Option<&f64>| a.map_or(x, |a| (a + x) / 2.0);
                let from = half(index.checked_sub(1).and_then(|i| columns.get(i)));
                let to = half(columns.get(index + 1));
                let from = points.partition_point(|sample| sample.x < from);
                let to = points.partition_point(|sample| sample.x < to);
                if to > from {
                    values[index] = smooth[from..to].iter().sum::<f64>() / (to - from) as f64;
                }
            }
        }
    }
    values
}
