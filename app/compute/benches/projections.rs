//! Principal components and nearest neighbours on the CPU: `cargo bench -p trainscape-scene`.
//! `benches/compare.py --only project` times the same next to scikit-learn.

use criterion::{Criterion, criterion_group, criterion_main};
use trainscape_compute::projection::{Matrix, Metric, nearest_neighbours, pca};

/// Rows along ten directions and noise, around a few hundred centres.
fn matrix(rows: usize, columns: usize) -> Matrix {
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

fn projections(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pca");
    group.sample_size(10);
    for (rows, columns) in [(100_000, 768), (12_000, 384), (17, 901_728), (4_000, 4_000)] {
        let matrix = matrix(rows, columns);
        group.bench_function(format!("{rows} x {columns} to 3"), |bench| {
            bench.iter(|| pca(&matrix, 3));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("neighbours");
    group.sample_size(10);
    for (rows, columns, count) in [(12_000, 384, 90), (10_000, 128, 90), (100_000, 128, 15)] {
        let matrix = matrix(rows, columns);
        group.bench_function(format!("{count} of {rows} x {columns}"), |bench| {
            bench.iter(|| nearest_neighbours(&matrix, count, Metric::Euclidean, 0));
        });
    }
    group.finish();
}

criterion_group!(benches, projections);
criterion_main!(benches);
