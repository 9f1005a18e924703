//! PCA and nearest neighbours on the GPU: against scikit-learn through the same cases as the twins, and
//! against the twins.
//!
//! All of it runs on Mesa's software driver, asserted and not assumed: a machine without it fails here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

#[path = "../../compute/tests/support/pca.rs"]
#[allow(dead_code, reason = "the twins' tests use all of it")]
mod cases;

use cases::Case;
use common::context;
use trainscape_compute::projection::pca::{Route, pca_with};
use trainscape_compute::projection::{
    Matrix, Metric, Neighbours, ProjectionError, nearest_neighbours, pca,
};
use trainscape_gpu::{ComputePasses, shaders};

/// Numbers in [0, 1) from a fixed seed.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u32 << 24) as f32
    }
}

fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut next = noise(seed);
    let values = (0..rows * columns)
        .map(|at| 5.0 + next() * (1.0 + (at % columns) as f32 / columns as f32))
        .collect();
    Matrix { columns, values }
}

#[test]
fn every_route_gives_what_scikit_learn_gives() {
    let passes = ComputePasses::new(&context());
    for case in Case::all() {
        for route in [Route::Covariance, Route::Gram, Route::Randomised] {
            // What the software driver takes seconds for is left to the route that is made for it.
            let [rows, columns] = [
                case.matrix.values.len() / case.matrix.columns,
                case.matrix.columns,
            ];
            let is_dear = rows.max(columns) > 1000;
            if is_dear && route != Route::of([rows, columns]) {
                continue;
            }
            let ours =
                pca_with(&case.matrix, case.dims(), Some(route), &passes, &|_| true).unwrap();
            case.compare(&ours)
                .unwrap_or_else(|error| panic!("{route:?}: {error}"));
        }
    }
}

#[test]
fn principal_components_equal_the_twins() {
    let passes = ComputePasses::new(&context());
    // Edges that are no multiples of a tile; one column; fewer rows than a tile.
    for (rows, columns, dims) in [(1000, 67, 3), (130, 129, 2), (40, 1, 1), (5, 700, 4)] {
        let matrix = random(rows, columns, 3);
        let gpu = passes.pca(&matrix, dims, &|_| true).unwrap();
        let cpu = pca(&matrix, dims).unwrap();
        let largest = cpu
            .scores
            .iter()
            .fold(0.0_f32, |most, score| most.max(score.abs()));
        let apart = gpu
            .scores
            .iter()
            .zip(&cpu.scores)
            .map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f32::max) / largest;
        assert!(apart < 2.0e-3, "{rows} x {columns}: scores {apart} apart");
        for (gpu, cpu) in gpu.explained_variance.iter().zip(&cpu.explained_variance) {
            assert!(
                (gpu / cpu - 1.0).abs() < 1.0e-5,
                "{rows} x {columns}: {gpu} {cpu}"
            );
        }
        assert_eq!(
            gpu,
            passes.pca(&matrix, dims, &|_| true).unwrap(),
            "the same again"
        );
    }
}

#[test]
fn what_cannot_be_projected_is_said() {
    let passes = ComputePasses::new(&context());
    let nan = Matrix {
        columns: 2,
        values: vec![1.0, 2.0, 3.0, f32::NAN, 5.0, 7.0],
    };
    let flat = Matrix {
        columns: 2,
        values: vec![0.3; 30],
    };
    let not_finite = ProjectionError::NotFinite { row: 1 };
    assert_eq!(passes.pca(&nan, 1, &|_| true), Err(not_finite.clone()));
    assert_eq!(
        passes.pca(&flat, 1, &|_| true),
        Err(ProjectionError::NoVariance)
    );
    let found = passes.nearest_neighbours(&nan, 1, Metric::Euclidean, &|_| true);
    assert_eq!(found, Err(not_finite));
    assert_eq!(
        passes.nearest_neighbours(&flat, 2, Metric::Cosine, &|_| false),
        Err(ProjectionError::Stopped)
    );
    assert!(matches!(
        passes.nearest_neighbours(&random(300, 2, 1), 257, Metric::Cosine, &|_| true),
        Err(ProjectionError::BadSetting(_))
    ));
}

/// The largest difference of distances as a share of the largest distance; indices must be equal where no
/// other is that near.
fn difference(ours: &Neighbours, theirs: &Neighbours) -> f32 {
    assert_eq!(ours.distances.len(), theirs.distances.len());
    let largest = theirs
        .distances
        .iter()
        .copied()
        .fold(f32::MIN_POSITIVE, f32::max);
    let apart = ours
        .distances
        .iter()
        .zip(&theirs.distances)
        .map(|(a, b)| (a - b).abs());
    let apart = apart.fold(0.0, f32::max) / largest;
    let count = theirs.count;
    for at in 0..ours.indices.len() {
        let near = |other: usize| {
            (theirs.distances[at] - theirs.distances[other]).abs() < 1.0e-5 * largest
        };
        let tied = (at % count > 0 && near(at - 1)) || (at % count + 1 < count && near(at + 1));
        // The last may be tied with one that is no longer kept.
        if !tied && at % count + 1 < count && ours.indices[at] != theirs.indices[at] {
            return f32::INFINITY;
        }
    }
    apart
}

#[test]
fn neighbours_equal_the_twins() {
    let passes = ComputePasses::new(&context());
    for metric in [Metric::Euclidean, Metric::Cosine] {
        for (rows, columns, count) in [(1100, 19, 15), (700, 3, 256), (2, 5, 1), (70, 1, 69)] {
            let matrix = random(rows, columns, 5);
            let gpu = passes
                .nearest_neighbours(&matrix, count, metric, &|_| true)
                .unwrap();
            let cpu = nearest_neighbours(&matrix, count, metric, 0).unwrap();
            let apart = difference(&gpu, &cpu);
            assert!(apart < 2.0e-6, "{metric:?}, {rows} x {columns}: {apart}");
        }
    }
    // Equal rows: distance 0, and of equals the first.
    let base = random(30, 4, 2);
    let twice = Matrix {
        columns: 4,
        values: base.values.repeat(3),
    };
    let gpu = passes
        .nearest_neighbours(&twice, 4, Metric::Euclidean, &|_| true)
        .unwrap();
    let cpu = nearest_neighbours(&twice, 4, Metric::Euclidean, 0).unwrap();
    for row in 0..90 {
        assert_eq!(gpu.indices[4 * row..][..2], cpu.indices[4 * row..][..2]);
        assert_eq!(gpu.distances[4 * row..][..2], [0.0; 2]);
    }
}

/// The table's text with one expression changed.
fn mutated(name: &str, from: &str, to: &str) -> String {
    let text = shaders::source(name);
    assert_eq!(text.matches(from).count(), 1, "{name} has not one `{from}`");
    text.replace(from, to)
}

#[test]
fn a_planted_fault_shows() {
    let context = context();
    let case = &Case::all()[0];
    let passes = ComputePasses::with_source(&context, |name| match name {
        "pca_products" => mutated(
            name,
            "sum[2] += left_tile[depth][y + 2u]",
            "sum[2] += left_tile[depth][y + 1u]",
        ),
        _ => shaders::source(name),
    });
    let ours = passes.pca(&case.matrix, case.dims(), &|_| true).unwrap();
    assert!(case.compare(&ours).is_err(), "the fault does not show");

    let matrix = random(900, 19, 5);
    let cpu = nearest_neighbours(&matrix, 15, Metric::Euclidean, 0).unwrap();
    type Source = fn(&str) -> String;
    let faulty: [Source; 2] = [
        |name| match name {
            "neighbours_distances" => {
                mutated(name, "sum[row] += apart * apart", "sum[row] += abs(apart)")
            }
            _ => shaders::source(name),
        },
        |name| match name {
            "neighbours_select" => mutated(name, "let last = work.count - 1u;", "let last = 0u;"),
            _ => shaders::source(name),
        },
    ];
    for source in faulty {
        let passes = ComputePasses::with_source(&context, source);
        let gpu = passes
            .nearest_neighbours(&matrix, 15, Metric::Euclidean, &|_| true)
            .unwrap();
        assert!(difference(&gpu, &cpu) > 1.0e-3, "the fault does not show");
    }
}
