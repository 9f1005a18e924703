use std::path::PathBuf;

use trainscape_run::Unread;

use crate::catalog::CatalogError;

/// The reason why nothing could be opened.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The path does not exist.
    #[error("{} does not exist: check the spelling, or give the folder that contains the run", path.display())]
    NotFound {
        /// The requested path.
        path: PathBuf,
    },
    /// The path exists but cannot be read.
    #[error("{} cannot be read ({reason}): check its permissions", path.display())]
    Unreadable {
        /// The requested path.
        path: PathBuf,
        /// The operating system's message.
        reason: String,
    },
    /// The path is neither a file nor a folder of files.
    #[error("{} cannot be read: {what}", path.display())]
    NotAFile {
        /// The requested path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// No file of a known format was found.
    #[error("no training log was found in {paths}, and no array: {advice}")]
    NothingFound {
        /// The paths that were searched, joined by commas.
        paths: String,
        /// The files that were seen and why they were not read, or what can be opened.
        advice: String,
        /// The files that were seen and not read.
        unread: Vec<Unread>,
    },
    /// A file of arrays cannot be read.
    #[error("{} {reason}", path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// The reason, and the remedy if there is one.
        reason: String,
    },
    /// A catalog cannot be opened.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A catalog was given where logs are read.
    #[error("{} is a catalog itself: give the folders with the logs", path.display())]
    IsCatalog {
        /// The catalog.
        path: PathBuf,
    },
    /// No path was given.
    #[error("no path was given: name a run folder or a log file")]
    NoPath,
    /// The reading threads could not be started.
    #[error(
        "the reading threads could not be started ({reason}): free some memory or raise the process limit"
    )]
    Threads {
        /// The operating system's message.
        reason: String,
    },
}
