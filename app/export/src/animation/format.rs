//! The contract of a format for animations.

use std::{
    fmt::Debug,
    path::{Path, PathBuf},
};

use crate::{error::ExportError, raster::Raster};

/// What the frames of an animation have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnimationSpec {
    /// Width and height in pixels.
    pub size_in_pixel: [u32; 2],
    /// Frames per second.
    pub frames_per_second: u32,
    /// Number of frames.
    pub frames: u32,
    /// Resolution that files state, where they can.
    pub dots_per_inch: f32,
    /// No background.
    pub is_transparent: bool,
}

/// A format for animations.
pub trait AnimationFormat: Debug + Sync {
    /// The name in messages: `GIF`.
    fn name(&self) -> &'static str;

    /// The endings of its files, for messages: `.gif`.
    fn endings(&self) -> &'static [&'static str];

    /// Whether it writes a file of this name.
    fn writes(&self, path: &Path) -> bool {
        let name = path.to_string_lossy().to_lowercase();
        self.endings().iter().any(|ending| name.ends_with(ending))
    }

    /// The files that an animation of this name and number of frames is written to.
    fn files(&self, path: &Path, _frames: u32) -> Vec<PathBuf> {
        vec![path.to_owned()]
    }

    /// Begins a file.
    ///
    /// # Errors
    /// When the file cannot be written, or the format does not have such frames.
    fn begin(&self, spec: AnimationSpec, path: &Path) -> Result<Box<dyn FrameWriter>, ExportError>;
}

/// The file of an animation while it is written. Dropped before it is finished, it leaves no file.
pub trait FrameWriter {
    /// Adds the next frame, of the size that was announced.
    ///
    /// # Errors
    /// When it cannot be encoded or written.
    fn add(&mut self, frame: &Raster) -> Result<(), ExportError>;

    /// Ends the file, after all frames, and gives it its name.
    ///
    /// # Errors
    /// When it cannot be written.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}
