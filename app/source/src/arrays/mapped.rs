use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use memmap2::Mmap;
use trainscape_run::{Bytes, TensorError};

use crate::stamp::Stamp;

/// A file whose bytes are mapped when they are first looked at. No descriptor is kept, so thousands of
/// checkpoints need none.
#[derive(Debug)]
pub(crate) struct MappedFile {
    path: PathBuf,
    /// The file's state when its header was read; what is mapped must still be that.
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
            .ok_or_else(|| self.error("is shorter than its header says"))
    }

    #[allow(
        unsafe_code,
        reason = "arrays of many gigabytes are read in place, and only where they are looked at"
    )]
    fn map(&self) -> Result<Mmap, TensorError> {
        let file = File::open(&self.path)
            .map_err(|error| self.error(&format!("cannot be opened: {error}")))?;
        let now = file
            .metadata()
            .map(|metadata| Stamp::of(&metadata))
            .map_err(|error| self.error(&format!("cannot be read: {error}")))?;
        if now.identity != self.stamp.identity || now.len != self.stamp.len {
            return Err(self.error("was replaced since it was opened: look again in a moment"));
        }
        // SAFETY: the mapping is read-only and private to this type, which hands out plain bytes that
        // are valid whatever they hold. A file that another process cuts would fault where its pages
        // are gone; `check_length` therefore comes before every read.
        let map = unsafe { Mmap::map(&file) };
        map.map_err(|error| self.error(&format!("cannot be mapped: {error}")))
    }

    /// A writer may have cut the mapped file. One renamed over it, or its removal, leaves the mapped
    /// bytes as they were.
    fn check_length(&self) -> Result<(), TensorError> {
        match Stamp::at(&self.path) {
            Ok(now) if now.identity == self.stamp.identity && now.len < self.stamp.len => Err(self
                .error(&format!(
                    "was cut from {} to {} bytes since it was opened: look again in a moment",
                    self.stamp.len, now.len
                ))),
            _ => Ok(()),
        }
    }

    fn error(&self, what: &str) -> TensorError {
        TensorError(format!("{} {what}", self.path.display()))
    }
}

/// A stretch of a mapped file.
#[derive(Debug)]
pub(crate) struct MappedBytes {
    pub(crate) file: Arc<MappedFile>,
    pub(crate) start: u64,
    pub(crate) len: usize,
}

impl Bytes for MappedBytes {
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
    fn a_cut_file_is_an_error_and_a_replaced_one_keeps_its_bytes() {
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
        assert!(error.contains("was cut from 10 to 2 bytes"), "{error}");
    }

    #[test]
    fn a_file_replaced_before_the_first_look_is_not_taken_for_the_old_one() {
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
