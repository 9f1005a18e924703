//! Files that claim more than they contain: each ends soon, in a sentence, and takes no memory that it claims.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use common::read;
use hdf5_pure::FileBuilder;
use peak_alloc::PeakAlloc;
use trainscape_run::Snapshot;

#[global_allocator]
static ALLOCATIONS: PeakAlloc = PeakAlloc;

/// The allocator counts for all threads, so that the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What any file may take beside its own size.
const MOST_MB: f32 = 300.0;

/// Reads a folder, checks the time and the memory that it took.
#[track_caller]
fn bounded(folder: &Path, most: Duration) -> Arc<Snapshot> {
    bounded_by(folder, most, MOST_MB)
}

#[track_caller]
fn bounded_by(folder: &Path, most: Duration, most_mb: f32) -> Arc<Snapshot> {
    ALLOCATIONS.reset_peak_usage();
    let begun = Instant::now();
    let snapshot = read(folder);
    let (taken, peak) = (begun.elapsed(), ALLOCATIONS.peak_usage_as_mb());
    assert!(taken < most, "{taken:?}");
    assert!(peak < most_mb, "{peak} MB");
    snapshot
}

#[track_caller]
fn note(snapshot: &Snapshot) -> &str {
    &snapshot.runs[0].sources[0].note
}

#[test]
fn references_to_one_long_text_are_counted_before_it_is_read() {
    let _turn = turn();
    const STRINGS: usize = 50_000;
    const LONG: usize = 60_000;
    let long = "x".repeat(LONG);
    let mut texts = vec!["y"; STRINGS];
    texts[0] = &long;
    let mut builder = FileBuilder::new();
    builder
        .create_dataset("embeddings")
        .with_f32_data(&vec![0.0; STRINGS * 2])
        .with_shape(&[STRINGS as u64, 2]);
    builder
        .create_dataset("labels")
        .with_vlen_strings(&texts)
        .with_shape(&[STRINGS as u64]);
    let mut bytes = builder.finish().unwrap();
    // The first reference, which the next one follows, is repeated.
    let starts = |at: usize, len: u32| bytes[at..].starts_with(&len.to_le_bytes());
    let first = (0..bytes.len() - 32)
        .find(|&at| starts(at, LONG as u32) && starts(at + 16, 1))
        .unwrap();
    let reference = bytes[first..first + 16].to_vec();
    bytes[first..first + 16 * STRINGS].copy_from_slice(&reference.repeat(STRINGS));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("e.h5"), bytes).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(120));
    assert!(
        note(&snapshot).contains("too much text"),
        "{}",
        note(&snapshot)
    );
    assert_eq!(snapshot.runs[0].tensors.len(), 1);
}

#[test]
fn a_sparse_event_file_of_one_record_is_not_read_into_memory() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let len: u64 = 3 << 30;
    let mut file = File::create(folder.path().join("events.out.tfevents.1.h")).unwrap();
    let head = len.to_le_bytes();
    let crc = crc32c::crc32c(&head);
    let masked = crc.rotate_right(15).wrapping_add(0xA282_EAD8);
    file.write_all(&head).unwrap();
    file.write_all(&masked.to_le_bytes()).unwrap();
    file.set_len(len + 100).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(120));
    assert!(!note(&snapshot).is_empty());
}

#[test]
fn a_sparse_line_of_a_gigabyte_is_one_damaged_record() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let mut file = File::create(folder.path().join("metrics.jsonl")).unwrap();
    write!(file, "{{\"step\":1,\"loss\":1}}\n{{\"step\":2,\"x\":\"").unwrap();
    file.set_len(1 << 30).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(90));
    assert_eq!(snapshot.runs[0].series["loss"].len(), 1);
}

#[test]
fn a_line_of_a_million_pairs_takes_linear_time() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let text = "step: 1 loss: 2.0\n".to_owned() + &"a=1 ".repeat(1_000_000) + "\n";
    fs::write(folder.path().join("train.log"), text).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(20));
    assert_eq!(snapshot.runs[0].series["loss"].len(), 1);
}

#[test]
fn a_list_of_millions_of_words_is_not_read() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let words = "a,".repeat(5_000_000);
    let header = format!(
        r#"{{"__metadata__":{{"axes":"{words}"}},"x":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}}}"#
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.push(0);
    fs::write(folder.path().join("a.safetensors"), bytes).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(20));
    assert!(
        note(&snapshot).contains("is not read"),
        "{}",
        note(&snapshot)
    );
    assert_eq!(snapshot.runs[0].tensors.len(), 1);
}

#[test]
fn a_million_distinct_keys_are_cut_at_a_hundred_thousand() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for row in 0..50_000 {
        let pairs: Vec<String> = (0..20)
            .map(|i| format!("\"sample_{row}_{i}/loss\":1"))
            .collect();
        text += &format!("{{\"step\":{row},{}}}\n", pairs.join(","));
    }
    fs::write(folder.path().join("metrics.jsonl"), text).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(60));
    assert_eq!(snapshot.runs[0].series.len(), 100_000);
    assert_eq!(
        note(&snapshot),
        "more than 100000 distinct keys: 900001 values of the others left out"
    );
}

#[test]
fn a_header_of_many_columns_is_cut_at_a_hundred_thousand() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    const COLUMNS: usize = 150_000;
    let names: Vec<String> = (0..COLUMNS).map(|i| format!("m{i}")).collect();
    let row = vec!["1"; COLUMNS].join(",");
    let text = format!("step,{}\n0,{row}\n1,{row}\n", names.join(","));
    fs::write(folder.path().join("metrics.csv"), text).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(60));
    assert_eq!(snapshot.runs[0].series.len(), 100_000);
    assert_eq!(
        note(&snapshot),
        "more than 100000 distinct keys: 50001 columns of the others left out"
    );
}

/// What the reading of a folder told: notes, warnings and files that were not read.
fn told(snapshot: &Snapshot) -> String {
    let notes = snapshot.runs.iter().flat_map(|run| &run.sources);
    let notes: Vec<&str> = notes.map(|source| &*source.note).collect();
    format!(
        "{} {:?} {:?}",
        notes.join(" "),
        snapshot.warnings,
        snapshot.unread
    )
}

#[test]
fn files_beyond_the_limit_of_their_kind_are_told_and_not_read() {
    let _turn = turn();
    const GIB: u64 = 1 << 30;
    // Each is as long as stated, and sparse behind its beginning.
    let cases: &[(&str, &[u8], u64, &str)] = &[
        (
            "history.json",
            b"[{\"step\":1,\"loss\":2},",
            GIB,
            "more than 256 MiB",
        ),
        (
            "report.md",
            b"# nanochat training report\n\n## Base model training\n",
            GIB,
            "more than 16 MiB",
        ),
        ("loss.csv", b"1,2,3\n4,5,6\n", GIB, "loss.csv"),
        (
            "embeddings.vec",
            b"3 2\na 1 2\nb 3 4\n",
            3 * GIB,
            "are not read",
        ),
        (
            "model.safetensors",
            b"\x00\xE4\x0B\x54\x02\x00\x00\x00{",
            11 * GIB,
            "the format allows",
        ),
        (
            "train.log",
            b"step: 1 loss: 2.0\nstep: 2 loss: 1.5\n",
            GIB,
            "longer than 16 MiB",
        ),
    ];
    for (name, beginning, len, wanted) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("metrics.csv"), "step,loss\n0,1\n1,0.5\n").unwrap();
        let path = folder.path().join(name);
        fs::write(&path, beginning).unwrap();
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_len(*len)
            .unwrap();
        // A document is held up to its own limit, in a buffer that doubles.
        let most_mb = if name.ends_with(".json") {
            400.0
        } else {
            MOST_MB
        };
        let snapshot = bounded_by(folder.path(), Duration::from_secs(60), most_mb);
        let told = told(&snapshot);
        assert!(told.contains(wanted), "{name}: {told}");
        let losses = snapshot
            .runs
            .iter()
            .filter_map(|run| run.series.get("loss"));
        assert!(
            losses.map(|series| series.len()).any(|len| len == 2),
            "{name}"
        );
    }
}

#[test]
fn a_document_of_millions_of_numbers_is_refused() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let document = format!("{{\"loss\": [{}1]}}", "1,".repeat(6_000_001));
    fs::write(folder.path().join("history.json"), document).unwrap();
    let snapshot = bounded(folder.path(), Duration::from_secs(60));
    assert!(
        told(&snapshot).contains("more values than can be held in memory"),
        "{}",
        told(&snapshot)
    );
}
