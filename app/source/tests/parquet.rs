//! Parquet tables: W&B's history, Neptune's export, tables of several runs, damage.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "common/points.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
mod points;

use std::fs;

use points::{count, is_sentence, open, points, read, run, sample, source, update};
use trainscape_run::SourceState;

fn number(values: &[(&str, f64)]) -> Vec<(String, Option<f64>)> {
    let points = values.iter();
    points
        .map(|(step, value)| ((*step).to_owned(), Some(*value)))
        .collect()
}

#[test]
fn the_history_of_wandb_is_one_run() {
    let snapshot = read(&sample("parquet/history.parquet"));
    assert_eq!(snapshot.runs.len(), 1);
    let history = &snapshot.runs[0];
    let losses = [
        ("0", 1.0),
        ("10", 1.0 / 11.0),
        ("20", 1.0 / 21.0),
        ("30", 1.0 / 31.0),
    ];
    assert_eq!(points(history, "train/loss"), number(&losses));
    let validation = [
        ("10".to_owned(), None),
        ("30".to_owned(), Some(f64::INFINITY)),
    ];
    assert_eq!(points(history, "val/loss"), validation);
    let times = history.series["train/loss"].iter();
    let times: Vec<Option<f64>> = times.map(|point| point.wall_time_secs).collect();
    assert_eq!(times[3], Some(1_700_000_030.0));
    assert_eq!(source(&snapshot).records, 4);
    assert!(!history.series.contains_key("note"));
}

#[test]
fn the_runs_of_neptune_are_told_apart() {
    let snapshot = read(&sample("parquet/neptune.parquet"));
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["A-1", "A-2"]);
    let first = run(&snapshot, "A-1");
    let losses = [("0", 0.5), ("1.5", 0.25), ("2", 0.125)];
    assert_eq!(points(first, "train/loss"), number(&losses));
    assert_eq!(first.config["lr"].as_f64(), Some(0.001));
    let times: Vec<Option<f64>> = first.series["train/loss"]
        .iter()
        .map(|point| point.wall_time_secs)
        .collect();
    assert_eq!(times[1], Some(1_700_000_000.001));
    let second = run(&snapshot, "A-2");
    assert_eq!(&*second.name, "second");
    assert_eq!(points(second, "acc"), number(&[("7", 0.75)]));
    assert_eq!(count(&snapshot), 5);
}

#[test]
fn numbers_of_all_types_are_read() {
    let snapshot = read(&sample("parquet/sweep.parquet"));
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["1", "2"]);
    let first = run(&snapshot, "1");
    assert_eq!(points(first, "half"), number(&[("1", 0.5), ("2", 1.5)]));
    let single = [("1", f64::from(0.1_f32)), ("2", f64::from(0.2_f32))];
    assert_eq!(points(first, "single"), number(&single));
    let large = [("1", 9_223_372_036_854_775_808.0), ("2", 1.0)];
    assert_eq!(points(first, "large"), number(&large));
    assert_eq!(points(first, "exact"), number(&[("1", 0.1), ("2", 0.1)]));
    assert!(!first.series.contains_key("flag") && !first.series.contains_key("trial"));
    assert_eq!(
        source(&snapshot).note,
        "1 row without a step, a key or a run was left out"
    );
}

#[test]
fn a_table_that_is_replaced_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.parquet");
    let whole = fs::read(sample("parquet/history.parquet")).unwrap();
    fs::write(&path, &whole[..1000]).unwrap();
    let mut loader = open(folder.path());
    let snapshot = update(&mut loader);
    assert_eq!(source(&snapshot).state, SourceState::Failed);
    assert!(
        source(&snapshot)
            .note
            .starts_with("it is not a whole Parquet file")
    );
    fs::write(&path, &whole).unwrap();
    let snapshot = update(&mut loader);
    assert_eq!(source(&snapshot).state, SourceState::Ok);
    assert_eq!(count(&snapshot), 14);
}

#[test]
fn damaged_tables_end_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.parquet");
    for name in ["history", "neptune", "sweep"] {
        let whole = fs::read(sample(&format!("parquet/{name}.parquet"))).unwrap();
        fs::write(&path, &whole).unwrap();
        let mut loader = open(&path);
        let mut check = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            for run in &update(&mut loader).runs {
                for source in &run.sources {
                    let failed = source.state == SourceState::Failed;
                    assert!(!failed || is_sentence(&source.note), "{}", source.note);
                }
            }
        };
        for len in (0..whole.len()).step_by(61) {
            check(&whole[..len]);
        }
        let mut random = 7_u64;
        for _ in 0..1500 {
            let mut damaged = whole.clone();
            for _ in 0..3 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let at = (random >> 33) as usize % damaged.len();
                damaged[at] = (random >> 20) as u8;
            }
            check(&damaged);
        }
    }
}

#[test]
fn a_compression_that_is_not_read_is_named() {
    let snapshot = read(&sample("../brotli.parquet"));
    let source = source(&snapshot);
    assert_eq!(source.state, SourceState::Failed);
    assert!(
        source.note.starts_with("it is compressed with Brotli"),
        "{}",
        source.note
    );
}
