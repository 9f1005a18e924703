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
    },
    /// Triangles.
    Mesh {
        /// Name in the legend; may be empty.
        name: String,
        /// Vertices.
        positions: Vec<[f64; 3]>,
        /// Three vertices per triangle.
        triangles: Vec<[u32; 3]>,
    },
}
