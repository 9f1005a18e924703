//! A file that is opened for reading, also where it is read by ranges.

use std::{
    fs::{File, Metadata},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
};

use crate::{
    by_ranges::{RangeReader, source_of},
    positioned, regular_file,
    stamp::identity,
};

/// A file that is opened for reading.
pub(crate) struct OpenFile {
    /// The file, or its placeholder.
    file: File,
    ranges: Option<Ranges>,
}

struct Ranges {
    reader: Box<dyn RangeReader>,
    len: u64,
    at: u64,
}

impl OpenFile {
    /// Opens a regular file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let Some(found) = source_of(path) else {
            let file = regular_file::open(path)?;
            return Ok(Self { file, ranges: None });
        };
        let (of_source, source) = found?;
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if identity(&metadata) != of_source {
            return Err(io::Error::other("is being replaced: try again in a moment"));
        }
        let ranges = Ranges {
            reader: source.open()?,
            len: metadata.len(),
            at: 0,
        };
        Ok(Self {
            file,
            ranges: Some(ranges),
        })
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// True if it lies elsewhere: its errors say where and why.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.ranges.is_some()
    }

    /// Fills `out` with the bytes from `start`.
    pub(crate) fn read_exact_at(&self, out: &mut [u8], start: u64) -> io::Result<()> {
        let Some(ranges) = &self.ranges else {
            return positioned::read_exact_at(&self.file, out, start);
        };
        match start.checked_add(out.len() as u64) {
            Some(end) if end <= ranges.len => ranges.reader.read_exact_at(out, start),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Reads bytes from `start`, as many as come at once; 0 at the end of the file.
    pub(crate) fn read_at(&self, out: &mut [u8], start: u64) -> io::Result<usize> {
        let Some(ranges) = &self.ranges else {
            return positioned::read_at(&self.file, out, start);
        };
        let left = ranges.len.saturating_sub(start);
        let len = usize::try_from(left).map_or(out.len(), |left| left.min(out.len()));
        ranges.reader.read_exact_at(&mut out[..len], start)?;
        Ok(len)
    }

    /// Brings bytes that will be read soon. Several threads may do that at the same time. What fails is told when it is read.
    pub(crate) fn bring(&self, wanted: Range<u64>) {
        if let Some(ranges) = &self.ranges {
            let end = wanted.end.min(ranges.len);
            ranges.reader.bring(wanted.start.min(end)..end);
        }
    }
}

impl From<File> for OpenFile {
    fn from(file: File) -> Self {
        Self { file, ranges: None }
    }
}

impl Read for OpenFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(ranges) = &mut self.ranges else {
            return self.file.read(out);
        };
        let left = ranges.len.saturating_sub(ranges.at);
        let len = usize::try_from(left).map_or(out.len(), |left| left.min(out.len()));
        if len > 0 {
            ranges.reader.read_exact_at(&mut out[..len], ranges.at)?;
        }
        ranges.at += len as u64;
        Ok(len)
    }
}

impl Seek for OpenFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let Some(ranges) = &mut self.ranges else {
            return self.file.seek(to);
        };
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => ranges.at.checked_add_signed(by),
            SeekFrom::End(by) => ranges.len.checked_add_signed(by),
        };
        ranges.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(ranges.at)
    }
}
