//! The weights of all snapshots as one matrix.

use std::{ops::Range, sync::Arc};

use trainscape_compute::projection::{Rows, RowsError};
use trainscape_run::{Tensor, TensorError};

/// Snapshots × parameters, the tensors one after another.
#[derive(Debug)]
pub(super) struct Stacked {
    tensors: Vec<Arc<Tensor>>,
    /// First column of each tensor, and the end of the last.
    starts: Vec<usize>,
}

impl Stacked {
    pub(super) fn new(tensors: Vec<Arc<Tensor>>) -> Self {
        let mut starts = vec![0];
        for tensor in &tensors {
            let columns: usize = tensor.shape[1..].iter().product();
            starts.push(starts[starts.len() - 1] + columns);
        }
        Self { tensors, starts }
    }
}

impl Rows for Stacked {
    fn shape(&self) -> [usize; 2] {
        let rows = self.tensors.first().map_or(0, |tensor| tensor.shape[0]);
        [rows, self.starts.last().copied().unwrap_or(0)]
    }

    fn read(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
    ) -> Result<(), RowsError> {
        let width = columns.len();
        for (tensor, start) in self.tensors.iter().zip(&self.starts) {
            let len: usize = tensor.shape[1..].iter().product();
            let from = columns.start.max(*start);
            let to = columns.end.min(start + len);
            if from >= to {
                continue;
            }
            for (index, row) in rows.clone().enumerate() {
                let into = index * width + from - columns.start;
                read_flat(
                    tensor,
                    row,
                    from - start..to - start,
                    &mut out[into..into + to - from],
                )
                .map_err(|error| RowsError(error.to_string()))?;
            }
        }
        Ok(())
    }
}

/// Elements of one snapshot by their flat index, in C order. Reads whole slices of the second axis
/// and keeps what was asked for.
fn read_flat(
    tensor: &Tensor,
    snapshot: usize,
    wanted: Range<usize>,
    out: &mut [f32],
) -> Result<(), TensorError> {
    let shape = &tensor.shape[1..];
    let Some((&outer, inner)) = shape.split_first() else {
        let value = tensor.element(&[snapshot])?;
        out.fill(value as f32);
        return Ok(());
    };
    let each: usize = inner.iter().product();
    let slices = wanted.start / each..wanted.end.div_ceil(each).min(outer);
    let mut ranges = vec![snapshot..snapshot + 1, slices.clone()];
    ranges.extend(inner.iter().map(|len| 0..*len));
    let offset = wanted.start - slices.start * each;
    if offset == 0 && slices.len() * each == wanted.len() {
        return tensor.read_into(&ranges, out);
    }
    let values = tensor.read(&ranges)?;
    out.copy_from_slice(&values[offset..offset + wanted.len()]);
    Ok(())
}
