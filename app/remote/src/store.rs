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

    /// How many files are worth reading at the same time.
    fn parallel(&self) -> usize {
        limits::PARALLEL
    }
}
