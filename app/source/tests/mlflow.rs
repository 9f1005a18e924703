//! MLflow's runs in folders: content, following, deleted runs, damage.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "common/points.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
mod points;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use points::{copy, count, open, points, read, run, sample, update};
use trainscape_run::{Role, SourceState};

const ID: &str = "0123456789abcdef0123456789abcdef";

/// A copy of the sample in an experiment's folder: the store and the run's folder.
fn store(folder: &Path) -> (PathBuf, PathBuf) {
    let store = folder.join("mlruns");
    let run = store.join("1").join(ID);
    copy(&sample("mlflow").join(ID), &run);
    let meta =
        "artifact_location: file:///a\nexperiment_id: '1'\nlifecycle_stage: active\nname: x\n";
    fs::write(store.join("1/meta.yaml"), meta).unwrap();
    (store, run)
}

#[test]
fn a_run_has_its_metrics_parameters_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(folder.path());
    let snapshot = read(&store);
    assert_eq!(snapshot.runs.len(), 1);
    let run = run(&snapshot, &format!("1/{ID}"));
    assert_eq!(&*run.name, "baseline");
    let losses = [("0", Some(1.5)), ("10", None), ("20", Some(0.25))];
    let losses = losses.map(|(step, value)| (step.to_owned(), value));
    assert_eq!(points(run, "train/loss"), losses);
    assert_eq!(points(run, "f1 at 0.5"), [("0".to_owned(), Some(0.5))]);
    assert_eq!(run.roles.get("train/loss"), Some(&Role::Loss));
    let first = run.series["train/loss"].iter().next().unwrap();
    assert_eq!(first.wall_time_secs, Some(1_700_000_000.0));
    assert_eq!(run.config["lr"].as_f64(), Some(0.001));
    assert_eq!(run.config["optimizer"].to_string(), "adamw");
    assert_eq!(run.config["mlflow.status"].to_string(), "FINISHED");
    assert_eq!(run.config["mlflow.experiment"].to_string(), "x");
    assert_eq!(run.config.len(), 4);
    assert!(snapshot.unread.is_empty());
}

#[test]
fn new_lines_metrics_and_parameters_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = store(folder.path());
    let mut loader = open(&store);
    let before = count(&update(&mut loader));
    let metric = path.join("metrics/train/loss");
    let mut file = fs::OpenOptions::new().append(true).open(metric).unwrap();
    file.write_all(b"1700000003000 0.125 30\n17000").unwrap();
    assert_eq!(count(&update(&mut loader)), before + 1);
    file.write_all(b"00004000 0.0625 40\n").unwrap();
    assert_eq!(count(&update(&mut loader)), before + 2);
    fs::write(path.join("metrics/val_loss.db"), "1700000003000 3.0 30\n").unwrap();
    fs::write(path.join("params/late"), "7").unwrap();
    let snapshot = update(&mut loader);
    assert_eq!(count(&snapshot), before + 3);
    assert_eq!(snapshot.runs[0].config["late"].as_f64(), Some(7.0));
}

#[test]
fn deleted_runs_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = store(folder.path());
    let other = store.join("1").join(ID.replace('0', "f"));
    copy(&path, &other);
    let meta = fs::read_to_string(other.join("meta.yaml")).unwrap();
    let deleted = meta.replace("lifecycle_stage: active", "lifecycle_stage: deleted");
    fs::write(other.join("meta.yaml"), deleted).unwrap();
    let snapshot = read(&store);
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, [format!("1/{ID}")]);
    // They are told.
    let [unread] = &*snapshot.unread else {
        panic!("{:?}", snapshot.unread);
    };
    assert_eq!(unread.path, other.join("meta.yaml"));
    assert!(unread.why.contains("deleted"), "{}", unread.why);
}

#[test]
fn models_are_no_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = store(folder.path());
    let model = store.join("1/models/m-0123456789abcdef0123456789abcdef");
    fs::create_dir_all(model.join("metrics")).unwrap();
    let meta = "lifecycle_stage: active\nmodel_id: m-0\nsource_run_id: a\n";
    fs::write(model.join("meta.yaml"), meta).unwrap();
    fs::write(
        model.join("metrics/loss"),
        format!("1700000000000 1.5 0 {ID}\n"),
    )
    .unwrap();
    let output = path.join("outputs/m-0");
    fs::create_dir_all(&output).unwrap();
    fs::write(output.join("meta.yaml"), meta).unwrap();
    assert_eq!(read(&store).runs.len(), 1);
}

#[test]
fn metrics_without_a_description_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = store(folder.path());
    fs::remove_file(path.join("meta.yaml")).unwrap();
    let snapshot = read(&store);
    assert_eq!(count(&snapshot), 4);
    assert_eq!(&*snapshot.runs[0].name, ID);
}

#[test]
fn damaged_lines_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = store(folder.path());
    let text = b"1700000000000 1.5 0 iris d1\n\xff\xfe\n1700000001000 x 1\n\n1700000002000 2.5 2\n";
    fs::write(path.join("metrics/train/loss"), text).unwrap();
    fs::write(path.join("meta.yaml"), "run_id: a\nlifecycle_stage: [\n").unwrap();
    let snapshot = read(&store);
    let run = run(&snapshot, &format!("1/{ID}"));
    let points = points(run, "train/loss");
    assert_eq!(
        points,
        [("0".to_owned(), Some(1.5)), ("2".to_owned(), Some(2.5))]
    );
    let of = |name: &str| {
        let mut sources = run.sources.iter();
        sources.find(|source| source.path.ends_with(name)).unwrap()
    };
    let metric = of("loss");
    assert_eq!((metric.records, metric.skipped), (2, 2));
    assert!(
        metric.note.contains("it is not UTF-8 text"),
        "{}",
        metric.note
    );
    assert_eq!(of("meta.yaml").state, SourceState::Failed);
    assert!(of("meta.yaml").note.contains("it is not YAML"));
}
