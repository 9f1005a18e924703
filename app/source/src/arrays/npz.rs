//! A zip archive of NumPy arrays: stored members are read in place, compressed ones are decompressed when they are
//! needed.

use std::{
    collections::HashSet,
    io::{BufReader, Read},
    path::Path,
    sync::Arc,
};

use trainscape_run::{ElementBytes, ElementSource, Storage, TensorError};
use zip::{CompressionMethod, ZipArchive, read::ZipFile, result::ZipError};

use super::{
    axes::is_axes_name,
    contents::{ArrayEntry, Contents, is_metadata},
    file_bytes::{FileBytes, StampedFile},
    format::ArrayFormat,
    lazy::LazyElements,
    npy::{Element, Header, TEXT, read_header},
    zip_names::repeated_names,
};
use crate::{
    limits::{self, TEXTS},
    open_file::OpenFile,
    stamp::Stamp,
};

/// Members that are read at most.
const MAX_MEMBERS: usize = limits::NPZ_MEMBERS.items;

/// A member of no more than this decompressed size may have any compression ratio.
const ANY_RATIO_BYTES: u64 = 256 << 20;

/// Largest compression ratio of larger members: measurements do not compress better.
const MAX_RATIO: u64 = 200;

type Member<'a> = ZipFile<'a, BufReader<OpenFile>>;

/// A zip archive of NumPy arrays.
pub(crate) static NPZ: Npz = Npz;

#[derive(Debug)]
pub(crate) struct Npz;

impl ArrayFormat for Npz {
    fn name(&self) -> &'static str {
        "npz"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["npz"]
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, stamp)
    }
}

fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    let mut archive = archive(path)?;
    let mut contents = Contents::default();
    let file = StampedFile::new(path, stamp);
    let mut seen = HashSet::new();
    // Of each reason, the members that it holds for.
    let mut failed: Vec<(String, Vec<String>)> = Vec::new();
    for index in 0..archive.len().min(MAX_MEMBERS) {
        let name = archive
            .name_for_index(index)
            .map_or_else(|| format!("member {index}"), str::to_owned);
        if name.ends_with('/') {
            continue;
        }
        let key = name.strip_suffix(".npy").unwrap_or(&name);
        if !seen.insert(key.to_owned()) {
            contents
                .notes
                .push(format!("`{key}` occurs twice: the first one is used"));
            continue;
        }
        let found = match archive.by_index(index) {
            Ok(mut member) => MemberReader {
                path,
                stamp,
                file: &file,
                key,
                index,
            }
            .member(&mut member, &mut contents),
            Err(error) => Err(zip_error(error)),
        };
        if let Err(reason) = found {
            match failed.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, keys)) => keys.push(key.to_owned()),
                None => failed.push((reason, vec![key.to_owned()])),
            }
        }
    }
    contents.notes.extend(failed.into_iter().map(told_once));
    // An archive that was opened is there, unless it changed: then it is read again.
    let repeated = repeated_names(path, archive.central_directory_start(), MAX_MEMBERS);
    for name in repeated.unwrap_or_default() {
        let key = name.strip_suffix(".npy").unwrap_or(&name);
        contents.notes.push(format!(
            "`{key}` occurs more than once: the last one is used, as NumPy does"
        ));
    }
    if archive.len() > MAX_MEMBERS {
        contents.notes.push(format!(
            "only the first {MAX_MEMBERS} of {} members are read",
            archive.len()
        ));
    }
    let is_checkpoint = |name: &str| name == "data.pkl" || name.ends_with("/data.pkl");
    if contents.entries.is_empty() && archive.file_names().any(is_checkpoint) {
        return Err("is a checkpoint of PyTorch: give it the ending `.pt`".to_owned());
    }
    Ok(contents)
}

/// One sentence for members that are not read for one reason.
fn told_once((reason, keys): (String, Vec<String>)) -> String {
    match keys.as_slice() {
        [key] => format!("`{key}` {reason}"),
        [keys @ .., last] => format!("each of `{}` and `{last}` {reason}", keys.join("`, `")),
        [] => reason,
    }
}

fn archive(path: &Path) -> Result<ZipArchive<BufReader<OpenFile>>, String> {
    let file = OpenFile::open(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| {
        format!(
            "is not a zip archive, or was truncated: {}",
            zip_error(error)
        )
    })
}

fn zip_error(error: ZipError) -> String {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => "is encrypted".to_owned(),
        ZipError::UnsupportedArchive(what) => format!("cannot be read ({what})"),
        error => format!("cannot be read ({error})"),
    }
}

struct MemberReader<'a> {
    path: &'a Path,
    stamp: Stamp,
    file: &'a Arc<StampedFile>,
    key: &'a str,
    index: usize,
}

impl MemberReader<'_> {
    fn member(&self, member: &mut Member<'_>, contents: &mut Contents) -> Result<(), String> {
        let header = read_header(member)?;
        let contained = member.size().saturating_sub(header.start as u64);
        if contained < header.len as u64 {
            return Err(format!(
                "declares {} bytes of elements and contains {contained}",
                header.len
            ));
        }
        let dtype = match header.element {
            Element::Number(dtype) => dtype,
            element => {
                if !is_metadata(self.key) {
                    return Err(TEXT.to_owned());
                }
                let mut texts = texts(member, &header, element)?;
                // As in the metadata of other files, the names may be one text.
                if let ([joined], true) = (texts.as_slice(), is_axes_name(self.key)) {
                    texts = joined
                        .split(',')
                        .map(|name| name.trim().to_owned())
                        .collect();
                }
                contents.texts.insert(self.key.to_owned(), texts);
                return Ok(());
            }
        };
        let bytes: Arc<dyn ElementSource> = match member.compression() {
            CompressionMethod::Stored => Arc::new(self.stored(member, &header)?),
            _ => Arc::new(self.compressed(member, &header)?),
        };
        contents.entries.push(ArrayEntry {
            key: self.key.into(),
            dtype,
            storage: Storage {
                bytes,
                fortran_order: header.fortran_order,
                big_endian: header.big_endian,
            },
            shape: header.shape.into(),
        });
        Ok(())
    }

    fn stored(&self, member: &Member<'_>, header: &Header) -> Result<FileBytes, String> {
        let start = member
            .data_start()
            .and_then(|start| start.checked_add(header.start as u64));
        let end = start.and_then(|start| start.checked_add(header.len as u64));
        match (start, end) {
            (Some(start), Some(end))
                if end <= self.stamp.len
                    && member.compressed_size() >= (header.start + header.len) as u64 =>
            {
                Ok(FileBytes {
                    file: Arc::clone(self.file),
                    start,
                    len: header.len,
                })
            }
            _ => Err(format!(
                "declares {} bytes of elements and the file ends before them",
                header.len
            )),
        }
    }

    fn compressed(&self, member: &Member<'_>, header: &Header) -> Result<CompressedMember, String> {
        let (size, packed) = (member.size(), member.compressed_size());
        if size > ANY_RATIO_BYTES && size / MAX_RATIO > packed {
            return Err(format!(
                "declares {size} bytes compressed to {packed}, which is implausible for measurements: save it \
                 uncompressed"
            ));
        }
        if packed > self.stamp.len {
            return Err("is beyond the end of the file".to_owned());
        }
        Ok(CompressedMember {
            key: self.key.to_owned(),
            index: self.index,
            start: header.start,
            len: header.len,
            elements: LazyElements::new(self.path.to_owned(), self.stamp),
        })
    }
}

/// The strings of a small array of text.
fn texts(
    member: &mut Member<'_>,
    header: &Header,
    element: Element,
) -> Result<Vec<String>, String> {
    if header.len as u64 > TEXTS.bytes {
        return Err("contains too much text: save labels in a separate file".to_owned());
    }
    let mut bytes = Vec::new();
    member
        .take(header.len as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be decompressed ({error})"))?;
    let of_characters = |cell: &[u8]| -> String {
        let (characters, _) = cell.as_chunks::<4>();
        characters
            .iter()
            .map(|raw| match header.big_endian {
                true => u32::from_be_bytes(*raw),
                false => u32::from_le_bytes(*raw),
            })
            .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    let strings = match element {
        Element::Characters(width) if width > 0 => {
            bytes.chunks_exact(width * 4).map(of_characters).collect()
        }
        Element::Bytes(width) if width > 0 => bytes
            .chunks_exact(width)
            .map(|cell| String::from_utf8_lossy(cell).into_owned())
            .collect(),
        _ => Vec::new(),
    };
    // NumPy pads short strings with zeros.
    let trimmed = |text: String| text.trim_end_matches('\0').to_owned();
    Ok(strings.into_iter().map(trimmed).collect())
}

/// A compressed member. Its elements are cached once they are needed.
#[derive(Debug)]
struct CompressedMember {
    key: String,
    index: usize,
    /// Bytes of its header.
    start: usize,
    /// Bytes of its elements.
    len: usize,
    elements: LazyElements,
}

impl CompressedMember {
    fn decompress(&self) -> Result<Vec<u8>, String> {
        let mut archive = archive(&self.elements.path)?;
        let mut member = archive.by_index(self.index).map_err(zip_error)?;
        let failed = |error: std::io::Error| format!("cannot be decompressed ({error})");
        std::io::copy(
            &mut (&mut member).take(self.start as u64),
            &mut std::io::sink(),
        )
        .map_err(failed)?;
        // Grows with the data: the declared size alone takes no memory.
        let mut elements = Vec::new();
        (&mut member)
            .take(self.len as u64)
            .read_to_end(&mut elements)
            .map_err(failed)?;
        if elements.len() < self.len {
            return Err(format!(
                "declares {} bytes of elements and decompresses to {}",
                self.len,
                elements.len()
            ));
        }
        // The checksum is verified at the member's end.
        member.read(&mut [0]).map_err(failed)?;
        Ok(elements)
    }
}

impl ElementBytes for CompressedMember {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        self.elements.get(&self.key, || self.decompress())
    }
}
