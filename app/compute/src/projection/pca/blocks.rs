//! The matrix, block by block along its longer side, shifted to its mean and scaled for f32.

use ndarray::{Array1, Array2, ArrayView2, ShapeBuilder as _};
use rayon::prelude::*;

use crate::projection::{ProgressCallback, ProjectionError, Rows};

/// Elements of a block: small compared with memory, large compared with the cost of starting a product.
const BLOCK_ELEMENTS: usize = 1 << 23;

/// Rows one task reads. Fixed, so that sums do not depend on the number of threads.
const TASK_ROWS: usize = 256;

/// Rows whose mean is the shift.
const SAMPLED_ROWS: usize = 512;

/// Below this the squares of f32 lose bits at the range's lower end.
const LEAST_TOTAL: f64 = 1.0e-24;

/// A part of the matrix: all of its short side, some of its long side.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The elements; row-major as in the matrix.
    pub values: &'a [f32],
    /// Length of the matrix's short side.
    pub small: usize,
    /// How much of the long side it holds.
    pub long: usize,
    /// Whether the long side counts the rows (and the short side the columns), or vice versa.
    pub along_rows: bool,
    /// Mean of each of its columns, which `values` are without, where it holds whole columns.
    pub means: &'a [f64],
}

impl<'a> Block<'a> {
    /// The block as `long` x `small`.
    #[must_use]
    pub fn view(&self) -> ArrayView2<'a, f32> {
        let shape = (self.long, self.small);
        let view = if self.along_rows {
            ArrayView2::from_shape(shape, self.values)
        } else {
            ArrayView2::from_shape(shape.f(), self.values)
        };
        view.expect("invariant: a block has long x small elements")
    }
}

/// Statistics of the shifted, scaled elements from a pass over all blocks.
pub(super) struct Moments {
    /// Rows of the matrix.
    count: f64,
    /// Sum of each column; zero where whole columns were centred.
    sums: Array1<f64>,
    /// Sum of all squares.
    squares: f64,
}

impl Moments {
    /// The mean row after the shift.
    pub(super) fn offset(&self) -> Array1<f64> {
        &self.sums / self.count
    }

    /// Sum of the squares of all centred elements.
    pub(super) fn total(&self) -> f64 {
        self.squares - self.sums.dot(&self.sums) / self.count
    }

    /// Centres what `AᵀA` made of some vectors, given their products with the offset (a column): missing
    /// centring is a product of rank one.
    pub(super) fn centre_image(&self, along: &Array2<f64>, image: &mut Array2<f64>) {
        let offset = self.offset();
        for (mut row, along) in image.rows_mut().into_iter().zip(along) {
            row.scaled_add(-self.count * along, &offset);
        }
    }
}

/// A matrix and how it is shifted and scaled.
pub(super) struct Blocks<'a> {
    matrix: &'a dyn Rows,
    along_rows: bool,
    /// Subtracted from each row; empty where blocks hold whole columns, which are centred as they are read.
    shift: Vec<f32>,
    scale: f32,
}

impl<'a> Blocks<'a> {
    /// Shifted by the mean of some rows: a shift within the data keeps f32 from cancelling, and what it
    /// lacks to the mean is corrected exactly afterwards.
    pub(super) fn new(matrix: &'a dyn Rows, along_rows: bool) -> Result<Self, ProjectionError> {
        let [rows, columns] = matrix.shape();
        let mut shift = Vec::new();
        if along_rows {
            let sampled = rows.min(SAMPLED_ROWS);
            let mut sums = vec![0.0_f64; columns];
            let mut row = vec![0.0; columns];
            for at in 0..sampled {
                let at = at * rows / sampled;
                matrix.read(at..at + 1, 0..columns, &mut row)?;
                for (sum, value) in sums.iter_mut().zip(&row) {
                    *sum += f64::from(*value);
                }
            }
            shift = sums
                .iter()
                .map(|sum| (sum / sampled as f64) as f32)
                .collect();
            if shift.iter().any(|value| !value.is_finite()) {
                shift = vec![0.0; columns];
            }
        }
        Ok(Self {
            matrix,
            along_rows,
            shift,
            scale: 1.0,
        })
    }

    /// Whether blocks are whole rows.
    pub(super) fn are_rows(&self) -> bool {
        self.along_rows
    }

    pub(super) fn small(&self) -> usize {
        self.matrix.shape()[usize::from(self.along_rows)]
    }

    pub(super) fn long(&self) -> usize {
        self.matrix.shape()[usize::from(!self.along_rows)]
    }

    pub(super) fn scale(&self) -> f64 {
        f64::from(self.scale)
    }

    pub(super) fn shift(&self) -> &[f32] {
        &self.shift
    }

    /// Whether f32 could hold the squares of which this is the sum.
    pub(super) fn holds(&self, total: f64) -> bool {
        // Once scaled by the largest element, any sum but zero is right.
        let least = if self.scale == 1.0 { LEAST_TOTAL } else { 0.0 };
        total.is_finite() && total > least
    }

    /// Scales by the largest element.
    pub(super) fn rescale(
        &mut self,
        progress: ProgressCallback<'_>,
    ) -> Result<(), ProjectionError> {
        self.check_finite()?;
        // The difference of two finite numbers may be infinite; of a sixteenth of them it is not.
        self.scale = 1.0 / 16.0;
        let mut largest = 0.0_f32;
        self.each(progress, &mut |_, block| {
            let values = block.values.iter();
            largest = values.fold(largest, |most, value| most.max(value.abs()));
            Ok(())
        })?;
        if largest == 0.0 {
            return Err(ProjectionError::NoVariance);
        }
        // A power of two changes no digit.
        self.scale *= (-largest.log2().ceil()).clamp(-122.0, 122.0).exp2();
        Ok(())
    }

    fn check_finite(&self) -> Result<(), ProjectionError> {
        let [rows, columns] = self.matrix.shape();
        let step = (BLOCK_ELEMENTS / columns).clamp(1, rows);
        let mut values = vec![0.0; step.min(rows) * columns];
        for first in (0..rows).step_by(step) {
            let last = rows.min(first + step);
            let values = &mut values[..(last - first) * columns];
            self.matrix.read(first..last, 0..columns, values)?;
            if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                return Err(ProjectionError::NotFinite {
                    row: first + at / columns,
                });
            }
        }
        Ok(())
    }

    /// Reads block after block and hands each on, with where it starts along the long side.
    pub(super) fn each(
        &self,
        progress: ProgressCallback<'_>,
        visit: &mut dyn FnMut(usize, &Block<'_>) -> Result<(), ProjectionError>,
    ) -> Result<Moments, ProjectionError> {
        let (small, long) = (self.small(), self.long());
        let step = (BLOCK_ELEMENTS / small).clamp(1, long);
        let mut values = vec![0.0; step * small];
        let mut means = Vec::new();
        let mut moments = Moments {
            count: self.matrix.shape()[0] as f64,
            sums: Array1::zeros(small),
            squares: 0.0,
        };
        for first in (0..long).step_by(step) {
            if !progress([first as u32, long as u32]) {
                return Err(ProjectionError::Stopped);
            }
            let count = step.min(long - first);
            let values = &mut values[..count * small];
            if self.along_rows {
                self.read_rows(first, values, &mut moments)?;
            } else {
                means = self.read_columns(first, count, values, &mut moments)?;
            }
            let block = Block {
                values,
                small,
                long: count,
                along_rows: self.along_rows,
                means: &means,
            };
            visit(first, &block)?;
        }
        Ok(moments)
    }

    fn read_rows(
        &self,
        first: usize,
        values: &mut [f32],
        moments: &mut Moments,
    ) -> Result<(), ProjectionError> {
        let columns = self.shift.len();
        let shift: Vec<f32> = self.shift.iter().map(|shift| shift * self.scale).collect();
        let tasks = values.par_chunks_mut(TASK_ROWS * columns).enumerate();
        let partial = tasks.map(|(task, values)| {
            let from = first + task * TASK_ROWS;
            let rows = values.len() / columns;
            self.matrix.read(from..from + rows, 0..columns, values)?;
            let mut sums = vec![0.0_f32; columns];
            let mut squares = vec![0.0_f32; columns];
            for row in values.chunks_exact_mut(columns) {
                let totals = sums.iter_mut().zip(&mut squares);
                for ((value, shift), (sum, square)) in row.iter_mut().zip(&shift).zip(totals) {
                    *value = *value * self.scale - shift;
                    *sum += *value;
                    *square += *value * *value;
                }
            }
            Ok((sums, squares))
        });
        let partial: Vec<(Vec<f32>, Vec<f32>)> = partial.collect::<Result<_, ProjectionError>>()?;
        for (sums, squares) in partial {
            for (total, sum) in moments.sums.iter_mut().zip(sums) {
                *total += f64::from(sum);
            }
            moments.squares += squares.into_iter().map(f64::from).sum::<f64>();
        }
        Ok(())
    }

    /// Also centres the columns; returns their means.
    fn read_columns(
        &self,
        first: usize,
        columns: usize,
        values: &mut [f32],
        moments: &mut Moments,
    ) -> Result<Vec<f64>, ProjectionError> {
        let rows = self.small();
        values
            .par_chunks_mut(columns)
            .enumerate()
            .try_for_each(|(row, values)| {
                self.matrix
                    .read(row..row + 1, first..first + columns, values)?;
                values.iter_mut().for_each(|value| *value *= self.scale);
                Ok::<_, ProjectionError>(())
            })?;
        let mut means = vec![0.0_f64; columns];
        for row in values.chunks_exact(columns) {
            for (mean, value) in means.iter_mut().zip(row) {
                *mean += f64::from(*value);
            }
        }
        // In two parts, so that the difference is right to the last bit of the elements.
        let parts: Vec<(f32, f32)> = means
            .iter_mut()
            .map(|mean| {
                *mean /= rows as f64;
                let high = *mean as f32;
                (high, (*mean - f64::from(high)) as f32)
            })
            .collect();
        let squares: Vec<f64> = values
            .par_chunks_mut(columns)
            .map(|row| {
                let mut squares = 0.0_f64;
                for (value, (high, low)) in row.iter_mut().zip(&parts) {
                    *value = (*value - high) - low;
                    squares += f64::from(*value * *value);
                }
                squares
            })
            .collect();
        moments.squares += squares.iter().sum::<f64>();
        means.iter_mut().for_each(|mean| *mean /= self.scale());
        Ok(means)
    }
}
