//! Reading a file whose index may be wrong, with a library that trusts it.

use std::{
    io::{self, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use parquet::{
    errors::ParquetError,
    file::{
        metadata::ColumnChunkMetaData,
        reader::{ChunkReader, Length},
    },
};

use crate::open_file::OpenFile;

/// A file of which no more is read than it holds.
#[derive(Clone)]
pub(crate) struct Input {
    file: Arc<OpenFile>,
    len: u64,
}

impl Input {
    pub(crate) fn new(file: impl Into<OpenFile>, len: u64) -> Self {
        Self {
            file: Arc::new(file.into()),
            len,
        }
    }

    pub(crate) fn file(&self) -> &OpenFile {
        &self.file
    }
}

/// Reads on from a position. Other threads may read the same file.
pub(crate) struct FromPosition {
    file: Arc<OpenFile>,
    at: u64,
}

impl Read for FromPosition {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(out, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for Input {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Input {
    type T = BufReader<FromPosition>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(FromPosition {
            file: Arc::clone(&self.file),
            at: start,
        }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.len) {
            let message = format!("{length} bytes at byte {start} are not in the file");
            return Err(ParquetError::EOF(message));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

/// True if the index places the column inside the file: the library panics otherwise.
pub(crate) fn is_inside(column: &ColumnChunkMetaData, len: u64) -> bool {
    let start = column
        .dictionary_page_offset()
        .unwrap_or(column.data_page_offset());
    let (start, size) = (
        u64::try_from(start),
        u64::try_from(column.compressed_size()),
    );
    match (start, size) {
        (Ok(start), Ok(size)) => start.checked_add(size).is_some_and(|end| end <= len),
        _ => false,
    }
}

/// Calls the library, which panics on some damaged files.
pub(crate) fn guarded<T, E>(
    read: impl FnOnce() -> Result<T, E>,
    damaged: impl FnOnce() -> E,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged()))
}
