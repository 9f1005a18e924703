//! Hugging Face's safetensors: the length of a JSON header, the header, then the elements.

use std::{io::Read, path::Path, sync::Arc};

use safetensors::tensor::{Dtype as FileDtype, Metadata};
use trainscape_run::{Dtype, Storage};

use super::{
    contents::{ArrayEntry, Contents},
    file_bytes::{FileBytes, StampedFile},
    format::ArrayFormat,
    npy::byte_len,
};
use crate::{
    budget::Budget,
    limits::{self, ARRAYS},
    open_file::OpenFile,
    stamp::Stamp,
};

/// The limit of the format's own library.
const MAX_HEADER: u64 = limits::SAFETENSORS_HEADER.bytes;

/// Hugging Face's safetensors.
pub(crate) static SAFETENSORS: Safetensors = Safetensors;

#[derive(Debug)]
pub(crate) struct Safetensors;

impl ArrayFormat for Safetensors {
    fn name(&self) -> &'static str {
        "safetensors"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["safetensors"]
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, stamp)
    }
}

fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    let mut file =
        OpenFile::open(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    let mut len = [0; 8];
    file.read_exact(&mut len)
        .map_err(|_| "is shorter than a safetensors header".to_owned())?;
    let len = u64::from_le_bytes(len);
    let there = stamp.len.saturating_sub(8);
    if len > MAX_HEADER && len <= there {
        return Err(format!(
            "declares a header of {len} bytes, and the format allows {MAX_HEADER}: it is not a safetensors file"
        ));
    }
    if len > there {
        return Err(format!(
            "declares a header of {len} bytes and contains {there}: it is not a safetensors file, or was truncated"
        ));
    }
    let mut header = Vec::new();
    file.take(len)
        .read_to_end(&mut header)
        .map_err(|error| format!("the header cannot be read: {error}"))?;
    // Checks that the entries are contiguous and that shapes and lengths agree.
    let metadata: Metadata = serde_json::from_slice(&header)
        .map_err(|error| format!("has a damaged header: {error}"))?;
    Ok(contents(path, stamp, &metadata, 8 + len))
}

fn contents(path: &Path, stamp: Stamp, metadata: &Metadata, start: u64) -> Contents {
    let mut contents = Contents::default();
    let file = StampedFile::new(path, stamp);
    let (mut missing, mut first_missing) = (0, None);
    let mut refused: Option<(String, FileDtype)> = None;
    let mut implausible: Option<(String, Vec<usize>)> = None;
    let mut budget = Budget::new(ARRAYS);
    for key in metadata.offset_keys() {
        if let Err(reason) = budget.take_items(1) {
            contents.notes.push(format!(
                "only the first {} of its arrays are listed: {reason}",
                ARRAYS.items
            ));
            break;
        }
        let Some(info) = metadata.info(&key) else {
            continue;
        };
        let (from, to) = info.data_offsets;
        let end = start.checked_add(to as u64);
        if end.is_none_or(|end| end > stamp.len) {
            missing += 1;
            first_missing.get_or_insert(key);
            continue;
        }
        let Some(dtype) = dtype(info.dtype) else {
            refused.get_or_insert((key, info.dtype));
            continue;
        };
        let len = byte_len(&info.shape, dtype.bytes()).filter(|len| *len == to - from);
        let Some(len) = len else {
            implausible.get_or_insert_with(|| (key, info.shape.clone()));
            continue;
        };
        let bytes = FileBytes {
            file: Arc::clone(&file),
            start: start + from as u64,
            len,
        };
        contents.entries.push(ArrayEntry {
            key: key.into(),
            shape: info.shape.as_slice().into(),
            dtype,
            storage: Storage {
                bytes: Arc::new(bytes),
                fortran_order: false,
                big_endian: false,
            },
        });
    }
    if let Some(first) = first_missing {
        let more = match missing {
            1 => String::new(),
            missing => format!(" and {} more", missing - 1),
        };
        contents.notes.push(format!(
            "the elements of `{first}`{more} are missing: the file is incomplete or was truncated"
        ));
    }
    if let Some((key, dtype)) = refused {
        contents.notes.push(format!(
            "`{key}` contains elements of type {dtype:?}, and only numbers are read"
        ));
    }
    if let Some((key, shape)) = implausible {
        contents.notes.push(format!(
            "`{key}` declares the shape {shape:?}, which no file can contain"
        ));
    }
    for (name, text) in metadata.metadata().iter().flatten() {
        contents.add_text(name, text);
    }
    contents
}

fn dtype(dtype: FileDtype) -> Option<Dtype> {
    Some(match dtype {
        FileDtype::BOOL => Dtype::Bool,
        FileDtype::U8 => Dtype::U8,
        FileDtype::I8 => Dtype::I8,
        FileDtype::U16 => Dtype::U16,
        FileDtype::I16 => Dtype::I16,
        FileDtype::U32 => Dtype::U32,
        FileDtype::I32 => Dtype::I32,
        FileDtype::U64 => Dtype::U64,
        FileDtype::I64 => Dtype::I64,
        FileDtype::F16 => Dtype::F16,
        FileDtype::BF16 => Dtype::Bf16,
        FileDtype::F8_E4M3 => Dtype::F8E4m3,
        FileDtype::F8_E5M2 => Dtype::F8E5m2,
        FileDtype::F8_E8M0 => Dtype::F8E8m0,
        FileDtype::F32 => Dtype::F32,
        FileDtype::F64 => Dtype::F64,
        // Elements narrower than a byte, complex numbers, and types of later versions.
        _ => return None,
    })
}
