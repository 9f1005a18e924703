//! The rows, prepared for the searches.

use rayon::prelude::*;

use super::prepared::Prepared;
use crate::projection::{Metric, ProjectionError, Rows};

/// Rows one task prepares.
const TASK_ROWS: usize = 512;

/// The rows in memory, centred and scaled so that Euclidean distances in single precision suffice for both metrics.
pub(super) struct Points {
    prepared: Prepared,
    /// Squared length of each row.
    pub(super) squared: Vec<f32>,
    /// The index of each row in the matrix.
    pub(super) names: Vec<u32>,
}

impl Prepared {
    /// Prepares a matrix for a search of `count` neighbours.
    ///
    /// # Errors
    /// As [`nearest_neighbours`](crate::projection::nearest_neighbours).
    pub fn new(matrix: &dyn Rows, count: usize, metric: Metric) -> Result<Self, ProjectionError> {
        Ok(Points::new(matrix, count, metric)?.into_prepared())
    }
}

impl Points {
    pub(super) fn new(
        matrix: &dyn Rows,
        count: usize,
        metric: Metric,
    ) -> Result<Self, ProjectionError> {
        let [rows, columns] = matrix.shape();
        if count == 0 {
            return Err(ProjectionError::BadSetting(
                "at least one neighbour must be searched for".to_owned(),
            ));
        }
        if rows <= count || columns == 0 {
            return Err(ProjectionError::TooFewRows {
                rows,
                needed: count + 1,
            });
        }
        let mut values = vec![0.0; rows * columns];
        values
            .par_chunks_mut(TASK_ROWS * columns)
            .enumerate()
            .try_for_each(|(task, values)| {
                let first = task * TASK_ROWS;
                matrix.read(first..first + values.len() / columns, 0..columns, values)?;
                match values.iter().position(|value| !value.is_finite()) {
                    Some(at) => Err(ProjectionError::NotFinite {
                        row: first + at / columns,
                    }),
                    None => Ok(()),
                }
            })?;
        let mut columns = columns;
        if metric == Metric::Cosine {
            columns = normalise(&mut values, columns);
        }
        // The halves of finite numbers have a finite mean and finite differences.
        let mean = mean(&values, columns);
        let largest = values
            .par_chunks_mut(TASK_ROWS * columns)
            .map(|values| {
                let mut largest = 0.0_f32;
                for row in values.chunks_exact_mut(columns) {
                    for (value, mean) in row.iter_mut().zip(&mean) {
                        *value = 0.5 * *value - mean;
                        largest = largest.max(value.abs());
                    }
                }
                largest
            })
            .reduce(|| 0.0, f32::max);
        // A power of two changes no digit. The exponent stays where the scale itself is in range.
        let exponent = if largest > 0.0 {
            -largest.log2().ceil()
        } else {
            0.0
        };
        let factor = exponent.clamp(-126.0, 126.0).exp2();
        values.par_iter_mut().for_each(|value| *value *= factor);
        let prepared = Prepared {
            rows,
            columns,
            values,
            metric,
            scale: 0.5 * factor,
        };
        let squared = prepared
            .values
            .par_chunks_exact(columns)
            .map(|row| squared_distance(row, None))
            .collect();
        Ok(Self {
            prepared,
            squared,
            names: (0..rows as u32).collect(),
        })
    }

    pub(super) fn into_prepared(self) -> Prepared {
        self.prepared
    }

    pub(super) fn rows(&self) -> usize {
        self.prepared.rows
    }

    pub(super) fn columns(&self) -> usize {
        self.prepared.columns
    }

    pub(super) fn row(&self, at: usize) -> &[f32] {
        &self.prepared.values[at * self.columns()..][..self.columns()]
    }

    pub(super) fn block(&self, rows: std::ops::Range<usize>) -> &[f32] {
        &self.prepared.values[rows.start * self.columns()..rows.end * self.columns()]
    }

    pub(super) fn distance(&self, squared: f32) -> f32 {
        self.prepared.distance(squared)
    }

    /// The same rows in another order.
    pub(super) fn reordered(mut self, order: &[u32]) -> Self {
        let columns = self.columns();
        move_rows(&mut self.prepared.values, columns, order);
        Self {
            squared: order
                .iter()
                .map(|from| self.squared[*from as usize])
                .collect(),
            names: order
                .iter()
                .map(|from| self.names[*from as usize])
                .collect(),
            prepared: self.prepared,
        }
    }
}

/// Moves each row to where `order` names it, in place: the rows may take most of the memory.
fn move_rows(values: &mut [f32], columns: usize, order: &[u32]) {
    let mut is_moved = vec![false; order.len()];
    let mut first = vec![0.0; columns];
    for start in 0..order.len() {
        if is_moved[start] {
            continue;
        }
        first.copy_from_slice(&values[start * columns..][..columns]);
        let mut at = start;
        loop {
            is_moved[at] = true;
            let from = order[at] as usize;
            if from == start {
                values[at * columns..][..columns].copy_from_slice(&first);
                break;
            }
            values.copy_within(from * columns..(from + 1) * columns, at * columns);
            at = from;
        }
    }
}

/// Gives each row unit length, and where there are rows of zeros these, and only these, a one in a column of
/// their own: their distance to all others is that of a right angle. Returns the number of columns.
fn normalise(values: &mut Vec<f32>, columns: usize) -> usize {
    let zeros: Vec<bool> = values
        .par_chunks_exact_mut(columns)
        .map(|row| {
            let largest = row
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            if largest == 0.0 {
                return true;
            }
            // Squares of anything but the scaled row may leave the range.
            let squares = row.iter().map(|value| f64::from(value / largest).powi(2));
            let length = squares.sum::<f64>().sqrt();
            row.iter_mut().for_each(|value| {
                *value = (f64::from(*value / largest) / length) as f32;
            });
            false
        })
        .collect();
    if !zeros.contains(&true) {
        return columns;
    }
    let mut wider = Vec::with_capacity(values.len() + zeros.len());
    for (row, is_zero) in values.chunks_exact(columns).zip(zeros) {
        wider.extend_from_slice(row);
        wider.push(f32::from(u8::from(is_zero)));
    }
    *values = wider;
    columns + 1
}

/// The mean of the halves of the rows.
fn mean(values: &[f32], columns: usize) -> Vec<f32> {
    let partial: Vec<Vec<f64>> = values
        .par_chunks(TASK_ROWS * columns)
        .map(|values| {
            let mut sums = vec![0.0_f64; columns];
            for row in values.chunks_exact(columns) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += f64::from(*value);
                }
            }
            sums
        })
        .collect();
    let rows = (values.len() / columns) as f64;
    (0..columns)
        .map(|column| {
            let sum: f64 = partial.iter().map(|sums| sums[column]).sum();
            (0.5 * sum / rows) as f32
        })
        .collect()
}

/// The squared distance of two rows, or the squared length of one, in an order that vector
/// registers of any width keep.
#[inline(always)]
pub(super) fn squared_distance(a: &[f32], b: Option<&[f32]>) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0_f32; LANES];
    let mut rest = 0.0_f32;
    if let Some(b) = b {
        let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
        for (a, b) in a.remainder().iter().zip(b.remainder()) {
            rest += (a - b) * (a - b);
        }
        for (a, b) in a.zip(b) {
            for lane in 0..LANES {
                let apart = a[lane] - b[lane];
                lanes[lane] += apart * apart;
            }
        }
    } else {
        let a = a.chunks_exact(LANES);
        rest += a.remainder().iter().map(|value| value * value).sum::<f32>();
        for a in a {
            for lane in 0..LANES {
                lanes[lane] += a[lane] * a[lane];
            }
        }
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
    }
    lanes[0] + rest
}
