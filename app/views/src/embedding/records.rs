//! The record under the cursor: a row of the matrix at a snapshot.

use std::sync::Arc;

use trainscape_compute::projection::{Rows as _, RowsError};
use trainscape_run::{Labels, Run, Tensor};
use trainscape_scene::scene::{Describe, Mark};

use super::projected::ProjectedRows;
use crate::{
    TensorRows,
    tensors::{self, step_text, visible},
};

/// The largest number of labels; the layout omits those that would overlap.
pub(super) const MOST_LABELS: usize = 400;

/// Names and values of rows.
#[derive(Clone, Debug)]
pub(super) struct RowRecords {
    run: Arc<Run>,
    tensor: Arc<Tensor>,
    rows: usize,
    /// The cells of the column that names rows.
    names: Option<Arc<[Arc<str>]>>,
}

impl RowRecords {
    pub(super) fn new(embedding: &ProjectedRows) -> Self {
        let tensor = Arc::clone(embedding.tensor());
        let labels = row_labels(&tensor, embedding.rows);
        Self {
            names: labels.map(|labels| labels.names().into()),
            run: Arc::clone(&embedding.chosen.run),
            rows: embedding.rows,
            tensor,
        }
    }

    pub(super) fn has_names(&self) -> bool {
        self.names.is_some()
    }

    pub(super) fn name(&self, row: usize) -> String {
        match &self.names {
            Some(names) => visible(&names[row]),
            None => format!("row {row}"),
        }
    }

    /// The points of one snapshot.
    pub(super) fn of_snapshot(&self, snapshot: usize) -> Arc<dyn Describe> {
        Arc::new(SliceRecords {
            records: self.clone(),
            row: None,
            snapshot,
        })
    }

    /// The positions of one row over training.
    pub(super) fn of_row(&self, row: usize) -> Arc<dyn Describe> {
        Arc::new(SliceRecords {
            records: self.clone(),
            row: Some(row),
            snapshot: 0,
        })
    }

    /// The step of a snapshot, where there are snapshots.
    fn step(&self, snapshot: usize) -> Option<f64> {
        self.tensor.axis("snapshot")?;
        Some(tensors::step_of_snapshot(&self.tensor, snapshot))
    }

    fn lines(&self, snapshot: usize, row: usize) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        match row_labels(&self.tensor, self.rows) {
            Some(labels) => {
                for (column, cells) in labels.columns.iter().zip(&labels.cells) {
                    if let Some(cell) = cells.get(row) {
                        lines.push((column.to_string(), visible(cell)));
                    }
                }
                lines.push(("row".to_owned(), row.to_string()));
            }
            None => lines.push(("row".to_owned(), row.to_string())),
        }
        if self.tensor.axis("snapshot").is_some() {
            let step = tensors::step_of_snapshot(&self.tensor, snapshot);
            lines.push(("step".to_owned(), step_text(step)));
        }
        let columns = self.tensor.shape.last().copied().unwrap_or(0);
        let at = snapshot * self.rows + row;
        if let Ok(values) = read_row(&self.tensor, at, columns) {
            let norm = values
                .iter()
                .map(|value| f64::from(*value).powi(2))
                .sum::<f64>()
                .sqrt();
            lines.push(("norm".to_owned(), format!("{norm:.6}")));
        }
        lines.push(("run".to_owned(), self.run.name.to_string()));
        lines.push((
            "file".to_owned(),
            tensors::file_text(&self.run, &self.tensor),
        ));
        lines
    }
}

/// The labels, where there is one for each row.
pub(super) fn row_labels(tensor: &Tensor, rows: usize) -> Option<&Labels> {
    tensor
        .labels
        .as_deref()
        .filter(|labels| labels.len() == rows)
}

fn read_row(tensor: &Tensor, at: usize, columns: usize) -> Result<Vec<f32>, RowsError> {
    let mut values = vec![0.0; columns];
    TensorRows(tensor).read(at..at + 1, 0..columns, &mut values)?;
    Ok(values)
}

/// One index of either axis fixed.
#[derive(Debug)]
struct SliceRecords {
    records: RowRecords,
    row: Option<usize>,
    snapshot: usize,
}

impl Describe for SliceRecords {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        match self.row {
            Some(row) => self.records.lines(index, row),
            None => self.records.lines(self.snapshot, index),
        }
    }

    fn row(&self, index: usize) -> Option<usize> {
        Some(self.row.unwrap_or(index))
    }

    fn mark(&self, index: usize) -> Option<Mark> {
        let (snapshot, row) = match self.row {
            Some(row) => (index, row),
            None => (self.snapshot, index),
        };
        Some(Mark {
            run: Arc::clone(&self.records.run.id),
            step: self.records.step(snapshot),
            row: Some(row),
        })
    }

    fn find(&self, mark: &Mark) -> Vec<usize> {
        let records = &self.records;
        let Some(row) = mark.row.filter(|row| *row < records.rows) else {
            return Vec::new();
        };
        if *mark.run != *records.run.id {
            return Vec::new();
        }
        let found = match self.row {
            // The trajectory of a row: the snapshot of exactly that step.
            Some(own) if own == row => mark.step.and_then(|step| {
                let count = records.tensor.len_of("snapshot").unwrap_or(1);
                (0..count).find(|snapshot| records.step(*snapshot) == Some(step))
            }),
            Some(_) => None,
            None => {
                let is_shown = mark.step.is_none() || mark.step == records.step(self.snapshot);
                is_shown.then_some(row)
            }
        };
        found.into_iter().collect()
    }
}
