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
