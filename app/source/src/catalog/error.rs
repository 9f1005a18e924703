use std::path::PathBuf;

use parquet::errors::ParquetError;

/// Why a catalog, or a part of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file cannot be opened or read.
    #[error("{} cannot be read ({reason}): check its permissions and its disk", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        reason: std::io::Error,
    },
    /// A file that the catalog lists is not there.
    #[error(
        "{} is missing, although the catalog lists it: copy the catalog again, or delete its folder and build it again",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// No shard of the catalog was joined yet.
    #[error(
        "{} is a catalog that is not finished: run `trainscape catalog build` again, or `trainscape catalog commit` when every shard is built",
        path.display()
    )]
    Unfinished {
        /// The catalog's folder.
        path: PathBuf,
    },
    /// The list of the catalog's files is gone.
    #[error(
        "{} is a catalog without the list of its files, catalog.json: delete the folder and build the catalog again",
        path.display()
    )]
    NoList {
        /// The catalog's folder.
        path: PathBuf,
    },
    /// The list of the catalog's files is not one.
    #[error("{} is not the list of a catalog's files ({reason}): delete the catalog's folder and build the catalog again", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another version of the format.
    #[error(
        "{} is a catalog of version {found}, and this program reads version {}: use the program that wrote it, or delete its folder and build the catalog again",
        path.display(), super::layout::VERSION
    )]
    Version {
        /// The catalog's folder.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A table has not the columns of a catalog.
    #[error("{} has no column `{column}` of the type that a catalog has: delete the catalog's folder and build the catalog again", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// A table is damaged.
    #[error("{} is damaged ({reason}): delete the catalog's folder and build the catalog again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An engine did not answer.
    #[error("{0}")]
    Engine(String),
    /// An engine's answer is not what the table of series says.
    #[error("{} {what}: read it again when the build that writes the catalog has ended; if it stays so, delete the catalog's folder and build the catalog again", path.display())]
    OtherAnswer {
        /// The engine's URL.
        path: PathBuf,
        /// What it answered.
        what: String,
    },
    /// A file that lies elsewhere cannot be read: what its place said.
    #[error("{0}")]
    Elsewhere(String),
    /// More is asked for than may be held in memory.
    #[error(
        "the histories of this selection take more than {limit_mib} MiB of memory: choose fewer runs or keys"
    )]
    TooLarge {
        /// The bound.
        limit_mib: u64,
    },
}

impl CatalogError {
    pub(super) fn io(path: &std::path::Path, reason: std::io::Error) -> Self {
        let path = path.to_owned();
        match reason.kind() {
            std::io::ErrorKind::NotFound => Self::Missing { path },
            _ => Self::Unreadable { path, reason },
        }
    }

    pub(super) fn parquet(path: &std::path::Path, reason: &ParquetError) -> Self {
        Self::damaged(path, reason.to_string())
    }

    pub(super) fn damaged(path: &std::path::Path, reason: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}
