use std::path::{Path, PathBuf};

use super::format::{AnimationFormat, AnimationSpec, FrameWriter};
use crate::{error::ExportError, output_file::write_output, png, raster::Raster};

/// Each frame as a PNG, with its number in the place of `%04d` in the name.
#[derive(Debug)]
pub(super) struct NumberedFrames;

impl AnimationFormat for NumberedFrames {
    fn name(&self) -> &'static str {
        "numbered PNG pictures"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["%04d.png"]
    }

    fn writes(&self, path: &Path) -> bool {
        numbered(path, 0).is_some()
    }

    fn files(&self, path: &Path, frames: u32) -> Vec<PathBuf> {
        let numbers = 0..frames;
        numbers.filter_map(|frame| numbered(path, frame)).collect()
    }

    fn begin(&self, spec: AnimationSpec, path: &Path) -> Result<Box<dyn FrameWriter>, ExportError> {
        Ok(Box::new(Frames {
            pattern: path.to_owned(),
            spec,
            done: 0,
        }))
    }
}

struct Frames {
    pattern: PathBuf,
    spec: AnimationSpec,
    done: u32,
}

impl FrameWriter for Frames {
    fn add(&mut self, frame: &Raster) -> Result<(), ExportError> {
        let path = numbered(&self.pattern, self.done).unwrap_or_else(|| self.pattern.clone());
        let encoded = png::encode(frame, self.spec.dots_per_inch, &[])?;
        write_output(&path, &encoded)?;
        self.done += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        Ok(())
    }
}

/// The name of a frame by a pattern with `%d`, or with `%04d` for four digits; `None` if the name is no such pattern.
pub(super) fn numbered(pattern: &Path, frame: u32) -> Option<PathBuf> {
    let is_png = pattern
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    let name = pattern.file_name()?.to_str().filter(|_| is_png)?;
    let (before, rest) = name.split_once('%')?;
    let (digits, after) = rest.split_once('d')?;
    let width = match digits {
        "" => 1,
        digits => digits
            .strip_prefix('0')?
            .parse()
            .ok()
            .filter(|width| *width <= 9)?,
    };
    Some(pattern.with_file_name(format!("{before}{frame:0width$}{after}")))
}
