//! DVCLive's runs: one run of one table for each metric.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "common/points.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
mod points;

use std::{fs, io::Write};

use points::{copy, count, open, points, read, sample, update};

#[test]
fn all_tables_are_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("dvclive");
    copy(&sample("dvclive"), &live);
    let snapshot = read(folder.path());
    assert_eq!(snapshot.runs.len(), 1);
    let run = &snapshot.runs[0];
    assert_eq!(&*run.name, "dvclive");
    let keys: Vec<&str> = run.series.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["accuracy", "train/loss"]);
    let accuracy = [("0".to_owned(), Some(0.5)), ("1".to_owned(), Some(0.75))];
    assert_eq!(points(run, "accuracy"), accuracy);
    let time = run.series["accuracy"].iter().next().unwrap().wall_time_secs;
    assert_eq!(time, Some(1_700_000_000.0));
    assert_eq!(
        points(run, "train/loss")[0],
        ("0".to_owned(), Some(3.190_059_233_627_091))
    );
    assert_eq!(run.config["lr"].as_f64(), Some(0.001));
    assert!(snapshot.unread.is_empty());
}

#[test]
fn rows_and_metrics_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sample("dvclive"), folder.path());
    let mut loader = open(folder.path());
    let before = count(&update(&mut loader));
    let tables = folder.path().join("plots/metrics");
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(tables.join("accuracy.tsv"))
        .unwrap();
    file.write_all(b"1700000002\t2\tnan\n1700000003\t").unwrap();
    let snapshot = update(&mut loader);
    assert_eq!(count(&snapshot), before + 1);
    assert_eq!(
        points(&snapshot.runs[0], "accuracy")[2],
        ("2".to_owned(), None)
    );
    fs::create_dir(tables.join("eval")).unwrap();
    fs::write(tables.join("eval/loss.tsv"), "step\tloss\n0\t1.0\n").unwrap();
    let snapshot = update(&mut loader);
    assert_eq!(snapshot.runs.len(), 1);
    assert_eq!(count(&snapshot), before + 2);
}

#[test]
fn a_table_with_another_header_is_told() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sample("dvclive"), folder.path());
    fs::write(
        folder.path().join("plots/metrics/bad.tsv"),
        "a\tb\n1\t2\n\0\n",
    )
    .unwrap();
    let snapshot = read(folder.path());
    let mut sources = snapshot.runs[0].sources.iter();
    let bad = sources
        .find(|source| source.path.ends_with("bad.tsv"))
        .unwrap();
    assert_eq!(bad.skipped, 3);
    assert!(
        bad.note.contains("its header has no column `step`"),
        "{}",
        bad.note
    );
}
