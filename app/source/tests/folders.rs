//! Which files of a folder are whose: logs of one training under several names, tables of results, settings.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::Path, sync::Arc};

use trainscape_run::{Run, Snapshot};

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

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.runs.iter().map(|run| &*run.id).collect()
}

fn keys(run: &Run) -> Vec<&str> {
    run.series.keys().map(|key| &**key).collect()
}

/// A list of rows as JSON: `step`, the constant `rho` and some keys.
fn json_rows(keys: &[&str], rho: f64) -> String {
    let row = |step: usize| {
        let values = keys.iter().enumerate();
        let values = values.map(|(at, key)| format!(", \"{key}\": {}.5", step * 10 + at));
        format!(
            "{{\"step\": {step}, \"rho\": {rho}{}}}",
            values.collect::<String>()
        )
    };
    let rows: Vec<String> = (1..=25).map(row).collect();
    format!("[{}]", rows.join(", "))
}

#[test]
fn logs_that_every_run_has_are_one_run() {
    let (train, stats) = (["loss", "grad_norm", "lr"], ["kl", "entropy", "clip_loss"]);
    let [train, stats] = [train, stats].map(|keys| json_rows(&keys, 0.7));
    let snapshot = read(&[
        ("a_seed1/train_log.json", &train),
        ("a_seed1/ada_telemetry.json", &stats),
        ("a_seed2/train_log.json", &train),
        ("a_seed2/ada_telemetry.json", &stats),
    ]);
    assert_eq!(ids(&snapshot), ["a_seed1", "a_seed2"]);
    let expected = [
        "clip_loss",
        "entropy",
        "grad_norm",
        "kl",
        "loss",
        "lr",
        "rho",
        "step",
    ];
    assert_eq!(keys(&snapshot.runs[0]), expected);
    // With nothing in common but a key, they are two.
    let other = json_rows(&["kl", "entropy", "clip_loss"], 0.9);
    let snapshot = read(&[
        ("a_seed1/train_log.json", &train),
        ("a_seed1/stats_log.json", &other),
        ("a_seed2/train_log.json", &train),
        ("a_seed2/stats_log.json", &other),
    ]);
    assert_eq!(snapshot.runs.len(), 4);
    // Runs whose names are in two folders log the same keys.
    let [ppo, sac] = [0.1, 0.2].map(|rho| json_rows(&["loss", "reward"], rho));
    let snapshot = read(&[
        ("Ant/ppo_log.json", &ppo),
        ("Ant/sac_log.json", &sac),
        ("Hopper/ppo_log.json", &ppo),
        ("Hopper/sac_log.json", &sac),
    ]);
    assert_eq!(snapshot.runs.len(), 4);
}

#[test]
fn two_documents_with_the_same_history_are_one_run() {
    let history = |last: f64| {
        format!(
            "{{\"train_loss\": [0.9, 0.7, 0.6, {last}], \"val_loss\": [1.5, 1.25, 1.125, 1.0]}}"
        )
    };
    let agent = |last: f64| format!("{{\"prediction\": {{\"history\": {}}}}}", history(last));
    let read = |last: f64| {
        read(&[
            (
                "seed_42/metrics.json",
                &format!("{{\"seed\": 42, \"agent\": {}}}", agent(0.5)),
            ),
            ("seed_42/agent_metrics.json", &agent(last)),
        ])
    };
    let snapshot = read(0.5);
    assert_eq!(ids(&snapshot), ["seed_42"]);
    assert_eq!(snapshot.runs[0].series["train_loss"].len(), 4);
    assert_eq!(snapshot.runs[0].sources.len(), 2);
    assert_eq!(read(0.25).runs.len(), 2);
}

#[test]
fn what_a_run_printed_belongs_to_the_run_that_its_name_holds() {
    let rows = json_rows(&["reward", "kl"], 0.7);
    let text: String = (1..=20)
        .map(|step| format!("step {step} loss {}.25 acc 0.5\n", 30 - step))
        .collect();
    let snapshot = read(&[
        ("lr0.1_seed1/metrics.json", &rows),
        ("lr0.1_seed2/metrics.json", &rows),
        ("logs/job7_lr0.1_seed1.log", &text),
        ("logs/other_lr0.2_seed1.log", &text.replace(".25", ".5")),
    ]);
    assert_eq!(
        ids(&snapshot),
        ["logs/other_lr0.2_seed1", "lr0.1_seed1", "lr0.1_seed2"]
    );
    assert_eq!(snapshot.runs[1].series["loss"].len(), 20);
    assert!(!snapshot.runs[2].series.contains_key("loss"));
    // Two logs of one run are two attempts, of which it cannot be known which one the run is.
    let snapshot = read(&[
        ("lr0.1_seed1/metrics.json", &rows),
        ("logs/first_lr0.1_seed1.log", &text),
        ("logs/second_lr0.1_seed1.log", &text.replace(".25", ".75")),
    ]);
    assert_eq!(snapshot.runs.len(), 3);
}

#[test]
fn a_table_for_each_part_of_the_data_is_one_run() {
    let table = |loss: f64| {
        let rows: String = (0..5)
            .map(|epoch| format!("{epoch},{},0.{epoch}\n", loss / f64::from(epoch + 1)))
            .collect();
        format!("epoch,loss,accuracy\n{rows}")
    };
    let [train, val, other, other_val] = [2.0, 3.0, 4.0, 5.0].map(table);
    let snapshot = read(&[("1/train_metrics.csv", &train), ("1/val_metrics.csv", &val)]);
    assert_eq!(ids(&snapshot), ["1"]);
    assert_eq!(
        keys(&snapshot.runs[0]),
        [
            "accuracy",
            "epoch",
            "loss",
            "val/accuracy",
            "val/epoch",
            "val/loss"
        ]
    );
    let points = snapshot.runs[0].series["val/loss"].iter();
    assert_eq!(
        points.map(|point| point.value).collect::<Vec<_>>()[..2],
        [3.0, 1.5]
    );

    let snapshot = read(&[
        ("a/resnet_train.csv", &train),
        ("a/resnet_test.csv", &val),
        ("a/vgg_train.csv", &other),
        ("a/vgg_test.csv", &other_val),
    ]);
    assert_eq!(ids(&snapshot), ["a/resnet", "a/vgg"]);
    // Two trainings, of which none says that it is on the data of the other.
    let snapshot = read(&[("a/val_1.csv", &train), ("a/val_2.csv", &val)]);
    assert_eq!(ids(&snapshot), ["a/val_1", "a/val_2"]);
}

#[test]
fn tables_of_results_are_told_and_no_runs() {
    let history = |first: i64| -> String {
        let rows = (1..=9).map(|epoch| format!("{epoch},{}\n", first - epoch));
        "epoch,val_loss\n".to_owned() + &rows.collect::<String>()
    };
    let folds = [history(20), history(30)];
    let files = [
        ("history_fold_1.csv", folds[0].as_str()),
        ("history_fold_2.csv", &folds[1]),
        ("evaluations.csv", "val_loss,val_accuracy\n11,0.5\n21,0.4\n"),
        ("tables/results.csv", "model,val_loss\ncnn,0.5\nmlp,0.7\n"),
    ];
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &files);
    let snapshot = common::read(folder.path());
    assert_eq!(ids(&snapshot), ["history_fold_1", "history_fold_2"]);
    let unread: Vec<&str> = snapshot
        .unread
        .iter()
        .filter(|unread| unread.kind == "table")
        .filter_map(|unread| unread.path.file_name()?.to_str())
        .collect();
    assert_eq!(unread, ["evaluations.csv", "results.csv"]);
    // Who opens one of them sees its rows, ...
    let own = common::read(&folder.path().join("tables/results.csv"));
    let losses = |snapshot: &Snapshot| -> Vec<(String, usize)> {
        let of_run = |run: &Arc<Run>| (run.name.to_string(), run.series["val_loss"].len());
        snapshot.runs.iter().map(of_run).collect()
    };
    let wanted = [("cnn".to_owned(), 1), ("mlp".to_owned(), 1)];
    assert_eq!(losses(&own), wanted);
    // ... and where nothing else is, they are the runs.
    assert_eq!(losses(&common::read(&folder.path().join("tables"))), wanted);
}

#[test]
fn settings_are_found_above_a_run_and_in_its_result() {
    let log = "step,loss\n1,2\n2,1\n";
    let result = "{\"val_loss\": 3.5, \"hyperparameters\": {\"lr\": 0.1, \"optimizer\": {\"name\": \"muon\"}}}";
    let snapshot = read(&[
        ("walker/configuration.yaml", "batch_size: 64\n"),
        ("walker/Walker/metrics.csv", log),
        ("trick/log/train.csv", log),
        ("trick/result.json", result),
        ("base/metrics.csv", log),
        ("base/config.yaml", "depth: 3\n"),
        ("base/child/metrics.csv", log),
    ]);
    let config = |id: &str| -> Vec<String> {
        let run = snapshot.runs.iter().find(|run| &*run.id == id);
        let entries = run.unwrap_or_else(|| panic!("no {id}")).config.iter();
        entries
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    };
    assert_eq!(config("walker/Walker"), ["batch_size=64"]);
    assert_eq!(config("trick/log"), ["lr=0.1", "optimizer.name=muon"]);
    assert_eq!(config("base"), ["depth=3"]);
    // The folder above is another run.
    assert!(config("base/child").is_empty());
}

#[test]
fn a_copy_of_a_run_is_no_run_until_it_grows() {
    let rows = |count: usize| -> String {
        let row = |step: usize| format!("{{\"step\": {step}, \"loss\": 0.{step}}}\n");
        (1..=count).map(row).collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let log = rows(300);
    write(
        folder.path(),
        &[
            ("backup_of_stage1/train.jsonl", &log),
            ("stage1/train.jsonl", &log),
            ("stage2/train.jsonl", &rows(299)),
        ],
    );
    let mut loader = common::open(folder.path());
    loader.read_to_end();
    let snapshot = loader.snapshot();
    assert_eq!(ids(&snapshot), ["stage1", "stage2"]);
    assert_eq!(snapshot.unread[0].kind, trainscape_run::Unread::COPY);
    write(
        folder.path(),
        &[("backup_of_stage1/train.jsonl", &rows(310))],
    );
    loader.read_to_end();
    let grown = loader.snapshot();
    // Runs stay in the order in which they were found.
    assert_eq!(ids(&grown), ["stage1", "stage2", "backup_of_stage1"]);
    assert_eq!(grown.runs[2].series["loss"].len(), 310);
    assert!(grown.unread.is_empty());
}

#[test]
fn a_copy_of_a_log_is_named_and_not_read() {
    let log = "step,loss\n1,2\n2,1\n";
    let snapshot = read(&[("log.csv", log), ("seed1.csv", log), ("b/log.csv", log)]);
    assert_eq!(snapshot.unread.len(), 1);
    let unread = &snapshot.unread[0];
    assert!(unread.path.ends_with("seed1.csv"), "{unread:?}");
    let why = &unread.why;
    assert!(
        why.starts_with("it is a copy of ") && why.contains("log.csv"),
        "{why}"
    );
    assert_eq!(snapshot.runs.len(), 2);
}

#[test]
fn the_newest_state_of_a_trainer_is_read_also_if_it_was_empty_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let state = |steps: usize| {
        let rows = (0..steps).map(|step| format!("{{\"step\": {step}, \"loss\": {step}.5}}"));
        let rows = rows.collect::<Vec<_>>().join(", ");
        format!("{{\"global_step\": {steps}, \"log_history\": [{rows}]}}")
    };
    write(
        folder.path(),
        &[("checkpoint-2/trainer_state.json", &state(2))],
    );
    let mut loader = common::open(folder.path());
    loader.read_to_end();
    let before = loader.snapshot();
    for unfinished in ["", "{\"global_step\": 3,"] {
        let path = "checkpoint-3/trainer_state.json";
        write(folder.path(), &[(path, unfinished)]);
        std::thread::sleep(std::time::Duration::from_millis(50));
        loader.read_to_end();
        let snapshot = loader.snapshot();
        assert_eq!(ids(&snapshot), ids(&before));
        assert_eq!(snapshot.runs[0].series["loss"].len(), 2);
    }
    write(
        folder.path(),
        &[("checkpoint-3/trainer_state.json", &state(3))],
    );
    loader.read_to_end();
    let snapshot = loader.snapshot();
    assert_eq!(ids(&snapshot), ids(&before));
    assert_eq!(snapshot.runs[0].series["loss"].len(), 3);
}

#[test]
fn jobs_of_hydra_have_their_configuration_and_are_named_by_what_was_overridden() {
    let rows = "step,loss\n1,2.5\n2,1.5\n3,1.25\n";
    let snapshot = read(&[
        ("multirun/2024-02-26/16-40-30/0/progress.csv", rows),
        (
            "multirun/2024-02-26/16-40-30/0/.hydra/config.yaml",
            "optimizer:\n  lr: 0.1\nseed: 3\n",
        ),
        (
            "multirun/2024-02-26/16-40-30/0/.hydra/overrides.yaml",
            "- optimizer.lr=0.1\n- seed=3\n",
        ),
        ("multirun/2024-02-26/16-40-30/1/metrics/progress.csv", rows),
        (
            "multirun/2024-02-26/16-40-30/1/.hydra/config.yaml",
            "optimizer:\n  lr: 0.2\nseed: 3\n",
        ),
        (
            "multirun/2024-02-26/16-40-30/1/.hydra/overrides.yaml",
            "- optimizer.lr=0.2\n- seed=3\n",
        ),
    ]);
    let names: Vec<&str> = snapshot.runs.iter().map(|run| &*run.name).collect();
    assert_eq!(names, ["lr=0.1, seed=3", "lr=0.2, seed=3"]);
    let rates: Vec<String> = snapshot
        .runs
        .iter()
        .map(|run| run.config["optimizer.lr"].to_string())
        .collect();
    assert_eq!(rates, ["0.1", "0.2"]);
}

#[test]
fn a_run_of_wandb_of_which_only_the_summary_is_left_has_its_last_values() {
    let folder = "wandb/run-20260410_101949-sp6lc2m2";
    let summary = r#"{"_wandb":{"runtime":9},"epoch/loss":0.5,"epoch/val_accuracy":0.75,"_step":49,"_runtime":9}"#;
    let name = |file: &str| format!("{folder}/{file}");
    let snapshot = read(&[
        (&name("files/wandb-summary.json"), summary),
        (
            &name("files/config.yaml"),
            "wandb_version: 1\nlr:\n  value: 0.1\n",
        ),
        (
            &name("logs/debug-internal.log"),
            "step: 1 loss: 0.5\nstep: 2 loss: 0.25\n",
        ),
    ]);
    assert_eq!(snapshot.runs.len(), 1);
    let run = &snapshot.runs[0];
    assert_eq!(&*run.name, "run-20260410_101949-sp6lc2m2");
    let keys: Vec<&str> = run.series.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["_step", "epoch/loss", "epoch/val_accuracy"]);
    let last = run.series["epoch/val_accuracy"].last().unwrap();
    assert_eq!((last.step.as_f64(), last.value), (49.0, 0.75));
    assert_eq!(run.config["lr"].to_string(), "0.1");
}
