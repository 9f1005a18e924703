//! Arrays and media as listed by `inspect`.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    logs::{folder, run as write_run, write},
    run,
};

/// An npy file of the integers 0, 1, 2, …
fn npy(shape: &[usize]) -> Vec<u8> {
    let lens: String = shape.iter().map(|len| format!("{len}, ")).collect();
    let header = format!("{{'descr': '<i2', 'fortran_order': False, 'shape': ({lens}), }}\n");
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.bytes());
    out.extend((0..shape.iter().product()).flat_map(|n: usize| (n as i16).to_le_bytes()));
    out
}

/// A safetensors file of zeros.
fn safetensors(key: &str, shape: &[usize], axes: &str) -> Vec<u8> {
    let len = shape.iter().product::<usize>() * 4;
    let mut header = json!({ "__metadata__": { "axes": axes } });
    header[key] = json!({ "dtype": "F32", "shape": shape, "data_offsets": [0, len] });
    let header = header.to_string();
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.bytes());
    out.resize(out.len() + len, 0);
    out
}

fn inspect(path: &Path, code: i32) -> Value {
    run(["inspect".as_ref(), path.as_os_str(), "--json".as_ref()])
        .code(code)
        .json()
}

#[test]
fn arrays_are_listed_with_axes_and_their_files_with_formats() {
    let folder = folder();
    let path = write_run(folder.path(), "alpha", 8);
    let attention = safetensors("attention", &[2, 3, 3], "head, query, key");
    write(&path, "attention.safetensors", attention);
    write(&path, "other.npy", npy(&[2, 5]));
    write(&path, "embeddings.npy", npy(&[4, 2]));
    write(&path, "embeddings.labels.json", r#"["a", "b", "c", "d"]"#);
    let json = inspect(folder.path(), 0);
    let found = &json["runs"][0];
    let listed: Vec<Value> = found["tensors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tensor| {
            json!([
                tensor["key"],
                tensor["shape"],
                tensor["dtype"],
                tensor["axes"]
            ])
        })
        .collect();
    assert_eq!(
        listed,
        [
            json!(["attention", [2, 3, 3], "f32", ["head", "query", "key"]]),
            json!(["embeddings", [4, 2], "i16", ["row", "dimension"]]),
            json!(["other", [2, 5], "i16", null]),
        ]
    );
    assert_eq!(found["tensors"][1]["labels"], 4);
    let path = found["tensors"][0]["path"].as_str().unwrap();
    assert!(path.ends_with("attention.safetensors"));
    let source = found["sources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|source| source["path"] == path)
        .unwrap();
    assert_eq!(
        (&source["format"], &source["records"]),
        (&"safetensors".into(), &1.into())
    );
    let words = run(["inspect".as_ref(), folder.path().as_os_str()])
        .code(0)
        .stdout;
    assert!(words.contains("head 2 x query 3 x key 3 of f32"), "{words}");
}

#[test]
fn a_single_array_file_opens_and_a_rejected_one_gives_the_reason() {
    let folder = folder();
    let path = write(folder.path(), "x.npy", npy(&[2, 2]));
    let json = inspect(&path, 0);
    assert_eq!(json["runs"][0]["tensors"][0]["key"], "x");
    // Of the same length, so that the header length remains valid.
    let mut pickled = npy(&[2, 2]);
    let descr = pickled
        .windows(5)
        .position(|bytes| bytes == b"'<i2'")
        .unwrap();
    pickled[descr..descr + 5].copy_from_slice(b"'|O' ");
    let path = write(folder.path(), "pickled.npy", &pickled);
    let ended = run(["inspect".as_ref(), path.as_os_str()]).code(3);
    assert!(ended.stderr.contains("pickled Python objects"), "{ended:?}");
    write(folder.path(), "empty/x.npy/nothing.txt", "");
    let ended = run(["inspect".as_ref(), folder.path().join("empty").as_os_str()]).code(1);
    assert!(
        ended.stderr.contains("no training log was found"),
        "{ended:?}"
    );
}

#[test]
fn figures_are_counted_by_key() {
    let folder = folder();
    let figure = r#"{"data": [{"type": "scatter3d", "x": [0], "y": [0], "z": [0]}]}"#;
    for step in [1, 2] {
        let name = format!("r/files/media/plotly/3d/loss_{step}_0123456789ab.plotly.json");
        write(folder.path(), &name, figure);
    }
    write(
        folder.path(),
        "r/files/media/object3D/cloud_0_0123456789ab.pts.json",
        "[[0, 0, 0]]",
    );
    let json = inspect(folder.path(), 0);
    assert_eq!(json["runs"].as_array().unwrap().len(), 1);
    assert_eq!(json["runs"][0]["id"], "r");
    assert_eq!(
        json["runs"][0]["media"],
        json!([
            { "key": "3d/loss", "kind": "plotly", "count": 2 },
            { "key": "cloud", "kind": "object3d", "count": 1 },
        ])
    );
}
