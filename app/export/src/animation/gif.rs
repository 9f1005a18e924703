use std::{
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use gif::{DisposalMethod, Encoder, EncodingError, Frame, Repeat};

use super::format::{AnimationFormat, AnimationSpec, FrameWriter};
use crate::{
    error::ExportError,
    output_file::{OutputFile, write_error},
    raster::Raster,
};

/// GIF: 256 colours in each frame; endless.
#[derive(Debug)]
pub(super) struct Gif;

impl AnimationFormat for Gif {
    fn name(&self) -> &'static str {
        "GIF"
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".gif"]
    }

    fn begin(&self, spec: AnimationSpec, path: &Path) -> Result<Box<dyn FrameWriter>, ExportError> {
        let [width, height] = spec.size_in_pixel.map(u16::try_from);
        let (Ok(width), Ok(height)) = (width, height) else {
            return Err(ExportError::Encode {
                reason: format!(
                    "a GIF has sides of at most {} pixels: choose a smaller size, or .mp4",
                    u16::MAX
                ),
            });
        };
        let file = BufWriter::new(OutputFile::create(path)?);
        let failed = |error| failed(path, error);
        let mut encoder = Encoder::new(file, width, height, &[]).map_err(failed)?;
        encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
        Ok(Box::new(GifWriter {
            path: path.to_owned(),
            encoder,
            spec,
            size: [width, height],
            before: Vec::new(),
            done: 0,
        }))
    }
}

/// Time that the colours of a frame are chosen with: 1 is the slowest, 30 the coarsest.
const COLOUR_SPEED: i32 = 10;

struct GifWriter {
    path: PathBuf,
    encoder: Encoder<BufWriter<OutputFile>>,
    spec: AnimationSpec,
    size: [u16; 2],
    /// The pixels of the frame before; empty before the first.
    before: Vec<u8>,
    done: u32,
}

impl FrameWriter for GifWriter {
    fn add(&mut self, frame: &Raster) -> Result<(), ExportError> {
        let mut pixels = frame.rgba.clone();
        if !self.spec.is_transparent && self.before.len() == pixels.len() {
            // What does not change stays on the screen: a transparent pixel takes less than a colour.
            let (now, _) = pixels.as_chunks_mut::<4>();
            let (before, _) = self.before.as_chunks::<4>();
            for (now, before) in now.iter_mut().zip(before) {
                if now == before {
                    *now = [0; 4];
                }
            }
        }
        self.before.clone_from(&frame.rgba);
        let [width, height] = self.size;
        let mut encoded = Frame::from_rgba_speed(width, height, &mut pixels, COLOUR_SPEED);
        encoded.delay = delay_in_hundredths(self.done, self.spec.frames_per_second);
        encoded.dispose = match self.spec.is_transparent {
            true => DisposalMethod::Background,
            false => DisposalMethod::Keep,
        };
        self.done += 1;
        let written = self.encoder.write_frame(&encoded);
        written.map_err(|error| failed(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        let path = &self.path;
        let ended = self.encoder.into_inner();
        let mut file = ended.map_err(|error| failed(path, error))?;
        file.flush().map_err(|reason| write_error(path, reason))?;
        let file = file.into_inner();
        let file = file.map_err(|error| write_error(path, error.into_error()))?;
        file.finish()
    }
}

/// A GIF counts hundredths of a second, so that the frames of most rates differ by one in their duration.
pub(super) fn delay_in_hundredths(frame: u32, frames_per_second: u32) -> u16 {
    let begins = |frame: u64| {
        (frame * 100 + u64::from(frames_per_second) / 2) / u64::from(frames_per_second)
    };
    let frame = u64::from(frame);
    u16::try_from(begins(frame + 1) - begins(frame)).unwrap_or(u16::MAX)
}

fn failed(path: &Path, error: EncodingError) -> ExportError {
    match error {
        EncodingError::Io(reason) => write_error(path, reason),
        other => ExportError::Encode {
            reason: other.to_string(),
        },
    }
}
