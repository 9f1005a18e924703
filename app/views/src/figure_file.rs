//! A figure as a short TOML file: what it was read from, the view with its settings, camera, theme and page. The same
//! text is in the metadata of each PNG.

mod command_line;
mod text;

use std::path::{Path, PathBuf};

use trainscape_scene::{
    camera::Projection,
    figure::{DataLayer, FigureCamera, FigureSpec, POINTS_PER_INCH},
    theme::ThemeName,
};

use crate::{ViewKind, ViewSettings};

/// Everything that a figure depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureFile {
    /// Run folders or log files; none: the built-in demo run.
    pub inputs: Vec<PathBuf>,
    /// How they are read.
    pub reading: Reading,
    /// The view.
    pub view: ViewKind,
    /// Its settings.
    pub settings: ViewSettings,
    /// The theme.
    pub theme: ThemeName,
    /// From where it is seen.
    pub camera: CameraAngles,
    /// Its size and what is on the page.
    pub page: Page,
}

/// How the inputs of a figure are read, in the notation of the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// `ROLE=KEY`.
    pub roles: Vec<String>,
    /// What the x axis of all series shows: the key of a series, `step` or `wall_time`.
    pub x: Option<String>,
    /// File of a mapping of keys.
    pub mapping: Option<PathBuf>,
    /// `KEY=AXIS,…`.
    pub axes: Vec<String>,
    /// Files with custom views.
    pub views: Vec<PathBuf>,
    /// Regular expression of the lines of text logs.
    pub pattern: Option<String>,
    /// Number of last points of each series.
    pub buffer: Option<usize>,
}

/// The camera of a figure that fits the axis box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraAngles {
    /// Around z; `None`: the view's default.
    pub azimuth_degrees: Option<f32>,
    /// Above the floor; `None`: the view's default.
    pub elevation_degrees: Option<f32>,
    /// Around the line of sight.
    pub roll_degrees: f32,
    /// 1 fills the figure.
    pub zoom: f32,
    /// Orthographic instead of perspective.
    pub orthographic: bool,
}

impl Default for CameraAngles {
    fn default() -> Self {
        Self {
            azimuth_degrees: None,
            elevation_degrees: None,
            roll_degrees: 0.0,
            zoom: 1.0,
            orthographic: false,
        }
    }
}

/// The page of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Width and height in pixels.
    pub size_in_pixel: [u32; 2],
    /// Pixels per inch.
    pub dots_per_inch: f32,
    /// Size of tick labels in points; `None`: what suits the width.
    pub font_pt: Option<f32>,
    /// Factor of the widths of lines.
    pub line_scale: f32,
    /// The caption below the figure.
    pub caption: bool,
    /// Grid lines on the walls.
    pub grid: bool,
    /// No background.
    pub transparent: bool,
    /// How drawings and pages (SVG, PDF) hold the data.
    pub data_layer: DataLayer,
}

impl Page {
    /// A page of a size with everything on it.
    #[must_use]
    pub fn new(size_in_pixel: [u32; 2], dots_per_inch: f32) -> Self {
        Self {
            size_in_pixel,
            dots_per_inch,
            font_pt: None,
            line_scale: 1.0,
            caption: true,
            grid: true,
            transparent: false,
            data_layer: DataLayer::Auto,
        }
    }

    /// Width and height in points.
    #[must_use]
    pub fn size_pt(&self) -> [f32; 2] {
        self.size_in_pixel
            .map(|pixels| pixels as f32 / self.dots_per_inch * POINTS_PER_INCH)
    }
}

/// Why a text is not a figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FigureFileError {
    /// It is not TOML, or has other keys or values.
    #[error("line {line}: {reason}")]
    Text {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// It is of another version of the format.
    #[error("it is a figure file of version {found}, and this program reads version {known}")]
    Version {
        /// Of the file.
        found: i64,
        /// Of this program.
        known: i64,
    },
    /// It does not say that it is a figure.
    #[error("it is not a figure file: it has no `figure = {known}`")]
    NotAFigure {
        /// The version of this program.
        known: i64,
    },
    /// A setting that the view does not have, or a value that it does not take.
    #[error(transparent)]
    Control(#[from] crate::ControlError),
    /// A number outside of its range.
    #[error("`{name}` must be {expected}")]
    Range {
        /// The key.
        name: &'static str,
        /// Which values it takes.
        expected: &'static str,
    },
    /// A path cannot be written as text.
    #[error("{} has no name in UTF-8, which a figure file needs", path.display())]
    NotText {
        /// The path.
        path: PathBuf,
    },
}

impl FigureFile {
    /// How the figure is laid out.
    #[must_use]
    pub fn spec(&self) -> FigureSpec {
        let CameraAngles {
            azimuth_degrees,
            elevation_degrees,
            roll_degrees,
            zoom,
            orthographic,
        } = self.camera;
        let pole = std::f32::consts::FRAC_PI_2;
        let spec = FigureSpec::new(self.page.size_pt());
        FigureSpec {
            theme: self.theme,
            font_pt: self.page.font_pt.unwrap_or(spec.font_pt),
            line_scale: self.page.line_scale,
            grid: self.page.grid,
            caption: self.page.caption,
            view: FigureCamera::Fit {
                azimuth: azimuth_degrees.map(f32::to_radians),
                elevation: elevation_degrees.map(|degrees| degrees.to_radians().clamp(-pole, pole)),
                roll: roll_degrees.to_radians(),
                zoom,
                projection: if orthographic {
                    Projection::Orthographic
                } else {
                    Projection::Perspective
                },
            },
            ..spec
        }
    }

    /// All paths on this machine, with `change` applied.
    pub fn map_paths(&mut self, change: impl Fn(&Path) -> PathBuf) {
        let of_reading = self
            .reading
            .views
            .iter_mut()
            .chain(&mut self.reading.mapping);
        for path in self.inputs.iter_mut().chain(of_reading) {
            if !is_no_path(path) {
                *path = change(path);
            }
        }
    }
}

/// Whether an input has no path: a log from standard input, or a URL.
fn is_no_path(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|text| text == "-" || text.contains("://"))
}
