//! Scene out: PNG, SVG and GLB. One file a format.

mod atomic;
pub mod csv;
pub mod glb;
pub mod png;
pub mod raster;
pub mod svg;

use std::path::PathBuf;

pub use atomic::write_atomically;

/// Why a figure could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The GPU part failed.
    #[error(transparent)]
    Gpu(#[from] trainscape_gpu::GpuError),
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The picture could not be encoded.
    #[error("cannot encode the picture: {reason}")]
    Encode {
        /// The encoder's words.
        reason: String,
    },
    /// The scene has no geometry.
    #[error("the view has no geometry to export: {why}")]
    Empty {
        /// Why there is none.
        why: String,
    },
}
