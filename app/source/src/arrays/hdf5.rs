//! HDF5: datasets in groups. Contiguous datasets are read in place, chunked ones are decoded when they are needed.

use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

use hdf5_pure::{
    ChunkIndex, Dataset, Datatype, DatatypeByteOrder, File, FileAccessProperties, FixedPointLayout,
    FloatingPointLayout, Group, Layout, MetadataCacheConfig, ReadSeekSource, WriteMarkPolicy,
};
use trainscape_run::{Dtype, ElementBytes, ElementSource, Storage, TensorError};

use super::{
    contents::{ArrayEntry, Contents, is_metadata},
    file_bytes::{FileBytes, StampedFile},
    format::ArrayFormat,
    hdf5_text,
    lazy::LazyElements,
    npy::{TEXT, byte_len},
};
use crate::{
    budget::{Budget, Exceeded},
    limits::HDF5_TREE,
    open_file::OpenFile,
    sample::Sample,
    stamp::Stamp,
};

/// The format's signature, at offset 0, 512, 1024 and so on.
const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// A chunked dataset of no more than this size may have any compression ratio.
const ANY_RATIO_BYTES: usize = 16 << 20;

/// Largest ratio of the size of a larger dataset to that of its file.
const MAX_RATIO: u64 = 200;

/// Bytes of cached metadata, so that a file of hundreds of datasets is not read in thousands of small pieces.
const METADATA_CACHE: usize = 1 << 20;

/// Of a file that lists nothing. The library lists what the file contains, not its links by name.
const NO_DATASET: &str = "contains no dataset of its own; links to datasets in other files are not followed: open those files";

/// True if a file that begins with `head` is HDF5; the signature may follow a user block.
fn starts_with_signature(head: &[u8]) -> bool {
    let mut at = 0;
    while at < head.len() {
        if head[at..].starts_with(SIGNATURE) {
            return true;
        }
        at = if at == 0 { 512 } else { at * 2 };
    }
    false
}

/// An HDF5 file of datasets.
pub(crate) static HDF5: Hdf5 = Hdf5;

#[derive(Debug)]
pub(crate) struct Hdf5;

impl ArrayFormat for Hdf5 {
    fn name(&self) -> &'static str {
        "hdf5"
    }

    fn title(&self) -> &'static str {
        "HDF5"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["h5", "hdf5", "he5", "hdf"]
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        starts_with_signature(sample.head())
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, stamp)
    }
}

fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    let file = file(path)?;
    let mut walk = GroupWalker {
        path,
        stamp,
        bytes: StampedFile::new(path, stamp),
        contents: Contents::default(),
        budget: Budget::new(HDF5_TREE),
        has_datasets: false,
        too_deep: false,
        exceeded: None,
    };
    walk.group(&file.root(), "", &mut Vec::new())
        .map_err(|error| format!("has a damaged root group, or was truncated ({error})"))?;
    if walk.too_deep {
        walk.contents.notes.push(format!(
            "groups deeper than {} were skipped: one may contain itself",
            HDF5_TREE.depth
        ));
    }
    if let Some(reason) = walk.exceeded {
        let note = format!("the rest of its groups and datasets was skipped: {reason}");
        walk.contents.notes.push(note);
    }
    let mut contents = walk.contents;
    if !walk.has_datasets && contents.notes.is_empty() {
        contents.notes.push(NO_DATASET.to_owned());
    }
    Ok(contents)
}

fn file(path: &Path) -> Result<File, String> {
    let mut opened =
        OpenFile::open(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    if !has_signature(&mut opened) {
        return Err("is not an HDF5 file, although its name suggests it".to_owned());
    }
    // A trainer that is still writing, or crashed, leaves the file marked as open; it can be read nevertheless.
    let properties = FileAccessProperties::new()
        .with_write_mark_policy(WriteMarkPolicy::AllowSnapshot)
        .with_metadata_cache(MetadataCacheConfig::new(METADATA_CACHE));
    let unreadable = |error: hdf5_pure::Error| {
        format!("cannot be read, is incomplete or was truncated ({error})")
    };
    if !opened.is_elsewhere() {
        return File::open_streaming_with_options(path, properties).map_err(unreadable);
    }
    let source = ReadSeekSource::new(opened).map_err(|error| unreadable(error.into()))?;
    File::from_source_with_options(source, properties).map_err(unreadable)
}

fn has_signature(file: &mut OpenFile) -> bool {
    let mut at = 0_u64;
    let mut found = [0; SIGNATURE.len()];
    while file.seek(SeekFrom::Start(at)).is_ok() && file.read_exact(&mut found).is_ok() {
        if found == *SIGNATURE {
            return true;
        }
        at = if at == 0 { 512 } else { at.saturating_mul(2) };
    }
    false
}

struct GroupWalker<'a> {
    path: &'a Path,
    stamp: Stamp,
    bytes: Arc<StampedFile>,
    contents: Contents,
    budget: Budget,
    has_datasets: bool,
    too_deep: bool,
    exceeded: Option<Exceeded>,
}

impl GroupWalker<'_> {
    /// Reads a group; `above` are the groups that contain it.
    fn group(
        &mut self,
        group: &Group,
        prefix: &str,
        above: &mut Vec<GroupListing>,
    ) -> Result<(), String> {
        if self.budget.enter().is_err() {
            self.too_deep = true;
            return Ok(());
        }
        let read = self.entries(group, prefix, above);
        self.budget.leave();
        read
    }

    fn entries(
        &mut self,
        group: &Group,
        prefix: &str,
        above: &mut Vec<GroupListing>,
    ) -> Result<(), String> {
        let damaged = |error: hdf5_pure::Error| error.to_string();
        let datasets: Vec<(String, Dataset)> = group.iter_datasets().map_err(damaged)?.collect();
        let groups: Vec<(String, Group)> = group.iter_groups().map_err(damaged)?.collect();
        let listing = GroupListing::new(&datasets, &groups);
        if listing.is_distinctive() && above.contains(&listing) {
            self.note(format!(
                "the group `{prefix}` was not read: it contains what a group above it does, and may be that one"
            ));
            return Ok(());
        }
        self.has_datasets |= !datasets.is_empty();
        for (name, dataset) in datasets {
            if !self.takes_one() {
                return Ok(());
            }
            let key = joined(prefix, &name);
            if let Err(reason) = self.dataset(&key, &dataset) {
                self.note(format!("`{key}` {reason}"));
            }
        }
        above.push(listing);
        for (name, inner) in groups {
            if !self.takes_one() {
                break;
            }
            let key = joined(prefix, &name);
            if let Err(reason) = self.group(&inner, &key, above) {
                self.note(format!("the group `{key}` cannot be read ({reason})"));
            }
        }
        above.pop();
        Ok(())
    }

    /// True if one more group or dataset is read.
    fn takes_one(&mut self) -> bool {
        let taken = self
            .budget
            .take_items(1)
            .and_then(|()| self.budget.check_time());
        self.exceeded = self.exceeded.or(taken.err());
        self.exceeded.is_none()
    }

    /// Thousands of datasets may fail for the same reason; the first notes are sufficient.
    fn note(&mut self, note: String) {
        if self.contents.notes.len() < 16 {
            self.contents.notes.push(note);
        }
    }

    fn dataset(&mut self, key: &str, dataset: &Dataset) -> Result<(), String> {
        let damaged = |error: hdf5_pure::Error| format!("cannot be read ({error})");
        let shape = dataset.shape().map_err(damaged)?;
        let shape: Vec<usize> = shape
            .iter()
            .map(|&len| usize::try_from(len).ok())
            .collect::<Option<_>>()
            .ok_or("declares more elements than any file can contain")?;
        let (dtype, big_endian) = match element(&dataset.datatype().map_err(damaged)?)? {
            DatasetElement::Number { dtype, big_endian } => (dtype, big_endian),
            DatasetElement::Text => return self.text(key, &shape, dataset),
        };
        let len = byte_len(&shape, dtype.bytes()).ok_or_else(|| {
            format!("declares more elements than any file can contain: shape {shape:?}")
        })?;
        let bytes: Arc<dyn ElementSource> = match dataset.layout().map_err(damaged)? {
            Layout::Contiguous {
                address: Some(start),
                ..
            } if len > 0 => {
                let end = start.checked_add(len as u64);
                if end.is_none_or(|end| end > self.stamp.len) {
                    return Err(format!(
                        "declares {len} bytes of elements and the file ends before them: it is incomplete or was truncated"
                    ));
                }
                Arc::new(FileBytes {
                    file: Arc::clone(&self.bytes),
                    start,
                    len,
                })
            }
            Layout::Virtual => {
                return Err("is composed of other files, which are not read".to_owned());
            }
            Layout::Contiguous { address: None, .. } if len > 0 => {
                return Err(
                    "has no elements in this file: they are in another file, which is not read, or were never written"
                        .to_owned(),
                );
            }
            _ => {
                if len > ANY_RATIO_BYTES && len as u64 / MAX_RATIO > self.stamp.len {
                    return Err(format!(
                        "declares {len} bytes in a file of {}, which is implausible for measurements",
                        self.stamp.len
                    ));
                }
                if len > 0 {
                    check_chunks(dataset, self.stamp.len)?;
                }
                Arc::new(Decoded {
                    key: key.to_owned(),
                    len,
                    elements: LazyElements::new(self.path.to_owned(), self.stamp),
                })
            }
        };
        self.contents.entries.push(ArrayEntry {
            key: key.into(),
            shape: shape.into(),
            dtype,
            storage: Storage {
                bytes,
                fortran_order: false,
                big_endian,
            },
        });
        Ok(())
    }

    /// Names of axes, tokens and labels are kept. A single text next to arrays (their origin, say) is ignored
    /// without a note.
    fn text(&mut self, key: &str, shape: &[usize], dataset: &Dataset) -> Result<(), String> {
        let count: usize = byte_len(shape, 1).unwrap_or(usize::MAX);
        if !is_metadata(key) {
            return if count <= 1 {
                Ok(())
            } else {
                Err(TEXT.to_owned())
            };
        }
        let texts = hdf5_text::read(dataset, shape)?;
        self.contents.texts.insert(key.to_owned(), texts);
        Ok(())
    }
}

/// The content of a group: two groups with the same datasets at the same addresses are one group, reached by two
/// paths.
#[derive(Debug, PartialEq)]
struct GroupListing {
    datasets: Vec<(String, Option<Layout>)>,
    groups: Vec<String>,
}

impl GroupListing {
    fn new(datasets: &[(String, Dataset)], groups: &[(String, Group)]) -> Self {
        let place = |(name, dataset): &(String, Dataset)| (name.clone(), dataset.layout().ok());
        Self {
            datasets: datasets.iter().map(place).collect(),
            groups: groups.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    /// A chain of groups with one name each (`conv1/conv1`) is common.
    fn is_distinctive(&self) -> bool {
        !self.datasets.is_empty() || self.groups.len() > 1
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}/{name}")
    }
}

enum DatasetElement {
    Number { dtype: Dtype, big_endian: bool },
    Text,
}

fn element(datatype: &Datatype) -> Result<DatasetElement, String> {
    let refused = |what: &str| {
        Err(format!(
            "contains {what}, and only numbers are read: save it as float32"
        ))
    };
    let (dtype, order) = match datatype {
        Datatype::FixedPoint {
            size,
            byte_order,
            layout:
                FixedPointLayout {
                    signed,
                    bit_offset: 0,
                    bit_precision,
                },
        } if u32::from(*bit_precision) == size.saturating_mul(8) => {
            let dtype = match (size, signed) {
                (1, false) => Dtype::U8,
                (1, true) => Dtype::I8,
                (2, false) => Dtype::U16,
                (2, true) => Dtype::I16,
                (4, false) => Dtype::U32,
                (4, true) => Dtype::I32,
                (8, false) => Dtype::U64,
                (8, true) => Dtype::I64,
                _ => return refused("integers of an unusual width"),
            };
            (dtype, byte_order)
        }
        Datatype::FloatingPoint {
            size,
            byte_order,
            layout,
        } => match float(*size, layout) {
            Some(dtype) => (dtype, byte_order),
            None => return refused("floats of an unusual width"),
        },
        // h5py writes truth values as an enumeration of FALSE and TRUE.
        Datatype::Enumeration { size: 1, .. } => (Dtype::Bool, &DatatypeByteOrder::LittleEndian),
        Datatype::String { .. }
        | Datatype::VariableLength {
            is_string: true, ..
        } => return Ok(DatasetElement::Text),
        Datatype::Compound { .. } => return refused("records of several fields"),
        Datatype::Reference { .. } => return refused("references"),
        Datatype::Array { .. } => return refused("arrays in an array"),
        Datatype::VariableLength { .. } => return refused("rows of different lengths"),
        _ => return refused("elements of an unsupported type"),
    };
    if *order == DatatypeByteOrder::Vax {
        return refused("numbers in VAX order");
    }
    Ok(DatasetElement::Number {
        dtype,
        big_endian: *order == DatatypeByteOrder::BigEndian,
    })
}

fn float(size: u32, layout: &FloatingPointLayout) -> Option<Dtype> {
    match (size, layout.exponent_size, layout.mantissa_size) {
        (8, 11, 52) => Some(Dtype::F64),
        (4, 8, 23) => Some(Dtype::F32),
        (2, 5, 10) => Some(Dtype::F16),
        (2, 8, 7) => Some(Dtype::Bf16),
        _ => None,
    }
}

/// A dataset that is not contiguous in its file. Its elements are cached once they are needed.
#[derive(Debug)]
struct Decoded {
    key: String,
    /// Bytes of its elements.
    len: usize,
    elements: LazyElements,
}

impl Decoded {
    fn decode(&self) -> Result<Vec<u8>, String> {
        let undecodable = |error: hdf5_pure::Error| format!("cannot be decoded ({error})");
        let dataset = file(&self.elements.path)?
            .dataset(&self.key)
            .map_err(undecodable)?;
        check_chunks(&dataset, self.elements.stamp.len)?;
        let elements = dataset.read_raw().map_err(undecodable)?;
        if elements.len() != self.len {
            return Err(format!(
                "declares {} bytes of elements and contains {}",
                self.len,
                elements.len()
            ));
        }
        Ok(elements)
    }
}

/// Checks that each chunk of a dataset is inside its file of `file_len` bytes and not larger than the file allows. Of an
/// index that cannot be listed, only the decoder's checks apply.
fn check_chunks(dataset: &Dataset, file_len: u64) -> Result<(), String> {
    let Ok(Some(shape)) = dataset.chunk_shape() else {
        return Ok(());
    };
    let size = dataset.element_size().unwrap_or(8);
    let bytes = shape
        .iter()
        .try_fold(size, |product, &len| product.checked_mul(len));
    let most = (ANY_RATIO_BYTES as u64).max(file_len.saturating_mul(MAX_RATIO));
    if bytes.is_none_or(|bytes| bytes > most) {
        return Err(format!(
            "has chunks of {shape:?} elements, which the file cannot contain"
        ));
    }
    let outside = |chunk: &hdf5_pure::Chunk| {
        let end = chunk.address.checked_add(chunk.storage_size);
        end.is_none_or(|end| end > file_len)
    };
    match dataset.chunks() {
        Ok(chunks) if chunks.iter().any(outside) => {
            Err("has a chunk beyond the end of the file: it was truncated or is damaged".to_owned())
        }
        Err(_) if matches!(dataset.chunk_index(), Ok(Some(ChunkIndex::BTreeV2))) => Ok(()),
        Err(error) => Err(format!(
            "has a list of chunks that cannot be read: the file was truncated or is damaged ({error})"
        )),
        Ok(_) => Ok(()),
    }
}

impl ElementBytes for Decoded {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        self.elements.get(&self.key, || self.decode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_may_follow_a_user_block() {
        assert!(starts_with_signature(SIGNATURE));
        for at in [512, 1024, 2048] {
            let mut head = vec![0; at];
            head.extend(SIGNATURE);
            assert!(starts_with_signature(&head), "{at}");
        }
        let mut elsewhere = vec![0; 100];
        elsewhere.extend(SIGNATURE);
        assert!(!starts_with_signature(&elsewhere));
        assert!(!starts_with_signature(b""));
    }
}
