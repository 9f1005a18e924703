//! t-SNE and UMAP on the CPU against scikit-learn, umap-learn, and what must always hold.
//!
//! Expected numbers are those of scikit-learn 1.9.1 (`_binary_search_perplexity`) and umap-learn 0.5.12
//! (`find_ab_params`, `smooth_knn_dist`, `compute_membership_strengths`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use trainscape_compute::projection::{
    Layout, Matrix, Metric, Neighbours, ProjectionError, Start, Tsne, Umap, nearest_neighbours,
    scramble, tsne, umap,
};

/// Numbers in [-1, 1) by index.
fn noise(index: usize) -> f32 {
    scramble(index as u32) as f32 / (1_u32 << 31) as f32 - 1.0
}

/// Rows on six rolled-up sheets far apart, in ten dimensions.
fn sheets(rows: usize) -> Matrix {
    let values = (0..rows).flat_map(|row| {
        let (angle, height) = (3.0 + 3.0 * noise(2 * row), noise(2 * row + 1));
        let sheet = row % 6;
        (0..10).map(move |column| {
            let rolled = match column {
                0 => angle * angle.cos(),
                1 => angle * angle.sin(),
                2 => 4.0 * height,
                _ => 0.05 * noise(1_000_000 + 10 * row + column),
            };
            let centre = if column == 3 + sheet { 12.0 } else { 0.0 };
            rolled + centre
        })
    });
    Matrix {
        columns: 10,
        values: values.collect(),
    }
}

/// scikit-learn's `trustworthiness`: how many of the nearest in the layout are near in the matrix.
fn trustworthiness(matrix: &Matrix, positions: &[f32], dims: usize, near: usize) -> f64 {
    let order = |values: &[f32], columns: usize, row: usize| -> Vec<usize> {
        let own = &values[row * columns..][..columns];
        let squared = |other: usize| -> f32 {
            let theirs = &values[other * columns..][..columns];
            own.iter().zip(theirs).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let rows = values.len() / columns;
        let mut others: Vec<(f32, usize)> = (0..rows)
            .filter(|&other| other != row)
            .map(|other| (squared(other), other))
            .collect();
        others.sort_by(|a, b| a.0.total_cmp(&b.0));
        others.into_iter().map(|(_, other)| other).collect()
    };
    let rows = positions.len() / dims;
    let mut penalty = 0.0;
    for row in 0..rows {
        let mut rank = vec![0; rows];
        for (at, other) in order(&matrix.values, matrix.columns, row)
            .into_iter()
            .enumerate()
        {
            rank[other] = at + 1;
        }
        for other in order(positions, dims, row).into_iter().take(near) {
            penalty += rank[other].saturating_sub(near) as f64;
        }
    }
    let (n, k) = (rows as f64, near as f64);
    1.0 - penalty * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0))
}

fn finished(mut layout: Box<dyn Layout>) -> Vec<f32> {
    let [_, all] = layout.progress();
    layout.advance(all).unwrap();
    assert_eq!(layout.progress(), [all, all]);
    layout.positions().unwrap()
}

fn rows_of(distances: &[[f32; 9]]) -> Neighbours {
    Neighbours {
        count: 9,
        indices: (0..9 * distances.len() as u32).collect(),
        distances: distances.as_flattened().to_vec(),
    }
}

fn assert_near(found: &[f32], wanted: &[f32], tolerance: f32) {
    assert_eq!(found.len(), wanted.len());
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() <= tolerance,
            "{at}: {found}, not {wanted}"
        );
    }
}

#[test]
fn calibration_is_scikit_learns() {
    let neighbours = rows_of(&[
        [0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0],
        [0.0, 0.0, 0.5, 0.75, 1.0, 3.0, 3.5, 8.0, 9.0],
        [10.0, 10.5, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0],
        [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.5, 2.5, 2.5],
        [0.0; 9],
    ]);
    let found = tsne::conditional_probabilities(&neighbours, 3.0);
    let wanted = [
        [
            0.551_576, 0.287_859, 0.115_82, 0.035_927, 0.008_592, 0.000_225, 0.000_002, 0.0, 0.0,
        ],
        [
            0.423_809, 0.423_809, 0.123_11, 0.026_254, 0.003_018, 0.0, 0.0, 0.0, 0.0,
        ],
        [
            0.548_94, 0.278_211, 0.136_404, 0.029_685, 0.005_658, 0.000_945, 0.000_138, 0.000_018,
            0.000_002,
        ],
    ];
    // Both stop within 1e-5 of the entropy.
    assert_near(&found[..27], wanted.as_flattened(), 1.0e-5);
    // Ties that no width parts share evenly; scikit-learn underflows to 0 there.
    let sixth = 1.0 / 6.0;
    assert_near(
        &found[27..36],
        &[sixth, sixth, sixth, sixth, sixth, sixth, 0.0, 0.0, 0.0],
        1.0e-6,
    );
    assert_near(&found[36..], &[1.0 / 9.0; 9], 1.0e-6);
}

#[test]
fn memberships_are_umap_learns() {
    let found = umap::memberships(&rows_of(&[
        [0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0],
        [0.0, 0.0, 0.5, 0.75, 1.0, 3.0, 3.5, 8.0, 9.0],
        [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.5, 2.5, 2.5],
        [10.0, 10.5, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0],
    ]));
    let wanted = [
        [
            1.0, 0.741_231, 0.549_424, 0.407_25, 0.301_867, 0.165_853, 0.091_123, 0.050_065,
            0.015_113,
        ],
        [
            1.0, 1.0, 1.0, 0.256_253, 0.065_666, 0.000_001, 0.0, 0.0, 0.0,
        ],
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        [
            1.0, 0.783_583, 0.614_002, 0.376_999, 0.231_478, 0.142_128, 0.087_267, 0.053_582,
            0.032_9,
        ],
    ];
    // Both stop within 1e-5 of the sum.
    assert_near(&found, wanted.as_flattened(), 1.0e-5);
}

#[test]
fn curves_are_umap_learns() {
    for (min_distance, a, b) in [
        (0.0, 1.932_808, 0.790_495),
        (0.1, 1.576_943, 0.895_061),
        (0.25, 1.121_436, 1.057_5),
        (0.5, 0.583_030, 1.334_167),
        (0.99, 0.119_305, 1.916_39),
    ] {
        let curve = umap::Curve::fit(min_distance).unwrap();
        assert_near(&[curve.a, curve.b], &[a, b], 2.0e-6);
    }
    for bad in [-0.1, 1.5, f32::NAN, f32::INFINITY] {
        let error = umap::Curve::fit(bad).unwrap_err();
        assert!(matches!(error, ProjectionError::BadSetting(_)), "{error}");
    }
}

#[test]
fn layouts_keep_neighbourhoods() {
    let matrix = sheets(600);
    for (dims, start, tsne_floor, umap_floor) in [
        (2, Start::Pca, 0.99, 0.98),
        (3, Start::Pca, 0.99, 0.98),
        (2, Start::Random, 0.98, 0.97),
        (1, Start::Pca, 0.93, 0.9),
    ] {
        let tsne = tsne::start(
            &matrix,
            dims,
            &Tsne {
                start,
                ..Tsne::default()
            },
        )
        .unwrap();
        let found = trustworthiness(&matrix, &finished(tsne), dims, 15);
        assert!(found > tsne_floor, "t-SNE to {dims}, {start:?}: {found}");
        let umap = umap::start(
            &matrix,
            dims,
            &Umap {
                start,
                ..Umap::default()
            },
        )
        .unwrap();
        let found = trustworthiness(&matrix, &finished(umap), dims, 15);
        assert!(found > umap_floor, "UMAP to {dims}, {start:?}: {found}");
    }
}

/// Rows without groups shrink under exaggerated attraction, thousandfold every sixty steps; as numbers of f32 they
/// would all be one before it ends.
#[test]
fn rows_without_groups_spread_out_too() {
    let matrix = Matrix {
        columns: 40,
        values: (0..40 * 2400).map(noise).collect(),
    };
    let positions = finished(tsne::start(&matrix, 2, &Tsne::default()).unwrap());
    let squared = positions.iter().map(|x| x * x).sum::<f32>() / 2400.0;
    assert!((5.0..100.0).contains(&squared.sqrt()), "{squared}");
    let found = trustworthiness(&matrix, &positions, 2, 15);
    assert!(found > 0.6, "{found}");
}

#[test]
fn the_same_bytes_on_any_number_of_threads_and_in_any_portions() {
    // Enough rows for the grid to be faster.
    let matrix = sheets(4000);
    let (tsne_settings, umap_settings) = (
        Tsne {
            iterations: 60,
            ..Tsne::default()
        },
        Umap {
            epochs: Some(30),
            ..Umap::default()
        },
    );
    let run = |threads: usize, portion: u32| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let layouts = [
                tsne::start(&matrix, 2, &tsne_settings).unwrap(),
                tsne::start(&matrix, 3, &tsne_settings).unwrap(),
                umap::start(&matrix, 3, &umap_settings).unwrap(),
            ];
            layouts.map(|mut layout| {
                while layout.progress()[0] < layout.progress()[1] {
                    layout.advance(portion).unwrap();
                }
                layout.positions().unwrap()
            })
        })
    };
    assert_eq!(run(1, 1000), run(3, 7));
    let seeded = |seed| {
        let settings = Umap {
            seed,
            ..umap_settings
        };
        finished(umap::start(&matrix, 2, &settings).unwrap())
    };
    assert_ne!(seeded(1), seeded(2));
}

/// Both methods on a matrix; positions are finite or there is an error of one sentence.
fn survives(name: &str, matrix: &Matrix) {
    for dims in 1..=3 {
        for start in [Start::Pca, Start::Random] {
            for metric in [Metric::Euclidean, Metric::Cosine] {
                let layouts = [
                    tsne::start(
                        matrix,
                        dims,
                        &Tsne {
                            start,
                            metric,
                            iterations: 300,
                            ..Tsne::default()
                        },
                    ),
                    umap::start(
                        matrix,
                        dims,
                        &Umap {
                            start,
                            metric,
                            epochs: Some(100),
                            ..Umap::default()
                        },
                    ),
                ];
                for layout in layouts {
                    match layout {
                        Ok(layout) => {
                            let positions = finished(layout);
                            assert_eq!(
                                positions.len(),
                                dims * matrix.values.len() / matrix.columns
                            );
                            let finite = positions.iter().all(|x| x.is_finite());
                            assert!(finite, "{name}, {dims}, {start:?}, {metric:?}");
                        }
                        Err(error) => assert!(!error.to_string().contains('\n'), "{name}"),
                    }
                }
            }
        }
    }
}

#[test]
fn poison_gives_an_error_or_a_finite_layout() {
    let of = |columns: usize, values: Vec<f32>| Matrix { columns, values };
    for rows in [0, 1, 2, 3, 4, 5, 10, 50] {
        survives(
            &format!("{rows} rows"),
            &of(4, (0..4 * rows).map(noise).collect()),
        );
    }
    survives("one column", &of(1, (0..40).map(noise).collect()));
    survives("equal rows", &of(5, vec![0.25; 200]));
    survives("zeros", &of(5, vec![0.0; 200]));
    let pairs = (0..400).map(|at| noise(at / 20 * 10 + at % 10)).collect();
    survives("every row twice", &of(10, pairs));
    let two = (0..300).map(|at| f32::from(at / 5 % 2 == 0)).collect();
    survives("two points thirty times", &of(5, two));
    survives(
        "tiny",
        &of(5, (0..200).map(|at| 1.0e-30 * noise(at)).collect()),
    );
    survives(
        "huge",
        &of(5, (0..200).map(|at| 1.0e18 * noise(at)).collect()),
    );
    let mut outlier: Vec<f32> = (0..200).map(noise).collect();
    outlier[17] = 1.0e12;
    survives("an outlier", &of(5, outlier));
}

#[test]
fn what_cannot_be_laid_out_is_refused_in_words() {
    let good = sheets(60);
    let mut bad = good.clone();
    bad.values[123] = f32::NAN;
    let (tsne_settings, umap_settings) = (Tsne::default(), Umap::default());
    let not_finite = Some(ProjectionError::NotFinite { row: 12 });
    assert_eq!(tsne::start(&bad, 2, &tsne_settings).err(), not_finite);
    assert_eq!(umap::start(&bad, 2, &umap_settings).err(), not_finite);

    let few = Matrix {
        columns: 10,
        values: good.values[..20].to_vec(),
    };
    let too_few = Some(ProjectionError::TooFewRows { rows: 2, needed: 3 });
    assert_eq!(tsne::start(&few, 2, &tsne_settings).err(), too_few);
    assert_eq!(umap::start(&few, 2, &umap_settings).err(), too_few);

    let is_bad = |error: Option<ProjectionError>| {
        assert!(
            matches!(error, Some(ProjectionError::BadSetting(_))),
            "{error:?}"
        );
    };
    for dims in [0, 4] {
        is_bad(tsne::start(&good, dims, &tsne_settings).err());
        is_bad(umap::start(&good, dims, &umap_settings).err());
    }
    for perplexity in [0.0, -3.0, f32::NAN, f32::INFINITY] {
        is_bad(
            tsne::start(
                &good,
                2,
                &Tsne {
                    perplexity,
                    ..tsne_settings
                },
            )
            .err(),
        );
    }
    for neighbours in [0, 1] {
        is_bad(
            umap::start(
                &good,
                2,
                &Umap {
                    neighbours,
                    ..umap_settings
                },
            )
            .err(),
        );
    }
    // A perplexity that is too large for the rows is lowered.
    let high = Tsne {
        perplexity: 1.0e6,
        iterations: 10,
        ..tsne_settings
    };
    assert!(
        finished(tsne::start(&good, 2, &high).unwrap())
            .iter()
            .all(|x| x.is_finite())
    );
    let settings = Tsne {
        iterations: 0,
        ..tsne_settings
    };
    let none = tsne::start(&good, 2, &settings);
    assert_eq!(none.unwrap().progress(), [0, 0]);
    let none = umap::start(
        &good,
        2,
        &Umap {
            epochs: Some(0),
            ..umap_settings
        },
    );
    assert_eq!(none.unwrap().progress(), [0, 0]);
}

#[test]
fn joint_probabilities_add_up_to_one() {
    let plan = tsne::plan::<2>(&sheets(300), &Tsne::default()).unwrap();
    let total: f64 = plan.graph.weights.iter().map(|&p| f64::from(p)).sum();
    assert!((total - 1.0).abs() < 1.0e-5, "{total}");
    let deviation = {
        let first = || plan.positions.iter().map(|position| f64::from(position[0]));
        let mean = first().sum::<f64>() / 300.0;
        (first().map(|x| (x - mean).powi(2)).sum::<f64>() / 300.0).sqrt()
    };
    assert!((deviation / 1.0e-4 - 1.0).abs() < 1.0e-3, "{deviation}");
}

#[test]
fn edges_are_sampled_as_often_as_they_are_strong() {
    let plan = umap::plan::<2>(&sheets(200), &Umap::default()).unwrap();
    let strongest = plan
        .graph
        .weights
        .iter()
        .fold(0.0_f32, |most, &w| most.max(w));
    for (weight, frequency) in plan.graph.weights.iter().zip(&plan.frequencies) {
        let share = f64::from(*frequency) / f64::from(u32::MAX);
        assert!((share - f64::from(weight / strongest)).abs() < 1.0e-6);
    }
}

/// The first 3,000 real sentence embeddings, where the shared runs are available. To two dimensions
/// scikit-learn's t-SNE keeps 0.9107 there and umap-learn 0.8684; a hundredth less is what the design allows.
#[test]
fn real_embeddings_keep_their_neighbourhoods() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/runs/sentences/embeddings.npy");
    let Ok(bytes) = std::fs::read(file) else {
        return;
    };
    // Halves after a header of 128 bytes, 384 a row.
    let half = |bytes: &[u8]| {
        let bits = u16::from_le_bytes([bytes[0], bytes[1]]);
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
        let size = match exponent {
            0 => fraction * 2.0_f32.powi(-24),
            _ => (1024.0 + fraction) * 2.0_f32.powi(exponent - 25),
        };
        if bits >> 15 == 1 { -size } else { size }
    };
    let matrix = Matrix {
        columns: 384,
        values: bytes[128..][..2 * 384 * 3000]
            .chunks_exact(2)
            .map(half)
            .collect(),
    };
    assert!(nearest_neighbours(&matrix, 1, Metric::Euclidean, 0).is_ok());
    let tsne = finished(tsne::start(&matrix, 2, &Tsne::default()).unwrap());
    let found = trustworthiness(&matrix, &tsne, 2, 15);
    assert!(found > 0.9007, "t-SNE: {found}");
    let umap = finished(umap::start(&matrix, 2, &Umap::default()).unwrap());
    let found = trustworthiness(&matrix, &umap, 2, 15);
    assert!(found > 0.8584, "UMAP: {found}");
}
