//! The tensor of an embedding with the projected coordinates of its rows.

use std::sync::Arc;

use trainscape_compute::projection::{MOST_MEMORY, Projection, Projector, Rows};
use trainscape_run::Tensor;
use trainscape_scene::ticks::group_thousands;

use super::options::EmbeddingOptions;
use crate::{
    NotAvailable, TensorRows, ViewSettings,
    tensors::{self, Chosen},
};

/// Rows of all snapshots. Each takes about 400 bytes of memory: its coordinates, its place, its point and its record.
const MOST_ROWS: usize = 4_000_000;
const _: () = assert!(400 * MOST_ROWS as u64 <= MOST_MEMORY);
/// Numbers of a row at most: whole rows are read to compare them.
const MOST_COLUMNS: usize = 4_000_000;

/// What is drawn: the tensor seen as snapshots × rows × dimensions, and the coordinates of each row.
pub(super) struct ProjectedRows {
    pub(super) chosen: Chosen,
    pub(super) matrix: Arc<dyn Rows>,
    /// 1 without a snapshot axis.
    pub(super) snapshots: usize,
    pub(super) rows: usize,
    /// The snapshot whose rows are drawn as points.
    pub(super) shown: usize,
    pub(super) step: Option<f64>,
    pub(super) projection: Arc<Projection>,
}

impl ProjectedRows {
    /// Projects the rows of a tensor.
    pub(super) fn new(
        chosen: Chosen,
        options: &EmbeddingOptions,
        settings: &ViewSettings,
        projector: &dyn Projector,
    ) -> Result<Self, NotAvailable> {
        let tensor = Arc::clone(&chosen.tensor);
        let matrix: Arc<dyn Rows> = Arc::new(TensorRows(Arc::clone(&tensor)));
        let snapshots = tensor.len_of("snapshot").unwrap_or(1);
        let [all, columns] = matrix.shape();
        if all > MOST_ROWS {
            return Err(NotAvailable::new(format!(
                "{} has {} rows, of which at most {} can be drawn: save a part of them as an array of its own",
                tensor.key,
                group_thousands(&all.to_string()),
                group_thousands(&MOST_ROWS.to_string()),
            )));
        }
        if columns > MOST_COLUMNS {
            return Err(NotAvailable::new(format!(
                "{} has {} numbers in each row, and a row can have at most {}: save a part of them as an array of its own",
                tensor.key,
                group_thousands(&columns.to_string()),
                group_thousands(&MOST_COLUMNS.to_string()),
            )));
        }
        let rows = all / snapshots.max(1);
        let dims = options.dims.min(columns);
        let (shown, step) = tensors::snapshot(&tensor, settings);
        // A file that is rewritten is another tensor of the same key.
        let name = format!(
            "{}/{} at {:p}",
            chosen.run.id,
            tensor.key,
            Arc::as_ptr(&tensor)
        );
        let projection = projector
            .project(&name, &matrix, dims, options.method)
            .map_err(|error| NotAvailable::new(error.to_string()))?;
        if projection.scores.len() != all * projection.dims {
            return Err(NotAvailable::new(
                "the projection does not have coordinates for every row".to_owned(),
            ));
        }
        Ok(Self {
            chosen,
            matrix,
            snapshots,
            rows,
            shown,
            step,
            projection,
        })
    }

    pub(super) fn tensor(&self) -> &Arc<Tensor> {
        &self.chosen.tensor
    }

    pub(super) fn has_snapshots(&self) -> bool {
        self.step.is_some()
    }

    /// Projected coordinates of a row of a snapshot; the third is the step where there are two and
    /// snapshots.
    pub(super) fn coordinates(&self, snapshot: usize, row: usize) -> [f64; 3] {
        let dims = self.projection.dims;
        let first = (snapshot * self.rows + row) * dims;
        let score = |dim: usize| f64::from(self.projection.scores[first + dim]);
        let third = if dims > 2 {
            score(2)
        } else if self.has_snapshots() {
            tensors::step_of_snapshot(self.tensor(), snapshot)
        } else {
            0.0
        };
        [score(0), if dims > 1 { score(1) } else { 0.0 }, third]
    }
}
