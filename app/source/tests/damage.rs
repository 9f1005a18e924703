//! Damaged input is counted and skipped; no input makes a reader panic or hang.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::Path};

use common::{Random, read, samples};
use trainscape_run::{Source, SourceState};

fn source(name: &str, content: &[u8]) -> (usize, Source) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    let snapshot = read(folder.path());
    (
        snapshot.runs[0].points(),
        snapshot.runs[0].sources[0].clone(),
    )
}

#[test]
fn flipped_bits_never_panic() {
    let mut random = Random(3);
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in samples() {
        let path = folder.path().join(name);
        for at in (0..content.len())
            .step_by(content.len() / 150 + 1)
            .chain(0..40)
        {
            let mut damaged = content.clone();
            damaged[at] ^= 1 << random.below(8);
            fs::write(&path, &damaged).unwrap();
            read(&path);
        }
    }
}

#[test]
fn truncated_files_never_panic_and_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in samples() {
        let path = folder.path().join(name);
        for length in (0..content.len()).step_by(content.len() / 120 + 1) {
            fs::write(&path, &content[..length]).unwrap();
            if name.contains(".wandb") || name.contains("tfevents") {
                let snapshot = read(&path);
                let source = &snapshot.runs[0].sources[0];
                assert_ne!(
                    source.state,
                    SourceState::Failed,
                    "{name} {length}: {}",
                    source.note
                );
                assert_eq!(source.skipped, 0, "{name} {length}: {}", source.note);
            } else if let Ok(mut loader) =
                trainscape_source::Loader::open(std::slice::from_ref(&path), Default::default())
            {
                loader.read_to_end();
                loader.snapshot();
            }
        }
    }
}

#[test]
fn series_of_lists_in_a_document_are_told() {
    let document = br#"{"loss": [1.0, 0.5], "val_loss": [[1], [2]], "acc": [0.5, {"a": 1}], "classes": ["cat", "dog"]}"#;
    let (points, source) = source("history.json", document);
    assert_eq!((points, source.state), (2, SourceState::Partial));
    let told = "`val_loss` and 1 more keys were left out: their values are not numbers";
    assert_eq!(source.note, told);
}

#[test]
fn one_damaged_event_costs_one_event() {
    let (name, mut content) = samples().swap_remove(3);
    let (points, _) = source(name, &content);
    content[20] ^= 1;
    let (fewer, damaged) = source(name, &content);
    assert_eq!(fewer + 1, points);
    assert_eq!((damaged.state, damaged.skipped), (SourceState::Partial, 1));
    assert!(
        damaged
            .note
            .contains("1 damaged record was skipped at byte"),
        "{}",
        damaged.note
    );
}

#[test]
fn a_damaged_event_length_ends_the_file_with_a_reason() {
    let (name, mut content) = samples().swap_remove(3);
    content[0] ^= 1;
    let (points, failed) = source(name, &content);
    assert_eq!((points, failed.state), (0, SourceState::Failed));
    assert!(failed.note.contains("byte 0"), "{}", failed.note);
}

#[test]
fn a_damaged_wandb_record_costs_at_most_its_block() {
    let (name, mut content) = samples().swap_remove(2);
    let (points, _) = source(name, &content);
    content[500] ^= 1;
    let (fewer, damaged) = source(name, &content);
    assert_eq!(fewer + 10, points);
    assert_eq!((damaged.state, damaged.skipped), (SourceState::Partial, 1));
    // A damaged length costs the records up to the next block.
    let (_, mut content) = samples().swap_remove(2);
    content[11] ^= 0x55;
    let (fewer, damaged) = source(name, &content);
    assert!(fewer > 0 && fewer < points);
    assert!(
        damaged.skipped >= 1 && damaged.skipped <= 3,
        "{}",
        damaged.skipped
    );
}

#[test]
fn damaged_lines_are_counted_with_their_offset() {
    let text =
        b"{\"step\": 1, \"loss\": 1}\n{\"step\": 2, \"lo\n[1]\n\xFF\n{\"step\": 3, \"loss\": 1}\n";
    let (points, damaged) = source("metrics.jsonl", text);
    assert_eq!((points, damaged.records, damaged.skipped), (4, 2, 3));
    assert_eq!(
        damaged.note,
        "3 damaged records were skipped, the first at byte 23: it is not a JSON object"
    );
    let (points, damaged) = source("metrics.csv", b"step,loss\n1,2\n2\n3,4,5\n4,x\n5,nan\n");
    assert_eq!((points, damaged.records, damaged.skipped), (5, 3, 2));
    assert!(
        damaged.note.contains("1 cell with text"),
        "{}",
        damaged.note
    );
}

#[test]
fn malicious_nesting_is_one_damaged_line() {
    let mut text = "{\"step\": 1, \"loss\": 1}\n{\"a\":".to_owned();
    text += &"[".repeat(100_000);
    text += "\n{\"step\": 2, \"b\": ";
    text += &"{\"x\":".repeat(100_000);
    text += "\n{\"step\": 3, \"loss\": 1}\n";
    let (points, damaged) = source("metrics.jsonl", text.as_bytes());
    assert_eq!((points, damaged.skipped), (4, 2));
}

#[test]
fn empty_logs_are_listed() {
    for name in [
        "run-a.wandb",
        "events.out.tfevents.1.host",
        "metrics.csv",
        "metrics.jsonl",
    ] {
        let (points, empty) = source(name, b"");
        assert_eq!(
            (points, empty.state, empty.note.as_str()),
            (0, SourceState::Partial, "the file is empty")
        );
    }
}

#[test]
fn missing_paths_and_logs_are_errors() {
    let open = |path: &Path| {
        trainscape_source::Loader::open(&[path.to_owned()], Default::default())
            .unwrap_err()
            .to_string()
    };
    let folder = tempfile::tempdir().unwrap();
    assert!(open(folder.path()).contains("no training log was found"));
    assert!(open(&folder.path().join("nowhere")).contains("does not exist"));
}

/// Steps and values of `loss` in a file, and the note of its source.
fn losses(name: &str, content: &[u8]) -> (Vec<(String, f64)>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    let snapshot = read(folder.path());
    let run = &snapshot.runs[0];
    let points = run.series["loss"].iter();
    let points = points.map(|point| (point.step.to_string(), point.value));
    (points.collect(), run.sources[0].note.clone())
}

#[test]
fn a_row_whose_step_is_no_step_does_not_take_that_of_another_row() {
    let mut rows = String::new();
    for (value, step) in [
        "1",
        "\"two\"",
        "NaN",
        "[3]",
        "true",
        "1e400",
        "18446744073709551615",
        "8",
    ]
    .into_iter()
    .enumerate()
    {
        rows += &format!("{{\"step\": {step}, \"loss\": {value}}}\n");
    }
    let (points, note) = losses("metrics.jsonl", rows.as_bytes());
    assert_eq!(points, [("1".to_owned(), 0.0), ("8".to_owned(), 7.0)]);
    assert!(note.contains('6'), "{note}");

    let (points, note) = losses(
        "metrics.csv",
        b"step,loss\n1,0.5\nnan,0.4\ninf,0.3\n4,0.2\n",
    );
    assert_eq!(points, [("1".to_owned(), 0.5), ("4".to_owned(), 0.2)]);
    assert!(note.contains('2'), "{note}");
}

#[test]
fn half_a_surrogate_pair_costs_no_numbers() {
    let rows = "{\"step\": 1, \"loss\": 0.5, \"sample\": \"cut \\ud83d\"}\n\
                {\"step\": 2, \"loss\": 0.25, \"sample\": \"whole \\ud83d\\ude00 \\\\ud83d\"}\n";
    let (points, note) = losses("metrics.jsonl", rows.as_bytes());
    assert_eq!(points, [("1".to_owned(), 0.5), ("2".to_owned(), 0.25)]);
    assert_eq!(note, "");
}

#[test]
fn what_is_before_the_damage_of_a_compressed_log_is_kept() {
    use std::io::Write as _;
    let rows: String = (0..500)
        .map(|step| {
            format!(
                "{{\"step\": {step}, \"loss\": {}}}\n",
                1.0 / f64::from(step + 1)
            )
        })
        .collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(rows.as_bytes()).unwrap();
    let mut bytes = encoder.finish().unwrap();
    bytes.extend_from_slice(b"garbage after the end");
    let (points, note) = losses("metrics.jsonl.gz", &bytes);
    assert_eq!(points.len(), 500);
    assert!(note.contains("gzip"), "{note}");
}

#[test]
fn repeated_columns_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("metrics.csv"),
        "step,loss,loss\n1,0.5,7\n2,0.4,8\n",
    )
    .unwrap();
    let snapshot = read(folder.path());
    let last = |key: &str| snapshot.runs[0].series[key].last().map(|point| point.value);
    assert_eq!((last("loss"), last("loss.1")), (Some(0.4), Some(8.0)));
}

#[test]
fn the_end_within_a_compressed_stream_is_told_until_the_rest_is_there() {
    use std::io::Write as _;
    let rows: String = (0..4000)
        .map(|step: u32| {
            format!(
                "{step},{}\n",
                f64::from(step.wrapping_mul(2_654_435_761)) / 7.0
            )
        })
        .collect();
    let text = format!("step,loss\n{rows}");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let table = "name,lr,batch_size,seed,weight_decay,final_loss\na,1,2,3,4,5\nb,2,2,3,4,6\n";
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    for (name, bytes) in [
        ("metrics.csv.gz", gzip.finish().unwrap()),
        ("metrics.csv.zst", zstd(&text)),
        // Nothing of it can be decompressed yet.
        ("log.csv.zst", zstd("step,loss\n1,2\n2,1.5\n")),
        ("sweep.csv.zst", zstd(table)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, &bytes[..bytes.len() - 2]).unwrap();
        let mut loader = common::open(&path);
        loader.read_to_end();
        let snapshot = loader.snapshot();
        let source = &snapshot.runs[0].sources[0];
        assert_eq!(source.state, SourceState::Partial, "{name}");
        let told = "the file ends within its compressed stream";
        assert!(source.note.starts_with(told), "{name}: {}", source.note);
        assert!(!source.note.contains("; "), "{name}: {}", source.note);
        fs::write(&path, &bytes).unwrap();
        loader.read_to_end();
        let snapshot = loader.snapshot();
        let source = &snapshot.runs[0].sources[0];
        assert_eq!(source.note, "", "{name}");
        assert_eq!(source.state, SourceState::Ok, "{name}");
    }
}

#[test]
fn nesting_beyond_the_limit_is_named() {
    let nested = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    let row = |step: u32, depth: usize| {
        format!("{{\"step\":{step},\"loss\":1,\"x\":{}}}\n", nested(depth))
    };
    let log = row(1, 0) + &row(2, 70) + &row(3, 0);
    let (_, source) = source("log.jsonl", log.as_bytes());
    assert_eq!((source.records, source.skipped), (2, 1));
    assert!(source.note.contains("nested too deep"), "{}", source.note);
}

#[test]
fn a_compressed_log_whose_points_take_too_much_memory_is_read_in_part_and_says_so() {
    use std::io::Write as _;
    // A cell of two bytes is a point of sixteen.
    let columns = 200;
    let names = (1..columns).map(|column| format!(",c{column}"));
    let header: String = std::iter::once("step".to_owned()).chain(names).collect();
    let row = |step: &u32| format!("{step}{}\n", ",1".repeat(columns - 1));
    let rows: String = [1, 4, 5, 9].iter().map(row).collect::<String>().repeat(250);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(format!("{header}\n").as_bytes()).unwrap();
    for _ in 0..100 {
        gzip.write_all(rows.as_bytes()).unwrap();
    }
    let (points, source) = source("log.csv.gz", &gzip.finish().unwrap());
    assert_eq!(source.state, SourceState::Failed);
    assert!(source.note.contains("MB of memory"), "{}", source.note);
    assert!(source.note.contains("decompress it"), "{}", source.note);
    // What was read stays.
    assert!(points > 10_000_000 && points < 18_000_000, "{points}");
}

#[test]
fn a_row_without_a_step_takes_none_that_is_of_another_row() {
    // In one piece, and after some that are read on several threads.
    for before in [0, 400_000] {
        let read_rows = |rows: [&str; 4]| {
            let mut table = "step,loss,val_loss,epoch\n".to_owned();
            table.extend((0..before).map(|at| format!("{at},0.5,,1\n")));
            for (row, step) in rows.into_iter().zip(before..) {
                table += &row.replace("STEP", &step.to_string());
            }
            let (points, note) = losses("metrics.csv", table.as_bytes());
            let steps = points[before..]
                .iter()
                .map(|(step, _)| step.parse::<usize>());
            let steps: Vec<usize> = steps.map(|step| step.unwrap() - before).collect();
            (steps, note)
        };
        // A validation below its training.
        let whole = ["STEP,0.5,,1\n", ",,0.7,1\n", "STEP,0.4,,2\n", ",,0.6,2\n"];
        assert_eq!(read_rows(whole), (vec![0, 2], String::new()));
        let left_out = "1 row was left out: its step is missing or cannot be read";
        // The same column again.
        let again = [
            "STEP,0.5,,1\n",
            "STEP,0.4,,1\n",
            ",0.3,,1\n",
            "STEP,0.2,,1\n",
        ];
        let (steps, note) = read_rows(again);
        assert_eq!(steps, [0, 1, 3]);
        assert!(note.contains(left_out), "{note}");
        // Below a row that was skipped.
        let skipped = ["STEP,0.5,,1\n", "STEP,0.4\n", ",,0.3,1\n", "STEP,0.2,,1\n"];
        let (steps, note) = read_rows(skipped);
        assert_eq!(steps, [0, 3]);
        assert!(note.contains(left_out), "{note}");
    }
}

#[test]
fn percentages_and_plain_numbers_of_one_key_are_no_series() {
    let text = |first: &str, second: &str| {
        format!(
            "step: 1, loss: 2, acc: {first}\nstep: 2, loss: 1, acc: {second}\nstep: 3, loss: 1, acc: {second}\n"
        )
    };
    let table = |first: &str, second: &str| {
        format!("step,loss,acc\n1,2,{first}\n2,1,{second}\n3,1,{second}\n")
    };
    for (name, content) in [
        ("train.log", &text as &dyn Fn(&str, &str) -> String),
        ("log.csv", &table),
    ] {
        for (first, second, is_series) in [
            ("95%", "0.96", false),
            ("0.95", "96%", false),
            ("95%", "96%", true),
            ("0.95", "0.96", true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(name), content(first, second)).unwrap();
            let snapshot = read(folder.path());
            let run = &snapshot.runs[0];
            let note = &run.sources[0].note;
            assert_eq!(run.series.contains_key("acc"), is_series, "{name} {first}");
            let told = note.contains("3 numbers skipped of keys whose units differ");
            assert_eq!(told, !is_series, "{name} {first}: {note}");
            assert!(run.series.contains_key("loss"));
        }
    }
}

#[test]
fn an_entry_among_the_rows_that_is_none_costs_no_other() {
    for lost in ["null", "7", "\"x\"", "[1]", "{}"] {
        let state = format!(
            "{{\"global_step\": 3, \"log_history\": [{{\"step\": 1, \"loss\": 0.5}}, {{\"step\": 2, \"loss\": 0.4}}, {lost}, \
             {{\"step\": 3, \"loss\": 0.3}}]}}"
        );
        let (points, note) = losses("trainer_state.json", state.as_bytes());
        let steps: Vec<&str> = points.iter().map(|(step, _)| step.as_str()).collect();
        assert_eq!(steps, ["1", "2", "3"], "{lost}");
        assert!(
            note.contains("1 damaged record was skipped"),
            "{lost}: {note}"
        );
    }
}

#[test]
fn a_configuration_that_is_nested_too_deep_is_not_called_something_else_than_json() {
    for (config, told) in [
        ("[".repeat(1000) + &"]".repeat(1000), "nested too deep"),
        ("{\"lr\": ".to_owned(), "it is not JSON"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("log.csv"), "step,loss\n1,0.5\n").unwrap();
        fs::write(folder.path().join("config.json"), config).unwrap();
        let snapshot = read(folder.path());
        let whys: Vec<&str> = snapshot
            .unread
            .iter()
            .map(|file| file.why.as_str())
            .collect();
        let all = format!("{whys:?} {:?}", snapshot.warnings);
        assert!(all.contains(told), "{all}");
    }
}
