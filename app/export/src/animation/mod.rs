//! Figures that move, as files: frames are encoded one after the other, so that memory does not grow with their
//! number. A new format is a file here and a line in [`ANIMATION_FORMATS`].

mod apng;
mod drawing;
mod ffmpeg;
mod format;
mod frames;
mod gif;
mod motion;

use std::path::Path;

pub use drawing::{AnimationFrames, Shot};
pub use format::{AnimationFormat, AnimationSpec, FrameWriter};
pub use motion::Motion;

/// Every format for animations.
pub static ANIMATION_FORMATS: &[&dyn AnimationFormat] = &[
    &gif::Gif,
    &apng::Apng,
    &ffmpeg::MP4,
    &ffmpeg::WEBM,
    &frames::NumberedFrames,
];

/// The format of an animation with this file name; `None` if it is the name of no animation.
#[must_use]
pub fn animation_format_of(path: &Path) -> Option<&'static dyn AnimationFormat> {
    let mut formats = ANIMATION_FORMATS.iter().copied();
    formats.find(|format| format.writes(path))
}

#[cfg(test)]
mod tests;
