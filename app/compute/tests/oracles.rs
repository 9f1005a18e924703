//! The CPU twins against SciPy. `tests/data` holds its inputs and results, in float64.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::Array2;
use trainscape_compute::{
    ComputeError, Field, GridSize, InterpolationMethod, MISSING, MISSING_BELOW, Refine, Scatter,
    interpolate, nearest_indices, normals, refine,
};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn npy(name: &str) -> Array2<f64> {
    ndarray_npy::read_npy(data(name)).unwrap()
}

/// A case of `tests/data`: samples with both axes scaled to [0, 1] by their own bounding box.
struct Case {
    name: &'static str,
    /// x, y in the unit square, and z as it was logged.
    samples: Vec<[f64; 3]>,
    z_low: f64,
    z_range: f64,
}

impl Case {
    fn new(name: &'static str) -> Self {
        let text = std::fs::read_to_string(data(&format!("interpolate-{name}.csv"))).unwrap();
        let mut samples: Vec<[f64; 3]> = text
            .lines()
            .skip(1)
            .map(|line| {
                let numbers: Vec<f64> = line.split(',').map(|v| v.parse().unwrap()).collect();
                numbers.try_into().unwrap()
            })
            .collect();
        let bounds = |axis: usize| {
            let along = samples.iter().map(|s| s[axis]);
            let low = along.clone().fold(f64::INFINITY, f64::min);
            (low, along.fold(f64::NEG_INFINITY, f64::max) - low)
        };
        let [(x_low, x_range), (y_low, y_range), (z_low, z_range)] = [0, 1, 2].map(bounds);
        for sample in &mut samples {
            sample[0] = (sample[0] - x_low) / x_range;
            sample[1] = (sample[1] - y_low) / y_range;
        }
        Self {
            name,
            samples,
            z_low,
            z_range,
        }
    }

    fn scatter(&self, method: InterpolationMethod) -> Scatter {
        let unit = |z: f64| ((z - self.z_low) / self.z_range) as f32;
        Scatter {
            samples: self
                .samples
                .iter()
                .map(|&[x, y, z]| [x as f32, y as f32, unit(z)])
                .collect(),
            method,
            size: GridSize {
                width: 96,
                height: 64,
            },
            support_radius: None,
        }
    }

    fn expected(&self, method: &str) -> Array2<f64> {
        npy(&format!("interpolate-{}.{method}.npy", self.name))
    }

    /// Places where ours is further than a tolerance (part of the range) from SciPy's.
    fn differences(&self, field: &Field, method: &str, tolerance: f64) -> Vec<Difference> {
        let expected = self.expected(method);
        assert_eq!(expected.dim(), (64, 96));
        let unit = |expected: f64| (expected - self.z_low) / self.z_range;
        expected
            .indexed_iter()
            .filter(|((row, column), expected)| {
                // NaN where, and only where, there is no surface.
                assert_eq!(
                    field.is_present(*column, *row),
                    !expected.is_nan(),
                    "{row} {column}"
                );
                !expected.is_nan()
            })
            .map(|((row, column), &expected)| Difference {
                x: f64::from(column as u32) / 95.0,
                y: f64::from(row as u32) / 63.0,
                ours: f64::from(field.values[row * 96 + column]),
                scipys: unit(expected),
            })
            .filter(|d| (d.ours - d.scipys).abs() > tolerance)
            .collect()
    }

    /// Whether the difference is one of the diagonal that divides a rectangle of four samples (their corners
    /// lie on one circle, so that either diagonal is Delaunay): each value is that of one diagonal.
    fn is_other_diagonal(&self, difference: &Difference, tolerance: f64) -> bool {
        let place = [difference.x, difference.y];
        let [(left, right), (bottom, top)] = [0, 1].map(|axis| {
            let along = self.samples.iter().map(|s| s[axis]);
            let low = along
                .clone()
                .filter(|v| *v <= place[axis])
                .fold(f64::NEG_INFINITY, f64::max);
            (
                low,
                along
                    .filter(|v| *v > place[axis])
                    .fold(f64::INFINITY, f64::min),
            )
        });
        let corner = |x: f64, y: f64| {
            let found = self.samples.iter().find(|s| s[0] == x && s[1] == y);
            found.map(|s| (s[2] - self.z_low) / self.z_range)
        };
        let corners = [(left, bottom), (right, bottom), (left, top), (right, top)];
        let [Some(a), Some(b), Some(c), Some(d)] = corners.map(|(x, y)| corner(x, y)) else {
            return false;
        };
        let (u, v) = (
            (place[0] - left) / (right - left),
            (place[1] - bottom) / (top - bottom),
        );
        let falling = if u + v <= 1.0 {
            a + u * (b - a) + v * (c - a)
        } else {
            d + (1.0 - u) * (c - d) + (1.0 - v) * (b - d)
        };
        let rising = if u >= v {
            a + u * (b - a) + v * (d - b)
        } else {
            a + v * (c - a) + u * (d - c)
        };
        let is = |value: f64, diagonal: f64| (value - diagonal).abs() <= tolerance;
        is(difference.ours, falling) && is(difference.scipys, rising)
            || is(difference.ours, rising) && is(difference.scipys, falling)
    }
}

#[derive(Debug)]
struct Difference {
    x: f64,
    y: f64,
    ours: f64,
    scipys: f64,
}

const CASES: [&str; 2] = ["sweep", "reward"];

#[test]
fn linear_equals_griddata() {
    for case in CASES.map(Case::new) {
        let field = interpolate(&case.scatter(InterpolationMethod::Linear)).unwrap();
        let differences = case.differences(&field, "linear", 1.0e-5);
        for difference in &differences {
            assert!(
                case.is_other_diagonal(difference, 1.0e-5),
                "{}: {difference:?}",
                case.name
            );
        }
        // The sweep is a grid; the reward's samples are scattered.
        assert!(differences.is_empty() || case.name == "sweep");
    }
}

#[test]
fn nearest_equals_griddata() {
    for case in CASES.map(Case::new) {
        let work = case.scatter(InterpolationMethod::Nearest);
        let indices = nearest_indices(&work).unwrap();
        let field = interpolate(&work).unwrap();
        let expected = case.expected("nearest");
        for (at, expected) in expected.iter().enumerate() {
            let index = indices[at] as usize;
            assert_eq!(field.values[at], work.samples[index][2]);
            // Through the index the value is exact.
            if case.samples[index][2] == *expected {
                continue;
            }
            // Otherwise a tie: another sample with SciPy's value is as near.
            let (x, y) = ((at % 96) as f64 / 95.0, (at / 96) as f64 / 63.0);
            let distance = |s: &[f64; 3]| (s[0] - x).hypot(s[1] - y);
            let tied = case.samples.iter().any(|s| {
                s[2] == *expected && (distance(s) - distance(&case.samples[index])).abs() < 1.0e-7
            });
            assert!(tied, "{} at {x}, {y}", case.name);
        }
    }
}

#[test]
fn thin_plates_equal_rbf_interpolator() {
    for case in CASES.map(Case::new) {
        let method = InterpolationMethod::Rbf {
            neighbours: 48,
            smoothing: 1.0e-6,
        };
        let field = interpolate(&case.scatter(method)).unwrap();
        let differences = case.differences(&field, "rbf", 1.0e-3);
        assert!(
            differences.is_empty(),
            "{}: {:?}",
            case.name,
            differences[0]
        );
    }
}

#[test]
fn a_planted_fault_shows() {
    let mut case = Case::new("sweep");
    let field = interpolate(&case.scatter(InterpolationMethod::Linear)).unwrap();
    let shifted = Field {
        values: field.values.iter().map(|v| v + 1.0e-4).collect(),
        ..field
    };
    let differences = case.differences(&shifted, "linear", 1.0e-5);
    assert!(
        differences
            .iter()
            .any(|d| !case.is_other_diagonal(d, 1.0e-5))
    );
    // One sample among 600 that is off by a hundredth of the range.
    case.samples[300][2] += 0.01 * case.z_range;
    let method = InterpolationMethod::Rbf {
        neighbours: 48,
        smoothing: 1.0e-6,
    };
    let field = interpolate(&case.scatter(method)).unwrap();
    assert!(!case.differences(&field, "rbf", 1.0e-3).is_empty());
}

fn to_f32(array: &Array2<f64>) -> Vec<f32> {
    array.iter().map(|&v| v as f32).collect()
}

fn axis(name: &str) -> Vec<f32> {
    let places: ndarray::Array1<f64> = ndarray_npy::read_npy(data(name)).unwrap();
    places.iter().map(|&v| v as f32).collect()
}

fn measured() -> Field {
    let nodes = npy("refine-nodes.npy");
    Field {
        x_unit: axis("refine-x.npy"),
        y_unit: axis("refine-y.npy"),
        support: vec![1.0; nodes.len()],
        values: to_f32(&nodes),
    }
}

#[test]
fn refinement_equals_pchip() {
    let nodes = Arc::new(measured());
    let work = Refine {
        nodes: Arc::clone(&nodes),
        factor_x: 4,
        factor_y: 3,
    };
    let field = refine(&work);
    let expected = npy("refine-expected.npy");
    assert_eq!(expected.dim(), (field.y_unit.len(), field.x_unit.len()));
    for (ours, scipys) in field.values.iter().zip(&expected) {
        // Twenty or so roundings in f32.
        assert!(
            (f64::from(*ours) - scipys).abs() < 2.0e-6,
            "{ours} is not {scipys}"
        );
    }
    for (coarse, value) in nodes.values.iter().enumerate() {
        let fine = 3 * (coarse / 14) * field.x_unit.len() + 4 * (coarse % 14);
        assert_eq!(field.values[fine].to_bits(), value.to_bits());
    }
    assert!(field.support.iter().all(|&support| support == 1.0));
}

#[test]
fn refinement_ends_at_missing_nodes() {
    let mut nodes = measured();
    // A missing node amid the grid, with a wild value that must leak nowhere.
    let hole = 4 * 14 + 6;
    nodes.support[hole] = MISSING;
    nodes.values[hole] = 1.0e6;
    let field = refine(&Refine {
        nodes: Arc::new(nodes),
        factor_x: 4,
        factor_y: 3,
    });
    let width = field.x_unit.len();
    for row in 0..field.y_unit.len() {
        for column in 0..width {
            let touches = row.abs_diff(4 * 3) < 3 && column.abs_diff(6 * 4) < 4;
            assert_eq!(field.is_present(column, row), !touches, "{row} {column}");
            let value = field.values[row * width + column];
            assert!(value.is_finite());
            assert!(
                touches || (-1.0..2.0).contains(&value),
                "{value} at {row} {column}"
            );
        }
    }
}

#[test]
fn normals_are_those_of_a_plane() {
    let mut field = measured();
    for (at, value) in field.values.iter_mut().enumerate() {
        *value = 0.5 * field.x_unit[at % 14] - 0.25 * field.y_unit[at / 14];
    }
    // Missing neighbours leave one-sided differences, which on a plane are the same.
    for missing in [0, 30, 31, 60, 90] {
        field.support[missing] = MISSING;
    }
    let length = (1.0_f32 + 1.0 + 0.25).sqrt();
    for (at, normal) in normals(&field, 2.0).into_iter().enumerate() {
        let expected = [-1.0 / length, 0.5 / length, 1.0 / length];
        let apart = (0..3)
            .map(|axis| (normal[axis] - expected[axis]).abs())
            .fold(0.0, f32::max);
        assert!(apart < 1.0e-5, "{normal:?} at {at}");
    }
}

#[test]
fn support_ends_at_the_radius() {
    for case in CASES.map(Case::new) {
        let rbf = InterpolationMethod::Rbf {
            neighbours: 8,
            smoothing: 0.0,
        };
        for method in [
            InterpolationMethod::Linear,
            InterpolationMethod::Nearest,
            rbf,
        ] {
            let free = interpolate(&case.scatter(method)).unwrap();
            let work = Scatter {
                support_radius: Some(0.02),
                ..case.scatter(method)
            };
            let field = interpolate(&work).unwrap();
            assert_eq!(field.values, free.values);
            for (at, &support) in field.support.iter().enumerate() {
                if free.support[at] < MISSING_BELOW {
                    assert_eq!(support, MISSING);
                    continue;
                }
                assert_eq!(free.support[at], 1.0);
                let (x, y) = ((at % 96) as f64 / 95.0, (at / 96) as f64 / 63.0);
                let distances = case.samples.iter().map(|s| (s[0] - x).hypot(s[1] - y));
                let expected = 0.02 - distances.fold(f64::INFINITY, f64::min);
                assert!((f64::from(support) - expected).abs() < 1.0e-6);
            }
        }
    }
}

fn square(samples: Vec<[f32; 3]>, method: InterpolationMethod) -> Scatter {
    let size = GridSize {
        width: 9,
        height: 7,
    };
    Scatter {
        samples: samples.into(),
        method,
        size,
        support_radius: None,
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let good = square(vec![[0.1, 0.2, 0.3]; 3], InterpolationMethod::Nearest);
    assert!(interpolate(&good).is_ok());
    let flat = GridSize {
        width: 1,
        height: 7,
    };
    let of = |method| Scatter {
        method,
        ..good.clone()
    };
    let refused = [
        (
            Scatter {
                size: flat,
                ..good.clone()
            },
            ComputeError::BadGrid {
                width: 1,
                height: 7,
            },
        ),
        (
            Scatter {
                support_radius: Some(f32::NAN),
                ..good.clone()
            },
            ComputeError::BadRadius,
        ),
        (
            of(InterpolationMethod::Rbf {
                neighbours: 0,
                smoothing: 0.0,
            }),
            ComputeError::NoNeighbours,
        ),
        (
            of(InterpolationMethod::Rbf {
                neighbours: 5,
                smoothing: -1.0,
            }),
            ComputeError::BadSmoothing,
        ),
        (
            square(Vec::new(), InterpolationMethod::Nearest),
            ComputeError::NoSamples,
        ),
        (of(InterpolationMethod::Linear), ComputeError::Collinear),
    ];
    for (work, error) in refused {
        assert_eq!(interpolate(&work).unwrap_err(), error);
    }
}

#[test]
fn degenerate_samples_give_finite_fields() {
    let row: Vec<[f32; 3]> = (0..60_u8)
        .map(|at| [f32::from(at) / 59.0, 0.5, 0.25])
        .collect();
    let close = vec![
        [0.5, 0.5, 0.0],
        [0.5 + 1.0e-7, 0.5, 1.0],
        [0.5, 0.5 + 1.0e-7, 0.5],
    ];
    let tiny: Vec<[f32; 3]> = (0..60_u8)
        .map(|at| {
            [
                f32::from(at % 8) * 1.0e-30,
                f32::from(at / 8) * 1.0e-30,
                0.5,
            ]
        })
        .collect();
    let huge: Vec<[f32; 3]> = (0..60_u8)
        .map(|at| {
            [
                f32::from(at % 8) / 7.0,
                f32::from(at / 8) / 7.0,
                if at % 2 == 0 { 3.0e38 } else { -3.0e38 },
            ]
        })
        .collect();
    let far = vec![[-1.0e30, 0.0, 0.0], [1.0e30, 3.0, 1.0], [0.5, -1.0e20, 0.2]];
    let few = vec![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.5]];
    for samples in [
        row.clone(),
        close,
        tiny,
        huge,
        far,
        few.clone(),
        few[..2].to_vec(),
        few[..1].to_vec(),
    ] {
        for method in [
            InterpolationMethod::Linear,
            InterpolationMethod::Nearest,
            InterpolationMethod::Rbf {
                neighbours: 48,
                smoothing: 0.0,
            },
            InterpolationMethod::Rbf {
                neighbours: 1,
                smoothing: 1.0,
            },
        ] {
            match interpolate(&square(samples.clone(), method)) {
                Ok(field) => {
                    assert!(
                        field
                            .values
                            .iter()
                            .chain(&field.support)
                            .all(|v| v.is_finite())
                    );
                }
                Err(error) => assert_eq!(error, ComputeError::Collinear),
            }
        }
    }
    // One row of a sweep, which SciPy refuses as singular: constant along it, constant beyond it.
    let field = interpolate(&square(
        row,
        InterpolationMethod::Rbf {
            neighbours: 48,
            smoothing: 0.0,
        },
    ))
    .unwrap();
    for value in field.values {
        assert!((value - 0.25).abs() < 1.0e-5, "{value}");
    }
}
