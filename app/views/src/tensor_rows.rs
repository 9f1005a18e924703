//! A tensor as the matrix that a projection takes.

use std::ops::{Deref, Range};

use trainscape_compute::projection::{Rows, RowsError};
use trainscape_run::Tensor;

/// A tensor seen as a matrix: its last axis holds the features, all others together count the rows.
/// Borrowed or shared.
#[derive(Clone, Copy, Debug)]
pub struct TensorRows<T>(pub T);

impl<T: Deref<Target = Tensor> + Send + Sync> Rows for TensorRows<T> {
    fn shape(&self) -> [usize; 2] {
        let shape = &self.0.shape;
        match shape.split_last() {
            Some((&columns, rows)) => [rows.iter().product(), columns],
            None => [0, 0],
        }
    }

    fn read(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
    ) -> Result<(), RowsError> {
        let Some((_, outer)) = self.0.shape.split_last() else {
            return Ok(());
        };
        if columns.is_empty() {
            return Ok(());
        }
        // Consecutive rows along the innermost of the outer axes are one block of the tensor.
        let inner = outer.last().copied().unwrap_or(1);
        let mut at = rows.start;
        let mut done = 0;
        while at < rows.end {
            let within = at % inner;
            let count = (inner - within).min(rows.end - at);
            let mut ranges: Vec<Range<usize>> = Vec::with_capacity(outer.len() + 1);
            let mut rest = at / inner;
            for &len in outer[..outer.len().saturating_sub(1)].iter().rev() {
                ranges.push(rest % len..rest % len + 1);
                rest /= len;
            }
            ranges.reverse();
            if !outer.is_empty() {
                ranges.push(within..within + count);
            }
            ranges.push(columns.clone());
            let elements = count * columns.len();
            self.0
                .read_into(&ranges, &mut out[done..done + elements])
                .map_err(|error| RowsError(error.to_string()))?;
            done += elements;
            at += count;
        }
        Ok(())
    }
}
