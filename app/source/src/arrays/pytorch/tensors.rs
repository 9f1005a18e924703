//! From the values of a pickle to the arrays of a file.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::Storage;

use super::{
    node::{Node, Order, StorageRef, TensorRef},
    pickle::Pickle,
    select::select,
};
use crate::arrays::{
    contents::{ArrayEntry, Contents},
    file_bytes::{FileBytes, StampedFile},
    npy::byte_len,
};

/// Where the elements of a storage are in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) start: u64,
    pub(super) len: u64,
}

/// Lists the tensors of a checkpoint; `place` finds their storages.
pub(super) fn contents(
    pickle: &Pickle<'_>,
    file: &Arc<StampedFile>,
    big_endian: bool,
    mut place: impl FnMut(&StorageRef<'_>) -> Result<Place, String>,
) -> Contents {
    let selected = select(pickle);
    let mut contents = Contents::default();
    let mut refused: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (key, id) in selected.tensors {
        let Node::Tensor(tensor) = pickle.node(id) else {
            continue;
        };
        let Node::Storage(storage) = pickle.node(tensor.storage) else {
            continue;
        };
        match entry(&key, tensor, storage, file, big_endian, &mut place) {
            Ok(entry) => contents.entries.push(entry),
            Err(reason) => refused.entry(reason).or_insert((key, 0)).1 += 1,
        }
    }
    for (reason, (first, count)) in refused {
        contents.notes.push(match count {
            1 => format!("`{first}` {reason}"),
            count => format!("`{first}` and {} more: each {reason}", count - 1),
        });
    }
    if selected.is_limited {
        contents.notes.push(
            "some tensors are not listed, because there are too many or they are nested too deeply"
                .to_owned(),
        );
    }
    if !selected.other_parts.is_empty() {
        let parts: Vec<String> = selected
            .other_parts
            .iter()
            .map(|part| format!("`{part}`"))
            .collect();
        contents.remarks.push(format!(
            "the model's tensors are read, and those of {} are not",
            parts.join(", ")
        ));
    }
    contents
}

fn entry(
    key: &str,
    tensor: &TensorRef,
    storage: &StorageRef<'_>,
    file: &Arc<StampedFile>,
    big_endian: bool,
    place: &mut impl FnMut(&StorageRef<'_>) -> Result<Place, String>,
) -> Result<ArrayEntry, String> {
    let dtype = tensor
        .dtype
        .ok_or("contains elements of a type that is not read: save it as float32")?;
    let order = tensor.order();
    if order == Order::Other {
        return Err(
            "is a view with gaps or repetitions, which is not read: save it after `.contiguous()`"
                .to_owned(),
        );
    }
    let len = byte_len(&tensor.shape, dtype.bytes())
        .ok_or("declares more elements than any file can contain")?;
    let place = place(storage)?;
    let start = tensor.offset.checked_mul(dtype.bytes() as u64);
    let end = start.and_then(|start| start.checked_add(len as u64));
    let (Some(start), Some(end)) = (start, end) else {
        return Err("begins beyond the end of its storage".to_owned());
    };
    if end > place.len && len > 0 {
        return Err(format!(
            "needs {end} bytes of its storage, which has {}",
            place.len
        ));
    }
    let bytes = FileBytes {
        file: Arc::clone(file),
        start: place.start.saturating_add(start),
        len,
    };
    Ok(ArrayEntry {
        key: key.into(),
        shape: tensor.shape.as_slice().into(),
        dtype,
        storage: Storage {
            bytes: Arc::new(bytes),
            fortran_order: order == Order::Fortran,
            big_endian,
        },
    })
}
