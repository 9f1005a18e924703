use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use trainscape_source::{SourceError, catalog::CatalogError};

/// Why a catalog cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The logs cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The catalog that is there cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A file cannot be written; the text is a sentence.
    #[error("{0}")]
    Write(String),
    /// A file or a folder cannot be changed.
    #[error("{} cannot be changed ({reason}): check its permissions and its disk", path.display())]
    Change {
        /// The path.
        path: PathBuf,
        /// The operating system's message.
        reason: std::io::Error,
    },
    /// The points of a run that is kept cannot be read.
    #[error("{0}")]
    Points(String),
    /// Two runs have the same id.
    #[error(
        "two runs have the id `{id}`: {} and {}; build both with one command, which gives them different ids",
        first.display(), second.display()
    )]
    SameId {
        /// The id.
        id: String,
        /// Where one of them is.
        first: PathBuf,
        /// Where the other one is.
        second: PathBuf,
    },
    /// A shard was not built, or not to its end.
    #[error(
        "{} of {count} shards of {} are not finished ({missing}): run `trainscape catalog build` for them, then commit again",
        missing.matches(',').count() + 1, path.display()
    )]
    MissingShards {
        /// The catalog.
        path: PathBuf,
        /// The number of shards.
        count: u32,
        /// The shards that are missing, separated by commas.
        missing: String,
    },
    /// Shards of several builds.
    #[error(
        "{} holds shards of builds into {one} and into {other} shards: remove its folder `_staging` and build again",
        path.display()
    )]
    MixedShards {
        /// The catalog.
        path: PathBuf,
        /// Number of shards of one build.
        one: u32,
        /// Number of shards of another.
        other: u32,
    },
    /// Nothing was staged.
    #[error("{} holds nothing to commit: run `trainscape catalog build PATH... -o {}` first", path.display(), path.display())]
    NothingStaged {
        /// The catalog.
        path: PathBuf,
    },
    /// Another process is at work.
    #[error("another process is building this part of {}: wait for it, or give each shard its own number", path.display())]
    Busy {
        /// The catalog.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error("{} holds files and is no catalog: give a new or an empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A table cannot be encoded.
    #[error("a table of the catalog cannot be written: {0}")]
    Encode(#[from] ParquetError),
}

impl BuildError {
    pub(crate) fn change(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |reason| Self::Change { path, reason }
    }
}
