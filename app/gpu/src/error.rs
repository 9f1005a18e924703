//! Why work on the GPU could not be done.

use trainscape_compute::{ComputeError, projection::ProjectionError};

/// Why work on the GPU could not be done. Each message is one sentence for the user.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// The Vulkan loader (the library through which every driver is loaded) is missing.
    #[error(
        "no Vulkan loader was found; install it (Debian, Ubuntu: `apt-get install libvulkan1 mesa-vulkan-drivers`)"
    )]
    NoLoader,
    /// The loader is installed, but it finds no driver.
    #[error(
        "no graphics driver was found; install one, or Mesa's software driver (Debian, Ubuntu: `apt-get install mesa-vulkan-drivers`)"
    )]
    NoDriver,
    /// A GPU was requested, but only software adapters exist.
    #[error("no GPU was found, only the software adapter `{found}`; use `--adapter cpu` or `auto`")]
    NoGpu {
        /// The software adapter that exists.
        found: String,
    },
    /// The software adapter was requested, but only GPUs exist.
    #[error(
        "no software adapter was found, only `{found}`; install Mesa's (Debian, Ubuntu: `apt-get install mesa-vulkan-drivers`)"
    )]
    NoCpu {
        /// The best GPU that exists.
        found: String,
    },
    /// No adapter of the requested kind can draw to the window.
    #[error("the adapter `{found}` cannot draw to this window")]
    NoSurface {
        /// The best adapter of that kind.
        found: String,
    },
    /// The adapter lacks something that every view needs.
    #[error("the adapter `{adapter}` is too old: it lacks {missing}")]
    TooOld {
        /// The adapter's name.
        adapter: String,
        /// What it lacks, named for the user.
        missing: String,
    },
    /// The driver did not create a device.
    #[error("the adapter `{adapter}` created no device: {reason}")]
    NoDevice {
        /// The adapter's name.
        adapter: String,
        /// The driver's message.
        reason: String,
    },
    /// The device was lost (a driver update, a reset, a laptop that switches GPUs).
    #[error("the graphics device was lost: {reason}")]
    Lost {
        /// The driver's message.
        reason: String,
    },
    /// The device reported an error while working, usually that it is out of memory.
    #[error("the graphics device failed: {reason}")]
    Failed {
        /// The driver's message.
        reason: String,
    },
    /// A buffer would be larger than the adapter can bind.
    #[error("{what} take {bytes} bytes, more than the {limit} that this adapter can bind at once")]
    TooLarge {
        /// What the buffer holds, plural.
        what: &'static str,
        /// Bytes it would take.
        bytes: u64,
        /// Bytes the adapter allows.
        limit: u64,
    },
    /// A picture would be larger than the adapter can draw.
    #[error(
        "a picture of {}x{} pixels is larger than this adapter draws, at most {limit} pixels a side; choose a smaller size or resolution",
        size_in_pixel[0], size_in_pixel[1]
    )]
    PictureTooLarge {
        /// Width and height.
        size_in_pixel: [u32; 2],
        /// The largest side.
        limit: u32,
    },
    /// The work is impossible on any device.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

impl From<GpuError> for ProjectionError {
    fn from(error: GpuError) -> Self {
        Self::Device(error.to_string())
    }
}
