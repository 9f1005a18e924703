//! One NumPy array: a header written as a Python dictionary, then the elements.

use std::{io::Read, path::Path};

use trainscape_run::{Dtype, Storage};

use super::{
    contents::{ArrayEntry, Contents, stem},
    file_bytes::{FileBytes, StampedFile},
    format::ArrayFormat,
    python_literal::{self, Literal},
};
use crate::{limits::NPY_HEADER, open_file::OpenFile, stamp::Stamp};

pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// NumPy's limit since version 2.
const MAX_RANK: usize = 64;

pub(super) const TEXT: &str =
    "contains text, and only numbers are read: save labels as JSON or TSV";

/// The content of a header.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) shape: Vec<usize>,
    pub(super) element: Element,
    pub(super) fortran_order: bool,
    pub(super) big_endian: bool,
    /// Bytes before the elements.
    pub(super) start: usize,
    /// Bytes of the elements.
    pub(super) len: usize,
}

/// Type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Element {
    Number(Dtype),
    /// Text with this number of UCS-4 characters.
    Characters(usize),
    /// Text with this number of bytes.
    Bytes(usize),
}

impl Element {
    fn bytes(self) -> usize {
        match self {
            Self::Number(dtype) => dtype.bytes(),
            Self::Characters(width) => width.saturating_mul(4),
            Self::Bytes(width) => width,
        }
    }
}

/// One NumPy array.
pub(crate) static NPY: Npy = Npy;

#[derive(Debug)]
pub(crate) struct Npy;

impl ArrayFormat for Npy {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["npy"]
    }

    fn is_one_array(&self) -> bool {
        true
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, &stem(path), stamp)
    }
}

fn open(path: &Path, key: &str, stamp: Stamp) -> Result<Contents, String> {
    let mut file =
        OpenFile::open(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    let header = read_header(&mut file)?;
    let Element::Number(dtype) = header.element else {
        return Err(TEXT.to_owned());
    };
    let there = stamp.len.saturating_sub(header.start as u64);
    if there < header.len as u64 {
        return Err(format!(
            "declares {} bytes of elements and contains {there}: it is incomplete or was truncated",
            header.len
        ));
    }
    let mut contents = Contents::default();
    if there > header.len as u64 {
        contents.notes.push(format!(
            "the {} bytes after the first array were skipped",
            there - header.len as u64
        ));
    }
    let bytes = FileBytes {
        file: StampedFile::new(path, stamp),
        start: header.start as u64,
        len: header.len,
    };
    contents.entries.push(ArrayEntry {
        key: key.into(),
        dtype,
        storage: Storage {
            bytes: std::sync::Arc::new(bytes),
            fortran_order: header.fortran_order,
            big_endian: header.big_endian,
        },
        shape: header.shape.into(),
    });
    Ok(contents)
}

/// Reads a header and stops before the first element.
pub(super) fn read_header(reader: &mut impl Read) -> Result<Header, String> {
    let too_short =
        || "is shorter than an array's header: it is incomplete or was truncated".to_owned();
    let mut preamble = [0; 8];
    reader.read_exact(&mut preamble).map_err(|_| too_short())?;
    if !preamble.starts_with(MAGIC) {
        return Err("is not a NumPy array, although its name suggests it".to_owned());
    }
    let (prefix, len) = match preamble[6] {
        1 => {
            let mut len = [0; 2];
            reader.read_exact(&mut len).map_err(|_| too_short())?;
            (10, usize::from(u16::from_le_bytes(len)))
        }
        2 | 3 => {
            let mut len = [0; 4];
            reader.read_exact(&mut len).map_err(|_| too_short())?;
            (12, u32::from_le_bytes(len) as usize)
        }
        version => {
            return Err(format!(
                "has NumPy's format version {version}, and versions 1 to 3 are supported"
            ));
        }
    };
    if len as u64 > NPY_HEADER.bytes {
        return Err(format!(
            "has a header of {len} bytes, which is too long for an array of numbers"
        ));
    }
    let mut text = Vec::new();
    reader
        .take(len as u64)
        .read_to_end(&mut text)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() < len {
        return Err(too_short());
    }
    parse(&text, prefix + len)
}

fn parse(text: &[u8], start: usize) -> Result<Header, String> {
    let damaged = || "has a damaged header".to_owned();
    let Ok(Literal::Dict(entries)) = python_literal::parse(text, NPY_HEADER) else {
        return Err(damaged());
    };
    let get = |name: &str| {
        entries
            .iter()
            .find(|(key, _)| matches!(key, Literal::Text(key) if key == name))
            .map(|(_, value)| value)
    };
    let (element, big_endian) = element(get("descr").ok_or_else(damaged)?)?;
    let Some(Literal::Bool(fortran_order)) = get("fortran_order") else {
        return Err(damaged());
    };
    let Some(Literal::Tuple(shape)) = get("shape") else {
        return Err(damaged());
    };
    let shape: Vec<usize> = shape
        .iter()
        .map(|len| match len {
            Literal::Int(len) => Some(*len),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(damaged)?;
    let len = byte_len(&shape, element.bytes()).ok_or_else(|| {
        format!("declares more elements than any file can contain: shape {shape:?}")
    })?;
    Ok(Header {
        shape,
        element,
        fortran_order: *fortran_order,
        big_endian,
        start,
        len,
    })
}

/// Bytes of an array of that shape; `None` if the shape is invalid. The other axes must be valid even if
/// one has length zero.
pub(super) fn byte_len(shape: &[usize], element: usize) -> Option<usize> {
    let elements = shape
        .iter()
        .try_fold(1_usize, |product, &len| product.checked_mul(len.max(1)))?;
    let bytes = elements.checked_mul(element)?;
    let fits = bytes <= isize::MAX as usize && shape.len() <= MAX_RANK;
    fits.then_some(if shape.contains(&0) { 0 } else { bytes })
}

/// The element's type and whether it is big-endian.
fn element(descr: &Literal) -> Result<(Element, bool), String> {
    let Literal::Text(descr) = descr else {
        return Err(
            "contains records of several fields, and only numbers are read: save each field \
             as an array"
                .to_owned(),
        );
    };
    let (order, code) = match descr.chars().next() {
        Some(order @ ('<' | '>' | '|' | '=')) => (order, &descr[1..]),
        _ => ('=', descr.as_str()),
    };
    let big_endian = match order {
        '>' => true,
        '=' => cfg!(target_endian = "big"),
        _ => false,
    };
    let dtype = match code {
        "b1" | "?" => Dtype::Bool,
        "u1" | "B" => Dtype::U8,
        "i1" | "b" => Dtype::I8,
        "u2" => Dtype::U16,
        "i2" => Dtype::I16,
        "u4" => Dtype::U32,
        "i4" => Dtype::I32,
        "u8" => Dtype::U64,
        "i8" => Dtype::I64,
        "f2" => Dtype::F16,
        "f4" => Dtype::F32,
        "f8" => Dtype::F64,
        _ => return text_or_refused(code, big_endian),
    };
    Ok((Element::Number(dtype), big_endian))
}

fn text_or_refused(code: &str, big_endian: bool) -> Result<(Element, bool), String> {
    let kind = code.chars().next().unwrap_or(' ');
    let width = code
        .get(kind.len_utf8()..)
        .and_then(|width| width.parse().ok());
    let what = match (kind, width) {
        ('U', Some(width)) => return Ok((Element::Characters(width), big_endian)),
        ('S' | 'a', Some(width)) => return Ok((Element::Bytes(width), false)),
        ('O', _) => {
            return Err(
                "contains pickled Python objects, which are not loaded: save it as an array of numbers"
                    .to_owned(),
            );
        }
        ('c', _) => "complex numbers",
        ('M' | 'm', _) => "dates",
        ('V', _) => "raw bytes",
        ('f' | 'g', _) => "floats wider than 64 bits",
        _ => {
            return Err(format!(
                "contains elements of the unknown type `{}`",
                code.escape_debug()
            ));
        }
    };
    Err(format!(
        "contains {what}, and only numbers are read: save it as float32"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u8, text: &str) -> Result<Header, String> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        match version {
            1 => bytes.extend((text.len() as u16).to_le_bytes()),
            _ => bytes.extend((text.len() as u32).to_le_bytes()),
        }
        bytes.extend(text.as_bytes());
        read_header(&mut bytes.as_slice())
    }

    fn of(descr: &str, shape: &str) -> Result<Header, String> {
        header(
            1,
            &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"),
        )
    }

    #[test]
    fn every_version_and_spelling_is_read() {
        for version in 1..=3 {
            let text = "{'descr': '>f2', 'fortran_order': True, 'shape': (3L, 4L)}    \n";
            let found = header(version, text).unwrap();
            assert_eq!(found.shape, [3, 4]);
            assert_eq!(found.element, Element::Number(Dtype::F16));
            assert!(found.fortran_order && found.big_endian);
            assert_eq!(found.len, 24);
        }
        assert_eq!(of("'<f8'", "()").unwrap().len, 8);
        assert_eq!(of("'|u1'", "(0, 5)").unwrap().len, 0);
        assert_eq!(of("'<U7'", "(2,)").unwrap().element, Element::Characters(7));
    }

    #[test]
    fn unsupported_types_are_named() {
        for (descr, word) in [
            ("'|O'", "pickled Python objects"),
            ("[('a', '<f4'), ('b', '<i8')]", "several fields"),
            ("'<c8'", "complex"),
            ("'<M8[ns]'", "dates"),
            ("'|V2'", "raw bytes"),
            ("'<f16'", "wider than 64 bits"),
            ("'<é4'", "unknown type"),
            ("''", "unknown type"),
        ] {
            let reason = of(descr, "(2,)").unwrap_err();
            assert!(reason.contains(word), "{descr}: {reason}");
        }
    }

    #[test]
    fn malicious_headers_are_rejected_with_a_reason() {
        for shape in [
            "(18446744073709551615, 2)",
            "(0, 9223372036854775807, 9223372036854775807)",
            "(4611686018427387904,)",
            &format!("({})", "1, ".repeat(65)),
        ] {
            assert!(of("'<f8'", shape).unwrap_err().contains("more elements"));
        }
        for shape in ["(-1,)", "(1.5,)", "7", "(99999999999999999999999,)"] {
            assert_eq!(of("'<f8'", shape).unwrap_err(), "has a damaged header");
        }
        for text in [
            "",
            "{}",
            "{'descr': 1",
            &"(".repeat(60_000),
            &"[{".repeat(30_000),
        ] {
            assert_eq!(header(1, text).unwrap_err(), "has a damaged header");
        }
        let mut long = MAGIC.to_vec();
        long.extend([2, 0, 255, 255, 255, 255]);
        assert!(
            read_header(&mut long.as_slice())
                .unwrap_err()
                .contains("header of")
        );
        for len in 0..MAGIC.len() + 4 {
            let whole = b"\x93NUMPY\x01\x00\x76\x00{'descr'";
            assert!(read_header(&mut &whole[..len]).is_err());
        }
    }
}
