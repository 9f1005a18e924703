//! Nearest neighbours against plain loops in double precision.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use trainscape_compute::projection::{
    Matrix, Metric, Neighbours, ProjectionError, nearest_neighbours, nearest_neighbours_with,
};

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

/// Rows around `clusters` centres, `offset` away from the origin.
fn clustered(rows: usize, columns: usize, clusters: usize, width: f32, offset: f32) -> Matrix {
    let mut next = noise(7);
    let centres: Vec<f32> = (0..clusters * columns).map(|_| offset + next()).collect();
    let mut values = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let centre = row % clusters * columns;
        values.extend((0..columns).map(|column| centres[centre + column] + width * (next() - 0.5)));
    }
    Matrix { columns, values }
}

fn distance(matrix: &Matrix, a: usize, b: usize, metric: Metric) -> f64 {
    let row = |at: usize| {
        matrix.values[at * matrix.columns..][..matrix.columns]
            .iter()
            .map(|v| f64::from(*v))
    };
    match metric {
        Metric::Euclidean => row(a)
            .zip(row(b))
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f64>()
            .sqrt(),
        Metric::Cosine => {
            let dot = |a, b| row(a).zip(row(b)).map(|(a, b)| a * b).sum::<f64>();
            let lengths = (dot(a, a) * dot(b, b)).sqrt();
            if lengths > 0.0 {
                1.0 - dot(a, b) / lengths
            } else {
                1.0
            }
        }
    }
}

/// The `count` nearest of a row with their distances.
fn plain(matrix: &Matrix, row: usize, count: usize, metric: Metric) -> Vec<(f64, u32)> {
    let rows = matrix.values.len() / matrix.columns;
    let others = (0..rows).filter(|other| *other != row);
    let mut all: Vec<(f64, u32)> = others
        .map(|other| (distance(matrix, row, other, metric), other as u32))
        .collect();
    all.sort_by(|a, b| a.partial_cmp(b).unwrap());
    all.truncate(count);
    all
}

/// Compares every `step`-th row: distances within `tolerance` of the farthest, indices off ties.
fn compare(
    matrix: &Matrix,
    found: &Neighbours,
    metric: Metric,
    step: usize,
    tolerance: f64,
) -> Result<(), String> {
    let count = found.count;
    for row in (0..found.indices.len() / count).step_by(step) {
        let expected = plain(matrix, row, count, metric);
        let allowed = tolerance * expected[count - 1].0.max(f64::MIN_POSITIVE);
        for (at, &(theirs, _)) in expected.iter().enumerate() {
            let ours = f64::from(found.distances[row * count + at]);
            let index = found.indices[row * count + at] as usize;
            if (ours - theirs).abs() > allowed {
                return Err(format!("row {row}, neighbour {at}: {ours}, not {theirs}"));
            }
            let own = distance(matrix, row, index, metric);
            if index == row || (own - theirs).abs() > allowed {
                return Err(format!(
                    "row {row}, neighbour {at}: row {index} is {own} away, not {theirs}"
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn equal_to_plain_loops() {
    for metric in [Metric::Euclidean, Metric::Cosine] {
        for (rows, columns, count) in [(700, 33, 15), (2, 1, 1), (40, 3, 39), (1500, 8, 90)] {
            let matrix = clustered(rows, columns, 5, 0.8, 0.3);
            let found = nearest_neighbours(&matrix, count, metric, 0).unwrap();
            compare(&matrix, &found, metric, 1, 2.0e-6)
                .unwrap_or_else(|error| panic!("{metric:?}, {rows} x {columns}: {error}"));
        }
    }
}

#[test]
fn a_planted_fault_is_found() {
    let matrix = clustered(300, 10, 4, 0.5, 0.0);
    let right = nearest_neighbours(&matrix, 10, Metric::Euclidean, 0).unwrap();
    let mut wrong = right.clone();
    wrong.indices[1234] = (wrong.indices[1234] + 7) % 300;
    assert!(compare(&matrix, &wrong, Metric::Euclidean, 1, 2.0e-6).is_err());
    let mut wrong = right;
    wrong.distances[55] *= 1.0 + 1.0e-4;
    assert!(compare(&matrix, &wrong, Metric::Euclidean, 1, 2.0e-6).is_err());
}

#[test]
fn close_rows_far_from_the_mean() {
    // Products of blocks alone see nothing but rounding within these clusters.
    let matrix = clustered(1200, 20, 6, 1.0e-4, 0.0);
    let found = nearest_neighbours(&matrix, 12, Metric::Euclidean, 0).unwrap();
    compare(&matrix, &found, Metric::Euclidean, 1, 2.0e-3).unwrap();
    // The mean is far from the origin: elements have few digits left for differences.
    let matrix = clustered(800, 20, 6, 0.5, 1000.0);
    let found = nearest_neighbours(&matrix, 12, Metric::Euclidean, 0).unwrap();
    compare(&matrix, &found, Metric::Euclidean, 1, 1.0e-4).unwrap();
}

#[test]
fn equal_rows_come_first_and_ties_by_index() {
    // Four copies of each of 50 rows.
    let base = clustered(50, 6, 5, 1.0, 0.0);
    let values = base.values.repeat(4);
    let found =
        nearest_neighbours(&Matrix { columns: 6, values }, 5, Metric::Euclidean, 0).unwrap();
    for row in 0..200_u32 {
        let own = &found.indices[row as usize * 5..][..3];
        let copies: Vec<u32> = (0..4)
            .map(|copy| row % 50 + 50 * copy)
            .filter(|at| *at != row)
            .collect();
        assert_eq!(own, copies);
        assert_eq!(found.distances[row as usize * 5..][..3], [0.0; 3]);
    }
    let same = nearest_neighbours(
        &Matrix {
            columns: 3,
            values: vec![0.7; 90],
        },
        4,
        Metric::Euclidean,
        0,
    );
    let same = same.unwrap();
    assert_eq!(same.indices[..8], [1, 2, 3, 4, 0, 2, 3, 4]);
    assert!(same.distances.iter().all(|distance| *distance == 0.0));
}

#[test]
fn rows_of_zeros_and_elements_of_any_size() {
    let mut matrix = clustered(60, 4, 3, 1.0, 0.1);
    matrix.values[..4].fill(0.0);
    let found = nearest_neighbours(&matrix, 3, Metric::Cosine, 0).unwrap();
    assert!(
        found.distances[..3]
            .iter()
            .all(|distance| (distance - 1.0).abs() < 1.0e-6)
    );
    assert!(found.indices[3..].iter().all(|index| *index != 0));
    for factor in [1.0e-35_f32, 1.0e37] {
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let mut scaled = matrix.clone();
            scaled.values.iter_mut().for_each(|value| *value *= factor);
            let found = nearest_neighbours(&scaled, 3, metric, 0).unwrap();
            compare(&scaled, &found, metric, 1, 1.0e-5).unwrap_or_else(|e| panic!("{factor}: {e}"));
        }
    }
}

#[test]
fn cells_hold_the_neighbours() {
    // As many rows as the exact search would leave to them, few columns to keep the test quick.
    let matrix = clustered(60_000, 16, 300, 0.6, 0.0);
    for metric in [Metric::Euclidean, Metric::Cosine] {
        let find = || nearest_neighbours(&matrix, 15, metric, 3).unwrap();
        let found = find();
        assert_eq!(found, find(), "equal seeds, equal neighbours");
        let (mut held, mut all) = (0, 0);
        for row in (0..60_000).step_by(199) {
            let true_ones: Vec<u32> = plain(&matrix, row, 15, metric)
                .into_iter()
                .map(|(_, index)| index)
                .collect();
            let ours = &found.indices[row * 15..][..15];
            held += ours
                .iter()
                .filter(|index| true_ones.contains(index))
                .count();
            all += 15;
            assert!(!ours.contains(&(row as u32)));
            assert!(found.distances[row * 15..][..15].is_sorted());
        }
        let recall = held as f64 / all as f64;
        assert!(recall >= 0.95, "{metric:?}: recall {recall}");
    }
}

#[test]
fn cells_give_exact_distances_and_as_many_as_asked_for() {
    // Hardly any structure, equal rows, and more neighbours than a cell has rows.
    let mut matrix = clustered(900, 5, 1, 1.0, 0.0);
    matrix.values[..500].fill(0.25);
    for count in [3, 60, 899] {
        let found =
            nearest_neighbours_with(&matrix, count, Metric::Euclidean, 1, 100, &|_| true).unwrap();
        for row in (0..900).step_by(37) {
            let mut own = found.indices[row * count..][..count].to_vec();
            for (index, ours) in own.iter().zip(&found.distances[row * count..]) {
                let exact = distance(&matrix, row, *index as usize, Metric::Euclidean);
                assert!((f64::from(*ours) - exact).abs() < 1.0e-6);
            }
            own.sort_unstable();
            own.dedup();
            assert_eq!(own.len(), count);
        }
    }
}

#[test]
fn what_cannot_be_searched_is_said() {
    let find = |columns, values: &[f32], count| {
        let matrix = Matrix {
            columns,
            values: values.to_vec(),
        };
        nearest_neighbours(&matrix, count, Metric::Euclidean, 0)
    };
    let needed = |rows, needed| Err(ProjectionError::TooFewRows { rows, needed });
    assert_eq!(find(2, &[0.0; 6], 3), needed(3, 4));
    assert_eq!(
        find(1, &[0.0, f32::NAN, 1.0], 1),
        Err(ProjectionError::NotFinite { row: 1 })
    );
    assert!(matches!(
        find(1, &[0.0; 3], 0),
        Err(ProjectionError::BadSetting(_))
    ));
    let matrix = Matrix {
        columns: 1,
        values: vec![0.0; 9],
    };
    let stopped = nearest_neighbours_with(&matrix, 1, Metric::Cosine, 0, 100, &|_| false);
    assert_eq!(stopped, Err(ProjectionError::Stopped));
}
