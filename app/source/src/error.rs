use std::path::PathBuf;

/// Why nothing could be opened.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The path does not exist.
    #[error("{} does not exist: check the spelling, or give the folder that holds the run", path.display())]
    NotFound {
        /// What was asked for.
        path: PathBuf,
    },
    /// The path exists but cannot be read.
    #[error("{} cannot be read ({reason}): check its permissions", path.display())]
    Unreadable {
        /// What was asked for.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// No file of a known format was found.
    #[error(
        "no training log was found in {where_}, and no array: give a folder with W&B, TensorBoard, JSONL \
         or CSV logs, or with npy, npz or safetensors files"
    )]
    NothingFound {
        /// The paths that were searched, joined by commas.
        where_: String,
    },
    /// A file of arrays cannot be read.
    #[error("{} {reason}", path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do where something can be done.
        reason: String,
    },
    /// No path was given.
    #[error("no path was given: name a run folder or a log file")]
    NoPath,
    /// The threads that read could not be started.
    #[error(
        "the reading threads could not be started ({reason}): free some memory or raise the process limit"
    )]
    Threads {
        /// What the operating system said.
        reason: String,
    },
}
