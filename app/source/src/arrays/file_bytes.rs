//! Elements that are read in place: by position, into the reader's buffer. A file that another process truncates or
//! overwrites meanwhile is an error of that read; a memory-mapped one would end the process.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_run::{ElementReader, ElementSource, TensorError};

use crate::{open_file::OpenFile, stamp::Stamp};

/// A file with elements. It is opened for each read, so thousands of checkpoints need no file descriptors.
#[derive(Debug)]
pub(crate) struct StampedFile {
    path: PathBuf,
    /// The file's state when its header was read; the elements belong to that header only in this state.
    stamp: Stamp,
}

impl StampedFile {
    pub(crate) fn new(path: &Path, stamp: Stamp) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            stamp,
        })
    }

    fn open(&self) -> Result<OpenFile, TensorError> {
        let file = OpenFile::open(&self.path)
            .map_err(|error| self.error(&format!("cannot be opened: {error}")))?;
        self.check(&file)?;
        Ok(file)
    }

    /// Checks that the opened file still is what its header was read from.
    fn check(&self, file: &OpenFile) -> Result<(), TensorError> {
        let now = file
            .metadata()
            .map(|metadata| Stamp::of(&metadata))
            .map_err(|error| self.error(&format!("cannot be read: {error}")))?;
        if now == self.stamp {
            Ok(())
        } else if now.identity != self.stamp.identity {
            Err(self.error("was replaced since it was opened: try again in a moment"))
        } else if now.len < self.stamp.len {
            Err(self.was_cut(now.len))
        } else {
            Err(self.error("changed since it was opened: try again in a moment"))
        }
    }

    fn was_cut(&self, len: u64) -> TensorError {
        self.error(&format!(
            "was cut from {} to {len} bytes since it was opened: try again in a moment",
            self.stamp.len
        ))
    }

    fn error(&self, what: &str) -> TensorError {
        TensorError(format!("{} {what}", self.path.display()))
    }
}

/// A range of a file.
#[derive(Debug)]
pub(crate) struct FileBytes {
    pub(crate) file: Arc<StampedFile>,
    pub(crate) start: u64,
    pub(crate) len: usize,
}

impl ElementSource for FileBytes {
    fn open(&self) -> Result<Box<dyn ElementReader + '_>, TensorError> {
        Ok(Box::new(OpenBytes {
            file: self.file.open()?,
            bytes: self,
        }))
    }
}

struct OpenBytes<'a> {
    file: OpenFile,
    bytes: &'a FileBytes,
}

impl ElementReader for OpenBytes<'_> {
    fn len(&self) -> usize {
        self.bytes.len
    }

    fn read_at(&self, start: usize, out: &mut [u8]) -> Result<(), TensorError> {
        let stamped = &self.bytes.file;
        let end = start.checked_add(out.len());
        let ends_inside = end.is_some_and(|end| end <= self.bytes.len);
        let read = self
            .bytes
            .start
            .checked_add(start as u64)
            .filter(|_| ends_inside)
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
            .and_then(|start| self.file.read_exact_at(out, start));
        match read {
            Ok(()) => Ok(()),
            Err(error) => {
                // The reason is what happened to the file, if anything did.
                stamped.check(&self.file)?;
                Err(match error.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        stamped.error("is shorter than its header declares")
                    }
                    _ if self.file.is_elsewhere() => TensorError(error.to_string()),
                    _ => stamped.error(&format!("cannot be read: {error}")),
                })
            }
        }
    }

    fn finish(&self) -> Result<(), TensorError> {
        self.bytes.file.check(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn bytes_of(path: &Path) -> FileBytes {
        let stamp = Stamp::at(path).unwrap();
        FileBytes {
            file: StampedFile::new(path, stamp),
            start: 2,
            len: 4,
        }
    }

    fn read(bytes: &FileBytes) -> Result<Vec<u8>, String> {
        let found = || {
            let mut found = [0; 4];
            let reader = bytes.open()?;
            reader.read_at(0, &mut found)?;
            reader.finish().map(|()| found.to_vec())
        };
        found().map_err(|error: TensorError| error.to_string())
    }

    #[test]
    fn a_file_that_is_no_longer_the_opened_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let other = folder.path().join("b");
        fs::write(&path, b"0123456789").unwrap();
        let bytes = bytes_of(&path);
        assert_eq!(read(&bytes).unwrap(), b"2345");
        fs::write(&path, b"01").unwrap();
        let error = read(&bytes).unwrap_err();
        assert!(error.contains("was cut from 10 to 2 bytes"), "{error}");
        fs::write(&path, b"0123456789abc").unwrap();
        let error = read(&bytes).unwrap_err();
        assert!(error.contains("changed since"), "{error}");
        fs::write(&other, b"0123456789").unwrap();
        fs::rename(&other, &path).unwrap();
        let error = read(&bytes).unwrap_err();
        assert!(error.contains("was replaced"), "{error}");
        fs::remove_file(&path).unwrap();
        let error = read(&bytes).unwrap_err();
        assert!(error.contains("cannot be opened"), "{error}");
    }

    #[test]
    fn a_file_that_is_cut_between_two_blocks_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"0123456789").unwrap();
        let bytes = bytes_of(&path);
        let mut out = [0; 2];
        let reader = bytes.open().unwrap();
        reader.read_at(0, &mut out).unwrap();
        assert_eq!(&out, b"23");
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(3).unwrap();
        let error = reader.read_at(2, &mut out).unwrap_err().to_string();
        assert!(error.contains("was cut from 10 to 3 bytes"), "{error}");
        assert!(reader.read_at(3, &mut out).is_err());
        assert!(reader.finish().is_err());
    }
}
