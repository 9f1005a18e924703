//! What the elements of a page are drawn with.

use super::overlay::{Rect, Shape, Text};
use crate::{colour::Colour, font::Weight, theme::Theme};

/// The shapes of a page, and its style.
pub(super) struct Page {
    pub(super) shapes: Vec<Shape>,
    /// The rows of the legend.
    pub(super) legend_rects: Vec<Rect>,
    /// The caption; `None` where there is none.
    pub(super) caption_rect: Option<Rect>,
    /// Size of labels in points.
    pub(super) font: f32,
    pub(super) theme: Theme,
}

impl Page {
    pub(super) fn text(
        &mut self,
        at: [f32; 2],
        size: f32,
        weight: Weight,
        colour: Colour,
        text: String,
    ) {
        self.shapes.push(Shape::Text(Text {
            baseline_start: at,
            angle: 0.0,
            size,
            weight,
            colour,
            text,
            halo: None,
        }));
    }
}
