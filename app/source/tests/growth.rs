//! A file that grows in arbitrary pieces gives the same series as the whole file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, io::Write};

use common::{Random, facts, open, read, samples};
use trainscape_run::SourceState;

fn whole(name: &str, content: &[u8]) -> common::Facts {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    fs::write(run.join(name), content).unwrap();
    facts(&read(&run))
}

fn grown(name: &str, content: &[u8], mut cut: impl FnMut() -> usize) -> common::Facts {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    let mut file = fs::File::create(run.join(name)).unwrap();
    let mut loader = open(&run);
    let mut rest = content;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(cut().clamp(1, rest.len()));
        file.write_all(now).unwrap();
        loader.poll(None);
        // A snapshot in between must not affect later ones.
        loader.snapshot();
        rest = later;
    }
    loader.read_to_end();
    facts(&loader.snapshot())
}

#[test]
fn a_part_of_a_rotated_table_that_begins_with_a_row_has_the_header_of_the_older_part() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("log.csv.2", "step,loss\n1,0.9\n2,0.8\n");
    write("log.csv.1", "3,0.7\n4,0.6\n");
    write("log.csv", "5,0.5\n6,0.4\n7,0.3\n");
    let snapshot = read(folder.path());
    let run = &snapshot.runs[0];
    let steps: Vec<String> = run.series["loss"]
        .iter()
        .map(|at| at.step.to_string())
        .collect();
    assert_eq!((snapshot.runs.len(), run.sources.len()), (1, 3));
    assert_eq!(steps, ["1", "2", "3", "4", "5", "6", "7"]);
    assert!(run.sources.iter().all(|source| source.note.is_empty()));
}

#[test]
fn random_cuts_change_nothing() {
    let mut random = Random(7);
    for (name, content) in samples() {
        let expected = whole(name, &content);
        assert!(!expected.is_empty(), "{name}");
        for longest in [17, 300, 5000, 40_000] {
            assert!(
                grown(name, &content, || random.below(longest)) == expected,
                "{name} {longest}"
            );
        }
    }
}

#[test]
fn later_rows_of_a_table_show_how_those_before_are_read() {
    for table in [
        "step;loss\n1;1.234\n2;1.123\n3;999,5\n4;998,25\n",
        ",loss\n10,2.5\n20,1.5\n30,1.25\n",
        "epoch,step,train_loss,val_loss\n1,,,2.5\n1,100,2,\n2,,,1.5\n2,200,1,\n",
    ] {
        let content = table.as_bytes();
        let expected = whole("log.csv", content);
        for piece in [1, 5, 12, 20] {
            assert_eq!(grown("log.csv", content, || piece), expected, "{table}");
        }
    }
}

#[test]
fn byte_by_byte_changes_nothing() {
    for (name, content) in samples() {
        let content = &content[..content.len().min(6000)];
        assert!(grown(name, content, || 1) == whole(name, content), "{name}");
    }
}

#[test]
fn a_last_line_without_its_end_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    fs::write(
        &path,
        "{\"step\": 1, \"loss\": 2.0}\n{\"step\": 2, \"loss\": 1.0}",
    )
    .unwrap();
    let mut loader = open(folder.path());
    loader.read_to_end();
    let loss = |loader: &mut trainscape_source::Loader| {
        let snapshot = loader.snapshot();
        let values: Vec<f64> = snapshot.runs[0].series["loss"]
            .iter()
            .map(|point| point.value)
            .collect();
        (values, snapshot.runs[0].sources[0].clone())
    };
    assert_eq!(loss(&mut loader).0, [2.0, 1.0]);
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"\n{\"step\": 3, \"lo").unwrap();
    loader.read_to_end();
    let (values, source) = loss(&mut loader);
    assert_eq!(values, [2.0, 1.0]);
    assert_eq!(
        (source.state, source.note.as_str()),
        (SourceState::Partial, "the last line is incomplete")
    );
    file.write_all(b"ss\": 0.5}").unwrap();
    loader.read_to_end();
    let (values, source) = loss(&mut loader);
    assert_eq!(values, [2.0, 1.0, 0.5]);
    assert_eq!(
        (source.state, source.records, source.skipped),
        (SourceState::Ok, 3, 0)
    );
}

#[test]
fn a_tables_last_number_may_still_grow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"step,loss\n1,2.5\n2,1").unwrap();
    let mut loader = open(folder.path());
    let mut losses = |file: &mut fs::File, more: &[u8]| {
        file.write_all(more).unwrap();
        loader.read_to_end();
        let snapshot = loader.snapshot();
        let values: Vec<f64> = snapshot.runs[0].series["loss"]
            .iter()
            .map(|point| point.value)
            .collect();
        (values, snapshot.runs[0].sources[0].note.clone())
    };
    assert_eq!(losses(&mut file, b""), (vec![2.5, 1.0], String::new()));
    assert_eq!(losses(&mut file, b".25"), (vec![2.5, 1.25], String::new()));
    let (values, note) = losses(&mut file, b"\n3");
    assert_eq!(
        (values, note.as_str()),
        (
            vec![2.5, 1.25],
            "the last line is incomplete and was skipped"
        )
    );
    assert_eq!(
        losses(&mut file, b",1\n"),
        (vec![2.5, 1.25, 1.0], String::new())
    );
}

#[test]
fn truncated_and_replaced_files_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    fs::write(&path, "step,loss\n1,2\n2,3\n").unwrap();
    let mut loader = open(folder.path());
    let mut series = |key: &str| {
        loader.read_to_end();
        let snapshot = loader.snapshot();
        let series = snapshot.runs[0].series.get(key);
        series.map_or_else(Vec::new, |series| {
            series.iter().map(|point| point.value).collect()
        })
    };
    assert_eq!(series("loss"), [2.0, 3.0]);
    // Lightning rewrites the whole file, with a column more.
    fs::write(&path, "step,loss,val\n1,2,\n2,3,\n3,4,5\n").unwrap();
    assert_eq!(series("loss"), [2.0, 3.0, 4.0]);
    assert_eq!(series("val"), [5.0]);
    fs::write(&path, "step,loss\n7,8\n").unwrap();
    assert_eq!(series("loss"), [8.0]);
    assert!(series("val").is_empty());
    let other = folder.path().join("other.tmp");
    fs::write(&other, "step,loss\n7,8\n8,9\n9,10\n").unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(series("loss"), [8.0, 9.0, 10.0]);
    fs::write(&path, "").unwrap();
    assert!(series("loss").is_empty());
}

#[test]
fn steps_keep_all_their_digits() {
    let folder = tempfile::tempdir().unwrap();
    let big = (1_i64 << 60) + 1;
    let text = format!("{{\"step\": {big}, \"loss\": 1.0}}\n{{\"step\": 0.25, \"loss\": 1.0}}\n");
    fs::write(folder.path().join("metrics.jsonl"), text).unwrap();
    let snapshot = read(folder.path());
    let steps: Vec<String> = snapshot.runs[0].series["loss"]
        .iter()
        .map(|point| point.step.to_string())
        .collect();
    assert_eq!(steps, [big.to_string(), "0.25".to_owned()]);
}

#[test]
fn five_thousand_series_and_unicode_tags() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for step in 0..5 {
        text += &format!("{{\"step\": {step}");
        for key in 0..5000 {
            text += &format!(", \"損失/层.{key}\": {step}.5");
        }
        text += "}\n";
    }
    fs::write(folder.path().join("metrics.jsonl"), text).unwrap();
    let snapshot = read(folder.path());
    assert_eq!(snapshot.runs[0].series.len(), 5001);
    assert_eq!(snapshot.runs[0].points(), 5 * 5001);
}

#[test]
fn a_bounded_buffer_drops_old_points() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..20_000)
        .map(|step| format!("{{\"step\": {step}, \"loss\": 1}}\n"))
        .collect();
    fs::write(folder.path().join("metrics.jsonl"), text).unwrap();
    let options = trainscape_source::OpenOptions {
        buffer: Some(500),
        ..Default::default()
    };
    let mut loader = trainscape_source::Loader::open(&[folder.path().to_owned()], options).unwrap();
    loader.read_to_end();
    let snapshot = loader.snapshot();
    let loss = &snapshot.runs[0].series["loss"];
    assert_eq!(loss.len() + loss.dropped(), 20_000);
    assert!((500..6000).contains(&loss.len()), "{}", loss.len());
}
