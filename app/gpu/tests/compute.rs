//! The passes against their CPU twins and, through the same files as the twins, against SciPy.
//!
//! All of it runs on Mesa's software driver, asserted and not assumed: a machine without it fails here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::context;
use trainscape_compute::{
    self, ComputeError, Field, GridSize, InterpolationMethod, MISSING, MISSING_BELOW, Refine,
    Scatter,
};
use trainscape_gpu::{ComputePasses, FieldBuffers, GpuError, shaders};

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

fn hill(x: f32, y: f32) -> f32 {
    0.5 + 0.3 * (7.0 * x).sin() * (5.0 * y).cos() + 0.1 * x
}

fn scattered(count: usize, seed: u64) -> Arc<[[f32; 3]]> {
    let mut next = noise(seed);
    (0..count)
        .map(|_| {
            let (x, y) = (next(), next());
            [x, y, hill(x, y) + 0.02 * next()]
        })
        .collect()
}

fn scatter(samples: Arc<[[f32; 3]]>, method: InterpolationMethod) -> Scatter {
    Scatter {
        samples,
        method,
        size: GridSize {
            width: 96,
            height: 64,
        },
        support_radius: None,
    }
}

const RBF: InterpolationMethod = InterpolationMethod::Rbf {
    neighbours: 24,
    smoothing: 1.0e-6,
};

/// The largest differences of values and of support; infinite when the same nodes are not missing.
fn difference(a: &Field, b: &Field) -> (f32, f32) {
    assert_eq!(a.size(), b.size());
    assert_eq!((&a.x_unit, &a.y_unit), (&b.x_unit, &b.y_unit));
    let worst = |a: &[f32], b: &[f32]| {
        let apart = a
            .iter()
            .zip(b)
            .map(|(a, b)| match (*a < MISSING_BELOW, *b < MISSING_BELOW) {
                (true, true) => 0.0,
                (false, false) => (a - b).abs(),
                _ => f32::INFINITY,
            });
        apart.fold(0.0, f32::max)
    };
    (worst(&a.values, &b.values), worst(&a.support, &b.support))
}

/// Values of the pass and of the twin, compared.
fn compare(passes: &ComputePasses, work: &Scatter) -> (f32, f32) {
    let gpu = passes
        .read_back(&passes.interpolate(work).unwrap())
        .unwrap();
    difference(&gpu, &trainscape_compute::interpolate(work).unwrap())
}

#[test]
fn each_method_equals_its_twin() {
    let passes = ComputePasses::new(&context());
    // Linear: a node's place rounds to 6e-8, a twentieth of a thousandth of a triangle here. RBF: the twin
    // solves in f64, and beyond the outermost samples the spline extrapolates what f32 rounds.
    for (method, tolerance) in [
        (InterpolationMethod::Linear, 2.0e-6),
        (InterpolationMethod::Nearest, 0.0),
        (RBF, 2.0e-4),
    ] {
        for support_radius in [None, Some(0.05)] {
            let work = Scatter {
                support_radius,
                ..scatter(scattered(800, 3), method)
            };
            let (values, support) = compare(&passes, &work);
            assert!(values <= tolerance, "{method:?}: values {values}");
            assert!(support <= 1.0e-6, "{method:?}: support {support}");
        }
    }
}

/// A case of the scene crate's `tests/data`, both axes scaled to [0, 1] by the samples' bounding box.
fn oracle(name: &str, method: InterpolationMethod) -> Scatter {
    let text = std::fs::read_to_string(data(&format!("interpolate-{name}.csv"))).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .map(|number| number.parse().unwrap())
                .collect()
        })
        .collect();
    let unit = |axis: usize| {
        let along = || rows.iter().map(move |row| row[axis]);
        let low = along().fold(f64::INFINITY, f64::min);
        let range = along().fold(f64::NEG_INFINITY, f64::max) - low;
        move |value: f64| ((value - low) / range) as f32
    };
    let (x, y) = (unit(0), unit(1));
    scatter(
        rows.iter()
            .map(|row| [x(row[0]), y(row[1]), row[2] as f32])
            .collect(),
        method,
    )
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../compute/tests/data")
        .join(name)
}

#[test]
fn each_method_equals_scipy() {
    let passes = ComputePasses::new(&context());
    let rbf = InterpolationMethod::RBF;
    // Of the range. The sweep is a grid, where SciPy's triangles divide its rectangles as they please; the
    // compute crate's tests check that, and here the twin replaces SciPy.
    for (name, method, file, tolerance) in [
        (
            "reward",
            InterpolationMethod::Linear,
            Some("linear"),
            1.0e-5,
        ),
        (
            "reward",
            InterpolationMethod::Nearest,
            Some("nearest"),
            1.0e-7,
        ),
        ("reward", rbf, Some("rbf"), 1.0e-3),
        ("sweep", rbf, Some("rbf"), 1.0e-3),
        ("sweep", InterpolationMethod::Linear, None, 1.0e-5),
    ] {
        let work = oracle(name, method);
        let gpu = passes
            .read_back(&passes.interpolate(&work).unwrap())
            .unwrap();
        let expected: Vec<f64> = match file {
            Some(file) => {
                let file = data(&format!("interpolate-{name}.{file}.npy"));
                let array: ndarray::Array2<f64> = ndarray_npy::read_npy(file).unwrap();
                array.into_iter().collect()
            }
            None => {
                let twin = trainscape_compute::interpolate(&work).unwrap();
                let present = twin.support.iter().zip(&twin.values);
                present
                    .map(|(s, v)| {
                        if *s < MISSING_BELOW {
                            f64::NAN
                        } else {
                            f64::from(*v)
                        }
                    })
                    .collect()
            }
        };
        let known = work.samples.iter().map(|s| f64::from(s[2]));
        let range =
            known.clone().fold(f64::NEG_INFINITY, f64::max) - known.fold(f64::INFINITY, f64::min);
        for (at, expected) in expected.iter().enumerate() {
            assert_eq!(
                gpu.support[at] < MISSING_BELOW,
                expected.is_nan(),
                "{name} {method:?} {at}"
            );
            let apart = (f64::from(gpu.values[at]) - expected).abs();
            assert!(
                expected.is_nan() || apart <= tolerance * range,
                "{name} {method:?} {at}: {apart}"
            );
        }
    }
}

#[test]
fn clustered_and_stretched_samples_equal_the_twin() {
    let passes = ComputePasses::new(&context());
    let mut next = noise(9);
    let clustered: Vec<[f32; 3]> = (0..600)
        .map(|_| [0.9 + 0.01 * next().powi(3), 0.2 * next().powi(4), next()])
        .collect();
    let rows: Vec<[f32; 3]> = (0..12_u16)
        .flat_map(|row| (0..400_u16).map(move |at| (row, at)))
        .map(|(row, at)| {
            let (x, y) = (f32::from(at) / 399.0, f32::from(row) / 11.0);
            [x, y, hill(x, y)]
        })
        .collect();
    for samples in [clustered, rows] {
        for method in [InterpolationMethod::Linear, InterpolationMethod::Nearest] {
            let (values, support) = compare(&passes, &scatter(samples.clone().into(), method));
            assert!(values <= 1.0e-5, "{method:?}: values {values}");
            assert!(support <= 1.0e-6, "{method:?}: support {support}");
        }
    }
}

#[test]
fn nearest_indices_equal_the_twins() {
    let passes = ComputePasses::new(&context());
    let work = scatter(scattered(500, 5), InterpolationMethod::Nearest);
    assert_eq!(
        passes.nearest_indices(&work).unwrap(),
        trainscape_compute::nearest_indices(&work).unwrap()
    );
}

/// A measured grid with uneven spacing and two missing nodes.
fn measured() -> Field {
    let x_unit = vec![0.0, 0.05, 0.2, 0.3, 0.65, 0.7, 1.0];
    let y_unit = vec![0.0, 0.3, 0.4, 0.9, 1.0];
    let mut next = noise(11);
    let values = (0..35).map(|_| next()).collect();
    let mut support = vec![1.0; 35];
    support[9] = MISSING;
    support[30] = MISSING;
    Field {
        x_unit,
        y_unit,
        values,
        support,
    }
}

#[test]
fn refinement_equals_its_twin_and_keeps_measured_nodes() {
    let passes = ComputePasses::new(&context());
    let nodes = Arc::new(measured());
    let work = Refine {
        nodes: Arc::clone(&nodes),
        factor_x: 5,
        factor_y: 3,
    };
    let gpu = passes.read_back(&passes.refine(&work).unwrap()).unwrap();
    let (values, support) = difference(&gpu, &trainscape_compute::refine(&work));
    assert!(values <= 1.0e-6, "{values}");
    assert!(support <= 1.0e-6, "{support}");
    for row in 0..5 {
        for column in 0..7 {
            let (fine, coarse) = (3 * row * 31 + 5 * column, row * 7 + column);
            assert_eq!(gpu.values[fine].to_bits(), nodes.values[coarse].to_bits());
            assert_eq!(gpu.support[fine], nodes.support[coarse]);
        }
    }
}

#[test]
fn normals_equal_their_twin() {
    let passes = ComputePasses::new(&context());
    let field = measured();
    let buffers = passes.upload(&field).unwrap();
    for z_scale in [1.0, 0.25] {
        passes.normals(&buffers, z_scale);
        let gpu = passes.read_normals(&buffers).unwrap();
        // 16 bits a component.
        for (gpu, cpu) in gpu.iter().zip(trainscape_compute::normals(&field, z_scale)) {
            let apart = (0..3)
                .map(|at| (gpu[at] - cpu[at]).abs())
                .fold(0.0, f32::max);
            assert!(apart < 1.0e-4, "{gpu:?} is not {cpu:?}");
        }
    }
}

#[test]
fn upload_and_read_back_change_nothing() {
    let passes = ComputePasses::new(&context());
    let FieldBuffers { size, .. } = passes.upload(&measured()).unwrap();
    assert_eq!(
        size,
        GridSize {
            width: 7,
            height: 5
        }
    );
    let buffers = passes.upload(&measured()).unwrap();
    assert_eq!(passes.read_back(&buffers).unwrap(), measured());
}

/// The table's text with one operator changed.
fn mutated(name: &str, from: &str, to: &str) -> String {
    let text = shaders::source(name);
    assert_eq!(text.matches(from).count(), 1, "{name} has not one `{from}`");
    text.replace(from, to)
}

#[test]
fn a_planted_fault_shows() {
    let context = context();
    type Source = fn(&str) -> String;
    let faulty: [(InterpolationMethod, Source); 3] = [
        (InterpolationMethod::Linear, |name| match name {
            "interpolate_linear" => mutated(name, "p.x * q.y - p.y * q.x", "p.x * q.y + p.y * q.x"),
            _ => shaders::source(name),
        }),
        (InterpolationMethod::Nearest, |name| match name {
            "interpolate_nearest" => {
                mutated(name, "at.x * at.x + at.y * at.y", "at.x * at.x - at.y")
            }
            _ => shaders::source(name),
        }),
        (RBF, |name| match name {
            "interpolate_rbf" => mutated(name, "0.5 * squared * log(", "0.5 + squared * log("),
            _ => shaders::source(name),
        }),
    ];
    for (method, source) in faulty {
        let passes = ComputePasses::with_source(&context, source);
        let (values, _) = compare(&passes, &scatter(scattered(800, 3), method));
        assert!(
            values > 1.0e-3,
            "{method:?}: the fault does not show: {values}"
        );
    }
}

#[test]
fn a_planted_fault_in_refinement_shows() {
    let passes = ComputePasses::with_source(&context(), |name| match name {
        "refine" => mutated(name, "2.0 * step_1 + step_0", "2.0 * step_1 - step_0"),
        _ => shaders::source(name),
    });
    let work = Refine {
        nodes: Arc::new(measured()),
        factor_x: 5,
        factor_y: 3,
    };
    let gpu = passes.read_back(&passes.refine(&work).unwrap()).unwrap();
    assert!(difference(&gpu, &trainscape_compute::refine(&work)).0 > 1.0e-3);
}

#[test]
fn poison_gives_an_error_or_a_finite_field() {
    let passes = ComputePasses::new(&context());
    let line: Vec<[f32; 3]> = (0..50_u8)
        .map(|i| [f32::from(i) / 49.0, 0.5, 1.0])
        .collect();
    let tiny: Vec<[f32; 3]> = (0..60_u8)
        .map(|i| [f32::from(i % 8) * 1.0e-30, f32::from(i / 8) * 1.0e-30, 0.5])
        .collect();
    let mut huge = scattered(100, 7).to_vec();
    for (at, sample) in huge.iter_mut().enumerate() {
        sample[2] = if at % 2 == 0 { 3.0e38 } else { -3.0e38 };
    }
    let poison: [(&str, Vec<[f32; 3]>); 8] = [
        ("one sample", vec![[0.3, 0.4, 0.5]]),
        ("two samples", vec![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]),
        (
            "three samples",
            vec![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.3]],
        ),
        ("duplicates", vec![[0.5, 0.5, 0.1]; 300]),
        ("a line", line),
        ("1e-30 apart", tiny),
        ("huge values", huge),
        (
            "outside the box",
            vec![[-1.0e30, 0.0, 0.0], [1.0e30, 3.0, 1.0], [0.5, -1.0e20, 0.2]],
        ),
    ];
    for (name, samples) in poison {
        for method in [
            InterpolationMethod::Linear,
            InterpolationMethod::Nearest,
            RBF,
        ] {
            match passes.interpolate(&scatter(samples.clone().into(), method)) {
                Ok(field) => {
                    let field = passes.read_back(&field).unwrap();
                    let finite = field
                        .values
                        .iter()
                        .chain(&field.support)
                        .all(|v| v.is_finite());
                    assert!(finite, "{name}, {method:?}");
                }
                Err(error) => {
                    let expected = GpuError::Compute(ComputeError::Collinear).to_string();
                    assert_eq!(error.to_string(), expected, "{name}, {method:?}");
                }
            }
        }
    }
}

#[test]
fn what_the_adapter_cannot_bind_is_refused_in_words() {
    let context = context();
    let passes = ComputePasses::new(&context);
    let limits = context.device.limits();
    let most = limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size);
    let height = u32::try_from(most / 4 / 16384 + 1).unwrap();
    let size = GridSize {
        width: 16384,
        height,
    };
    let work = Scatter {
        size,
        ..scatter(scattered(10, 1), InterpolationMethod::Nearest)
    };
    match passes.interpolate(&work) {
        Err(
            error @ (GpuError::TooLarge { .. } | GpuError::Compute(ComputeError::BadGrid { .. })),
        ) => {
            assert!(!error.to_string().contains('\n'));
        }
        other => panic!("{other:?}"),
    }
}
