//! Where the points of an iterative projection start.

use super::{
    ProjectionError, Rows, Start,
    pca::{CpuProducts, projection_with},
    random,
};

/// Where each row starts, `D` coordinates: on its first principal components, or normal numbers from the seed.
/// Matrices with fewer components than that get none along the other axes.
pub(super) fn positions<const D: usize>(
    matrix: &dyn Rows,
    start: Start,
    seed: u64,
) -> Result<Vec<[f32; D]>, ProjectionError> {
    let [rows, columns] = matrix.shape();
    match start {
        Start::Pca => {
            let dims = D.min(columns).min(rows - 1);
            let scores = projection_with(matrix, dims, &CpuProducts, &|_| true)?.scores;
            Ok(scores
                .chunks_exact(dims)
                .map(|scores| std::array::from_fn(|axis| scores.get(axis).copied().unwrap_or(0.0)))
                .collect())
        }
        Start::Random => Ok((0..rows)
            .map(|row| noise(random::fold(seed), row))
            .collect()),
    }
}

/// Normally distributed numbers for a row.
fn noise<const D: usize>(seed: u32, row: usize) -> [f32; D] {
    let mut numbers = random::normal(seed, row);
    std::array::from_fn(|_| numbers.next().unwrap_or(0.0))
}

/// Scales positions until their first coordinate has this standard deviation, which suits t-SNE
/// (Kobak and Berens 2019).
pub(super) fn scale_to_deviation<const D: usize>(positions: &mut [[f32; D]], deviation: f64) {
    let first = || positions.iter().map(|position| f64::from(position[0]));
    let count = positions.len() as f64;
    let mean = first().sum::<f64>() / count;
    let variance = first().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    if variance > 0.0 {
        scale(positions, deviation / variance.sqrt());
    }
}

/// Scales positions until the farthest coordinate is this far from 0, and adds a little noise,
/// which separates equal rows: the initial layout of umap-learn.
pub(super) fn scale_to_extent<const D: usize>(positions: &mut [[f32; D]], extent: f32, seed: u64) {
    let farthest = positions
        .as_flattened()
        .iter()
        .fold(0.0_f32, |farthest, x| farthest.max(x.abs()));
    if farthest > 0.0 {
        scale(positions, f64::from(extent) / f64::from(farthest));
    }
    // Not the numbers of a random start.
    let seed = random::fold(!seed);
    for (row, position) in positions.iter_mut().enumerate() {
        for (x, noise) in position.iter_mut().zip(noise::<D>(seed, row)) {
            *x += 1.0e-5 * extent * noise;
        }
    }
}

fn scale<const D: usize>(positions: &mut [[f32; D]], factor: f64) {
    for x in positions.as_flattened_mut() {
        *x = (f64::from(*x) * factor) as f32;
    }
}
