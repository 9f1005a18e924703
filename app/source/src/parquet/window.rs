//! Some rows of a table: their positions first, then their values column by column.

use std::collections::HashMap;

use parquet::errors::ParquetError;
use trainscape_run::{ConfigValue, Role, Step, role_of_key};

use super::{
    cells::{Cell, CellKind, Column, Number},
    columns::Columns,
    layout::{Layout, Values},
    runs::{Head, Names, Runs},
};
use crate::{
    columns::{is_evaluation, plausible_wall_time_secs},
    json::step_of,
};

/// The rows that are being read.
pub(super) struct Window<'a> {
    layout: &'a Layout,
    runs: Runs<'a>,
    heads: Vec<Head>,
    /// Rows before the window.
    rows: u64,
    left_out: u64,
    keys: Names,
    /// Indices of the rows' keys in a table of a row for each value, and else of the texts that say whether a row is one
    /// of the training.
    row_keys: Vec<Option<u32>>,
}

impl<'a> Window<'a> {
    pub(super) fn new(layout: &'a Layout, runs: Runs<'a>) -> Self {
        Self {
            layout,
            runs,
            heads: Vec::new(),
            rows: 0,
            left_out: 0,
            keys: Names::default(),
            row_keys: Vec::new(),
        }
    }

    /// True if the rows hold more points than is plausible for the file.
    pub(super) fn has_too_many_points(&self) -> bool {
        self.runs.has_too_many_points
    }

    /// Rows that have no step, no key or no run.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Reads the next rows: as many as every column holds, if the file is not damaged.
    pub(super) fn read(&mut self, columns: &mut Columns, rows: usize) -> Result<(), ParquetError> {
        self.read_heads(columns, rows)?;
        let is_long = matches!(self.layout.values, Values::Long { .. });
        let layouts = self.layout.values.columns();
        for (at, (column, layout)) in columns.values.iter_mut().zip(layouts).enumerate() {
            let is_setting = is_long && at > 0;
            let (heads, row_keys, keys) = (&self.heads, &self.row_keys, &self.keys);
            let runs = &mut self.runs;
            let mut of_phases = PhaseNames::new(&layout.name);
            let read = column.read(rows, |row, cell| {
                let Some(&head) = heads.get(row) else { return };
                let key = match (is_long, row_keys.get(row)) {
                    (false, Some(&Some(phase))) => of_phases.name(keys.name(phase)),
                    (false, _) => layout.name.as_str(),
                    (true, Some(&Some(key))) => keys.name(key),
                    (true, _) => return,
                };
                match (head.step, cell) {
                    (Some(step), Cell::Number(number)) if !is_setting => {
                        runs.add(head, step, key, number.as_f64());
                    }
                    (None, cell) if is_long => runs.set(head, key, setting(&cell)),
                    _ => {}
                }
            })?;
            if read < rows {
                return Err(missing_rows());
            }
            self.runs.flush();
        }
        let has_runs = self.layout.run.is_some();
        let left_out = self.heads.iter().enumerate().filter(|(row, head)| {
            let has_place = match is_long {
                true => matches!(self.row_keys.get(*row), Some(Some(_))),
                false => head.step.is_some(),
            };
            !has_place || has_runs && head.run.is_none()
        });
        self.left_out += left_out.count() as u64;
        self.rows += rows as u64;
        self.runs.statistics.records += rows as u64;
        Ok(())
    }

    /// Reads the steps, the times, the runs and the keys of the next rows.
    fn read_heads(&mut self, columns: &mut Columns, rows: usize) -> Result<(), ParquetError> {
        let mut heads = Heads {
            heads: std::mem::take(&mut self.heads),
            first: (columns.step.is_none()).then_some(self.rows as i64),
        };
        heads.heads.clear();
        self.row_keys.clear();
        read_some(&mut columns.step, rows, |row, cell| {
            if let Cell::Number(number) = cell {
                heads.at(row).step = match number {
                    Number::Int(step) => Some(Step::Int(step)),
                    Number::Float(step) => step_of(step),
                };
            }
        })?;
        let kind = self.layout.time.as_ref().map(|time| time.kind);
        read_some(&mut columns.time, rows, |row, cell| {
            if let Cell::Number(number) = cell {
                heads.at(row).wall_time_secs = wall_time_secs(kind, number);
            }
        })?;
        if let Some(names) = &mut self.runs.names {
            read_some(&mut columns.run, rows, |row, cell| {
                heads.at(row).run = match cell {
                    Cell::Text(name) => names.index(name),
                    Cell::Number(Number::Int(run)) => names.index(run.to_string().as_bytes()),
                    Cell::Number(Number::Float(run)) => names.index(run.to_string().as_bytes()),
                };
            })?;
        }
        let (row_keys, keys) = (&mut self.row_keys, &mut self.keys);
        read_some(&mut columns.key, rows, |row, cell| {
            if let Cell::Text(name) = cell {
                row_keys.resize(row_keys.len().max(row + 1), None);
                row_keys[row] = keys.index(name);
            }
        })?;
        if let Some(last) = rows.checked_sub(1) {
            heads.at(last);
        }
        self.heads = heads.heads;
        Ok(())
    }
}

/// What the values of a column are called in rows of an evaluation: `val/loss`.
struct PhaseNames<'a> {
    column: &'a str,
    is_held_out: bool,
    names: HashMap<String, String>,
}

impl<'a> PhaseNames<'a> {
    fn new(column: &'a str) -> Self {
        let is_held_out = role_of_key(column) == Some(Role::ValidationLoss);
        Self {
            column,
            is_held_out: is_held_out || is_evaluation(column),
            names: HashMap::new(),
        }
    }

    fn name(&mut self, phase: &str) -> &str {
        if self.is_held_out || !is_evaluation(phase) {
            return self.column;
        }
        let name = || format!("{phase}/{}", self.column);
        self.names.entry(phase.to_owned()).or_insert_with(name)
    }
}

/// Positions of rows. They grow with the rows that a column really holds.
struct Heads {
    heads: Vec<Head>,
    /// The step of the first row in a table without steps.
    first: Option<i64>,
}

impl Heads {
    fn at(&mut self, row: usize) -> &mut Head {
        while self.heads.len() <= row {
            let step = self
                .first
                .map(|first| Step::Int(first + self.heads.len() as i64));
            self.heads.push(Head {
                step,
                wall_time_secs: None,
                run: None,
            });
        }
        &mut self.heads[row]
    }
}

/// Reads the next rows of a column, if there is one. All columns must hold as many.
fn read_some(
    column: &mut Option<Column>,
    rows: usize,
    visit: impl FnMut(usize, Cell<'_>),
) -> Result<(), ParquetError> {
    if let Some(column) = column {
        let read = column.read(rows, visit)?;
        if read < rows {
            return Err(missing_rows());
        }
    }
    Ok(())
}

fn missing_rows() -> ParquetError {
    ParquetError::EOF("a column holds fewer rows than the table".to_owned())
}

fn wall_time_secs(kind: Option<CellKind>, number: Number) -> Option<f64> {
    match kind? {
        CellKind::Time(per_sec) => Some(number.as_f64() / per_sec),
        CellKind::Number(_) => plausible_wall_time_secs(number.as_f64()),
        CellKind::Text => None,
    }
}

fn setting(cell: &Cell<'_>) -> ConfigValue {
    match cell {
        Cell::Number(Number::Int(value)) => ConfigValue::Int(*value),
        Cell::Number(Number::Float(value)) => ConfigValue::Float(*value),
        Cell::Text(text) => ConfigValue::Text(String::from_utf8_lossy(text).into_owned()),
    }
}
