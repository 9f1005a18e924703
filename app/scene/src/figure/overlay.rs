//! Plain shapes and text in figure points (1/72 inch), y down: painted by egui in the window,
//! rasterised in PNG, and kept as text in SVG.

use crate::{
    colour::Colour,
    font::{self, Weight},
};

/// An axis-parallel rectangle in points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// The rectangle around `centre`.
    #[must_use]
    pub fn centred(centre: [f32; 2], width: f32, height: f32) -> Self {
        Self {
            x: centre[0] - width / 2.0,
            y: centre[1] - height / 2.0,
            width,
            height,
        }
    }

    /// Right edge.
    #[must_use]
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Bottom edge.
    #[must_use]
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// The same rectangle with every edge moved outward.
    #[must_use]
    pub fn grown(&self, by: f32) -> Self {
        Self {
            x: self.x - by,
            y: self.y - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }

    /// Whether the two rectangles overlap.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    /// Whether `other` is entirely inside.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }
}

/// One line of text. It starts at `baseline_start` and runs along `angle`.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Left end of the baseline, in points.
    pub baseline_start: [f32; 2],
    /// Clockwise rotation (y is down) around `baseline_start`, in radians.
    pub angle: f32,
    /// Font size in points.
    pub size: f32,
    /// Weight.
    pub weight: Weight,
    /// Colour.
    pub colour: Colour,
    /// The text.
    pub text: String,
    /// Outline behind the glyphs, for text drawn over data.
    pub halo: Option<Colour>,
}

/// One shape of an overlay.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A straight line.
    Line {
        /// Ends, in points.
        ends: [[f32; 2]; 2],
        /// Width in points.
        width: f32,
        /// Colour.
        colour: Colour,
    },
    /// A filled rectangle.
    Fill {
        /// The rectangle.
        rect: Rect,
        /// Colour.
        colour: Colour,
    },
    /// A filled circle.
    Dot {
        /// Centre, in points.
        centre: [f32; 2],
        /// Diameter in points.
        diameter: f32,
        /// Colour.
        colour: Colour,
    },
    /// A circle that is not filled.
    Ring {
        /// Centre, in points.
        centre: [f32; 2],
        /// Diameter in points, to the middle of the line.
        diameter: f32,
        /// Width of the line in points.
        width: f32,
        /// Colour.
        colour: Colour,
    },
    /// A filled rectangle with round corners and a border.
    Panel {
        /// The rectangle.
        rect: Rect,
        /// Radius of the corners in points.
        radius: f32,
        /// Fill colour.
        fill: Colour,
        /// Colour of the border.
        border: Colour,
        /// Width of the border in points, centred on the edge.
        border_width: f32,
    },
    /// A vertical colour gradient, first colour at the bottom.
    Ramp {
        /// The rectangle.
        rect: Rect,
        /// The colours, evenly spaced.
        colours: &'static [[u8; 3]],
    },
    /// A line of text.
    Text(Text),
}

/// All shapes of a figure in painting order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// The shapes.
    pub shapes: Vec<Shape>,
}

impl Overlay {
    /// Multiplies the widths of all lines.
    pub(super) fn scale_lines(&mut self, factor: f32) {
        for shape in &mut self.shapes {
            match shape {
                Shape::Line { width, .. } | Shape::Ring { width, .. } => *width *= factor,
                Shape::Panel { border_width, .. } => *border_width *= factor,
                Shape::Fill { .. } | Shape::Dot { .. } | Shape::Ramp { .. } | Shape::Text(_) => {}
            }
        }
    }
}

/// A text with an optional superscript, measured together.
#[derive(Clone, Debug)]
pub struct Label {
    /// The text.
    pub text: String,
    /// Superscript after it; may be empty.
    pub superscript: String,
    /// Font size in points.
    pub size: f32,
    /// Weight.
    pub weight: Weight,
}

impl Label {
    const SUPERSCRIPT_SIZE: f32 = 0.72;
    const SUPERSCRIPT_RISE: f32 = 0.38;

    /// A label without a superscript.
    #[must_use]
    pub fn plain(text: impl Into<String>, size: f32, weight: Weight) -> Self {
        Self {
            text: text.into(),
            superscript: String::new(),
            size,
            weight,
        }
    }

    /// Width in points.
    #[must_use]
    pub fn width(&self) -> f32 {
        font::text_width(&self.text, self.size, self.weight)
            + font::text_width(
                &self.superscript,
                self.size * Self::SUPERSCRIPT_SIZE,
                self.weight,
            )
    }

    /// Height in points.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.size * 1.1
    }

    /// The label's shapes, centred on `centre` and rotated clockwise by `angle` radians.
    pub fn centred_at(
        &self,
        centre: [f32; 2],
        angle: f32,
        colour: Colour,
        halo: Option<Colour>,
    ) -> impl Iterator<Item = Shape> + use<> {
        let (sin, cos) = angle.sin_cos();
        let along_and_down = |along: f32, down: f32| {
            [
                centre[0] + along * cos - down * sin,
                centre[1] + along * sin + down * cos,
            ]
        };
        let start = -self.width() / 2.0;
        let baseline = font::cap_height(self.size) / 2.0;
        let text = Text {
            baseline_start: along_and_down(start, baseline),
            angle,
            size: self.size,
            weight: self.weight,
            colour,
            text: self.text.clone(),
            halo,
        };
        let raised = (!self.superscript.is_empty()).then(|| Text {
            baseline_start: along_and_down(
                start + font::text_width(&self.text, self.size, self.weight),
                baseline - self.size * Self::SUPERSCRIPT_RISE,
            ),
            size: self.size * Self::SUPERSCRIPT_SIZE,
            text: self.superscript.clone(),
            ..text.clone()
        });
        std::iter::once(text).chain(raised).map(Shape::Text)
    }

    /// The bounding rectangle of the label, centred on `centre` and rotated by `angle`.
    #[must_use]
    pub fn bounds(&self, centre: [f32; 2], angle: f32) -> Rect {
        let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
        let (width, height) = (self.width(), self.height());
        Rect::centred(
            centre,
            width * cos + height * sin,
            width * sin + height * cos,
        )
    }
}
