//! Files of PyTorch before 1.6: pickles of a magic number, the version, the system, the checkpoint and the keys of
//! its storages; then the storages, each after its number of elements.

use std::{
    collections::HashMap,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    bytes::PickleError,
    node::{Node, StorageRef},
    pickle::Pickle,
    tensors::{self, Place},
};
use crate::{
    arrays::{contents::Contents, file_bytes::StampedFile},
    limits,
    open_file::OpenFile,
    stamp::Stamp,
};

/// Bytes that are read first, and at most: the pickles are at the beginning of a large file.
const FIRST_READ: u64 = 1 << 20;
const MAX_READ: u64 = limits::PICKLE.bytes;

pub(super) fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    let mut most = FIRST_READ;
    loop {
        let mut head = Vec::new();
        OpenFile::open(path)
            .and_then(|file| file.take(most).read_to_end(&mut head))
            .map_err(|error| format!("the file cannot be read: {error}"))?;
        match parse(&head, path, stamp) {
            Err(PickleError::Truncated) if (head.len() as u64) < stamp.len && most < MAX_READ => {
                most *= 8;
            }
            Err(error) => return Err(format!("has a damaged pickle: {error}")),
            Ok(contents) => return Ok(contents),
        }
    }
}

fn parse(head: &[u8], path: &Path, stamp: Stamp) -> Result<Contents, PickleError> {
    let magic = Pickle::read(head, 0)?;
    let version = Pickle::read(head, magic.end)?;
    let system = Pickle::read(head, version.end)?;
    let checkpoint = Pickle::read(head, system.end)?;
    let keys = Pickle::read(head, checkpoint.end)?;
    let places = places(&checkpoint, &keys, path, stamp);
    let file = StampedFile::new(path, stamp);
    let big_endian = is_big_endian(&system);
    Ok(tensors::contents(
        &checkpoint,
        &file,
        big_endian,
        |storage| {
            let found = places.get(&*storage.key).copied();
            found.ok_or_else(|| {
                "has no storage in the file: it is incomplete or was truncated".to_owned()
            })
        },
    ))
}

/// Where the storages are, by key. Those after one whose size is not known, or differs from what the checkpoint
/// declares, are not found.
fn places(
    checkpoint: &Pickle<'_>,
    keys: &Pickle<'_>,
    path: &Path,
    stamp: Stamp,
) -> HashMap<String, Place> {
    let declared: HashMap<&str, &StorageRef<'_>> = checkpoint
        .nodes()
        .iter()
        .filter_map(|node| match node {
            Node::Storage(storage) => Some((&*storage.key, storage)),
            _ => None,
        })
        .collect();
    let mut places = HashMap::new();
    let (Node::List(ids), Ok(mut file)) = (keys.node(keys.root), OpenFile::open(path)) else {
        return places;
    };
    let mut at = keys.end as u64;
    for &id in ids {
        let Node::Text(key) = keys.node(id) else {
            break;
        };
        let storage = declared.get(&**key);
        let Some(place) = storage.and_then(|storage| place(storage, &mut file, at)) else {
            break;
        };
        let end = place.start.checked_add(place.len);
        let Some(end) = end.filter(|&end| end <= stamp.len) else {
            break;
        };
        at = end;
        places.insert(key.clone().into_owned(), place);
    }
    places
}

/// The storage whose number of elements is at byte `at`.
fn place(storage: &StorageRef<'_>, file: &mut OpenFile, at: u64) -> Option<Place> {
    let mut count = [0; 8];
    file.seek(SeekFrom::Start(at)).ok()?;
    file.read_exact(&mut count).ok()?;
    let len = storage
        .elements
        .checked_mul(storage.dtype?.bytes() as u64)?;
    (u64::from_le_bytes(count) == storage.elements).then_some(Place { start: at + 8, len })
}

fn is_big_endian(system: &Pickle<'_>) -> bool {
    let Node::Dict(entries) = system.node(system.root) else {
        return false;
    };
    let key = |id| matches!(system.node(id), Node::Text(key) if key == "little_endian");
    entries
        .iter()
        .any(|&(id, value)| key(id) && matches!(system.node(value), Node::Bool(false)))
}
