//! The rows of all runs in the unit box, and what is drawn from them.

use std::sync::Arc;

use trainscape_run::Run;
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{Describe, Mark},
};

use crate::{
    NotAvailable, ViewSettings,
    custom::{
        columns::{Expressions, RunRows},
        geometry::{axis_of, place},
        spec::Spec,
    },
};

/// The data of a view and how they are drawn.
pub(super) struct SeriesDrawing<'a> {
    pub(super) spec: &'a Spec,
    pub(super) settings: &'a ViewSettings,
    pub(super) expressions: Expressions,
    pub(super) axes: [Axis; 3],
    pub(super) placed: PlacedRows,
    /// The axis of the colours, where an expression gives them.
    pub(super) colours: Option<Axis>,
    pub(super) map: ColourMap,
    /// Id and name of each run.
    runs: Vec<(Arc<str>, Arc<str>)>,
}

/// The rows of all runs in the unit box.
pub(super) struct PlacedRows {
    pub(super) rows: Vec<RunRows>,
    /// Positions of the rows of each run; `None` outside the axes.
    pub(super) positions: Vec<Vec<Option<[f32; 3]>>>,
    pub(super) outside: usize,
    /// Runs that lack one of the names.
    pub(super) lacking: usize,
}

/// Some of the drawn rows, in order.
pub(super) struct Selected {
    pub(super) positions: Vec<[f32; 3]>,
    /// The value of the colours of each.
    pub(super) colours: Vec<Option<f64>>,
    pub(super) records: SeriesRecords,
}

impl<'a> SeriesDrawing<'a> {
    pub(super) fn new(
        spec: &'a Spec,
        runs: &[Arc<Run>],
        settings: &'a ViewSettings,
    ) -> Result<Self, NotAvailable> {
        let expressions = Expressions::new(spec, runs)?;
        let rows = rows(spec, &expressions, runs, settings)?;
        let axes = [0, 1, 2].map(|axis| {
            let values = rows.iter().flat_map(|rows| rows.axes[axis].iter().copied());
            axis_of(spec, axis, Some(&expressions.axes[axis]), values, settings)
        });
        let colours = expressions.colour.as_ref().map(|expression| {
            let of_runs = rows.iter().filter_map(|rows| rows.colour.as_ref());
            let values = of_runs.flatten().copied();
            axis_of(spec, 3, Some(expression), values, settings)
        });
        Ok(Self {
            spec,
            settings,
            placed: PlacedRows::new(rows, &axes, runs.len()),
            expressions,
            axes,
            colours,
            map: settings.colours(spec.map.unwrap_or_default()),
            runs: runs
                .iter()
                .map(|run| (Arc::clone(&run.id), Arc::clone(&run.name)))
                .collect(),
        })
    }

    /// Place of a value in the colour map, where an expression gives the colours.
    pub(super) fn share(&self, value: Option<f64>) -> Option<f32> {
        let unit = self.colours.as_ref()?.unit_from_value(value?);
        Some(unit.unwrap_or(0.0).clamp(0.0, 1.0) as f32)
    }

    /// The drawn rows that `wanted` takes; `corners` are those of the geometry of each.
    pub(super) fn select(
        &self,
        corners: usize,
        wanted: impl Fn(&RunRows, usize) -> bool,
    ) -> Selected {
        let expressions = &self.expressions;
        let more = [&expressions.colour, &expressions.size];
        let named = expressions.axes.iter().chain(more.into_iter().flatten());
        let mut selected = Selected {
            positions: Vec::new(),
            colours: Vec::new(),
            records: SeriesRecords {
                rows: Vec::new(),
                names: named
                    .map(|expression| expression.text().to_owned())
                    .collect(),
                runs: self.runs.clone(),
                corners,
            },
        };
        for (rows, places) in self.placed.rows.iter().zip(&self.placed.positions) {
            for (row, place) in places.iter().enumerate() {
                let Some(place) = place.filter(|_| wanted(rows, row)) else {
                    continue;
                };
                selected.positions.push(place);
                let colour = rows.colour.as_ref().map(|values| values[row]);
                selected.colours.push(colour);
                let mut values: Vec<f64> = rows.axes.iter().map(|axis| axis[row]).collect();
                values.extend(colour);
                values.extend(rows.size.as_ref().map(|values| values[row]));
                let record = (rows.run as u32, rows.steps[row], values);
                selected.records.rows.push(record);
            }
        }
        selected
    }
}

/// The rows of the runs that have all names: one at least.
fn rows(
    spec: &Spec,
    expressions: &Expressions,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Vec<RunRows>, NotAvailable> {
    let rows: Vec<RunRows> = runs
        .iter()
        .enumerate()
        .filter_map(|(index, run)| expressions.rows(run, index, settings))
        .collect();
    if rows.is_empty() {
        let what = format!("no run has all names used in the view `{}`", spec.name);
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    if rows.iter().all(|rows| rows.steps.is_empty()) {
        let what = format!("the view `{}` selects no points", spec.name);
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    Ok(rows)
}

impl PlacedRows {
    fn new(rows: Vec<RunRows>, axes: &[Axis; 3], runs: usize) -> Self {
        let places = |rows: &RunRows| {
            let at = |row: usize| [0, 1, 2].map(|axis: usize| rows.axes[axis][row]);
            (0..rows.steps.len())
                .map(|row| place(axes, at(row)))
                .collect()
        };
        let positions: Vec<Vec<_>> = rows.iter().map(places).collect();
        let all = positions.iter().flatten();
        Self {
            outside: all.filter(|place| place.is_none()).count(),
            positions,
            lacking: runs - rows.len(),
            rows,
        }
    }
}

/// The record of each drawn point.
#[derive(Debug)]
pub(super) struct SeriesRecords {
    /// Run, step and values of each.
    pub(super) rows: Vec<(u32, f64, Vec<f64>)>,
    names: Vec<String>,
    runs: Vec<(Arc<str>, Arc<str>)>,
    /// Corners of one point's geometry.
    corners: usize,
}

impl Describe for SeriesRecords {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some((run, step, values)) = self.rows.get(index / self.corners) else {
            return Vec::new();
        };
        let mut lines = vec![
            ("run".to_owned(), self.runs[*run as usize].1.to_string()),
            ("step".to_owned(), step.to_string()),
        ];
        lines.extend(
            self.names
                .iter()
                .cloned()
                .zip(values.iter().map(ToString::to_string)),
        );
        lines
    }

    fn mark(&self, index: usize) -> Option<Mark> {
        let (run, step, _) = self.rows.get(index / self.corners)?;
        Some(Mark {
            run: Arc::clone(&self.runs[*run as usize].0),
            step: Some(*step),
            row: None,
        })
    }
}
