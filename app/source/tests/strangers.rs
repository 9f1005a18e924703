//! Small logs in the styles of run folders that strangers published.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use trainscape_run::Snapshot;

/// Writes files, each with its path below the folder, and reads the folder.
fn read(files: &[(&str, &str)]) -> Arc<Snapshot> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    common::read(folder.path())
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Steps and values of each series of the only run.
fn only(snapshot: &Snapshot) -> BTreeMap<String, Vec<(f64, f64)>> {
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    series(snapshot, ids[0])
}

fn series(snapshot: &Snapshot, id: &str) -> BTreeMap<String, Vec<(f64, f64)>> {
    let run = snapshot.runs.iter().find(|run| &*run.id == id);
    let points = |series: &trainscape_run::Series| {
        let points = series.iter();
        points
            .map(|point| (point.step.as_f64(), point.value))
            .collect()
    };
    let all = run.unwrap_or_else(|| panic!("no {id}")).series.iter();
    all.map(|(key, series)| (key.to_string(), points(series)))
        .collect()
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.runs.iter().map(|run| &*run.id).collect()
}

#[test]
fn a_step_of_0_after_a_larger_one_is_the_first_of_another_counter() {
    let snapshot = read(&[(
        "metrics.csv",
        "epoch,step,train_loss,pesq_step\n0,49,0.9,\n0,99,0.8,\n,0,,5.0\n,1,,5.5\n",
    )]);
    let series = only(&snapshot);
    assert_eq!(series["pesq_step"], [(0.0, 5.0), (1.0, 5.5)]);
    assert_eq!(series["train_loss"], [(49.0, 0.9), (99.0, 0.8)]);
}

#[test]
fn seeds_are_no_steps() {
    let snapshot = read(&[
        (
            "submission.json",
            r#"{"name": "x", "seeds": {"0": {"val_loss": 1.5}, "42": {"val_loss": 1.25}}}"#,
        ),
        ("log.csv", "step,loss\n1,2\n2,1\n"),
    ]);
    assert_eq!(ids(&snapshot).len(), 1);
    assert!(!only(&snapshot).contains_key("val_loss"));
}
