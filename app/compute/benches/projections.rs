//! Principal components and nearest neighbours on the CPU: `cargo bench -p trainscape-scene`.
//! `benches/compare.py --only project` times the same next to scikit-learn.

mod generate;

use criterion::{Criterion, criterion_group, criterion_main};
use trainscape_compute::projection::{Metric, nearest_neighbours, pca};

use generate::matrix;

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
