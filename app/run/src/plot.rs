use std::{path::PathBuf, sync::Arc};

use crate::{SourceFormat, TensorError};

/// A figure or a point cloud in the run's folder. Its content is read when it is first needed.
#[derive(Clone, Debug)]
pub struct PlotFile {
    /// The key it was logged under: `embeddings/trajectory_pca`.
    pub key: Arc<str>,
    /// The format of the file.
    pub format: SourceFormat,
    /// The logger's step, taken from the file's name.
    pub step: Option<i64>,
    /// The file.
    pub path: PathBuf,
    /// Reads the file.
    pub content: Arc<dyn PlotContent>,
}

/// Reads a [`PlotFile`].
pub trait PlotContent: Send + Sync + std::fmt::Debug {
    /// The figure.
    ///
    /// # Errors
    /// When the file no longer exists, is not of its format, or holds nothing in three dimensions.
    fn read(&self) -> Result<Arc<Plot>, TensorError>;
}

/// A three-dimensional figure that another program described.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// Heading, without markup; may be empty.
    pub title: String,
    /// Titles of x, y and z; may be empty.
    pub axis_titles: [String; 3],
    /// Which axes are logarithmic.
    pub log: [bool; 3],
    /// The parts of the figure.
    pub traces: Vec<Trace>,
    /// What was omitted, one sentence each.
    pub notes: Vec<String>,
    /// The layout of a figure that this program wrote. All positions are in its unit box then, and all values from 0 to 1.
    pub layout: Option<PlotLayout>,
}

impl Plot {
    /// Everything but the parts of the figure.
    #[must_use]
    pub fn clone_without_traces(&self) -> Self {
        Self {
            title: self.title.clone(),
            axis_titles: self.axis_titles.clone(),
            log: self.log,
            traces: Vec::new(),
            notes: self.notes.clone(),
            layout: self.layout.clone(),
        }
    }
}

/// How a figure that this program wrote is laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotLayout {
    /// x, y and z.
    pub axes: [PlotAxis; 3],
    /// What the colours of values show; `None` where the figure has no colour bar.
    pub values: Option<PlotAxis>,
    /// Name of the colour map of values and heights; `None` where the file has none.
    pub colour_map: Option<String>,
    /// Relative lengths of the box's edges.
    pub box_aspect: [f32; 3],
    /// Azimuth and elevation of the camera (radians); `None` where the file has none.
    pub view: Option<[f32; 2]>,
    /// Whether everything is in a plane, which is seen without perspective.
    pub is_flat: bool,
    /// Panels of a flat figure.
    pub panels: Vec<PlotPanel>,
    /// Texts at positions in the unit box.
    pub labels: Vec<([f32; 3], String)>,
    /// The figure's own caption.
    pub caption: String,
}

/// An axis of a figure that this program wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotAxis {
    /// The quantity.
    pub title: String,
    /// How values map to positions.
    pub scale: PlotScale,
    /// Value at the lower end.
    pub low: f64,
    /// Value at the upper end, above `low`.
    pub high: f64,
}

/// How values map to positions on a [`PlotAxis`].
#[derive(Clone, Debug, PartialEq)]
pub enum PlotScale {
    /// Linear.
    Linear,
    /// Linear, of whole numbers.
    Whole,
    /// Logarithmic.
    Log10,
    /// Logarithmic from this value on, and linear between zero and it.
    LogFromZero(f64),
    /// Linear, in seconds since the Unix epoch.
    Date,
    /// Whole numbers that have names.
    Category(Vec<String>),
}

/// A panel of a figure that this program wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotPanel {
    /// What is drawn in it.
    pub title: String,
    /// Its lower left and its upper right corner in the unit box, along the first and the third axis.
    pub corners_unit: [[f32; 2]; 2],
    /// To the right and upwards.
    pub axes: [PlotAxis; 2],
    /// Whether each axis has labels at its ticks.
    pub labelled: [bool; 2],
}

/// One part of a [`Plot`].
#[derive(Clone, Debug, PartialEq)]
pub enum Trace {
    /// Heights on a grid.
    Surface {
        /// Name in the legend; may be empty.
        name: String,
        /// x of each column.
        x: Vec<f64>,
        /// y of each row.
        y: Vec<f64>,
        /// z of each node, row-major; NaN where the value is missing.
        z: Vec<f64>,
    },
    /// Points, optionally joined by a line.
    Points {
        /// Name in the legend; may be empty.
        name: String,
        /// Positions; NaN breaks a line.
        positions: Vec<[f64; 3]>,
        /// A number for each point that sets its colour; empty where the points have none.
        values: Vec<f64>,
        /// Name of those numbers; may be empty.
        value_title: String,
        /// A colour (sRGB) for each point; empty where the points have none.
        colours: Vec<[u8; 3]>,
        /// Text of each point; empty where the points have none.
        texts: Vec<String>,
        /// Whether points are drawn.
        markers: bool,
        /// Whether consecutive points are joined by a line.
        lines: bool,
        /// Diameter of the points (1/72 inch); `None`: as their number suggests.
        diameter_pt: Option<f32>,
    },
    /// Triangles.
    Mesh {
        /// Name in the legend; may be empty.
        name: String,
        /// Vertices.
        positions: Vec<[f64; 3]>,
        /// Three vertices per triangle.
        triangles: Vec<[u32; 3]>,
        /// A number for each vertex that sets its colour; empty where the vertices have none.
        values: Vec<f64>,
        /// The colour (sRGB) of all triangles; `None`: they are coloured by their values or heights.
        colour: Option<[u8; 3]>,
        /// 0 to 1.
        opacity: f32,
    },
}
