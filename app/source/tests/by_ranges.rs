//! Arrays that lie elsewhere: their headers and what is used of them are read by ranges, and nothing else.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use trainscape_run::Tensor;
use trainscape_source::{
    Expected, Placeholder, RangeReader, RangeSource, expected_content, open_array,
    open_regular_file,
};

/// A file that counts what is read of it, and may fail.
#[derive(Debug)]
struct Elsewhere {
    file: File,
    bytes: AtomicU64,
    fails: AtomicBool,
    failure: Mutex<Option<String>>,
}

impl RangeSource for Elsewhere {
    fn open(self: Arc<Self>) -> io::Result<Box<dyn RangeReader>> {
        Ok(Box::new(Open(self)))
    }

    fn take_failure(&self) -> Option<String> {
        self.failure.lock().unwrap().take()
    }
}

struct Open(Arc<Elsewhere>);

impl RangeReader for Open {
    fn read_exact_at(&self, out: &mut [u8], start: u64) -> io::Result<()> {
        if self.0.fails.load(Ordering::Relaxed) {
            *self.0.failure.lock().unwrap() = Some("the cable is cut".to_owned());
            return Err(io::Error::other("the cable is cut"));
        }
        self.0.bytes.fetch_add(out.len() as u64, Ordering::Relaxed);
        self.0.file.read_exact_at(out, start)
    }
}

/// A placeholder at `path` for the file at `far`.
fn place(path: &Path, far: &Path) -> (Placeholder, Arc<Elsewhere>) {
    let file = File::open(far).unwrap();
    let placeholder = File::create(path).unwrap();
    placeholder.set_len(file.metadata().unwrap().len()).unwrap();
    let source = Arc::new(Elsewhere {
        file,
        bytes: AtomicU64::new(0),
        fails: AtomicBool::new(false),
        failure: Mutex::default(),
    });
    let metadata = placeholder.metadata().unwrap();
    let registered = Placeholder::register(path, &metadata, Arc::clone(&source) as _);
    (registered, source)
}

fn values(tensor: &Tensor) -> Result<Vec<u64>, String> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    let read = tensor.read_f64(&whole).map_err(|error| error.to_string())?;
    Ok(read.into_iter().map(f64::to_bits).collect())
}

/// A NumPy array of numbers from 0, of which most are a hole.
fn long_npy(path: &Path, len: usize) {
    let mut header = format!(
        "\x01\x00v\x00{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, 1024), }}",
        len / 1024
    );
    header.push_str(&" ".repeat(117 + 4 - header.len()));
    header.push('\n');
    let file = File::create(path).unwrap();
    let head = [b"\x93NUMPY".as_slice(), header.as_bytes()].concat();
    assert_eq!(head.len(), 128);
    file.write_all_at(&head, 0).unwrap();
    file.set_len(128 + 4 * len as u64).unwrap();
    file.write_all_at(&7.5_f32.to_le_bytes(), 128 + 4 * (len as u64 - 1))
        .unwrap();
}

#[test]
fn every_format_that_says_so_is_read_by_ranges_as_it_is_on_the_disk() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/arrays");
    let folder = tempfile::tempdir().unwrap();
    let mut formats = Vec::new();
    for entry in fs::read_dir(data).unwrap() {
        let far = entry.unwrap().path();
        let name = PathBuf::from(far.file_name().unwrap());
        if !matches!(
            expected_content(&name),
            Expected::ArrayByRanges | Expected::ArrayByContent
        ) {
            continue;
        }
        let path = folder.path().join(&name);
        let (_placeholder, source) = place(&path, &far);
        let (here, there) = (open_array(&far), open_array(&path));
        let (Ok(here), Ok(there)) = (&here, &there) else {
            let told = |error: &dyn std::fmt::Display, path: &Path| {
                error.to_string().replace(&path.display().to_string(), "")
            };
            let (here, there) = (here.unwrap_err(), there.unwrap_err());
            assert_eq!(told(&here, &far), told(&there, &path));
            continue;
        };
        assert_eq!(here.len(), there.len(), "{}", name.display());
        for (here, there) in here.iter().zip(there) {
            assert_eq!((&here.key, &here.shape), (&there.key, &there.shape));
            let told = |values: Result<_, String>, path: &Path| {
                values.map_err(|error| error.replace(&path.display().to_string(), ""))
            };
            assert_eq!(told(values(here), &far), told(values(there), &path));
        }
        assert!(source.bytes.load(Ordering::Relaxed) > 0);
        formats.push(name.extension().unwrap().to_owned());
    }
    for ending in ["npy", "npz", "safetensors", "h5", "pth", "ckpt"] {
        assert!(formats.iter().any(|found| found == ending), "{ending}");
    }
}

#[test]
fn only_what_is_used_of_an_array_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (far, path) = (folder.path().join("far"), folder.path().join("w.npy"));
    let rows = 1 << 20;
    long_npy(&far, rows << 10);
    let (_placeholder, source) = place(&path, &far);
    let tensors = open_array(&path).unwrap();
    let row = tensors[0].read(&[rows - 1..rows, 0..1024]).unwrap();
    assert_eq!((row[1022], row[1023]), (0.0, 7.5));
    let bytes = source.bytes.load(Ordering::Relaxed);
    assert!(bytes < 1 << 20, "{bytes} bytes of 4 GB were read");
}

#[test]
fn what_fails_is_told_and_zeros_are_never_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (far, path) = (folder.path().join("far"), folder.path().join("w.npy"));
    long_npy(&far, 1 << 20);
    let (placeholder, source) = place(&path, &far);
    let tensor = open_array(&path).unwrap().remove(0);
    source.fails.store(true, Ordering::Relaxed);
    assert_eq!(values(&tensor).unwrap_err(), "the cable is cut");
    let error = open_array(&path).unwrap_err().to_string();
    assert!(error.ends_with("the cable is cut"), "{error}");
    source.fails.store(false, Ordering::Relaxed);
    assert!(values(&tensor).is_ok());
    // Who does not know that it lies elsewhere does not get its zeros.
    let error = open_regular_file(&path).unwrap_err().to_string();
    assert!(error.contains("read by ranges"), "{error}");
    // Another version.
    let (other, _source) = place(&folder.path().join("new"), &far);
    fs::rename(folder.path().join("new"), &path).unwrap();
    let error = values(&tensor).unwrap_err();
    assert!(error.contains("is being replaced"), "{error}");
    drop(other);
    let (_again, _source) = place(&path, &far);
    drop(placeholder);
    let error = values(&tensor).unwrap_err();
    assert!(error.contains("was replaced since"), "{error}");
    drop(_again);
    let error = open_array(&path).unwrap_err().to_string();
    assert!(error.contains("no longer open"), "{error}");
    Placeholder::forget_at(&path);
    let error = open_array(&path).unwrap_err().to_string();
    assert!(error.contains("is not a NumPy array"), "{error}");
}
