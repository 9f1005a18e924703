//! Mutated arrays and figures: no reader panics, hangs or takes more memory than the file's size justifies.
//!
//! Each test applies the same few mutations every time. To run it longer, with different ones each time:
//!
//! ```text
//! TRAINSCAPE_FUZZ_SECONDS=900 cargo test --release --package trainscape-source --test fuzz -- --test-threads 1 npz
//! ```
//!
//! with `npy`, `npz`, `safetensors`, `hdf5`, `matrix`, `labels`, `plotly` or `object3d` at the end, or nothing for all. A file
//! that fails is kept in the temporary folder, and its path is printed.

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
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use common::{
    Random,
    arrays::{npy, npy_header, npy_with, npz, safetensors},
    read,
};
use peak_alloc::PeakAlloc;
use trainscape_run::Tensor;
use trainscape_source::open_array;
use zip::CompressionMethod::{Deflated, Stored};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Only one test at a time, so that memory and time can be attributed to it.
static RUNNING: Mutex<()> = Mutex::new(());

/// Limits of opening and reading a file of a few kilobytes.
const MEMORY_LIMIT: usize = 64 << 20;
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Elements read of each array at most.
const MAX_ELEMENTS: usize = 1 << 16;

/// Mutates `seeds` and reads the results, written under `name`.
fn fuzz(name: &str, seeds: &[Vec<u8>], words: &[&[u8]]) {
    let _guard = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let seconds: Option<u64> = std::env::var("TRAINSCAPE_FUZZ_SECONDS")
        .ok()
        .map(|seconds| seconds.parse().expect("a number of seconds"));
    let begun = Instant::now();
    let seed = match seconds {
        Some(_) => SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
        None => 7,
    };
    let mut random = Random(seed);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(folder.path().join("a.npy"), npy(&[3, 2], 0.0)).unwrap();
    let mut rounds = 0_u64;
    loop {
        let continues = match seconds {
            Some(seconds) => begun.elapsed().as_secs() < seconds,
            None => rounds < 200,
        };
        if !continues {
            break;
        }
        let content = mutated(&seeds[random.below(seeds.len())], words, &mut random);
        fs::write(&path, &content).unwrap();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let start = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            // Opening the folder takes most of the time and depends little on the file.
            if rounds.is_multiple_of(8) || is_other_file(&path) {
                read_folder(folder.path());
            } else if let Ok(tensors) = open_array(&path) {
                tensors.iter().for_each(read_tensor);
            }
        }));
        let taken = MEMORY.peak_usage().saturating_sub(before);
        let slow = start.elapsed() > TIME_LIMIT;
        if ended.is_err() || slow || taken > MEMORY_LIMIT {
            let kept = std::env::temp_dir().join(format!("trainscape-fuzz-{rounds}-{name}"));
            fs::write(&kept, &content).unwrap();
            eprintln!("{}: {taken} bytes, {:?}", kept.display(), start.elapsed());
            match ended {
                Err(panic) => resume_unwind(panic),
                Ok(()) => panic!("too slow or too large"),
            }
        }
        rounds += 1;
    }
    println!("{name}: {rounds} files in {:?}", begun.elapsed());
}

fn mutated(seed: &[u8], words: &[&[u8]], random: &mut Random) -> Vec<u8> {
    let mut content = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(content.len());
        match random.below(9) {
            0 => content.truncate(at),
            1 if !content.is_empty() => content[at] ^= 1 << random.below(8),
            2 if !content.is_empty() => content[at] = [0, 0xff, 0x80, b'9', b'['][random.below(5)],
            // Extreme numbers, over a length or an offset.
            3 | 4 => {
                let width = [1, 2, 4, 8][random.below(4)];
                let number = [0, 1, 127, u64::MAX, 1 << 63, 1 << 31, 1 << 40][random.below(7)];
                for (to, from) in content[at..].iter_mut().zip(&number.to_le_bytes()[..width]) {
                    *to = *from;
                }
            }
            5 => {
                let end = (at + random.below(64)).min(content.len());
                let part = content[at..end].to_vec();
                let to = random.below(content.len());
                content.splice(to..to, part);
            }
            6 => {
                let end = (at + random.below(64)).min(content.len());
                content.drain(at..end);
            }
            _ => {
                let word = words[random.below(words.len())];
                let end = (at + random.below(word.len() + 1)).min(content.len());
                content.splice(at..end, word.iter().copied());
            }
        }
    }
    content
}

/// True for files that `open_array` does not read.
fn is_other_file(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    !["npy", "npz", "safetensors", "h5"]
        .iter()
        .any(|known| ending == *known)
}

fn read_folder(folder: &Path) {
    let snapshot = read(folder);
    for run in &snapshot.runs {
        for tensor in run.tensors.values() {
            read_tensor(tensor);
        }
        for plot in &run.plots {
            // It may fail, but not panic.
            let _ = plot.content.read();
        }
        for source in &run.sources {
            assert!(source.note.len() < 1000, "{}", source.note.len());
        }
    }
}

fn read_tensor(tensor: &Tensor) {
    let mut left = MAX_ELEMENTS;
    let part: Vec<_> = tensor
        .shape
        .iter()
        .map(|&len| {
            let len = len.min(left);
            left = (left / len.max(1)).max(1);
            0..len
        })
        .collect();
    let _ = tensor.read(&part);
    let last: Vec<_> = tensor
        .shape
        .iter()
        .map(|len| len.saturating_sub(1))
        .collect();
    let _ = tensor.element(&last);
}

const NPY_WORDS: &[&[u8]] = &[
    b"'shape'",
    b"(9223372036854775807,)",
    b"(0, 4294967296)",
    b"True",
    b"'|O'",
    b"'<U9999999'",
    b"'>f8'",
    b"[('a', '<f4')]",
    b"((((((((",
    b"\x93NUMPY\x02\x00",
    b"\xff\xff\xff\xff",
    b"-1",
    b"99999999999",
];

#[test]
fn npy_files() {
    let fortran = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n";
    let seeds = [
        npy(&[3, 4], 0.0),
        npy(&[], 1.0),
        npy_with(fortran, &[1; 12]),
        npy_with(&npy_header("<f2", &[0, 7]), b""),
    ];
    fuzz("b.npy", &seeds, NPY_WORDS);
}

#[test]
fn npz_files() {
    let text = npy_with(&npy_header("<U3", &[2]), &[b'a', 0, 0, 0].repeat(6));
    let members = [
        ("embeddings", npy(&[3, 4], 0.0)),
        ("steps", npy(&[3], 0.0)),
        ("axes", text),
        ("pickled", npy_with(&npy_header("|O", &[1]), b"\x80\x04N.")),
    ];
    let seeds = [
        npz(&members, Stored),
        npz(&members, Deflated),
        npz(
            &[("zeros", npy_with(&npy_header("<f8", &[4000]), &[0; 32_000]))],
            Deflated,
        ),
        include_bytes!("data/arrays/stored.npz")[..].to_vec(),
    ];
    let words = [
        NPY_WORDS,
        &[
            b"PK\x01\x02",
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"PK\x06\x06",
            b"\x01\x00\x10\x00",
        ],
    ];
    fuzz("b.npz", &seeds, &words.concat());
}

#[test]
fn safetensors_files() {
    let entries: [(&str, &[usize]); 3] =
        [("attention", &[2, 3, 3]), ("steps", &[2]), ("zero", &[0])];
    let metadata = [
        ("axes", "snapshot,query,key"),
        ("tokens", r#"["a", "b", "c"]"#),
    ];
    let seeds = [
        safetensors(&entries, &metadata, 0.0),
        safetensors(&[("x", &[])], &[], 0.0),
        include_bytes!("data/arrays/dtypes.safetensors")[..].to_vec(),
    ];
    let words: &[&[u8]] = &[
        b"\"F8_E4M3\"",
        b"\"C64\"",
        b"\"F4\"",
        b"[0, 18446744073709551615]",
        b"[-1]",
        b"1e400",
        b"[[[[[[[[",
        b"\"__metadata__\":{}",
        b"\"data_offsets\"",
        b"null",
        b"\\ud800",
        b"[4294967296,4294967296]",
    ];
    fuzz("b.safetensors", &seeds, words);
}

#[test]
fn hdf5_files() {
    let seeds = [
        include_bytes!("data/arrays/layouts.h5")[..].to_vec(),
        include_bytes!("data/arrays/layouts-latest.h5")[..].to_vec(),
    ];
    let words: &[&[u8]] = &[
        b"\x89HDF\r\n\x1a\n",
        b"SNOD",
        b"HEAP",
        b"TREE",
        b"OHDR",
        b"OCHK",
        b"FRHP",
        b"BTHD",
        b"GCOL",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x00\x00\x00\x00\x00\x01\x00\x00",
        b"\x60\x00\x00\x00\x00\x00\x00\x00",
    ];
    fuzz("b.h5", &seeds, words);
}

#[test]
fn matrix_files() {
    let seeds = [
        b"1,2,3\n4,5,6\n7,8,9\n10,11,12\n".to_vec(),
        b"# alpha\n1;nan;3\n-1e35;5;\n7;8;inf\n".to_vec(),
    ];
    let words: &[&[u8]] = &[
        b"\n\n", b",,,,", b"1e999", b"\xff", b"\t", b"-", b"nan", b"\r",
    ];
    fuzz("b.csv", &seeds, words);
}

#[test]
fn labels_files() {
    let seeds = [
        br#"["a", "b", 3]"#.to_vec(),
        br#"{"word": ["a", "b", "c"], "n": [1, 2.5, null]}"#.to_vec(),
        b"word\tclass\na\t1\nb\n\nc\r\n".to_vec(),
    ];
    let words: &[&[u8]] = &[
        b"[[[[[[",
        b"\t\t\t",
        b"\r\n",
        b"\xff\xfe",
        b"{\"a\":",
        b"\"",
        b"1e999",
        b"\xEF\xBB\xBF",
    ];
    fuzz("a.labels.json", &seeds, words);
    fuzz("a.tsv", &seeds, words);
}

#[test]
fn plotly_files() {
    let seeds = [
        br#"{"data": [{"type": "surface", "z": [[1, 2], [3, null]], "x": [1, 2], "y": [[1, 1], [2, 2]]},
            {"type": "mesh3d", "x": [0, 1, 2], "y": [0, 1, 2], "z": [0, 1, 2], "i": [0], "j": [1], "k": [2]}],
            "layout": {"title": {"text": "a <b>b</b> &amp; c"}, "scene": {"xaxis": {"type": "log"}}}}"#
            .to_vec(),
        br##"{"data": [{"type": "scatter3d", "mode": "lines", "x": {"dtype": "f8", "bdata":
            "AAAAAAAA8D8AAAAAAAAAQA==", "shape": "2"}, "y": [1, 2], "z": ["a", "b"],
            "marker": {"color": ["red", "#123456"]}, "text": ["a<br>b", null]}]}"##
            .to_vec(),
    ];
    let words: &[&[u8]] = &[
        b"{\"dtype\": \"i1\", \"bdata\": \"AAAA\", \"shape\": \"1, 3\"}",
        b"[[[[[[",
        b"NaN",
        b"-Infinity",
        b"\"surface\"",
        b"\"mesh3d\"",
        b"&#x",
        b"<br",
        b"1e999",
        b"null",
        b"[[], [1], [1, 2, 3]]",
        b"rgb(",
        b"99999999999999999999",
        b"\"shape\": [0, 0]",
    ];
    fuzz("b.plotly.json", &seeds, words);
}

#[test]
fn object3d_files() {
    let seeds = [
        b"[[0, 1, 2], [3, 4, 5]]".to_vec(),
        br#"{"type": "lidar/beta", "points": [[0, 1, 2, 3], [0, 1, 2, 255, 0, 1]], "boxes": [{}]}"#
            .to_vec(),
    ];
    let words: &[&[u8]] = &[
        b"[[[[",
        b"NaN",
        b"1e999",
        b"null",
        b"\"x\"",
        b", 1, 2, 3",
        b"{}",
        b"-0",
    ];
    fuzz("b.pts.json", &seeds, words);
}
