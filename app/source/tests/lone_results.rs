//! Curves that are saved as one array a file, and documents of final values.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::Path, sync::Arc};

use trainscape_run::{Role, Run, Snapshot};

/// An array as NumPy writes it.
fn npy(shape: &str, values: &[f64]) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

fn list(values: &[f64]) -> Vec<u8> {
    npy(&format!("({},)", values.len()), values)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn read(files: &[(&str, &[u8])]) -> Arc<Snapshot> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        write(folder.path(), name, bytes);
    }
    common::read(folder.path())
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.runs.iter().map(|run| &*run.id).collect()
}

fn keys(run: &Run) -> Vec<&str> {
    run.series.keys().map(|key| &**key).collect()
}

fn points(run: &Run, key: &str) -> Vec<(f64, f64)> {
    let points = run.series[key].iter();
    points
        .map(|point| (point.step.as_f64(), point.value))
        .collect()
}

#[test]
fn lists_with_one_label_are_one_run() {
    let rewards = list(&[1.0, 2.0, 3.0]);
    let wins = list(&[0.0, 0.5, 1.0]);
    let snapshot = read(&[
        ("3m/episode_rewards_0.npy", &rewards),
        ("3m/episode_rewards_1.npy", &rewards),
        ("3m/win_rates_0.npy", &wins),
        ("3m/win_rates_1.npy", &wins),
        ("3m/win_rates_2.npy", &wins),
    ]);
    assert_eq!(ids(&snapshot), ["3m/0", "3m/1", "3m/2"]);
    let run = &snapshot.runs[0];
    assert_eq!(keys(run), ["episode_rewards", "win_rates"]);
    assert_eq!(run.tensors.len(), 2);
    assert_eq!(
        points(run, "win_rates"),
        [(0.0, 0.0), (1.0, 0.5), (2.0, 1.0)]
    );
    assert_eq!(run.roles["episode_rewards"], Role::Reward);
    assert_eq!(run.roles["win_rates"], Role::Accuracy);
    assert_eq!(keys(&snapshot.runs[2]), ["win_rates"]);
}

#[test]
fn lists_of_several_quantities_are_the_run_of_their_folder() {
    let losses = list(&[3.0, 2.0]);
    let snapshot = read(&[("a/train_loss.npy", &losses), ("a/val_loss.npy", &losses)]);
    assert_eq!(ids(&snapshot), ["a"]);
    assert_eq!(keys(&snapshot.runs[0]), ["train_loss", "val_loss"]);
}

#[test]
fn lists_that_are_named_after_settings_are_runs() {
    let values: Vec<f64> = (0..40).map(f64::from).collect();
    let values = list(&values);
    let snapshot = read(&[
        ("batch64_lr0.1_gamma0.9.npy", &values),
        ("batch64_lr0.2_gamma0.9.npy", &values),
        ("batch64_lr0.4_gamma0.9.npy", &values),
        ("Double.npy", &values),
    ]);
    assert_eq!(snapshot.runs.len(), 4);
    let run = &snapshot.runs[0];
    assert_eq!((run.series["values"].len(), run.tensors.len()), (40, 1));
    assert!(run.sources[0].note.contains("states settings"));
}

#[test]
fn other_lists_are_no_curves() {
    let values: Vec<f64> = (0..40).map(f64::from).collect();
    let values = list(&values);
    let matrix = npy("(2, 2)", &[1.0, 2.0, 3.0, 4.0]);
    let folders: [&[(&str, &[u8])]; 5] = [
        &[("labels.npy", &values), ("test_indices.npy", &values)],
        &[
            ("layer.0.bias.npy", &values),
            ("reward_model_weights.npy", &values),
        ],
        // Transitions of a replay buffer.
        &[("rewards.npy", &values), ("observations.npy", &matrix)],
        // A matrix among them: the lists are parts of a model.
        &[
            ("batch64_lr0.1_a.npy", &values),
            ("batch64_lr0.2_b.npy", &values),
            ("batch64_lr0.3_c.npy", &values),
            ("coefs.npy", &matrix),
        ],
        &[("Double.npy", &values), ("Duel.npy", &values)],
    ];
    for files in folders {
        let snapshot = read(files);
        assert_eq!(snapshot.runs.len(), 1, "{files:?}");
        assert_eq!(snapshot.runs[0].series.len(), 0);
        assert_eq!(snapshot.runs[0].tensors.len(), files.len());
    }
}

/// From the results of a comparison of models for tables, shortened.
const STATS: &str = r#"{"dataset": "adult", "algorithm": "resnet",
    "config": {"data": {"path": "data/adult"}, "seed": 4, "training": {"lr": 0.001}},
    "environment": {"devices": {"0": {"name": "V100", "total_memory": 34089730048}}},
    "n_parameters": 510040, "best_epoch": 119,
    "metrics": {"train": {"accuracy": 0.87, "score": 0.87}, "test": {"accuracy": 0.85, "score": 0.85}}}"#;

#[test]
fn documents_of_final_values_are_runs_with_their_settings() {
    let snapshot = read(&[
        ("adult/resnet/4/stats.json", STATS.as_bytes()),
        ("adult/resnet/5/stats.json", STATS.as_bytes()),
        ("other/stats.json", br#"{"characters": 4, "words": 2}"#),
    ]);
    assert_eq!(ids(&snapshot), ["adult/resnet/4", "adult/resnet/5"]);
    let run = &snapshot.runs[0];
    let expected = [
        "test/accuracy",
        "test/score",
        "train/accuracy",
        "train/score",
    ];
    assert_eq!(keys(run), expected);
    assert_eq!(points(run, "test/score"), [(0.0, 0.85)]);
    for (key, value) in [
        ("dataset", "adult"),
        ("algorithm", "resnet"),
        ("seed", "4"),
        ("training.lr", "0.001"),
        ("n_parameters", "510040"),
    ] {
        assert_eq!(run.config[key].to_string(), value, "{key}");
    }
}

#[test]
fn final_values_belong_to_the_log_beside_or_below_them() {
    let log = b"step,loss\n10,2\n20,1\n";
    let results = br#"{"test_acc": 60.5, "test_loss": 1.5, "seed": 3, "epoch": 2}"#;
    for (log_path, results_path) in [
        ("a/metrics.csv", "a/test_results.json"),
        ("a/logs/metrics.csv", "a/eval_results.json"),
        ("a/metrics.csv", "a/eval/all_results.json"),
    ] {
        let snapshot = read(&[(log_path, log), (results_path, results)]);
        assert_eq!(snapshot.runs.len(), 1, "{results_path}");
        let run = &snapshot.runs[0];
        assert_eq!(points(run, "test_acc"), [(20.0, 60.5)], "{results_path}");
        assert_eq!(points(run, "loss"), [(10.0, 2.0), (20.0, 1.0)]);
        assert_eq!(run.config["seed"].to_string(), "3");
    }
    let lone = read(&[("a/test_results.json", results)]);
    assert_eq!(points(&lone.runs[0], "test_acc"), [(2.0, 60.5)]);
}
