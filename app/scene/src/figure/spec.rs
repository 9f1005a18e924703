//! What a figure is laid out with.

use serde::{Deserialize, Serialize};

use crate::{
    camera::{Camera, Projection},
    theme::ThemeName,
};

/// Points per inch.
pub const POINTS_PER_INCH: f32 = 72.0;

/// Ratio of width to height above which a page's height decides about the size of text.
const WIDE: f32 = 1.8;

/// How drawings and pages (SVG, PDF) hold the data of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataLayer {
    /// As vectors where these show them as they are and are not very many, else as a picture.
    #[default]
    Auto,
    /// As vectors, or not at all.
    Vector,
    /// As a picture.
    Picture,
}

impl DataLayer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Vector, Self::Picture];

    /// The name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Vector => "vector",
            Self::Picture => "picture",
        }
    }

    /// The layer with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }
}

/// How the camera of a figure is determined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FigureCamera {
    /// Frames the box with its labels.
    Fit {
        /// Radians around z; `None`: the scene's default.
        azimuth: Option<f32>,
        /// Radians above the floor; `None`: the scene's default.
        elevation: Option<f32>,
        /// Radians around the line of sight.
        roll: f32,
        /// 1 fills the figure.
        zoom: f32,
        /// Perspective or orthographic.
        projection: Projection,
    },
    /// A given camera; labels outside of the page are omitted.
    Fixed(Camera),
}

impl Default for FigureCamera {
    fn default() -> Self {
        Self::Fit {
            azimuth: None,
            elevation: None,
            roll: 0.0,
            zoom: 1.0,
            projection: Projection::default(),
        }
    }
}

/// Size and style of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureSpec {
    /// Width and height in points.
    pub size_pt: [f32; 2],
    /// Size of tick labels in points.
    pub font_pt: f32,
    /// Factor of the widths of lines and the diameters of points.
    pub line_scale: f32,
    /// The theme.
    pub theme: ThemeName,
    /// The camera.
    pub view: FigureCamera,
    /// Grid lines on the walls.
    pub grid: bool,
    /// The caption below the figure.
    pub caption: bool,
    /// The most lines of the caption; `None`: as many as the page has room for.
    pub caption_lines: Option<usize>,
    /// Callouts at points of the data.
    pub callouts: Vec<Callout>,
}

/// A text box with a leader line to a point of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Callout {
    /// The point in the unit box.
    pub position_unit: [f32; 3],
    /// The lines of text.
    pub lines: Vec<String>,
}

impl FigureSpec {
    /// A figure of `size_pt` with the font size that journals require: 7 points in a column of 89 mm, growing slowly
    /// with the width; that of a narrower page if it is much wider than high.
    #[must_use]
    pub fn new(size_pt: [f32; 2]) -> Self {
        let width = size_pt[0].min(size_pt[1] * WIDE);
        let font_pt = (7.0 + (width - 252.0) * 0.0065).clamp(5.5, 12.0);
        Self {
            size_pt,
            font_pt,
            line_scale: 1.0,
            theme: ThemeName::Paper,
            view: FigureCamera::default(),
            grid: true,
            caption: true,
            caption_lines: None,
            callouts: Vec::new(),
        }
    }
}
