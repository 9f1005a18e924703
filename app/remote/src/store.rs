//! The contract of a place that files are read from.

use std::ops::Range;

use crate::{
    entry::{Entry, Listing},
    error::RemoteError,
    limits,
};

/// Takes bytes as they come; an error stops.
pub(crate) type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), RemoteError> + 'a;

/// Whether the files in a folder of this name are wanted, where each folder costs a request.
pub(crate) type Enter<'a> = &'a dyn Fn(&str) -> bool;

/// What tells that files at a place have changed.
pub(crate) trait Watch: Send {
    /// Whether it has told since it was asked last.
    fn has_told(&self) -> bool;

    /// True from when it has told something until it ends: only then does its silence mean that nothing has changed.
    fn is_telling(&self) -> bool;
}

/// A place that files are read from. Keys are paths below it.
pub(crate) trait Store: Send + Sync {
    /// The files below a key; below the place itself if that is empty.
    fn list(&self, below: &str, enter: Enter<'_>) -> Result<Listing, RemoteError>;

    /// The names of the folders right below a key.
    fn folders(&self, below: &str) -> Result<Vec<String>, RemoteError>;

    /// Bytes of one version of a file.
    fn read(&self, file: &Entry, range: Range<u64>, sink: &mut Sink<'_>)
    -> Result<(), RemoteError>;

    /// The present state of a file, where that costs next to nothing; otherwise `None`.
    fn look(&self, _file: &Entry) -> Option<Result<Entry, RemoteError>> {
        None
    }

    /// Whether a file still is what was listed, where `read` gives bytes of any version.
    fn is_same(&self, file: &Entry) -> Result<bool, RemoteError> {
        let now = self.look(file).transpose()?;
        Ok(now.is_none_or(|now| now.version == file.version))
    }

    /// Whether `read` costs what the range has, and not what the file has.
    fn gives_ranges(&self, _file: &Entry) -> Result<bool, RemoteError> {
        Ok(true)
    }

    /// Writes a file, by its key: it is there when it is complete.
    fn put(&self, key: &str, _bytes: Vec<u8>) -> Result<(), RemoteError> {
        let place = key.to_owned();
        Err(RemoteError::NotWritable { place })
    }

    /// Removes a file, by its key, if it is there.
    fn delete(&self, key: &str) -> Result<(), RemoteError> {
        let place = key.to_owned();
        Err(RemoteError::NotWritable { place })
    }

    /// Something at the place that tells when files change; `None` where there is none.
    fn watch(&self) -> Option<Box<dyn Watch>> {
        None
    }

    /// How many files are worth reading at the same time.
    fn parallel(&self) -> usize {
        limits::PARALLEL
    }
}
