//! The nearest rows of each row of a matrix.

use rayon::prelude::*;

use super::{Metric, ProjectionError, Rows};

/// The nearest rows of each row, itself left out, nearest first (ties by index).
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// How many each row has.
    pub count: usize,
    /// Their indices: rows x `count`.
    pub indices: Vec<u32>,
    /// Their distances, euclidean or cosine: rows x `count`.
    pub distances: Vec<f32>,
}

/// The `count` nearest rows of each row.
///
/// # Errors
/// When the matrix cannot be read, holds NaN or infinity, or has too few rows.
pub fn nearest_neighbours(
    matrix: &dyn Rows,
    count: usize,
    metric: Metric,
    _seed: u64,
) -> Result<Neighbours, ProjectionError> {
    let [rows, columns] = matrix.shape();
    if count == 0 || rows <= count {
        return Err(ProjectionError::TooFewRows {
            rows,
            needed: count + 1,
        });
    }
    let mut values = vec![0.0; rows * columns];
    matrix.read(0..rows, 0..columns, &mut values)?;
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(ProjectionError::NotFinite { row: at / columns });
    }
    if metric == Metric::Cosine {
        for row in values.chunks_exact_mut(columns) {
            let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
            if length > 0.0 {
                row.iter_mut().for_each(|value| *value /= length);
            }
        }
    }
    let found: Vec<Vec<(f32, u32)>> = (0..rows)
        .into_par_iter()
        .map(|row| {
            let own = &values[row * columns..(row + 1) * columns];
            let mut near: Vec<(f32, u32)> = values
                .chunks_exact(columns)
                .enumerate()
                .filter(|(other, _)| *other != row)
                .map(|(other, theirs)| {
                    let squared: f32 = own.iter().zip(theirs).map(|(a, b)| (a - b) * (a - b)).sum();
                    (squared, other as u32)
                })
                .collect();
            let by = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            near.select_nth_unstable_by(count - 1, by);
            near.truncate(count);
            near.sort_unstable_by(by);
            near
        })
        .collect();
    let distance = |squared: f32| match metric {
        Metric::Euclidean => squared.sqrt(),
        Metric::Cosine => 0.5 * squared,
    };
    Ok(Neighbours {
        count,
        indices: found.iter().flatten().map(|(_, other)| *other).collect(),
        distances: found.iter().flatten().map(|(s, _)| distance(*s)).collect(),
    })
}
