//! How the files of a log are read.

use std::{
    fmt::Debug,
    path::{Path, PathBuf},
};

use crate::{
    parse::{FatalError, Parser},
    statistics::ReadStatistics,
    store::Store,
};

/// The reader of one file.
#[derive(Debug)]
pub(crate) enum Reader {
    /// The file grows at its end.
    Stream(Box<dyn Parser>),
    /// The file is rewritten or changed in place: a document, a database, a table with an index at its end.
    Whole(Box<dyn WholeReader>),
}

/// Reads a file as a whole, again whenever it changes.
pub(crate) trait WholeReader: Send + Debug {
    /// Reads the file. What `store` held before was cleared.
    ///
    /// # Errors
    ///
    /// [`FatalError`] if the file cannot be read; the previous content is kept and the file is read again
    /// when it changes.
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError>;

    /// Adds what is new since the last read, which succeeded, to what that read stored. Returns false if the
    /// file must be read as a whole.
    ///
    /// # Errors
    ///
    /// [`FatalError`] if the file cannot be read; it is then read as a whole when it changes.
    fn update(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<bool, FatalError> {
        let _ = (path, store, statistics);
        Ok(false)
    }

    /// Other files whose changes are changes of this one.
    fn companions(&self, path: &Path) -> Vec<PathBuf> {
        let _ = path;
        Vec::new()
    }

    /// A note on what the last [`WholeReader::read`] left out on purpose or could not see.
    fn note(&self) -> Option<&str> {
        None
    }

    /// True if the last [`WholeReader::read`] failed for a reason that may pass without a change of the
    /// file: it is read again at the next opportunity.
    fn must_retry(&self) -> bool {
        false
    }
}
