//! Arrays that are inconsistent, truncated or made to exhaust the reader: each has a reason, and intact arrays open.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::Path};

use common::{
    arrays::{npy, npy_header, npy_with, npz, safetensors, safetensors_with, write},
    read,
};
use trainscape_run::{Source, SourceState};
use trainscape_source::{Loader, OpenOptions, SourceError, open_array};
use zip::CompressionMethod::{Deflated, Stored};

/// The only source of a folder with this file, and the number of its tensors.
fn source(name: &str, content: &[u8]) -> (Source, usize) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), name, content);
    let snapshot = read(folder.path());
    let run = &snapshot.runs[0];
    assert_eq!(run.sources.len(), 1);
    (run.sources[0].clone(), run.tensors.len())
}

#[track_caller]
fn failed(name: &str, content: &[u8], sentence: &str) {
    let (source, tensors) = source(name, content);
    assert_eq!(
        (source.state, tensors),
        (SourceState::Failed, 0),
        "{}",
        source.note
    );
    assert!(source.note.contains(sentence), "{}", source.note);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), name, content);
    let error = open_array(&folder.path().join(name)).unwrap_err();
    assert!(error.to_string().contains(sentence), "{error}");
}

#[test]
fn an_inconsistent_npy_fails_with_a_reason() {
    failed("a.npy", b"", "the file is empty");
    failed("a.npy", b"\x93NUMPY", "shorter than an array's header");
    failed("a.npy", b"not an array at all", "is not a NumPy array");
    let cut = &npy(&[10], 0.0)[..100];
    failed("a.npy", cut, "declares 40 bytes of elements and contains");
    let pickled = npy_with(&npy_header("|O", &[1]), b"\x80\x04N.");
    failed(
        "a.npy",
        &pickled,
        "pickled Python objects, which are not loaded",
    );
    let endless = npy_with(&npy_header("<f8", &[1 << 40, 1 << 40]), b"");
    failed("a.npy", &endless, "more elements than any file can contain");
    let (source, tensors) = source("a.npy", &[npy(&[2], 0.0), npy(&[2], 0.0)].concat());
    assert_eq!((source.state, tensors), (SourceState::Partial, 1));
    assert!(source.note.contains("after the first array were skipped"));
}

#[test]
fn no_axes_and_axes_of_no_length_are_arrays() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "number.npy", npy(&[], 7.0));
    write(folder.path(), "none.npy", npy(&[0, 1 << 40], 0.0));
    let none: [(&str, &[usize]); 2] = [("empty", &[0, 3]), ("zero", &[])];
    write(folder.path(), "s.safetensors", safetensors(&none, &[], 3.0));
    let snapshot = read(folder.path());
    let run = &snapshot.runs[0];
    assert!(
        run.sources
            .iter()
            .all(|source| source.state == SourceState::Ok)
    );
    assert_eq!(run.tensors["number"].element(&[]).unwrap(), 7.0);
    assert_eq!(run.tensors["number"].read(&[]).unwrap(), [7.0]);
    assert_eq!(run.tensors["zero"].read(&[]).unwrap(), [3.0]);
    assert_eq!(run.tensors["none"].elements(), 0);
    assert!(run.tensors["none"].read(&[0..0, 0..5]).unwrap().is_empty());
    assert!(run.tensors["none"].element(&[0, 0]).is_err());
}

#[test]
fn an_inconsistent_safetensors_fails_with_a_reason() {
    let entry = |shape: &str, offsets: &str| {
        format!(r#""x": {{"dtype": "F32", "shape": {shape}, "data_offsets": {offsets}}}"#)
    };
    failed(
        "a.safetensors",
        b"1234",
        "shorter than a safetensors header",
    );
    let mut endless = u64::MAX.to_le_bytes().to_vec();
    endless.extend(b"{}");
    failed(
        "a.safetensors",
        &endless,
        "declares a header of 18446744073709551615 bytes",
    );
    for (header, elements) in [
        ("{", 0),
        ("[]", 0),
        (&format!("{{{}}}", entry("[2]", "[0, 4]")), 8),
        (&format!("{{{}}}", entry("[1]", "[4, 8]")), 8),
        (&format!("{{{}}}", entry("[1]", "[8, 4]")), 8),
        (
            &format!("{{{}}}", entry("[18446744073709551615, 2]", "[0, 8]")),
            8,
        ),
        (
            &format!(
                r#"{{{}, "y": {{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}}}"#,
                entry("[1]", "[0, 4]")
            ),
            8,
        ),
        (
            &format!("{{{}}}", entry("[1]", "[0, 4]").replace("F32", "F99")),
            4,
        ),
        (
            &format!("{{\"a\":{}1{}}}", "[".repeat(1000), "]".repeat(1000)),
            0,
        ),
    ] {
        let content = safetensors_with(header, &vec![0; elements]);
        failed("a.safetensors", &content, "has a damaged header");
    }
    // The complete arrays of an incomplete file open.
    let whole = safetensors(&[("a", &[2]), ("b", &[2]), ("c", &[2])], &[], 0.0);
    let (unfinished, tensors) = source("a.safetensors", &whole[..whole.len() - 9]);
    assert_eq!((unfinished.state, tensors), (SourceState::Partial, 1));
    assert!(
        unfinished
            .note
            .starts_with("the elements of `b` and 1 more are missing")
    );
    let complex = entry("[1]", "[0, 8]").replace("F32", "C64");
    let (complex, tensors) = source(
        "a.safetensors",
        &safetensors_with(&format!("{{{complex}}}"), &[0; 8]),
    );
    assert_eq!((complex.state, tensors), (SourceState::Partial, 0));
    assert_eq!(
        complex.note,
        "`x` contains elements of type C64, and only numbers are read"
    );
    let endless = entry("[0, 4611686018427387904]", "[0, 0]");
    let content = safetensors_with(&format!("{{{endless}}}"), &[]);
    let (endless, tensors) = source("a.safetensors", &content);
    assert_eq!((endless.state, tensors), (SourceState::Partial, 0));
    assert_eq!(
        endless.note,
        "`x` declares the shape [0, 4611686018427387904], which no file can contain"
    );
    // A repeated key.
    let twice = format!("{{{}, {}}}", entry("[1]", "[0, 4]"), entry("[1]", "[0, 4]"));
    let (_, tensors) = source("a.safetensors", &safetensors_with(&twice, &[0; 4]));
    assert!(tensors <= 1);
}

/// Writes another size into a member's headers, as in a decompression bomb.
fn with_size(mut archive: Vec<u8>, from: u32, to: u32) -> Vec<u8> {
    let from = from.to_le_bytes();
    let places: Vec<usize> = (0..archive.len() - 3)
        .filter(|&at| archive[at..at + 4] == from)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        archive[at..at + 4].copy_from_slice(&to.to_le_bytes());
    }
    archive
}

#[test]
fn an_inconsistent_npz_is_noted_and_its_other_arrays_open() {
    failed("a.npz", b"PK\x03\x04 is not enough", "is not a zip archive");
    let whole = npz(&[("a", npy(&[4], 0.0))], Stored);
    failed("a.npz", &whole[..whole.len() - 30], "is not a zip archive");
    let members = [
        ("fine", npy(&[4], 0.0)),
        ("short", npy_with(&npy_header("<f4", &[99]), &[0; 16])),
        ("pickled", npy_with(&npy_header("|O", &[1]), b"\x80\x04N.")),
        ("noise", b"no array".to_vec()),
    ];
    for method in [Stored, Deflated] {
        let (source, tensors) = source("a.npz", &npz(&members, method));
        assert_eq!(
            (source.state, source.records, tensors),
            (SourceState::Partial, 1, 1)
        );
        for part in [
            "`short` declares 396 bytes of elements and contains 16",
            "`pickled` contains pickled Python objects",
            "`noise` is",
        ] {
            assert!(source.note.contains(part), "{part}: {}", source.note);
        }
    }
}

#[test]
fn decompression_bombs_are_rejected() {
    // A member that declares a decompressed size of 4 GB.
    let array = npy_with(&npy_header("<f4", &[1_000_000_000]), &[0; 4000]);
    let bomb = with_size(
        npz(&[("a", array.clone())], Deflated),
        array.len() as u32,
        u32::MAX - 9,
    );
    let (refused, tensors) = source("a.npz", &bomb);
    assert_eq!((refused.state, tensors), (SourceState::Partial, 0));
    assert!(
        refused
            .note
            .contains("which is implausible for measurements"),
        "{}",
        refused.note
    );
    // A plausible size that is larger than the content: noticed when it is read.
    let array = npy_with(&npy_header("<f4", &[1_000_000]), &[0; 4000]);
    let liar = with_size(
        npz(&[("a", array.clone())], Deflated),
        array.len() as u32,
        4_000_128,
    );
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.npz", liar);
    let tensors = open_array(&folder.path().join("a.npz")).unwrap();
    let error = tensors[0].element(&[0]).unwrap_err().to_string();
    assert!(
        error.contains("`a` declares 4000000 bytes of elements and decompresses to"),
        "{error}"
    );
    // Damage inside the compressed bytes.
    let mut damaged = npz(&[("a", npy(&[1000], 0.0))], Deflated);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    write(folder.path(), "a.npz", damaged);
    let tensors = open_array(&folder.path().join("a.npz"));
    if let Ok(tensors) = tensors {
        let error = tensors[0].element(&[999]).unwrap_err().to_string();
        assert!(
            error.contains("cannot be decompressed") || error.contains("decompresses to"),
            "{error}"
        );
    }
}

#[test]
fn paths_without_arrays_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("x.npy")).unwrap();
    let open = |path: &Path| Loader::open(&[path.to_owned()], OpenOptions::default());
    assert!(matches!(
        open(folder.path()),
        Err(SourceError::NothingFound { .. })
    ));
    let error = open_array(&folder.path().join("x.npy"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("is a folder"), "{error}");
    write(folder.path(), "a.txt", "text");
    assert!(
        open_array(&folder.path().join("a.txt"))
            .unwrap_err()
            .to_string()
            .contains("is not an npy")
    );
    let error = open_array(&folder.path().join("none.npy")).unwrap_err();
    assert!(matches!(error, SourceError::NotFound { .. }));
}

#[cfg(unix)]
#[test]
fn files_truncated_or_replaced_while_in_use_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    write(folder.path(), "a.npy", npy(&[100_000], 0.0));
    let mut loader = common::open(folder.path());
    loader.read_to_end();
    let before = loader.snapshot();
    let tensor = &before.runs[0].tensors["a"];
    assert_eq!(tensor.element(&[99_999]).unwrap(), 99_999.0);
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1000)
        .unwrap();
    let error = tensor.element(&[99_999]).unwrap_err().to_string();
    assert!(error.contains("was cut from 400"), "{error}");
    loader.poll(None);
    let cut = loader.snapshot();
    assert_eq!(cut.runs[0].sources[0].state, SourceState::Failed);
    write(folder.path(), "new", npy(&[5], 1.0));
    fs::rename(folder.path().join("new"), &path).unwrap();
    loader.poll(None);
    let after = loader.snapshot();
    assert_eq!(after.runs[0].tensors["a"].element(&[4]).unwrap(), 5.0);
    assert!(after.generation > cut.generation && cut.generation > before.generation);
}
