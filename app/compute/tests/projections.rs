//! PCA and nearest neighbours on the CPU, against scikit-learn's results, linfa's, and plain loops.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/pca.rs"]
mod cases;

use cases::{Case, subspace_angle};
use ndarray::Array2;
use trainscape_compute::projection::pca::{
    Block, CpuProducts, Products as _, Route, pca_by_linfa, pca_with, projection_with,
};
use trainscape_compute::projection::{Matrix, Pca, ProjectionError, pca};

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

/// Rows with `falling` standard deviations along fixed random directions, around a mean far from zero.
fn spread(rows: usize, columns: usize, falling: f32, seed: u64) -> Matrix {
    let mut next = noise(seed);
    let factors = 12.min(columns);
    let directions: Vec<f32> = (0..factors * columns).map(|_| next() - 0.5).collect();
    let mut values = Vec::with_capacity(rows * columns);
    for _ in 0..rows {
        let along: Vec<f32> = (0..factors)
            .map(|at| (next() - 0.5) * falling.powi(at as i32))
            .collect();
        for column in 0..columns {
            let value: f32 = (0..factors)
                .map(|at| along[at] * directions[at * columns + column])
                .sum();
            values.push(30.0 + value + 0.01 * (next() - 0.5));
        }
    }
    Matrix { columns, values }
}

fn components(pca: &Pca) -> Array2<f64> {
    let columns = pca.mean.len();
    let all = pca
        .components
        .iter()
        .map(|element| f64::from(*element))
        .collect();
    Array2::from_shape_vec((pca.dims, columns), all).unwrap()
}

#[test]
fn every_route_gives_what_scikit_learn_gives() {
    for case in Case::all() {
        for route in [Route::Covariance, Route::Gram, Route::Randomised] {
            if case.matrix.columns > 4096 && route == Route::Covariance {
                continue;
            }
            let ours = pca_with(
                &case.matrix,
                case.dims(),
                Some(route),
                &CpuProducts,
                &|_| true,
            )
            .unwrap();
            case.compare(&ours)
                .unwrap_or_else(|error| panic!("{route:?}: {error}"));
        }
    }
}

#[test]
fn a_planted_fault_is_found() {
    let case = &Case::all()[0];
    let right = pca(&case.matrix, case.dims()).unwrap();
    case.compare(&right).unwrap();
    let faults: [fn(&mut Pca); 4] = [
        |pca| pca.components[3] += 2.0e-3,
        |pca| pca.explained_variance[1] *= 1.0 + 2.0e-4,
        |pca| {
            pca.scores
                .iter_mut()
                .step_by(4)
                .for_each(|score| *score = -*score);
        },
        |pca| {
            pca.components
                .iter_mut()
                .take(12)
                .for_each(|element| *element = -*element);
        },
    ];
    for fault in faults {
        let mut wrong = right.clone();
        fault(&mut wrong);
        assert!(case.compare(&wrong).is_err());
    }
}

#[test]
fn linfa_agrees() {
    for (rows, columns) in [(120, 20), (15, 90), (300, 300)] {
        let matrix = spread(rows, columns, 0.7, 5);
        let quick = pca(&matrix, 3).unwrap();
        let plain = pca_by_linfa(&matrix, 3).unwrap();
        let angle = subspace_angle(&components(&quick), &components(&plain));
        assert!(angle < 1.0e-3, "{rows} x {columns}: {angle}");
        for (quick, plain) in quick
            .explained_variance
            .iter()
            .zip(&plain.explained_variance)
        {
            assert!((quick / plain - 1.0).abs() < 1.0e-4, "{quick} {plain}");
        }
        let apart = quick
            .scores
            .iter()
            .zip(&plain.scores)
            .map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f32::max) < 1.0e-3 * plain.scores[0].abs().max(1.0));
    }
}

#[test]
fn blocks_and_threads_change_nothing() {
    // More elements than one block holds.
    let matrix = spread(70_000, 130, 0.6, 3);
    let routes = [Route::Covariance, Route::Randomised]
        .map(|route| pca_with(&matrix, 4, Some(route), &CpuProducts, &|_| true).unwrap());
    let angle = subspace_angle(&components(&routes[0]), &components(&routes[1]));
    assert!(angle < 1.0e-3, "{angle}");
    let alone = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let again = alone.install(|| pca(&matrix, 4).unwrap());
    assert!(
        again == pca(&matrix, 4).unwrap(),
        "the number of threads shows"
    );
}

#[test]
fn equal_spread_in_all_directions_is_no_trouble() {
    // Each eigenvalue several times over: any directions are right, as long as they are orthonormal and
    // the variance is.
    let columns = 150;
    let mut values = vec![0.0; 2 * columns * columns];
    for at in 0..columns {
        values[at * columns + at] = 1.0;
        values[(columns + at) * columns + at] = -1.0;
    }
    let found = pca(&Matrix { columns, values }, 10).unwrap();
    let components = components(&found);
    let product = components.dot(&components.t());
    assert!(
        (product - Array2::<f64>::eye(10))
            .iter()
            .all(|element| element.abs() < 1.0e-6)
    );
    for variance in found.explained_variance {
        assert!((variance * 299.0 / 2.0 - 1.0).abs() < 1.0e-6, "{variance}");
    }
}

fn matrix(columns: usize, values: &[f32]) -> Matrix {
    Matrix {
        columns,
        values: values.to_vec(),
    }
}

#[test]
fn degenerate_matrices() {
    // One column; two rows; a constant column; rows twice. Numbers by hand.
    let one = pca(&matrix(1, &[1.0, 2.0, 6.0]), 1).unwrap();
    assert_eq!(one.components, [1.0]);
    assert_eq!(one.mean, [3.0]);
    assert!((one.explained_variance[0] - 7.0).abs() < 1.0e-9);
    assert_eq!(one.explained_variance_ratio, [1.0]);

    let two = pca(&matrix(2, &[0.0, 0.0, 3.0, 4.0]), 1).unwrap();
    assert!((two.explained_variance[0] - 12.5).abs() < 1.0e-6);
    assert!((two.scores[0] + 2.5).abs() < 1.0e-6 && (two.scores[1] - 2.5).abs() < 1.0e-6);
    assert!((two.components[0] - 0.6).abs() < 1.0e-6 && (two.components[1] - 0.8).abs() < 1.0e-6);

    let constant = pca(&matrix(2, &[1.0, 5.0, 2.0, 5.0, 4.0, 5.0]), 2).unwrap();
    assert_eq!(constant.explained_variance[1], 0.0);
    assert!(
        constant
            .components
            .iter()
            .all(|element| element.is_finite())
    );

    let twice = spread(20, 40, 0.5, 1);
    let values = [&twice.values[..], &twice.values[..]].concat();
    let doubled = pca(&matrix(40, &values), 5).unwrap();
    let single = pca(&twice, 5).unwrap();
    let angle = subspace_angle(&components(&doubled), &components(&single));
    assert!(angle < 1.0e-3, "{angle}");
    for (doubled, single) in doubled
        .explained_variance
        .iter()
        .zip(&single.explained_variance)
    {
        assert!((doubled * 39.0 / (2.0 * single * 19.0) - 1.0).abs() < 1.0e-4);
    }

    // Less directions than asked for: the rest has no variance, and is still orthonormal.
    let line: Vec<f32> = (0..8_u8).flat_map(|at| [f32::from(at); 100]).collect();
    for route in [Route::Covariance, Route::Gram, Route::Randomised] {
        let flat = pca_with(&matrix(100, &line), 3, Some(route), &CpuProducts, &|_| true).unwrap();
        assert!(
            flat.explained_variance[1] < 1.0e-9 * flat.explained_variance[0],
            "{route:?}"
        );
        let components = components(&flat);
        let apart = components.dot(&components.t()) - Array2::<f64>::eye(3);
        assert!(
            apart.iter().all(|element| element.abs() < 1.0e-5),
            "{route:?}: {apart}"
        );
        assert!(
            flat.scores.iter().all(|score| score.is_finite()),
            "{route:?}"
        );
    }
}

#[test]
fn a_projection_needs_no_components_of_many_columns() {
    let line: Vec<f32> = (0..8_u8).flat_map(|at| [f32::from(at); 100]).collect();
    for (wide, dims) in [(spread(12, 700, 0.6, 5), 3), (matrix(100, &line), 3)] {
        let whole = pca(&wide, dims).unwrap();
        let scores = projection_with(&wide, dims, &CpuProducts, &|_| true).unwrap();
        let largest = whole
            .scores
            .iter()
            .fold(0.0_f32, |most, score| most.max(score.abs()));
        assert_eq!(scores.scores.len(), whole.scores.len());
        for (found, right) in scores.scores.iter().zip(&whole.scores) {
            assert!(
                (found - right).abs() <= 1.0e-6 * largest,
                "{found} and {right}"
            );
        }
        let shares = scores.explained_variance_ratio.iter();
        for (found, right) in shares.zip(&whole.explained_variance_ratio) {
            assert!((found - right).abs() <= 1.0e-9, "{found} and {right}");
        }
    }
}

#[test]
fn elements_of_any_size() {
    let base = spread(60, 30, 0.6, 9);
    let right = pca(&base, 3).unwrap();
    for factor in [1.0e-30, 1.0e-12, 1.0e30] {
        for transposed in [false, true] {
            let mut scaled = base.clone();
            scaled.values.iter_mut().for_each(|value| *value *= factor);
            let route = if transposed {
                Route::Gram
            } else {
                Route::Covariance
            };
            let found = pca_with(&scaled, 3, Some(route), &CpuProducts, &|_| true).unwrap();
            let angle = subspace_angle(&components(&found), &components(&right));
            assert!(angle < 1.0e-3, "{factor}, {route:?}: {angle}");
            let share = found.explained_variance[0] / right.explained_variance[0];
            let factor = f64::from(factor);
            assert!(
                (share / factor / factor - 1.0).abs() < 1.0e-4,
                "{factor}, {route:?}: {share}"
            );
        }
    }
}

#[test]
fn what_cannot_be_projected_is_said() {
    let some = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0];
    let with = |at: usize, value: f32| {
        let mut values = some;
        values[at] = value;
        pca(&matrix(2, &values), 1)
    };
    assert_eq!(
        with(3, f32::NAN),
        Err(ProjectionError::NotFinite { row: 1 })
    );
    assert_eq!(
        with(4, f32::INFINITY),
        Err(ProjectionError::NotFinite { row: 2 })
    );
    let wide = pca(&matrix(3, &[1.0, 2.0, 3.0, 1.0, f32::NAN, 1.0]), 1);
    assert_eq!(wide, Err(ProjectionError::NotFinite { row: 1 }));
    assert_eq!(
        pca(&matrix(2, &[0.1; 40]), 1),
        Err(ProjectionError::NoVariance)
    );
    assert_eq!(
        pca(&matrix(20, &[0.1; 40]), 1),
        Err(ProjectionError::NoVariance)
    );
    assert_eq!(
        pca(&matrix(2, &some), 3),
        Err(ProjectionError::TooManyDims {
            rows: 3,
            columns: 2,
            dims: 3,
            most: 2
        })
    );
    let few = Err(ProjectionError::TooFewRows { rows: 1, needed: 2 });
    assert_eq!(pca(&matrix(6, &some), 1), few);
    let stopped = pca_with(&matrix(2, &some), 1, None, &CpuProducts, &|_| false);
    assert_eq!(stopped, Err(ProjectionError::Stopped));
}

#[test]
fn products_equal_plain_loops() {
    let matrix = spread(500, 420, 0.8, 4);
    let block = Block {
        values: &matrix.values,
        small: 420,
        long: 500,
        along_rows: true,
        means: &[],
    };
    let mut sum = CpuProducts.gram(420, usize::MAX / 420 / 420).unwrap();
    sum.add(&block).unwrap();
    let gram = sum.finish().unwrap();
    let exact = block.view().mapv(f64::from);
    let exact = exact.t().dot(&exact);
    let largest = exact.iter().copied().fold(0.0, f64::max);
    assert!(
        (gram - exact)
            .iter()
            .all(|apart| apart.abs() < 1.0e-5 * largest)
    );
}
