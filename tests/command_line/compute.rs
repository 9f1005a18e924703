//! `compute interpolate` against SciPy's results.

use std::path::{Path, PathBuf};

use ndarray::Array2;

use crate::support::{
    logs::{folder, write},
    run_command, trainscape,
};

/// Samples and SciPy's results in float64, kept beside the CPU twins' tests.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("app/scene/tests/data")
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
    let facts = run_command(&mut command).code(0).json();
    (ndarray_npy::read_npy(out).unwrap(), facts)
}

/// The largest error as a share of the expected values' range, and how many nodes are NaN on one side only.
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
fn each_method_gives_what_scipy_gives() {
    // The sweep's samples form a grid: either diagonal of a square and either of two nearest samples is
    // right there, which the CPU twins' tests look into.
    for (case, method, tolerance) in [
        ("reward", "linear", 1e-5),
        ("reward", "nearest", 0.0),
        ("reward", "rbf", 1e-3),
        ("sweep", "rbf", 1e-3),
    ] {
        let (ours, facts) = interpolate(&data(&format!("interpolate-{case}.csv")), method);
        let theirs: Array2<f64> =
            ndarray_npy::read_npy(data(&format!("interpolate-{case}.{method}.npy"))).unwrap();
        let (error, one_sided) = compare(&ours, &theirs);
        assert_eq!(
            one_sided, 0,
            "{case} {method}: NaN must stand where SciPy has it"
        );
        assert!(
            error <= tolerance,
            "{case} {method}: {error:e} of the range"
        );
        assert_eq!(facts["grid"], serde_json::json!([96, 64]));
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
fn samples_that_make_no_surface() {
    let folder = folder();
    for (text, code, said) in [
        ("a,b,c\n1,2,3\n", 1, "no column `x`"),
        ("x,y,z\n", 1, "no row of finite numbers"),
        ("x,y,z\nNaN,0,0\n", 1, "no row of finite numbers"),
        ("x,y,z\n0,0,zero\n", 1, "`zero` is no number"),
        ("x,y,z\n0,0,0\n1,0\n", 1, "row 2"),
        ("", 1, "no column `x`"),
        // On one line: no triangle, hence no value anywhere, or a sentence; never a panic.
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
        assert!(end.stderr.contains(said), "{text:?}: {end:?}");
        assert!(!out.exists(), "{text:?}");
    }
}

#[test]
fn rows_without_a_number_are_left_out_and_said() {
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
