//! Writing arrays as NumPy and safetensors do.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

pub fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// An npy file whose header is this text.
pub fn npy_with(header: &str, elements: &[u8]) -> Vec<u8> {
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(elements);
    out
}

fn tuple(shape: &[usize]) -> String {
    let lens: String = shape.iter().map(|len| format!("{len}, ")).collect();
    format!("({lens})")
}

pub fn npy_header(descr: &str, shape: &[usize]) -> String {
    let shape = tuple(shape);
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n")
}

/// 0, 1, 2, … plus `first` as f32.
pub fn npy(shape: &[usize], first: f32) -> Vec<u8> {
    npy_with(&npy_header("<f4", shape), &floats(shape, first))
}

/// A list of whole numbers, as training steps are saved.
pub fn npy_steps(steps: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = steps.iter().flat_map(|step| step.to_le_bytes()).collect();
    npy_with(&npy_header("<i8", &[steps.len()]), &bytes)
}

fn floats(shape: &[usize], first: f32) -> Vec<u8> {
    (0..shape.iter().product())
        .flat_map(|n: usize| (n as f32 + first).to_le_bytes())
        .collect()
}

pub fn npz(members: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(format!("{name}.npy"), options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A safetensors file of f32 arrays: 0, 1, 2, … plus `first`.
pub fn safetensors(entries: &[(&str, &[usize])], metadata: &[(&str, &str)], first: f32) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    if !metadata.is_empty() {
        let metadata: serde_json::Map<_, _> = metadata
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).into()))
            .collect();
        header.insert("__metadata__".to_owned(), metadata.into());
    }
    let mut elements = Vec::new();
    for (key, shape) in entries {
        let start = elements.len();
        elements.extend(floats(shape, first));
        let offsets = [start, elements.len()];
        let entry = serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": offsets });
        header.insert((*key).to_owned(), entry);
    }
    safetensors_with(&serde_json::Value::from(header).to_string(), &elements)
}

/// A safetensors file whose header is this text.
pub fn safetensors_with(header: &str, elements: &[u8]) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.as_bytes());
    out.extend(elements);
    out
}
