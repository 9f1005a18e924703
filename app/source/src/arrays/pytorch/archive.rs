//! Files of PyTorch 1.6 and later: a ZIP archive of a pickle and uncompressed storages.

use std::{
    collections::{BTreeSet, HashMap},
    io::{BufReader, Read},
    path::Path,
};

use zip::{CompressionMethod, ZipArchive};

use super::{
    node::StorageRef,
    pickle::Pickle,
    tensors::{self, Place},
};
use crate::{
    arrays::{contents::Contents, file_bytes::StampedFile, zip_names::repeated_names},
    limits,
    open_file::OpenFile,
    stamp::Stamp,
};

/// Largest pickle: it describes tensors and does not contain them.
const MAX_PICKLE: u64 = limits::PICKLE.bytes;

/// Members of the archive at most.
const MAX_MEMBERS: usize = limits::PYTORCH_MEMBERS.items;

type Archive = ZipArchive<BufReader<OpenFile>>;

pub(super) fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    let file = OpenFile::open(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    let mut archive = ZipArchive::new(BufReader::new(file))
        .map_err(|error| format!("is incomplete or was truncated ({error})"))?;
    if archive.len() > MAX_MEMBERS {
        return Err(format!(
            "has {} members, and at most {MAX_MEMBERS} are read",
            archive.len()
        ));
    }
    let root = archive
        .file_names()
        .filter_map(|name| name.strip_suffix("data.pkl"))
        .filter(|root| root.is_empty() || root.ends_with('/'))
        .min_by_key(|root| root.len())
        .map(str::to_owned)
        .ok_or("is a ZIP archive without `data.pkl`: it is not a checkpoint of PyTorch")?;
    let bytes = member(&mut archive, &format!("{root}data.pkl"), MAX_PICKLE)?;
    let pickle =
        Pickle::read(&bytes, 0).map_err(|error| format!("has a damaged pickle: {error}"))?;
    let big_endian = member(&mut archive, &format!("{root}byteorder"), 16)
        .is_ok_and(|order| order.trim_ascii() == b"big");
    let mut places: HashMap<String, Result<Place, String>> = HashMap::new();
    let file = StampedFile::new(path, stamp);
    let repeated = repeated_names(path, archive.central_directory_start(), MAX_MEMBERS);
    let mut contents = tensors::contents(&pickle, &file, big_endian, |storage| {
        let key = storage.key.clone().into_owned();
        let known = places.entry(key);
        known
            .or_insert_with(|| place(&mut archive, &root, storage, stamp))
            .clone()
    });
    contents
        .notes
        .extend(note_of_repeated(&repeated.unwrap_or_default()));
    Ok(contents)
}

/// That members have one name: which of them its writer meant cannot be known.
fn note_of_repeated(names: &BTreeSet<String>) -> Option<String> {
    let first = names.first()?;
    let more = match names.len() {
        1 => String::new(),
        count => format!(", and so do {} more names", count - 1),
    };
    Some(format!(
        "`{first}` occurs more than once in the archive{more}: the last one is used"
    ))
}

/// The bytes of a small member.
fn member(archive: &mut Archive, name: &str, most: u64) -> Result<Vec<u8>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("`{name}` cannot be read ({error})");
    let member = archive.by_name(name).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    // Grows with the data: the declared size alone takes no memory.
    member
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > most {
        return Err(format!(
            "`{name}` has more than {most} bytes, which is too long for a description of tensors"
        ));
    }
    Ok(bytes)
}

fn place(
    archive: &mut Archive,
    root: &str,
    storage: &StorageRef<'_>,
    stamp: Stamp,
) -> Result<Place, String> {
    let member = archive
        .by_name(&format!("{root}data/{}", storage.key))
        .map_err(|_| "has no storage in the file".to_owned())?;
    if member.compression() != CompressionMethod::Stored {
        return Err("is compressed, which is not read: save the checkpoint again".to_owned());
    }
    let len = member.size().min(member.compressed_size());
    let start = member.data_start().unwrap_or(u64::MAX);
    match start.checked_add(len) {
        Some(end) if end <= stamp.len => Ok(Place { start, len }),
        _ => Err("is beyond the end of the file: it is incomplete or was truncated".to_owned()),
    }
}
