use std::{
    borrow::Cow,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use crate::{
    encoding::{decode_head, decode_start, is_encoded, without_compression},
    limits, regular_file,
};

/// Bytes that are examined.
const HEAD: usize = 64 << 10;

/// Text of a compressed file that is decoded to examine parts of it, at most.
const MAX_DECODED: usize = limits::SAMPLE.bytes as usize;

/// A file below this size that is not a log yet may become one.
const SHORT: u64 = 16 << 10;

/// Words in names under which loggers store their metrics.
const LOG_NAMES: &[&str] = &[
    "metric", "progress", "monitor", "history", "log", "scalar", "results", "train", "eval", "loss",
];

/// The name, size and first bytes of a file, from which its format is detected.
#[derive(Debug)]
pub(crate) struct Sample<'a> {
    path: &'a Path,
    /// Name in lower case, without the ending of its compression.
    name: &'a str,
    len: u64,
    /// First bytes, as they are in the file.
    raw: Vec<u8>,
    /// The text that they are, decoded; `None` if that is the same.
    decoded: Option<Vec<u8>>,
    readable: bool,
}

impl<'a> Sample<'a> {
    pub(crate) fn read(path: &'a Path, name: &'a str, len: u64) -> Self {
        let mut raw = Vec::new();
        let readable = regular_file::open(path)
            .and_then(|file| file.take(HEAD as u64).read_to_end(&mut raw))
            .is_ok();
        let mut head = decode_head(&raw, HEAD);
        head.truncate(HEAD);
        let decoded = (head != raw).then_some(head);
        Self {
            path,
            name: without_compression(name),
            len,
            raw,
            decoded,
            readable,
        }
    }

    /// Ending of the name without the dot; empty if it has none.
    pub(crate) fn extension(&self) -> &str {
        self.name
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }

    /// The file, for formats that are read from its end or by their own library.
    pub(crate) fn path(&self) -> &Path {
        self.path
    }

    /// The name in lower case, without the ending of its compression.
    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// The first bytes.
    pub(crate) fn head(&self) -> &[u8] {
        &self.raw
    }

    /// The first bytes, decoded: without compression, as UTF-8 and without a byte-order mark.
    pub(crate) fn text(&self) -> &[u8] {
        self.decoded.as_deref().unwrap_or(&self.raw)
    }

    /// The first lines of a file whose first line is longer than what is usually examined: a table of thousands of
    /// columns.
    pub(crate) fn text_with_a_line(&self) -> Cow<'_, [u8]> {
        let text = self.text();
        if !text.contains(&b'\n') && text.contains(&b'\r') {
            // Lines of old Macintosh files.
            let ended = text
                .iter()
                .map(|byte| if *byte == b'\r' { b'\n' } else { *byte });
            return Cow::Owned(ended.collect());
        }
        if text.len() < HEAD || text.contains(&b'\n') {
            return Cow::Borrowed(text);
        }
        match regular_file::open(self.path) {
            Ok(file) => Cow::Owned(decode_start(file, MAX_DECODED)),
            Err(_) => Cow::Borrowed(text),
        }
    }

    /// Parts of the file's text at equal distances, and its end, each as long as its first bytes: a log may begin with a
    /// long preamble, and have few rows below it. Text that is encoded must be decoded from the start, so they are parts of its beginning.
    pub(crate) fn parts(&self, count: usize) -> Vec<Vec<u8>> {
        let parts = match is_encoded(&self.raw) {
            true => self.decoded_parts(count),
            false => (1..=count as u64)
                .map(|part| self.len / (count as u64 + 1) * part)
                .chain([self.len.saturating_sub(HEAD as u64)])
                .map(|offset| self.bytes_from(offset))
                .collect(),
        };
        parts.unwrap_or_else(|error| {
            log::debug!("{}: {error}", self.path.display());
            Vec::new()
        })
    }

    fn bytes_from(&self, offset: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = regular_file::open(self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        file.take(HEAD as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn decoded_parts(&self, count: usize) -> io::Result<Vec<Vec<u8>>> {
        let text = decode_start(regular_file::open(self.path)?, MAX_DECODED);
        let part = |part: usize| {
            let start = text.len() / (count + 1) * part;
            text[start..(start + HEAD).min(text.len())].to_vec()
        };
        let end = text[text.len().saturating_sub(HEAD)..].to_vec();
        Ok((1..=count).map(part).chain([end]).collect())
    }

    /// True if the first bytes are the whole file.
    pub(crate) fn is_whole(&self) -> bool {
        self.raw.len() as u64 >= self.len && self.text().len() < HEAD
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// False if the file could not be read.
    pub(crate) fn is_readable(&self) -> bool {
        self.readable
    }

    /// True if a short file's content may still show what it is as it grows.
    pub(crate) fn is_short(&self) -> bool {
        self.len < SHORT
    }

    pub(crate) fn starts_with_object(&self) -> bool {
        self.text().trim_ascii_start().starts_with(b"{")
    }

    /// True if the name suggests a log.
    pub(crate) fn has_log_name(&self) -> bool {
        is_log_name(self.name)
    }
}

/// True if a name in lower case suggests a log.
pub(crate) fn is_log_name(name: &str) -> bool {
    LOG_NAMES.iter().any(|word| name.contains(word))
}
