use std::ops::Range;

/// Why the elements of a matrix cannot be read, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RowsError(pub String);

/// A matrix of samples (rows) x features (columns) that is read in blocks, so that neither memory nor the
/// adapter's binding limit bounds it.
pub trait Rows: Send + Sync {
    /// Number of rows and columns.
    fn shape(&self) -> [usize; 2];

    /// Reads a block, row-major, into `out`, which has exactly that many elements.
    ///
    /// # Errors
    /// When the elements cannot be read.
    fn read(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
    ) -> Result<(), RowsError>;
}

/// A matrix in memory, row-major.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Number of columns.
    pub columns: usize,
    /// The elements.
    pub values: Vec<f32>,
}

impl Rows for Matrix {
    fn shape(&self) -> [usize; 2] {
        [self.values.len() / self.columns.max(1), self.columns]
    }

    fn read(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
    ) -> Result<(), RowsError> {
        if columns.is_empty() {
            return Ok(());
        }
        for (row, out) in rows.zip(out.chunks_exact_mut(columns.len())) {
            let first = row * self.columns;
            out.copy_from_slice(&self.values[first + columns.start..first + columns.end]);
        }
        Ok(())
    }
}
