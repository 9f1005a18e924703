//! Matrices to project, for the benchmarks of the CPU and of the GPU.

use trainscape_compute::projection::Matrix;

/// Rows along ten directions and noise, around a few hundred centres.
pub(crate) fn matrix(rows: usize, columns: usize) -> Matrix {
    let mut state = 1_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u32 << 24) as f32 - 0.5
    };
    let centres: Vec<f32> = (0..300 * columns).map(|_| next()).collect();
    let directions: Vec<f32> = (0..10 * columns).map(|_| next()).collect();
    let mut values = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let centre = &centres[row * 7919 % 300 * columns..][..columns];
        let along: Vec<f32> = (0..10).map(|_| next()).collect();
        for (column, centre) in centre.iter().enumerate() {
            let placed = along.iter().zip(directions.chunks_exact(columns));
            values.push(centre + 0.1 * next() + placed.map(|(a, d)| a * d[column]).sum::<f32>());
        }
    }
    Matrix { columns, values }
}
