use std::{path::PathBuf, sync::Arc};

use crate::TensorError;

/// A figure or a cloud that a logger left in the run's folder, read when it is looked at.
#[derive(Clone, Debug)]
pub struct PlotFile {
    /// The key it was logged under: `embeddings/trajectory_pca`.
    pub key: Arc<str>,
    /// What it is.
    pub kind: PlotKind,
    /// The logger's step, as the file's name says it.
    pub step: Option<i64>,
    /// The file.
    pub path: PathBuf,
    /// Reads it.
    pub content: Arc<dyn PlotContent>,
}

/// What kind of file a [`PlotFile`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlotKind {
    /// A Plotly figure (`*.plotly.json`).
    Plotly,
    /// A W&B Object3D cloud (`*.pts.json`).
    Object3d,
}

impl PlotKind {
    /// The name that `inspect` prints.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plotly => "plotly",
            Self::Object3d => "object3d",
        }
    }
}

/// Reads a [`PlotFile`].
pub trait PlotContent: Send + Sync + std::fmt::Debug {
    /// The figure.
    ///
    /// # Errors
    /// When the file is gone, is not what its name says, or holds nothing in three dimensions.
    fn read(&self) -> Result<Arc<Plot>, TensorError>;
}

/// A figure in three dimensions as somebody else's program described it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// Heading, without markup; may be empty.
    pub title: String,
    /// Titles of x, y and z; may be empty.
    pub axis_titles: [String; 3],
    /// Which axes are logarithmic.
    pub log: [bool; 3],
    /// What is drawn.
    pub traces: Vec<Trace>,
    /// What was left out, one sentence each.
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
        /// z of each node, row-major; NaN where there is none.
        z: Vec<f64>,
    },
    /// Points, joined by a line or not.
    Points {
        /// Name in the legend; may be empty.
        name: String,
        /// Positions; NaN breaks a line.
        positions: Vec<[f64; 3]>,
        /// A number for each point that colours it; empty where there is none.
        values: Vec<f64>,
        /// What those numbers are; may be empty.
        value_title: String,
        /// A colour (sRGB) for each point; empty where there is none.
        colours: Vec<[u8; 3]>,
        /// Text of each point; empty where there is none.
        texts: Vec<String>,
        /// Points are drawn.
        markers: bool,
        /// They are joined.
        lines: bool,
    },
    /// Triangles.
    Mesh {
        /// Name in the legend; may be empty.
        name: String,
        /// Corners.
        positions: Vec<[f64; 3]>,
        /// Three corners a triangle.
        triangles: Vec<[u32; 3]>,
    },
}
