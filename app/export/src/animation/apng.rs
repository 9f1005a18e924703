use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use super::format::{AnimationFormat, AnimationSpec, FrameWriter};
use crate::{
    error::ExportError,
    output_file::{OutputFile, write_error},
    raster::Raster,
};

/// Animated PNG: all colours, without loss; endless.
#[derive(Debug)]
pub(super) struct Apng;

impl AnimationFormat for Apng {
    fn name(&self) -> &'static str {
        "animated PNG"
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".apng"]
    }

    fn begin(&self, spec: AnimationSpec, path: &Path) -> Result<Box<dyn FrameWriter>, ExportError> {
        let [width, height] = spec.size_in_pixel;
        let file = OutputFile::create(path)?;
        let failed = |error| failed(path, error);
        // The encoder does not give back what it writes to, which gets its name only when all has been written.
        let output = BufWriter::new(file.second_handle()?);
        let mut encoder = png::Encoder::new(output, width, height);
        encoder.set_color(match spec.is_transparent {
            true => png::ColorType::Rgba,
            false => png::ColorType::Rgb,
        });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
        encoder.set_pixel_dims(Some(crate::png::pixel_dimensions(spec.dots_per_inch)));
        encoder.set_animated(spec.frames, 0).map_err(failed)?;
        let frames_per_second = u16::try_from(spec.frames_per_second).unwrap_or(u16::MAX);
        encoder
            .set_frame_delay(1, frames_per_second)
            .map_err(failed)?;
        let writer = encoder.write_header().map_err(failed)?;
        Ok(Box::new(ApngWriter {
            path: path.to_owned(),
            file,
            writer,
            is_transparent: spec.is_transparent,
        }))
    }
}

struct ApngWriter {
    path: PathBuf,
    file: OutputFile,
    writer: png::Writer<BufWriter<File>>,
    is_transparent: bool,
}

impl FrameWriter for ApngWriter {
    fn add(&mut self, frame: &Raster) -> Result<(), ExportError> {
        let written = if self.is_transparent {
            self.writer.write_image_data(&frame.rgba)
        } else {
            let (pixels, _) = frame.rgba.as_chunks::<4>();
            let rgb: Vec<u8> = pixels
                .iter()
                .flat_map(|[r, g, b, _]| [*r, *g, *b])
                .collect();
            self.writer.write_image_data(&rgb)
        };
        written.map_err(|error| failed(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        let ended = self.writer.finish();
        ended.map_err(|error| failed(&self.path, error))?;
        self.file.finish()
    }
}

fn failed(path: &Path, error: png::EncodingError) -> ExportError {
    match error {
        png::EncodingError::IoError(reason) => write_error(path, reason),
        other => ExportError::Encode {
            reason: other.to_string(),
        },
    }
}
