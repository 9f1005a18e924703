//! Why the window cannot be opened.

use trainscape_gpu::GpuError;
use trainscape_source::SourceError;

/// Why the window cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ViewerError {
    /// No display answers.
    #[error("no window can be opened ({reason}); without a display use `trainscape render`")]
    NoDisplay {
        /// The windowing library's message.
        reason: String,
    },
    /// Another program destroyed the window.
    #[error("the window was destroyed by another program: start again to go on")]
    WindowDestroyed,
    /// The GPU part failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The paths cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
}
