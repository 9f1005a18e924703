//! Arrays as NumPy and safetensors wrote them, and what their runs make of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use common::{
    arrays::{npy, npy_steps, npz, safetensors, write},
    read,
};
use trainscape_run::{Run, SourceState, Tensor};
use trainscape_source::{Loader, OpenOptions, open_array};
use zip::CompressionMethod;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/arrays")
        .join(name)
}

fn values(tensor: &Tensor) -> Vec<f64> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    let wide = tensor.read_f64(&whole).unwrap();
    let narrow = tensor.read(&whole).unwrap();
    for (wide, narrow) in wide.iter().zip(narrow) {
        assert!(*wide as f32 == narrow || (wide.is_nan() && narrow.is_nan()));
    }
    wide
}

/// The formula of `make.py`.
fn expected(dtype: &str) -> Vec<f64> {
    (0..12)
        .map(|n| {
            let exact = -4.0 + 1.5 * f64::from(n);
            match dtype {
                "bool" => f64::from(u8::from(n % 3 == 0)),
                "f8_e8m0" => 2_f64.powi(n - 5),
                // Few bits of mantissa: ties go to the even one.
                "f8_e4m3" if n == 9 => 10.0,
                "f8_e4m3" if n == 11 => 12.0,
                "f8_e5m2" if n > 6 => [6.0, 8.0, 10.0, 12.0, 12.0][n as usize - 7],
                _ if dtype.starts_with('u') => exact.trunc().abs(),
                _ if dtype.starts_with('i') => exact.trunc(),
                _ => exact,
            }
        })
        .collect()
}

/// NumPy's name of a type in the spelling of safetensors.
fn short(name: &str) -> String {
    name.replace("uint", "u")
        .replace("int", "i")
        .replace("float", "f")
}

fn only_run(path: &Path) -> Arc<Run> {
    let snapshot = read(path);
    assert_eq!(snapshot.runs.len(), 1, "{:?}", snapshot.warnings);
    Arc::clone(&snapshot.runs[0])
}

fn axes(tensor: &Tensor) -> String {
    let axes = tensor.axes.as_ref();
    axes.map_or_else(|| "?".to_owned(), |axes| axes.join(","))
}

#[test]
fn every_type_order_and_endianness_of_an_npz_stored_and_deflated() {
    for name in ["stored.npz", "deflated.npz"] {
        let tensors = open_array(&fixture(name)).unwrap();
        assert_eq!(tensors.len(), 48);
        for tensor in tensors {
            let dtype = short(tensor.key.split('-').next().unwrap());
            assert_eq!(tensor.dtype.name(), dtype);
            assert_eq!(*tensor.shape, [3, 4]);
            assert_eq!(values(&tensor), expected(&dtype), "{name} {}", tensor.key);
            // Part of it, in either order.
            let part = tensor.read(&[1..3, 1..3]).unwrap();
            let whole = expected(&dtype);
            let wanted = [5, 6, 9, 10].map(|at| whole[at] as f32);
            assert_eq!(part, wanted, "{name} {}", tensor.key);
            assert_eq!(tensor.element(&[2, 3]).unwrap(), whole[11]);
            assert!(tensor.read(&[0..4, 0..1]).is_err());
        }
    }
}

#[test]
fn every_version_of_npy() {
    for version in 1..=3 {
        let tensors = open_array(&fixture(&format!("version-{version}.npy"))).unwrap();
        assert_eq!(&*tensors[0].key, format!("version-{version}"));
        assert_eq!(values(&tensors[0]), expected("f4"));
    }
}

#[test]
fn every_type_of_safetensors() {
    let tensors = open_array(&fixture("dtypes.safetensors")).unwrap();
    assert_eq!(tensors.len(), 22);
    let get = |key: &str| tensors.iter().find(|tensor| &*tensor.key == key).unwrap();
    for tensor in tensors
        .iter()
        .filter(|tensor| !tensor.key.starts_with("all/"))
    {
        let dtype = short(&tensor.key);
        assert_eq!(tensor.dtype.name(), dtype);
        assert_eq!(values(tensor), expected(&dtype), "{dtype}");
        assert_eq!(axes(tensor), "query,key");
        assert_eq!(tensor.labels.as_ref().unwrap().len(), 3);
    }
    for (key, dtype) in [
        ("all/float8_e4m3fn", "f8_e4m3"),
        ("all/float8_e5m2", "f8_e5m2"),
        ("all/float8_e8m0fnu", "f8_e8m0"),
    ] {
        assert_eq!(get(key).dtype.name(), dtype);
        let expected = values(get(&format!("{key}/expected")));
        for (at, (found, expected)) in values(get(key)).iter().zip(expected).enumerate() {
            let same = *found == expected || (found.is_nan() && expected.is_nan());
            assert!(same, "{key} {at:#x}: {found} instead of {expected}");
        }
        // A rank that the metadata does not mean.
        assert_eq!(axes(get(key)), "?");
    }
}

#[test]
fn text_beside_arrays_names_axes_and_rows_and_everything_else_is_refused() {
    let run = only_run(&fixture("text.npz"));
    let keys: Vec<&str> = run.tensors.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["embeddings", "maps"]);
    assert_eq!(axes(&run.tensors["maps"]), "layer,key");
    let labels = run.tensors["embeddings"].labels.as_ref().unwrap();
    assert_eq!(
        labels
            .names()
            .iter()
            .map(|name| &**name)
            .collect::<Vec<_>>(),
        ["a", "bé", "ccc"]
    );
    let source = &run.sources[0];
    assert_eq!((source.state, source.records), (SourceState::Partial, 2));
    for part in [
        "`objects` contains pickled Python objects",
        "`records` contains records of several fields",
        "`complex` contains complex numbers",
        "`other` contains text",
    ] {
        assert!(source.note.contains(part), "{part}: {}", source.note);
    }
}

#[test]
fn a_files_axes_steps_and_labels_come_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let metadata = [
        ("axes", "snapshot, layers, head, query, key"),
        ("tokens", r#"["a", "b", "c"]"#),
    ];
    let entries: [(&str, &[usize]); 3] = [
        ("attention", &[2, 1, 1, 3, 3]),
        ("hidden", &[3, 2]),
        ("steps", &[2]),
    ];
    write(
        root,
        "attention.safetensors",
        safetensors(&entries, &metadata, 5.0),
    );
    write(root, "emb.npy", npy(&[2, 3, 4], 0.0));
    write(root, "steps.npy", npy_steps(&[10, 1 << 53]));
    write(
        root,
        "emb.labels.json",
        r#"{"word": ["x", "y", "z"], "class": [1, 1, 2]}"#,
    );
    let run = only_run(root);
    let keys: Vec<&str> = run.tensors.keys().map(|key| &**key).collect();
    assert_eq!(
        keys,
        [
            "attention",
            "attention/steps",
            "emb",
            "hidden",
            "steps/steps"
        ]
    );
    let attention = &run.tensors["attention"];
    assert_eq!(axes(attention), "snapshot,layer,head,query,key");
    assert_eq!(attention.steps.as_deref().unwrap(), [5.0, 6.0]);
    assert_eq!(attention.labels.as_ref().unwrap().len(), 3);
    assert_eq!(axes(&run.tensors["attention/steps"]), "snapshot");
    assert_eq!(axes(&run.tensors["hidden"]), "row,dimension");
    assert!(run.tensors["hidden"].steps.is_none());
    let emb = &run.tensors["emb"];
    assert_eq!(axes(emb), "snapshot,row,dimension");
    assert_eq!(
        emb.steps.as_deref().unwrap(),
        [10.0, 9_007_199_254_740_992.0]
    );
    assert_eq!(emb.labels.as_ref().unwrap().columns.len(), 2);
    assert_eq!(&run.sources[emb.source].path, &emb.path);
    assert!(
        run.sources
            .iter()
            .all(|source| source.state == SourceState::Ok)
    );
    // The same file without a run.
    let alone = open_array(&root.join("emb.npy")).unwrap();
    assert_eq!(
        (alone.len(), alone[0].labels.as_ref().unwrap().len()),
        (1, 3)
    );
}

#[test]
fn the_users_names_come_first_and_a_wrong_count_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "embeddings.npy", npy(&[2, 3], 0.0));
    let open = |names: &[&str]| {
        let mut options = OpenOptions::default();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        options.axes.insert("embeddings".to_owned(), names);
        let mut loader = Loader::open(&[folder.path().to_owned()], options).unwrap();
        loader.read_to_end();
        loader.snapshot()
    };
    let named = open(&["layers", "dim"]);
    assert_eq!(
        axes(&named.runs[0].tensors["embeddings"]),
        "layer,dimension"
    );
    assert!(named.warnings.is_empty());
    let wrong = open(&["layer"]);
    assert_eq!(axes(&wrong.runs[0].tensors["embeddings"]), "row,dimension");
    assert_eq!(
        wrong.warnings,
        ["`embeddings` has 2 axes, and 1 names were given (layer): name each axis once"]
    );
}

#[test]
fn labels_of_a_wrong_length_are_a_note() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "embeddings.npy", npy(&[4, 2], 0.0));
    write(folder.path(), "metadata.tsv", "a\nb\n");
    let run = only_run(folder.path());
    assert!(run.tensors["embeddings"].labels.is_none());
    assert_eq!(run.sources[0].state, SourceState::Partial);
    assert_eq!(
        run.sources[0].note,
        "the 2 labels of metadata.tsv match no axis"
    );
    // A single column has no heading, unless the number of rows requires one.
    write(folder.path(), "metadata.tsv", "word\na\nb\nc\nd\n");
    let run = only_run(folder.path());
    assert_eq!(
        &*run.tensors["embeddings"].labels.as_ref().unwrap().columns[0],
        "word"
    );
    assert_eq!(run.sources[0].state, SourceState::Ok);
}

#[test]
fn a_name_that_occurs_twice_in_an_archive_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let members = [
        ("x", npy(&[2], 0.0)),
        ("y", npy(&[2], 0.0)),
        ("z", npy(&[3], 7.0)),
    ];
    let archive = npz(&members, CompressionMethod::Stored);
    // Both names of each member: before its content and in the directory.
    let text = archive
        .iter()
        .map(|&byte| char::from(byte))
        .collect::<String>();
    let repeated = text.replace("z.npy", "x.npy");
    let bytes: Vec<u8> = repeated.chars().map(|byte| byte as u8).collect();
    write(folder.path(), "a.npz", &bytes);
    let run = only_run(folder.path());
    let keys: Vec<&str> = run.tensors.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["x", "y"]);
    assert_eq!(run.tensors["x"].element(&[0]).unwrap(), 7.0);
    let source = &run.sources[0];
    assert_eq!(source.state, SourceState::Partial);
    assert_eq!(
        source.note,
        "`x` occurs more than once: the last one is used, as NumPy does"
    );
}

#[test]
fn keys_that_several_files_contain_are_made_unique() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let members = [("x", npy(&[2], 0.0)), ("own", npy(&[2], 0.0))];
    write(root, "metrics.jsonl", "{\"step\": 1, \"loss\": 2.0}\n");
    write(root, "a.npz", npz(&members, CompressionMethod::Stored));
    write(
        root,
        "b.npz",
        npz(&members[..1], CompressionMethod::Deflated),
    );
    write(
        root,
        "one/deep.npz",
        npz(&[("y", npy(&[1], 1.0))], CompressionMethod::Stored),
    );
    write(
        root,
        "two/deep.npz",
        npz(&[("y", npy(&[1], 2.0))], CompressionMethod::Stored),
    );
    let run = only_run(root);
    let keys: Vec<&str> = run.tensors.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["a/x", "b/x", "one/deep/y", "own", "two/deep/y"]);
    assert_eq!(run.series.len(), 2);
    assert_eq!(run.sources[0].format.name, "jsonl");
    for tensor in run.tensors.values() {
        assert_eq!(run.sources[tensor.source].path, tensor.path);
    }
}

#[test]
fn folders_with_arrays_only_are_runs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "sentences/embeddings.npy", npy(&[4, 2], 0.0));
    write(root, "sentences/other.npy", npy(&[4, 2], 0.0));
    write(root, "maps/deep/attention.npy", npy(&[4, 4], 0.0));
    write(
        root,
        "run/tb/events.out.tfevents.1.host",
        common::generate::scalar_event("loss", 1, 1.7e9, 2.0),
    );
    write(root, "run/landscape.npy", npy(&[4, 4], 0.0));
    write(root, "x.npy/notes.txt", "a folder");
    let snapshot = read(root);
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["maps/deep", "run", "sentences"]);
    assert_eq!(snapshot.runs[2].tensors.len(), 2);
    assert_eq!(
        (
            snapshot.runs[1].tensors.len(),
            snapshot.runs[1].series.len()
        ),
        (1, 1)
    );
    // A file opened by itself.
    let one = only_run(&root.join("sentences/embeddings.npy"));
    assert_eq!((&*one.name, one.tensors.len()), ("embeddings.npy", 1));
    assert!(one.tensors["embeddings"].labels.is_none());
    write(root, "sentences/metadata.tsv", "a\nb\nc\nd\n");
    let one = only_run(&root.join("sentences/embeddings.npy"));
    assert_eq!(one.tensors["embeddings"].labels.as_ref().unwrap().len(), 4);
}
