//! Every sample in `data/logs`, cut, grown and mutated: no reader panics, hangs, takes more memory than the file's
//! size justifies, or reads points that the whole file does not contain.
//!
//! Each test applies the same few changes every time. To apply more, different ones each time:
//!
//! ```text
//! TRAINSCAPE_FUZZ_ROUNDS=10000 cargo test --release --package trainscape-source --test log_fuzz -- --nocapture
//! ```
//!
//! A file that fails is kept in the temporary folder, and its path is printed.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "slow inputs and counts are told"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{
    fs,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use common::{Facts, Random, facts};
use peak_alloc::PeakAlloc;
use trainscape_source::{Loader, OpenOptions};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Only one test at a time, so that memory and time can be attributed to it.
static RUNNING: Mutex<()> = Mutex::new(());

/// Limits of opening and reading a file of a few kilobytes.
const MEMORY_LIMIT: usize = 64 << 20;
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Formats that hold no series.
const WITHOUT_SERIES: &[&str] = &["nanochat_report"];

/// Databases, which change in place and never grow byte by byte; their own tests follow them.
const DATABASES: &[&str] = &["mlflow-sqlite", "optuna", "trackio"];

/// Formats whose files are recognised among the others of their folder only; their own tests damage them.
const KNOWN_BY_PLACE: &[&str] = &["catboost", "dvclive", "mlflow"];

struct Sample {
    format: String,
    name: String,
    content: Vec<u8>,
}

impl Sample {
    /// True for a file that has a meaning only as a whole.
    fn is_document(&self) -> bool {
        let ending = Path::new(&self.name).extension().unwrap_or_default();
        !["csv", "jsonl", "log", "md", "txt", "out", "wandb", "real"]
            .contains(&&*ending.to_string_lossy())
    }
}

/// The files in the folders of all formats.
fn samples() -> Vec<Sample> {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs");
    let sorted = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut samples = Vec::new();
    for folder in sorted(&logs) {
        for path in sorted(&folder).iter().filter(|path| path.is_file()) {
            samples.push(Sample {
                format: name(&folder),
                name: name(path),
                content: fs::read(path).unwrap(),
            });
        }
    }
    samples.retain(|sample| !KNOWN_BY_PLACE.contains(&&*sample.format));
    assert!(samples.len() > 30, "{}", samples.len());
    samples
}

/// The number of changes of each sample, and the seed of their random numbers.
fn rounds(few: usize) -> (usize, Random) {
    match std::env::var("TRAINSCAPE_FUZZ_ROUNDS") {
        Ok(rounds) => {
            let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
            (rounds.parse().expect("a number of rounds"), Random(seed))
        }
        Err(_) => (few, Random(11)),
    }
}

/// What is read of a folder; nothing if it holds no log.
fn read(folder: &Path) -> Facts {
    match Loader::open(&[folder.to_owned()], OpenOptions::default()) {
        Ok(mut loader) => {
            loader.read_to_end();
            facts(&loader.snapshot())
        }
        Err(_) => Facts::new(),
    }
}

/// A folder that holds one file.
struct Place {
    _folder: tempfile::TempDir,
    run: PathBuf,
    file: PathBuf,
}

impl Place {
    fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        fs::create_dir(&run).unwrap();
        Self {
            file: run.join(name),
            _folder: folder,
            run,
        }
    }

    fn read(&self, content: &[u8]) -> Facts {
        fs::write(&self.file, content).unwrap();
        read(&self.run)
    }
}

/// Runs `read` within the limits, and keeps `content` if it fails.
fn bounded<T>(name: &str, content: &[u8], read: impl FnOnce() -> T) -> T {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let start = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(read));
    let taken = MEMORY.peak_usage().saturating_sub(before);
    if ended.is_err() || start.elapsed() > TIME_LIMIT || taken > MEMORY_LIMIT {
        let kept = std::env::temp_dir().join(format!("trainscape-log-{}-{name}", content.len()));
        fs::write(&kept, content).unwrap();
        eprintln!("{}: {taken} bytes, {:?}", kept.display(), start.elapsed());
    }
    match ended {
        Err(panic) => resume_unwind(panic),
        Ok(result) => {
            assert!(
                start.elapsed() <= TIME_LIMIT && taken <= MEMORY_LIMIT,
                "{name}"
            );
            result
        }
    }
}

/// True if `part` is the beginning of `whole`. The last row of a cut file may end within a number.
fn is_beginning(part: &Facts, whole: &Facts) -> bool {
    part.iter().all(|(key, points)| {
        let all = whole.get(key).map_or(&[][..], |points| points);
        let sure = points.len().saturating_sub(1);
        points.len() <= all.len().max(1) && all.get(..sure) == Some(&points[..sure])
    })
}

#[test]
fn a_cut_log_holds_the_beginning_of_the_whole() {
    let _guard = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let (rounds, mut random) = rounds(40);
    let mut failed = Vec::new();
    for sample in samples() {
        let place = Place::of(&sample.name);
        let whole = place.read(&sample.content);
        let holds_series = !WITHOUT_SERIES.contains(&&*sample.format);
        assert_eq!(
            !whole.is_empty(),
            holds_series,
            "{}/{}",
            sample.format,
            sample.name
        );
        for _ in 0..rounds {
            let cut = random.below(sample.content.len());
            let content = &sample.content[..cut];
            let part = bounded(&sample.name, content, || place.read(content));
            // Which pages of a database a cut removes says nothing about the order of its rows.
            let fits = match sample.is_document() {
                true if DATABASES.contains(&&*sample.format) => true,
                true => part.is_empty() || part == whole,
                false => is_beginning(&part, &whole),
            };
            if !fits {
                failed.push(format!("{}/{} {cut}", sample.format, sample.name));
            }
        }
    }
    assert!(failed.is_empty(), "{}: {failed:#?}", failed.len());
}

#[test]
fn a_log_that_grows_is_read_as_the_whole_one() {
    let _guard = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let (rounds, mut random) = rounds(3);
    let mut failed = Vec::new();
    let of_files = samples().into_iter();
    for sample in of_files.filter(|sample| !DATABASES.contains(&&*sample.format)) {
        let whole = Place::of(&sample.name).read(&sample.content);
        for _ in 0..rounds {
            let place = Place::of(&sample.name);
            let mut file = fs::File::create(&place.file).unwrap();
            let mut loader = None;
            let mut rest = &sample.content[..];
            let mut pieces = Vec::new();
            let longest = 1 + random.below(sample.content.len());
            while !rest.is_empty() {
                let size = (1 + random.below(longest)).min(rest.len());
                let (now, later) = rest.split_at(size);
                file.write_all(now).unwrap();
                pieces.push(now.len());
                rest = later;
                if loader.is_none() {
                    loader =
                        Loader::open(std::slice::from_ref(&place.run), OpenOptions::default()).ok();
                }
                if let Some(loader) = &mut loader {
                    loader.poll(None);
                    loader.snapshot();
                }
            }
            let mut loader = loader.unwrap();
            loader.read_to_end();
            let grown = facts(&loader.snapshot());
            if grown != whole {
                failed.push(format!("{}/{} {pieces:?}", sample.format, sample.name));
            }
        }
    }
    assert!(failed.is_empty(), "{}: {failed:#?}", failed.len());
}

/// What a mutation inserts.
const WORDS: &[&[u8]] = &[
    b"[[[[[[[[",
    b"{\"a\":",
    b"]}",
    b"\"",
    b"9",
    b"-1e400",
    b"99999999999999999999",
    b"NaN",
    b"\0",
    b"\0\0\0\0\0\0\0\0",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\n",
    b"\r",
    b",,,,",
    b"=",
    b"\xEF\xBB\xBF",
    b"-0",
];

fn mutated(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut content = seed.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(content.len());
        let end = (at + random.below(200)).min(content.len());
        match random.below(5) {
            0 if !content.is_empty() => content[at] ^= 1 << random.below(8),
            1 => drop(content.drain(at..end)),
            2 => {
                let part = content[at..end].to_vec();
                let to = random.below(content.len());
                content.splice(to..to, part);
            }
            _ => {
                let word = WORDS[random.below(WORDS.len())];
                let times = if random.below(8) == 0 { 3000 } else { 1 };
                content.splice(at..at, word.repeat(times));
            }
        }
    }
    content
}

#[test]
fn mutated_logs_never_panic_hang_or_take_much_memory() {
    let _guard = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let (rounds, mut random) = rounds(60);
    let begun = Instant::now();
    for sample in samples() {
        let place = Place::of(&sample.name);
        for _ in 0..rounds {
            let content = mutated(&sample.content, &mut random);
            bounded(&sample.name, &content, || place.read(&content));
        }
        println!(
            "{}/{}: {rounds} files, {:?} so far",
            sample.format,
            sample.name,
            begun.elapsed()
        );
    }
}

#[test]
fn deep_nesting_in_a_line_is_one_damaged_record() {
    let _guard = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for open in ["[", "{\"a\":", "[{\"a\":", "{\"a\":1,\"b\":["] {
        for begin in [
            "",
            "{\"step\": 1, \"b\": ",
            "{\"step\": 1, \"b\": -0.0, \"c\": ",
        ] {
            let deep = open.repeat(100_000);
            let text =
                format!("{{\"step\":1,\"loss\":2}}\n{begin}{deep}\n{{\"step\":2,\"loss\":1}}\n");
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("metrics.jsonl"), text).unwrap();
            let snapshot = common::read(folder.path());
            let source = &snapshot.runs[0].sources[0];
            assert_eq!((source.records, source.skipped), (2, 1), "{begin}{open}");
        }
    }
}

/// Writes `start` and makes the file sparse up to `len` bytes, then appends `end`.
fn sparse(path: &Path, start: &[u8], len: u64, end: &[u8]) {
    fs::write(path, start).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.set_len(len).unwrap();
    file.write_all(end).unwrap();
}

#[test]
fn a_line_without_an_end_takes_bounded_memory() {
    let _guard = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let cases: [(&str, &[u8], &[u8]); 2] = [
        (
            "metrics.jsonl",
            b"{\"step\":1,\"loss\":1}\n{\"step\":2,\"x\":\"",
            b"\n{\"step\":3,\"loss\":1}\n",
        ),
        ("metrics.csv", b"step,loss\n1,1\n2,", b"\n3,1\n"),
    ];
    for (name, start, end) in cases {
        let folder = tempfile::tempdir().unwrap();
        sparse(&folder.path().join(name), start, 200 << 20, end);
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let snapshot = common::read(folder.path());
        let taken = MEMORY.peak_usage() - before;
        assert!(taken < 160 << 20, "{name}: {taken}");
        let source = &snapshot.runs[0].sources[0];
        assert_eq!(
            (source.records, source.skipped),
            (2, 1),
            "{name}: {}",
            source.note
        );
        assert!(
            source.note.contains("the line is longer than 16 MiB"),
            "{}",
            source.note
        );
        assert_eq!(snapshot.runs[0].series["loss"].len(), 2);
    }
}

#[test]
fn a_record_that_is_too_long_is_skipped() {
    let _guard = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let scalar = |step| common::generate::scalar_event("loss", step, 1.7e9, 0.5);
    let length = (300_u64 << 20).to_le_bytes();
    let checksum = crc32c_of_length(length);
    let start = [&scalar(1)[..], &length, &checksum].concat();
    let end = start.len() as u64 + (300 << 20) + 4;
    let path = folder.path().join("events.out.tfevents.1.host");
    sparse(&path, &start, end, &scalar(2));
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let snapshot = common::read(folder.path());
    let taken = MEMORY.peak_usage() - before;
    assert!(taken < 32 << 20, "{taken}");
    let source = &snapshot.runs[0].sources[0];
    assert_eq!(snapshot.runs[0].series["loss"].len(), 2, "{}", source.note);
    assert!(
        source.note.contains("it is longer than 256 MiB"),
        "{}",
        source.note
    );
}

/// The masked checksum of a record's length.
fn crc32c_of_length(length: [u8; 8]) -> [u8; 4] {
    let checksum = crc32c::crc32c(&length);
    (checksum.rotate_right(15).wrapping_add(0xa282_ead8)).to_le_bytes()
}
