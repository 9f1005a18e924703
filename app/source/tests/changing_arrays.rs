//! Arrays whose file another process truncates, overwrites or replaces while it is read.

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
    io::Write as _,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use common::arrays::{npy_header, npy_with};
use trainscape_source::open_array;

const ROWS: usize = 512;
const COLUMNS: usize = 1024;

/// How long the file is changed; a longer run finds no more.
const DURATION: Duration = Duration::from_secs(4);

/// An array whose elements are all the same.
fn uniform(value: f32) -> Vec<u8> {
    let elements = value.to_le_bytes().repeat(ROWS * COLUMNS);
    npy_with(&npy_header("<f4", &[ROWS, COLUMNS]), &elements)
}

/// Saves as NumPy does, truncates in the middle, and removes the file, until the time is up.
fn change(path: &Path, is_done: &AtomicBool) {
    let mut generation = 0.0;
    while !is_done.load(Ordering::Relaxed) {
        generation += 1.0;
        let bytes = uniform(generation);
        let mut file = fs::File::create(path).unwrap();
        for block in bytes.chunks(64 << 10) {
            file.write_all(block).unwrap();
        }
        thread::sleep(Duration::from_millis(15));
        if (generation as u32).is_multiple_of(2) {
            file.set_len(1000).unwrap();
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn an_array_that_changes_while_it_is_read_is_one_state_of_it_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.npy");
    fs::write(&path, uniform(0.0)).unwrap();
    let is_done = AtomicBool::new(false);
    let (mut read, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| change(&path, &is_done));
        let begun = Instant::now();
        while begun.elapsed() < DURATION {
            let Ok(tensors) = open_array(&path) else {
                continue;
            };
            match tensors[0].read(&[0..ROWS, 0..COLUMNS]) {
                Ok(values) => {
                    assert!(values.iter().all(|&value| value == values[0]));
                    read += 1;
                }
                Err(error) => {
                    let error = error.to_string();
                    assert!(
                        error.contains("was cut from") || error.contains("changed since"),
                        "{error}"
                    );
                    refused += 1;
                }
            }
        }
        is_done.store(true, Ordering::Relaxed);
    });
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}
