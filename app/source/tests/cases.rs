//! Circumstances from public reports; `data/cases/*/EXPECT.txt` says what must come out of each.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use trainscape_run::{Role, Run, Series, Snapshot, Source, SourceState};
use trainscape_source::{Loader, OpenOptions};

fn case(number: &str) -> PathBuf {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let mut folders = std::fs::read_dir(&cases).unwrap();
    let found = folders.find_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(&format!("{number}-")).then_some(path)
    });
    found.unwrap()
}

fn read(number: &str) -> std::sync::Arc<Snapshot> {
    common::read(&case(number))
}

fn only_run(snapshot: &Snapshot) -> &Run {
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    &snapshot.runs[0]
}

fn series<'a>(run: &'a Run, key: &str) -> &'a Series {
    let keys: Vec<&str> = run.series.keys().map(|key| &**key).collect();
    run.series
        .get(key)
        .unwrap_or_else(|| panic!("no {key} in {keys:?}"))
}

fn steps(series: &Series) -> Vec<f64> {
    series.iter().map(|point| point.step.as_f64()).collect()
}

fn is_whole(snapshot: &Snapshot) -> bool {
    let runs = snapshot.runs.iter();
    let mut sources = runs.flat_map(|run| &run.sources);
    sources.all(|source| source.state == SourceState::Ok && source.note.is_empty())
        && snapshot.unread.is_empty()
        && snapshot.warnings.is_empty()
}

#[test]
fn case_01_iterations_that_begin_again_in_each_epoch_are_one_axis() {
    let snapshot = read("01");
    let run = only_run(&snapshot);
    let loss = series(run, "loss");
    assert_eq!((loss.len(), loss.superseded()), (18, 0));
    let expected: Vec<f64> = (1..=18).map(|row| f64::from(row) * 50.0).collect();
    assert_eq!(steps(loss), expected);
    assert_eq!(series(run, "lr").len(), 18);
    assert_eq!(steps(series(run, "bbox_mAP")), [300.0, 600.0, 900.0]);
}

#[test]
fn case_02_batches_that_begin_again_in_each_epoch_are_one_axis() {
    let snapshot = read("02");
    let loss = series(only_run(&snapshot), "loss");
    assert_eq!((loss.len(), loss.superseded()), (60, 0));
    let steps = steps(loss);
    assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    // An epoch and a batch that go back are a restart.
    let folder = tempfile::tempdir().unwrap();
    let mut text = std::fs::read_to_string(case("02").join("train_log.csv")).unwrap();
    text += "4,0,0.5,0.0001\n4,5,0.5,0.0001\n";
    std::fs::write(folder.path().join("train_log.csv"), text).unwrap();
    let restarted = common::read(folder.path());
    let loss = series(only_run(&restarted), "loss");
    assert_eq!((loss.len(), loss.superseded()), (62, 20));
}

#[test]
fn case_03_two_writers_at_a_time_are_no_restart() {
    let snapshot = read("03");
    let loss = series(only_run(&snapshot), "loss");
    assert_eq!((loss.len(), loss.superseded()), (100, 0));
    assert_eq!(loss.live().count(), 100);
    let steps = steps(loss);
    assert!(steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
}

#[test]
fn case_05_numbers_as_text_are_numbers() {
    let snapshot = read("05");
    let run = only_run(&snapshot);
    let loss = series(run, "loss");
    assert_eq!(loss.len(), 20);
    assert_eq!(loss.last().unwrap().value, 0.42447);
    let expected: Vec<f64> = (1..=20).map(|row| f64::from(row) * 100.0).collect();
    for key in ["loss", "lr", "gnorm", "num_updates"] {
        assert_eq!(steps(series(run, key)), expected, "{key}");
    }
    assert!(is_whole(&snapshot));
}

#[test]
fn case_07_a_step_with_separated_thousands_is_a_step() {
    let snapshot = read("07");
    let loss = series(only_run(&snapshot), "train_loss");
    let expected: Vec<f64> = (0..40).map(|row| f64::from(row) * 100.0).collect();
    assert_eq!(steps(loss), expected);
}

#[test]
fn a_row_whose_step_cannot_be_read_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let text = "step,loss\n1,0.5\ntwo,0.4\n3,0.3\n";
    std::fs::write(folder.path().join("metrics.csv"), text).unwrap();
    let snapshot = common::read(folder.path());
    let run = only_run(&snapshot);
    assert_eq!(steps(series(run, "loss")), [1.0, 3.0]);
    let note = &run.sources[0].note;
    assert!(note.contains("1 row was left out"), "{note}");
}

#[test]
fn texts_in_a_column_of_numbers_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"step\": 1, \"loss\": \"0.5\", \"name\": \"a\"}\n\
                {\"step\": 2, \"loss\": \"diverged\", \"name\": \"b\"}\n\
                {\"step\": 3, \"loss\": \"0.25\", \"name\": \"c\"}\n";
    std::fs::write(folder.path().join("metrics.jsonl"), text).unwrap();
    let snapshot = common::read(folder.path());
    let run = only_run(&snapshot);
    assert_eq!(steps(series(run, "loss")), [1.0, 3.0]);
    let note = &run.sources[0].note;
    assert!(note.contains("1 cell with text"), "{note}");
}

#[test]
fn a_column_whose_units_differ_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let text = "step,loss,time,lr\n1,0.5,900ms,12 %\n2,0.4,1.2s,13 %\n";
    std::fs::write(folder.path().join("metrics.csv"), text).unwrap();
    let snapshot = common::read(folder.path());
    let run = only_run(&snapshot);
    assert!(!run.series.contains_key("time"));
    assert_eq!(series(run, "lr").last().unwrap().value, 13.0);
    let note = &run.sources[0].note;
    assert!(
        note.contains("2 numbers skipped of keys whose units differ"),
        "{note}"
    );
}

#[test]
fn decimal_commas_of_a_table_with_semicolons_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = "epoch;loss\n1;1.234,56\n2;0,5\n";
    std::fs::write(folder.path().join("log.csv"), text).unwrap();
    let snapshot = common::read(folder.path());
    let loss = series(only_run(&snapshot), "loss");
    let values: Vec<f64> = loss.iter().map(|point| point.value).collect();
    assert_eq!(values, [1234.56, 0.5]);
}

#[test]
fn case_09_an_array_of_rows_is_a_log() {
    let snapshot = read("09");
    let run = only_run(&snapshot);
    let loss = series(run, "main/loss");
    assert_eq!(loss.len(), 20);
    assert_eq!(loss.first().unwrap().step.as_f64(), 600.0);
    assert_eq!(loss.last().unwrap().step.as_f64(), 12000.0);
    assert_eq!(run.roles["main/loss"], Role::Loss);
    assert_eq!(run.roles["validation/main/loss"], Role::ValidationLoss);
}

#[test]
fn case_12_utf_16_is_read() {
    let snapshot = read("12");
    let run = only_run(&snapshot);
    for key in ["step", "loss", "learning_rate"] {
        assert_eq!(series(run, key).len(), 50);
    }
    assert!(is_whole(&snapshot));
}

#[test]
fn case_13_a_byte_order_mark_is_no_damage() {
    let snapshot = read("13");
    let loss = series(only_run(&snapshot), "loss");
    assert_eq!(loss.len(), 50);
    assert_eq!(loss.first().unwrap().step.as_f64(), 0.0);
    assert!(is_whole(&snapshot));
}

/// The compressed log is read, which is more than a message; the message names the rest.
#[test]
fn case_14_a_compressed_log_is_read_and_what_is_not_is_named() {
    let snapshot = read("14");
    let loss = series(only_run(&snapshot), "loss");
    assert_eq!((loss.len(), loss.first().unwrap().value), (50, 2.8));
    let names: Vec<_> = snapshot.unread.iter().map(|file| &file.path).collect();
    assert!(
        names[0].ends_with("checkpoint-100/pytorch_model.bin"),
        "{names:?}"
    );
    let checkpoint = case("14").join("checkpoint-100");
    let error = Loader::open(&[checkpoint], OpenOptions::default());
    let message = error.map(drop).unwrap_err().to_string();
    assert!(
        message.contains("pytorch_model.bin was not read"),
        "{message}"
    );
    assert!(message.contains(".safetensors"), "{message}");
}

#[test]
fn case_15_a_header_that_comes_again_is_a_new_layout() {
    let snapshot = read("15");
    let run = only_run(&snapshot);
    assert_eq!(series(run, "losses/train.total_loss").len(), 10);
    let eval = series(run, "losses/eval.total_loss");
    assert_eq!(steps(eval), [6.0, 7.0, 8.0, 9.0, 10.0]);
    assert!(is_whole(&snapshot));
}

#[test]
fn case_16_downloads_of_tensorboard_are_the_series_of_a_run() {
    let snapshot = read("16");
    let run = only_run(&snapshot);
    assert_eq!(&*run.name, "exp1");
    for (key, role) in [
        ("train_loss", Role::Loss),
        ("val_loss", Role::ValidationLoss),
        ("learning_rate", Role::LearningRate),
    ] {
        let series = series(run, key);
        assert_eq!(series.len(), 50);
        let first = series.first().unwrap().wall_time_secs.unwrap();
        assert_eq!(first.floor(), 1_654_943_296.0);
        assert_eq!(run.roles[key], role);
    }
}

#[test]
fn case_17_a_chart_that_wandb_exported_holds_its_runs() {
    let snapshot = read("17");
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["lr-0.001", "lr-0.003", "lr-0.01"]);
    for run in &snapshot.runs {
        assert_eq!(series(run, "train/loss").len(), 50);
        assert_eq!(run.roles["train/loss"], Role::Loss);
        for twin in ["train/loss__MIN", "train/loss__MAX"] {
            assert!(!run.roles.contains_key(twin));
        }
    }
}

#[test]
fn case_19_an_extract_of_a_log_is_no_second_run() {
    let snapshot = read("19");
    let run = only_run(&snapshot);
    assert_eq!(run.roles["episode/score"], Role::Reward);
    assert_eq!(series(run, "episode/score").len(), 30);
}

#[test]
fn case_20_hyperparameters_in_a_folder_of_their_own_belong_to_the_run_above() {
    let snapshot = read("20");
    let rates: Vec<(String, f64)> = snapshot
        .runs
        .iter()
        .map(|run| (run.id.to_string(), run.config["lr"].as_f64().unwrap()))
        .collect();
    let expected = [("run0", 0.01), ("run1", 0.001), ("run2", 0.0001)];
    assert_eq!(rates, expected.map(|(id, lr)| (id.to_owned(), lr)));
}

#[test]
fn case_24_jobs_with_one_run_id_are_one_run() {
    let snapshot = read("24");
    let loss = series(only_run(&snapshot), "train/loss");
    assert_eq!(loss.live().count(), 100);
    assert_eq!(loss.superseded(), 5);
    let live: Vec<f64> = loss.live().map(|(_, point)| point.step.as_f64()).collect();
    assert_eq!(live, (0..100).map(f64::from).collect::<Vec<f64>>());
}

#[test]
fn case_34_records_of_training_data_are_no_events() {
    let snapshot = read("34");
    assert_eq!(series(only_run(&snapshot), "loss").len(), 50);
    assert!(is_whole(&snapshot));
}

#[test]
fn case_sec_03_a_line_of_brackets_is_one_damaged_record() {
    let snapshot = read("sec-03");
    let run = only_run(&snapshot);
    assert_eq!(series(run, "loss").len(), 2);
    let source = &run.sources[0];
    assert_eq!((source.records, source.skipped), (2, 1));
}

#[test]
fn case_sec_18_a_number_beyond_the_largest_float_is_infinite() {
    let snapshot = read("sec-18");
    let run = only_run(&snapshot);
    assert_eq!(series(run, "loss").len(), 4);
    let n: Vec<f64> = series(run, "n").iter().map(|point| point.value).collect();
    assert_eq!(n, [f64::INFINITY, f64::INFINITY]);
    assert!(is_whole(&snapshot));
}

/// The only source of a case, which must be read soon.
fn source_within(number: &str, most: Duration) -> Source {
    let begun = Instant::now();
    let snapshot = read(number);
    let taken = begun.elapsed();
    assert!(taken < most, "{taken:?}");
    only_run(&snapshot).sources[0].clone()
}

#[test]
fn case_sec_02_text_of_petabytes_is_not_allocated() {
    let source = source_within("sec-02", Duration::from_secs(2));
    assert_ne!(source.state, SourceState::Ok);
    assert!(source.note.contains("too much text"), "{}", source.note);
}

#[test]
fn case_sec_04_a_header_of_braces_is_damaged() {
    let source = source_within("sec-04", Duration::from_secs(1));
    assert_eq!(source.state, SourceState::Failed);
    assert!(
        source.note.contains("has a damaged header"),
        "{}",
        source.note
    );
}
