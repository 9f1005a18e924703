//! HDF5 as h5py writes it (`data/arrays/make.py`), and damaged.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::PathBuf};

use common::{arrays::write, read};
use trainscape_run::{Dtype, SourceState, Tensor};
use trainscape_source::open_array;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/arrays")).join(name)
}

fn all(tensor: &Tensor) -> Vec<f64> {
    let ranges: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    tensor.read_f64(&ranges).unwrap()
}

/// The elements of a fixture.
fn expected(dtype: Dtype) -> Vec<f64> {
    (0..12)
        .map(|n| -4.0 + 1.5 * f64::from(n))
        .enumerate()
        .map(|(n, exact)| match dtype {
            Dtype::Bool => f64::from(u8::from(n % 3 == 0)),
            Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => exact.trunc().abs(),
            Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => exact.trunc(),
            _ => exact,
        })
        .collect()
}

#[test]
fn every_type_and_layout_is_read() {
    for name in ["layouts.h5", "layouts-latest.h5"] {
        let tensors = open_array(&fixture(name)).unwrap();
        let tensor = |key: &str| {
            let found = tensors.iter().find(|tensor| &*tensor.key == key);
            found.unwrap_or_else(|| panic!("{name}: {key}"))
        };
        let plain: Vec<_> = tensors
            .iter()
            .filter(|tensor| tensor.key.starts_with("plain/"))
            .collect();
        assert_eq!(plain.len(), 21, "{name}");
        for tensor in plain {
            assert_eq!(
                all(tensor),
                expected(tensor.dtype),
                "{name}: {}",
                tensor.key
            );
            // One element in the middle, by itself.
            assert_eq!(tensor.element(&[1, 2]).unwrap(), expected(tensor.dtype)[6]);
        }
        for key in ["deflated", "checked", "growing"] {
            let tensor = tensor(&format!("chunked/deeper/{key}"));
            assert_eq!(all(tensor), expected(Dtype::F64), "{name}: {key}");
        }
        let unfinished = all(tensor("chunked/deeper/unfinished"));
        assert_eq!(unfinished[..4], expected(Dtype::F64)[..4]);
        assert!(unfinished[4..].iter().all(|value| *value == -1.0));
        assert_eq!(all(tensor("scalar")), [0.5]);
        assert_eq!(&*tensor("empty").shape, [0, 3]);
    }
}

#[test]
fn unsupported_types_are_noted_and_a_group_in_itself_ends() {
    let folder = tempfile::tempdir().unwrap();
    let name = "directions.h5_[-1.0,1.0,51]x[-1.0,1.0,51].h5";
    fs::copy(fixture("layouts.h5"), folder.path().join(name)).unwrap();
    let snapshot = read(folder.path());
    let source = &snapshot.runs[0].sources[0];
    assert_eq!(
        (source.format.name, source.state),
        ("hdf5", SourceState::Partial)
    );
    assert!(
        source.note.contains("`remarks` contains text"),
        "{}",
        source.note
    );
    assert!(
        source
            .note
            .contains("`records` contains records of several fields"),
        "{}",
        source.note
    );
    assert!(source.note.contains("may be that one"), "{}", source.note);
    assert!(!source.note.contains("`path`"), "{}", source.note);
    // `itself` is another name of `chunked`; `chunked/above` links back to it.
    let keys: Vec<&str> = snapshot.runs[0].tensors.keys().map(|key| &**key).collect();
    assert!(
        keys.contains(&"plain/float64") && keys.contains(&"itself/deeper/checked"),
        "{keys:?}"
    );
    assert!(!keys.iter().any(|key| key.contains("above")), "{keys:?}");
}

#[test]
fn hdf5_is_detected_by_its_content() {
    let bytes = fs::read(fixture("layouts.h5")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "run/surface_1.0", &bytes);
    let snapshot = read(folder.path());
    assert_eq!(snapshot.runs[0].sources[0].format.name, "hdf5");
    assert!(snapshot.runs[0].tensors.contains_key("scalar"));
}

#[test]
fn damaged_and_truncated_files_fail_with_a_reason() {
    let whole = fs::read(fixture("layouts.h5")).unwrap();
    for (content, sentence) in [
        (b"not HDF5 at all".to_vec(), "is not an HDF5 file"),
        (whole[..100].to_vec(), "was truncated"),
        (Vec::new(), "the file is empty"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.h5", &content);
        let snapshot = read(folder.path());
        let source = &snapshot.runs[0].sources[0];
        assert_eq!(source.state, SourceState::Failed, "{}", source.note);
        assert!(source.note.contains(sentence), "{}", source.note);
    }
    for len in (200..whole.len()).step_by(701) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.h5", &whole[..len]);
        for tensor in read(folder.path()).runs[0].tensors.values() {
            let ranges: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
            // What is listed is there.
            let read = tensor.read_f64(&ranges);
            assert!(read.is_ok(), "{len}: {} {:?}", tensor.key, read.err());
        }
    }
}

#[test]
fn a_table_of_numbers_is_an_array() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "loss.csv",
        "1,2,3\n4,nan,-1e35\n7,8,9\n10,11,12\n",
    );
    write(folder.path(), "metrics.csv", "step,loss\n1,2\n2,1\n");
    let snapshot = read(folder.path());
    let run = &snapshot.runs[0];
    let tensor = &run.tensors["loss"];
    assert_eq!((&*tensor.shape, tensor.dtype), (&[4, 3][..], Dtype::F64));
    assert_eq!(tensor.element(&[1, 2]).unwrap(), -1e35);
    assert!(tensor.element(&[1, 1]).unwrap().is_nan());
    assert_eq!(run.series["loss"].len(), 2);
    // It stays an array when the folder is looked at again, and follows its file.
    let mut loader = common::open(folder.path());
    loader.read_to_end();
    write(folder.path(), "loss.csv", "1,2,3\n4,5,6\n7,8,9\n");
    write(folder.path(), "other.txt", "x");
    std::thread::sleep(std::time::Duration::from_millis(150));
    loader.read_to_end();
    assert_eq!(&*loader.snapshot().runs[0].tensors["loss"].shape, [3, 3]);
}

#[test]
fn what_leads_out_of_the_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::copy(fixture("links.h5"), at("links.h5")).unwrap();
    fs::write(at("outside.bin"), [0x40; 32]).unwrap();
    fs::copy(fixture("layouts.h5"), at("outside.h5")).unwrap();
    let snapshot = read(&at("links.h5"));
    let run = &snapshot.runs[0];
    let keys: Vec<&str> = run.tensors.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["own"]);
    let source = &run.sources[0];
    assert_eq!(source.state, SourceState::Partial);
    assert!(
        source
            .note
            .starts_with("`stored` has no elements in this file"),
        "{}",
        source.note
    );

    fs::copy(fixture("only-links.h5"), at("only-links.h5")).unwrap();
    let snapshot = read(&at("only-links.h5"));
    let source = &snapshot.runs[0].sources[0];
    assert_eq!(source.state, SourceState::Partial);
    assert!(
        source.note.contains("links to datasets in other files"),
        "{}",
        source.note
    );
}
