//! The texture with the texts of labels.

use trainscape_scene::{
    colour::Colour,
    figure::overlay::{Rect, Text},
    font,
};

use crate::{error::ExportError, png, raster};

/// Width of the texture in points.
const WIDTH_PT: f32 = 512.0;
/// Largest side of the texture in pixels: what every program can load.
const MOST_PIXELS: f32 = 4096.0;
const PIXELS_PER_POINT: f32 = 4.0;
/// Space around a text for its outline, and width of that, in sizes of the text.
const MARGIN: f32 = 0.25;
/// Above and below the baseline, in sizes of the text.
const ASCENT: f32 = 1.0;
const DESCENT: f32 = 0.3;

/// Texts beside and below each other.
#[derive(Debug, Default)]
pub(super) struct Atlas {
    /// The texts where they are drawn.
    texts: Vec<Text>,
    /// Of the widest row.
    width: f32,
    /// The free place beside the last text, and the bottom of its row.
    next: [f32; 2],
    bottom: f32,
}

/// The place of a text in the texture, in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) rect: Rect,
    /// From the start of the baseline to the upper left corner.
    pub(super) from_baseline: [f32; 2],
}

impl Atlas {
    /// Adds a text with an outline in a colour, so that it is readable on every background.
    pub(super) fn add(&mut self, text: &Text, outline: Colour) -> Cell {
        let margin = text.size * MARGIN;
        let from_baseline = [-margin, -text.size * ASCENT - margin];
        let width = font::text_width(&text.text, text.size, text.weight) + 2.0 * margin;
        let height = text.size * (ASCENT + DESCENT) + 2.0 * margin;
        if self.next[0] > 0.0 && self.next[0] + width > WIDTH_PT {
            self.next = [0.0, self.bottom];
        }
        let [x, y] = self.next;
        let rect = Rect {
            x,
            y,
            width,
            height,
        };
        // A point between texts: a texel of one is not averaged with those of another.
        self.next[0] = rect.right() + 1.0;
        self.bottom = self.bottom.max(rect.bottom() + 1.0);
        self.width = self.width.max(rect.right());
        self.texts.push(Text {
            baseline_start: [x - from_baseline[0], y - from_baseline[1]],
            angle: 0.0,
            halo: Some(text.halo.unwrap_or(outline)),
            ..text.clone()
        });
        Cell {
            rect,
            from_baseline,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Width and height of the texture in points: programs like powers of two.
    pub(super) fn size_pt(&self) -> [f32; 2] {
        [self.width.max(WIDTH_PT), self.bottom]
            .map(|side| (side.ceil() as u32).next_power_of_two() as f32)
    }

    /// The texture as PNG; `outline` is the colour where there is no text.
    ///
    /// # Errors
    /// When a text cannot be rasterised.
    pub(super) fn encode(&self, outline: Colour) -> Result<Vec<u8>, ExportError> {
        let [width, height] = self.size_pt();
        let scale = PIXELS_PER_POINT.min(MOST_PIXELS / width.max(height));
        let mut raster = raster::texts([width, height], scale, &self.texts)?;
        let (pixels, _) = raster.rgba.as_chunks_mut::<4>();
        for pixel in pixels.iter_mut().filter(|pixel| pixel[3] == 0) {
            // What is invisible is averaged with its neighbours too, and would darken their edge.
            let [r, g, b] = outline.rgb;
            *pixel = [r, g, b, 0];
        }
        png::encode(&raster, 72.0 * scale, &[])
    }
}
