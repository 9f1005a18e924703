//! Why a figure could not be written.

use std::path::PathBuf;

/// Why a figure could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The GPU part failed.
    #[error(transparent)]
    Gpu(#[from] trainscape_gpu::GpuError),
    /// A file could not be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// The picture could not be encoded.
    #[error("cannot encode the picture: {reason}")]
    Encode {
        /// The encoder's message.
        reason: String,
    },
    /// A file that should be a PNG is something else.
    #[error("it is not a PNG that can be read: {reason}")]
    NotAPicture {
        /// The decoder's message.
        reason: String,
    },
    /// The scene of a frame cannot be built.
    #[error("{reason}")]
    Scene {
        /// What is missing.
        reason: String,
    },
    /// The scene has no geometry.
    #[error("the view has no geometry to export: {why}")]
    Empty {
        /// Why there is none.
        why: String,
    },
    /// Vectors were asked for where only a picture shows the data as they are.
    #[error("the data cannot be drawn as vectors: {why}; choose the data layer auto or picture")]
    NoVectors {
        /// What only a picture shows.
        why: String,
    },
    /// No exporter writes files with this ending.
    #[error("{}: end the name in {endings}", path.display())]
    UnknownEnding {
        /// The file.
        path: PathBuf,
        /// The endings that exporters write: `.png or .svg`.
        endings: String,
    },
    /// The exporter writes something else than what it was given.
    #[error("a {exporter} cannot be written from {given}")]
    WrongContent {
        /// The exporter's name.
        exporter: &'static str,
        /// What it was given.
        given: &'static str,
    },
}

impl ExportError {
    /// Whether the reader of an output that is a pipe has closed it, as `head` does: not a failure.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write { reason, .. } if reason.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
