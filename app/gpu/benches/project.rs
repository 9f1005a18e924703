//! Projections on a GPU and by the CPU: PCA, exact nearest neighbours, and t-SNE and UMAP from start to end.
//!
//! Where there is no GPU, only the CPU is timed: its software adapter runs the same passes on the same cores.

#[path = "../../compute/benches/generate/mod.rs"]
mod generate;

use criterion::{Criterion, criterion_group, criterion_main};
use trainscape_compute::projection::{
    Layout, Metric, ProjectionError, Rows, Tsne, Umap, nearest_neighbours, pca, tsne,
};
use trainscape_gpu::{AdapterChoice, ComputePasses, GpuContext};

use generate::matrix;

fn finish(layout: Result<Box<dyn Layout>, ProjectionError>) -> Vec<f32> {
    let mut layout = layout.expect("a layout of this matrix starts");
    let [_, steps] = layout.progress();
    layout.advance(steps).expect("the device works");
    layout.positions().expect("the device works")
}

fn components(criterion: &mut Criterion, passes: Option<&ComputePasses>) {
    let mut group = criterion.benchmark_group("pca");
    group.sample_size(10);
    for (rows, columns) in [(100_000, 768), (4_000, 4_000)] {
        let matrix = matrix(rows, columns);
        let name = format!("{rows} x {columns} to 3");
        group.bench_function(format!("{name} cpu"), |bench| {
            bench.iter(|| pca(&matrix, 3));
        });
        if let Some(passes) = passes {
            group.bench_function(format!("{name} gpu"), |bench| {
                bench.iter(|| passes.pca(&matrix, 3, &|_| true).expect("room for it"));
            });
        }
    }
    group.finish();
}

fn layouts(criterion: &mut Criterion, passes: Option<&ComputePasses>) {
    let mut group = criterion.benchmark_group("layout");
    group.sample_size(10);
    for rows in [10_000, 60_000] {
        let matrix = matrix(rows, 128);
        let rows_of: &dyn Rows = &matrix;
        let tsne_settings = Tsne::default();
        let umap_settings = Umap::default();
        let name = format!("{rows} x 128 to 3");
        group.bench_function(format!("neighbours 90 of {name} cpu"), |bench| {
            bench.iter(|| nearest_neighbours(rows_of, 90, Metric::Euclidean, 0));
        });
        group.bench_function(format!("t-SNE {name} cpu"), |bench| {
            bench.iter(|| finish(tsne::start(rows_of, 3, &tsne_settings)));
        });
        let Some(passes) = passes else { continue };
        group.bench_function(format!("neighbours 90 of {name} gpu"), |bench| {
            bench.iter(|| passes.nearest_neighbours(rows_of, 90, Metric::Euclidean, &|_| true));
        });
        group.bench_function(format!("t-SNE {name} gpu"), |bench| {
            bench.iter(|| finish(passes.tsne(rows_of, 3, &tsne_settings)));
        });
        group.bench_function(format!("UMAP {name} gpu"), |bench| {
            bench.iter(|| finish(passes.umap(rows_of, 3, &umap_settings)));
        });
    }
    group.finish();
}

fn bench(criterion: &mut Criterion) {
    let context = GpuContext::new(AdapterChoice::Gpu).ok();
    let passes = context.as_ref().map(ComputePasses::new);
    components(criterion, passes.as_ref());
    layouts(criterion, passes.as_ref());
}

criterion_group!(benches, bench);
criterion_main!(benches);
