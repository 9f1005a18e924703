//! `compute interpolate` against SciPy's results, `compute pca|tsne|umap` against scikit-learn's.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, ArrayD};

use crate::support::{
    logs::{folder, write},
    run_command, trainscape,
};

/// Samples and SciPy's results in float64, shared with the tests of the CPU implementations.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("app/compute/tests/data")
        .join(name)
}

fn interpolate(samples: &Path, method: &str) -> (Array2<f64>, serde_json::Value) {
    let folder = folder();
    let out = folder.path().join("z.npy");
    let mut command = trainscape();
    command
        .args(["compute", "interpolate"])
        .arg(samples)
        .arg("-o")
        .arg(&out);
    command.args([
        "--grid",
        "96x64",
        "--method",
        method,
        "--adapter",
        "cpu",
        "--json",
    ]);
    let metadata = run_command(&mut command).code(0).json();
    (ndarray_npy::read_npy(out).unwrap(), metadata)
}

/// The largest error relative to the range of the expected values, and the number of nodes that are NaN in one grid only.
fn compare(ours: &Array2<f64>, theirs: &Array2<f64>) -> (f64, usize) {
    assert_eq!(ours.dim(), theirs.dim());
    let finite = theirs.iter().filter(|value| value.is_finite());
    let low = finite.clone().copied().fold(f64::INFINITY, f64::min);
    let high = finite.copied().fold(f64::NEG_INFINITY, f64::max);
    let (mut error, mut one_sided) = (0.0_f64, 0);
    for (ours, theirs) in ours.iter().zip(theirs) {
        if ours.is_nan() != theirs.is_nan() {
            one_sided += 1;
        } else if !ours.is_nan() {
            error = error.max((ours - theirs).abs() / (high - low));
        }
    }
    (error, one_sided)
}

#[test]
fn every_method_matches_scipy() {
    // The sweep's samples form a grid, where both diagonals of a square and both of two nearest samples are
    // correct; the tests of the CPU implementations cover this case.
    for (case, method, tolerance) in [
        ("reward", "linear", 1e-5),
        ("reward", "nearest", 0.0),
        ("reward", "rbf", 1e-3),
        ("sweep", "rbf", 1e-3),
    ] {
        let (ours, metadata) = interpolate(&data(&format!("interpolate-{case}.csv")), method);
        let theirs: Array2<f64> =
            ndarray_npy::read_npy(data(&format!("interpolate-{case}.{method}.npy"))).unwrap();
        let (error, one_sided) = compare(&ours, &theirs);
        assert_eq!(
            one_sided, 0,
            "{case} {method}: NaN must be at the same nodes as in SciPy"
        );
        assert!(
            error <= tolerance,
            "{case} {method}: {error:e} of the range"
        );
        assert_eq!(metadata["grid"], serde_json::json!([96, 64]));
    }
}

#[test]
fn a_planted_fault_is_found() {
    let (mut ours, _) = interpolate(&data("interpolate-reward.csv"), "linear");
    let theirs: Array2<f64> = ndarray_npy::read_npy(data("interpolate-reward.linear.npy")).unwrap();
    assert!(!ours[(30, 40)].is_nan());
    ours[(30, 40)] += 1e-3;
    assert!(compare(&ours, &theirs).0 > 1e-5);
    ours[(30, 40)] = f64::NAN;
    assert_eq!(compare(&ours, &theirs).1, 1);
}

#[test]
fn samples_without_a_surface() {
    let folder = folder();
    for (text, code, message) in [
        ("a,b,c\n1,2,3\n", 1, "no column `x`"),
        ("x,y,z\n", 1, "no row has only finite numbers"),
        ("x,y,z\nNaN,0,0\n", 1, "no row has only finite numbers"),
        ("x,y,z\n0,0,zero\n", 1, "`zero` is not a number"),
        ("x,y,z\n0,0,0\n1,0\n", 1, "row 2"),
        ("", 1, "no column `x`"),
        // Collinear samples have no triangle: no value anywhere, or an error message, but no panic.
        ("x,y,z\n0,0,0\n1,1,1\n2,2,2\n", 1, ""),
    ] {
        let samples = write(folder.path(), "s.csv", text);
        let out = folder.path().join("z.npy");
        let mut command = trainscape();
        command
            .args(["compute", "interpolate"])
            .arg(&samples)
            .arg("-o")
            .arg(&out);
        command.args(["--grid", "8x8", "--method", "linear", "--adapter", "cpu"]);
        let end = run_command(&mut command).code(code);
        assert!(end.stderr.contains(message), "{text:?}: {end:?}");
        assert!(!out.exists(), "{text:?}");
    }
}

#[test]
fn rows_without_a_number_are_skipped_and_reported() {
    let folder = folder();
    let samples = write(
        folder.path(),
        "s.csv",
        "x,y,z\n0,0,1\n1,0,1\n0,1,1\n1,1,NaN\n0.5,inf,2\n1,1,1\n",
    );
    let out = folder.path().join("z.npy");
    let mut command = trainscape();
    command
        .args(["compute", "interpolate"])
        .arg(&samples)
        .arg("-o")
        .arg(&out);
    let end =
        run_command(command.args(["--grid", "8x8", "--method", "nearest", "--adapter", "cpu"]))
            .code(3);
    assert!(end.stderr.contains("2 rows"), "{end:?}");
    let z: Array2<f64> = ndarray_npy::read_npy(out).unwrap();
    assert!(z.iter().all(|value| *value == 1.0));
}

fn project(method: &str, matrix: &Path, more: &[&str]) -> (Array2<f32>, serde_json::Value) {
    let folder = folder();
    let out = folder.path().join("y.npy");
    let mut command = trainscape();
    command
        .args(["compute", method])
        .arg(matrix)
        .arg("-o")
        .arg(&out);
    command.args(["--adapter", "cpu", "--json"]).args(more);
    let metadata = run_command(&mut command).code(0).json();
    (ndarray_npy::read_npy(out).unwrap(), metadata)
}

#[test]
fn principal_components_match_scikit_learn() {
    for (case, dims) in [("tall", 4), ("wide", 5)] {
        let theirs: Array2<f64> =
            ndarray_npy::read_npy(data(&format!("pca-{case}.scores.npy"))).unwrap();
        let matrix = data(&format!("pca-{case}.npy"));
        let (ours, metadata) = project("pca", &matrix, &["--dims", &dims.to_string()]);
        assert_eq!(ours.dim(), theirs.dim());
        let largest = theirs
            .iter()
            .fold(0.0_f64, |most, score| most.max(score.abs()));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!(
                (f64::from(*ours) - theirs).abs() < 1e-3 * largest,
                "{case}: {ours} {theirs}"
            );
        }
        let variance: Array2<f64> =
            ndarray_npy::read_npy(data(&format!("pca-{case}.variance.npy"))).unwrap();
        for (at, theirs) in variance.row(1).iter().enumerate() {
            let ours = metadata["explained_variance_ratio"][at].as_f64().unwrap();
            assert!(
                (ours / theirs - 1.0).abs() < 1e-4,
                "{case}: {ours} {theirs}"
            );
        }
        assert_eq!(metadata["dims"], dims);
        assert_eq!(metadata["rows"], theirs.nrows());
    }
}

#[test]
fn every_type_and_more_than_two_axes() {
    let folder = folder();
    let matrix: Array2<f32> = ndarray_npy::read_npy(data("pca-tall.npy")).unwrap();
    let (expected, _) = project("pca", &data("pca-tall.npy"), &["--dims", "2"]);
    let path = folder.path().join("x.npy");
    ndarray_npy::write_npy(&path, &matrix.mapv(f64::from)).unwrap();
    assert_eq!(project("pca", &path, &["--dims", "2"]).0, expected);

    ndarray_npy::write_npy(&path, &matrix.mapv(|value| (value * 100.0) as i32)).unwrap();
    let (whole, _) = project("pca", &path, &["--dims", "2"]);
    for (whole, expected) in whole.iter().zip(&expected) {
        assert!((whole - 100.0 * expected).abs() < 5.0, "{whole} {expected}");
    }

    let cube: Array3<f32> = matrix.into_shape_with_order((9, 10, 12)).unwrap();
    ndarray_npy::write_npy(&path, &cube).unwrap();
    let (flattened, metadata) = project("pca", &path, &["--dims", "2"]);
    assert_eq!(flattened, expected);
    assert_eq!(metadata["rows"], 90);
}

#[test]
fn layouts_are_reproducible_and_preserve_neighbours() {
    let folder = folder();
    // Three well-separated clusters.
    let matrix = Array2::from_shape_fn((90, 6), |(row, column)| {
        let noise = ((row * 31 + column * 17) % 23) as f32 / 23.0;
        noise + if row % 3 == column { 20.0 } else { 0.0 }
    });
    let path = folder.path().join("x.npy");
    ndarray_npy::write_npy(&path, &matrix).unwrap();
    for (method, more) in [
        (
            "tsne",
            ["--dims", "2", "--perplexity", "10", "--iterations", "300"],
        ),
        (
            "umap",
            ["--dims", "3", "--neighbours", "8", "--epochs", "150"],
        ),
    ] {
        let (once, metadata) = project(method, &path, &more);
        let (again, _) = project(method, &path, &more);
        assert_eq!(once, again, "{method}: equal seeds, equal results");
        assert!(once.iter().all(|place| place.is_finite()));
        assert_eq!(
            metadata["explained_variance_ratio"],
            serde_json::Value::Null
        );
        for row in 0..90 {
            let apart = |other: usize| (&once.row(row) - &once.row(other)).mapv(|x| x * x).sum();
            let others = (0..90).filter(|other| *other != row);
            let nearest = others
                .min_by(|a, b| apart(*a).total_cmp(&apart(*b)))
                .unwrap();
            assert_eq!(
                nearest % 3,
                row % 3,
                "{method}: row {row} is in another cluster"
            );
        }
    }
}

#[test]
fn matrices_that_cannot_be_projected() {
    let folder = folder();
    let path = folder.path().join("x.npy");
    let array = |shape: &[usize], value: fn(usize) -> f32| {
        let count = shape.iter().product();
        let array = ArrayD::from_shape_vec(shape, (0..count).map(value).collect()).unwrap();
        ndarray_npy::write_npy(&path, &array).unwrap();
    };
    let tried = |more: &[&str], code: i32, message: &str| {
        let out = folder.path().join("y.npy");
        let mut command = trainscape();
        command
            .args(["compute", "pca"])
            .arg(&path)
            .arg("-o")
            .arg(&out)
            .args(more);
        let end = run_command(command.args(["--adapter", "cpu"])).code(code);
        assert!(end.stderr.contains(message), "{message}: {end:?}");
        assert!(!out.exists());
    };
    array(&[9], |at| at as f32);
    tried(&[], 1, "needs rows and columns");
    array(&[5, 2], |at| (at * at) as f32);
    tried(&[], 1, "at most 2");
    tried(&["--key", "y"], 2, "no array `y`");
    tried(&["--dims", "11"], 2, "11");
    array(&[5, 4], |_| 0.3);
    tried(&[], 1, "all rows are equal");
    array(&[5, 4], |at| if at == 9 { f32::NAN } else { at as f32 });
    tried(&[], 1, "row 2 holds NaN");
    std::fs::write(&path, "no array").unwrap();
    tried(&[], 1, "x.npy");
    std::fs::remove_file(&path).unwrap();
    tried(&[], 1, "x.npy");
}
