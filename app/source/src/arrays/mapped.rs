use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use memmap2::Mmap;
use trainscape_run::{ElementBytes, TensorError};

use crate::stamp::Stamp;

/// A file that is memory-mapped when its bytes are first needed. The file is not kept open, so thousands of
/// checkpoints need no file descriptors.
#[derive(Debug)]
pub(crate) struct MappedFile {
    path: PathBuf,
    /// The file's state when its header was read; the mapped file must still be in that state.
    stamp: Stamp,
    map: OnceLock<Mmap>,
}

impl MappedFile {
    pub(crate) fn new(path: &Path, stamp: Stamp) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            stamp,
            map: OnceLock::new(),
        })
    }

    fn slice(&self, start: u64, len: usize) -> Result<&[u8], TensorError> {
        if len == 0 {
            return Ok(&[]);
        }
        let map = match self.map.get() {
            Some(map) => map,
            None => {
                let map = self.map()?;
                self.map.get_or_init(|| map)
            }
        };
        self.check_length()?;
        usize::try_from(start)
            .ok()
            .and_then(|start| map.get(start..start.checked_add(len)?))
            .ok_or_else(|| self.error("is shorter than its header declares"))
    }

    #[allow(
        unsafe_code,
        reason = "arrays of many gigabytes are read in place, and only the parts that are needed"
    )]
    fn map(&self) -> Result<Mmap, TensorError> {
        let file = File::open(&self.path)
            .map_err(|error| self.error(&format!("cannot be opened: {error}")))?;
        let now = file
            .metadata()
            .map(|metadata| Stamp::of(&metadata))
            .map_err(|error| self.error(&format!("cannot be read: {error}")))?;
        if now.identity != self.stamp.identity || now.len != self.stamp.len {
            return Err(self.error("was replaced since it was opened: try again in a moment"));
        }
        // SAFETY: the mapping is read-only and private to this type, which hands out plain bytes that
        // are valid with any content. Access to a file that another process truncates would fault beyond
        // its end; therefore `check_length` precedes every read.
        let map = unsafe { Mmap::map(&file) };
        map.map_err(|error| self.error(&format!("cannot be mapped: {error}")))
    }

    /// Another process may have truncated the mapped file. Replacing or removing it leaves the mapped bytes
    /// unchanged.
    fn check_length(&self) -> Result<(), TensorError> {
        match Stamp::at(&self.path) {
            Ok(now) if now.identity == self.stamp.identity && now.len < self.stamp.len => Err(self
                .error(&format!(
                    "was truncated from {} to {} bytes since it was opened: try again in a moment",
                    self.stamp.len, now.len
                ))),
            _ => Ok(()),
        }
    }

    fn error(&self, what: &str) -> TensorError {
        TensorError(format!("{} {what}", self.path.display()))
    }
}

/// A range of a mapped file.
#[derive(Debug)]
pub(crate) struct MappedBytes {
    pub(crate) file: Arc<MappedFile>,
    pub(crate) start: u64,
    pub(crate) len: usize,
}

impl ElementBytes for MappedBytes {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        self.file.slice(self.start, self.len)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn mapped(path: &Path) -> MappedBytes {
        let stamp = Stamp::at(path).unwrap();
        MappedBytes {
            file: MappedFile::new(path, stamp),
            start: 2,
            len: 4,
        }
    }

    #[test]
    fn a_truncated_file_is_an_error_and_a_replaced_one_keeps_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"0123456789").unwrap();
        let bytes = mapped(&path);
        assert_eq!(bytes.bytes().unwrap(), b"2345");
        let other = folder.path().join("b");
        fs::write(&other, b"x").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(bytes.bytes().unwrap(), b"2345");
        fs::remove_file(&path).unwrap();
        assert_eq!(bytes.bytes().unwrap(), b"2345");

        fs::write(&path, b"0123456789").unwrap();
        let bytes = mapped(&path);
        assert_eq!(bytes.bytes().unwrap(), b"2345");
        fs::write(&path, b"01").unwrap();
        let error = bytes.bytes().unwrap_err().to_string();
        assert!(
            error.contains("was truncated from 10 to 2 bytes"),
            "{error}"
        );
    }

    #[test]
    fn a_file_replaced_before_it_is_mapped_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"0123456789").unwrap();
        let bytes = mapped(&path);
        fs::write(&path, b"0123456789abc").unwrap();
        let error = bytes.bytes().unwrap_err().to_string();
        assert!(error.contains("was replaced"), "{error}");
        fs::remove_file(&path).unwrap();
        assert!(
            bytes
                .bytes()
                .unwrap_err()
                .to_string()
                .contains("cannot be opened")
        );
    }
}
