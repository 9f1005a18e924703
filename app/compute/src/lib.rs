//! Work that a scene may hand to the GPU, and the CPU twin of each pass.
//!
//! Everything here lives in the *unit box*: the displayed axes (after log, after the axis range) scaled
//! to [0, 1]. Interpolation happens in that space. A twin computes what its shader computes, in the same
//! order where that matters, and shares the preparation ([`Cells`], [`TriangleBins`]) with it.

mod cells;
mod error;
mod linear;
mod nearest;
mod neighbours;
mod normals;
pub mod projection;
mod rbf;
mod refine;
mod thin_plate;
mod triangles;

use std::sync::Arc;

use rayon::prelude::*;

pub use cells::{Cells, Sample};
pub use error::ComputeError;
pub use normals::normals;
pub use refine::refine;
pub use triangles::{EDGE_TOLERANCE_UNIT, TriangleBins};

/// Support of a node that has no value at all: the cells around it are not drawn.
pub const MISSING: f32 = -1.0e30;

/// Support below this counts as [`MISSING`]; a shader compares with it, not with the exact value.
pub const MISSING_BELOW: f32 = -1.0e29;

/// Columns and rows of a grid of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridSize {
    /// Nodes along x, at least 2.
    pub width: u32,
    /// Nodes along y, at least 2.
    pub height: u32,
}

impl GridSize {
    /// Nodes in all.
    #[must_use]
    pub fn nodes(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// x of each column of a uniform grid over the unit square, both edges included.
    #[must_use]
    pub fn x_unit(self) -> Vec<f32> {
        uniform(self.width)
    }

    /// y of each row of a uniform grid over the unit square, both edges included.
    #[must_use]
    pub fn y_unit(self) -> Vec<f32> {
        uniform(self.height)
    }
}

fn uniform(nodes: u32) -> Vec<f32> {
    let last = f64::from(nodes.saturating_sub(1).max(1));
    (0..nodes).map(|at| (f64::from(at) / last) as f32).collect()
}

/// Values on a rectilinear grid of nodes; row-major, rows along y.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// x of each column, ascending, in the unit box. Length: width.
    pub x_unit: Vec<f32>,
    /// y of each row, ascending, in the unit box. Length: height.
    pub y_unit: Vec<f32>,
    /// Value of each node, in the unit box. Finite also where the node is not supported. Length: width x height.
    pub values: Vec<f32>,
    /// How far inside the supported region each node lies (unit-box distance): positive inside, negative
    /// outside, the surface ends where it crosses zero; [`MISSING`] where there is no value.
    pub support: Vec<f32>,
}

impl Field {
    /// Its columns and rows.
    #[must_use]
    pub fn size(&self) -> GridSize {
        GridSize {
            width: self.x_unit.len() as u32,
            height: self.y_unit.len() as u32,
        }
    }

    /// Whether a node has a value.
    #[must_use]
    pub fn is_present(&self, column: usize, row: usize) -> bool {
        self.support[row * self.x_unit.len() + column] > MISSING_BELOW
    }

    /// A uniform field from a function of the node's place that gives value and support.
    fn from_nodes(size: GridSize, node: impl Fn([f32; 2]) -> (f32, f32) + Sync) -> Self {
        let (x_unit, y_unit) = (size.x_unit(), size.y_unit());
        let mut values = vec![0.0; size.nodes()];
        let mut support = vec![0.0; size.nodes()];
        let width = x_unit.len();
        values
            .par_chunks_mut(width)
            .zip(support.par_chunks_mut(width))
            .zip(&y_unit)
            .for_each(|((values, support), &y)| {
                for ((value, support), &x) in values.iter_mut().zip(support).zip(&x_unit) {
                    (*value, *support) = node([x, y]);
                }
            });
        Self {
            x_unit,
            y_unit,
            values,
            support,
        }
    }
}

/// How scattered samples become a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Delaunay triangles, linear within each (SciPy `griddata(method="linear")`); nothing outside the hull.
    Linear,
    /// The value of the nearest sample (SciPy `griddata(method="nearest")`).
    Nearest,
    /// Thin-plate splines through the nearest samples of each node
    /// (SciPy `RBFInterpolator(kernel="thin_plate_spline", neighbors, smoothing)`).
    Rbf {
        /// Samples that take part at each node.
        neighbours: u32,
        /// Smoothing; 0 passes through every sample.
        smoothing: f32,
    },
}

/// Scattered samples to be interpolated on a uniform grid over the unit square.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// (x, y, value) of each sample, in the unit box. All finite. Of samples at one place the first counts.
    pub samples: Arc<[[f32; 3]]>,
    /// The method.
    pub method: Method,
    /// The grid; its first and last nodes lie on the edges of the unit square.
    pub size: GridSize,
    /// The surface ends at this distance (unit box) from the nearest sample; `None`: only the method limits it.
    pub support_radius: Option<f32>,
}

impl Scatter {
    /// Checks everything but the samples, which [`Cells::new`] checks.
    ///
    /// # Errors
    /// When the grid, the radius or the method's settings make no sense.
    pub fn check(&self) -> Result<(), ComputeError> {
        let GridSize { width, height } = self.size;
        if width < 2 || height < 2 || u64::from(width) * u64::from(height) > 1 << 31 {
            return Err(ComputeError::BadGrid { width, height });
        }
        if self
            .support_radius
            .is_some_and(|radius| radius.is_nan() || radius < 0.0)
        {
            return Err(ComputeError::BadRadius);
        }
        match self.method {
            Method::Rbf { neighbours: 0, .. } => Err(ComputeError::NoNeighbours),
            Method::Rbf { smoothing, .. } if !(smoothing.is_finite() && smoothing >= 0.0) => {
                Err(ComputeError::BadSmoothing)
            }
            _ => Ok(()),
        }
    }
}

/// Interpolates scattered samples on the CPU.
///
/// # Errors
/// When the samples or the settings make it impossible; never for degenerate arrangements that still
/// have an answer.
pub fn interpolate(scatter: &Scatter) -> Result<Field, ComputeError> {
    scatter.check()?;
    let cells = Cells::new(&scatter.samples)?;
    match scatter.method {
        Method::Linear => linear::interpolate(scatter, &cells),
        Method::Nearest => Ok(nearest::interpolate(scatter, &cells)),
        Method::Rbf {
            neighbours,
            smoothing,
        } => Ok(rbf::interpolate(scatter, &cells, neighbours, smoothing)),
    }
}

/// The index of the sample nearest to each node, row-major; whatever the method says.
///
/// # Errors
/// As [`interpolate`].
pub fn nearest_indices(scatter: &Scatter) -> Result<Vec<u32>, ComputeError> {
    scatter.check()?;
    Ok(nearest::indices(
        scatter.size,
        &Cells::new(&scatter.samples)?,
    ))
}

/// Support of a node by the squared distance to its nearest sample.
fn support_at(radius: Option<f32>, squared_unit: f32) -> f32 {
    radius.map_or(1.0, |radius| radius - squared_unit.sqrt())
}

/// A grid of measured nodes to be refined for smooth shading. The measured nodes stay exact.
#[derive(Clone, Debug)]
pub struct Refine {
    /// The measured nodes; spacing may differ from cell to cell.
    pub nodes: Arc<Field>,
    /// Refined cells per measured cell along x, at least 1.
    pub factor_x: u32,
    /// Refined cells per measured cell along y, at least 1.
    pub factor_y: u32,
}

impl Refine {
    /// Columns and rows of the refined grid.
    #[must_use]
    pub fn size(&self) -> GridSize {
        let refined = |nodes: usize, factor: u32| (nodes as u32 - 1) * factor.max(1) + 1;
        GridSize {
            width: refined(self.nodes.x_unit.len(), self.factor_x),
            height: refined(self.nodes.y_unit.len(), self.factor_y),
        }
    }

    /// x of each refined column: each cell divided evenly, measured columns as they are.
    #[must_use]
    pub fn x_unit(&self) -> Vec<f32> {
        subdivided(&self.nodes.x_unit, self.factor_x)
    }

    /// y of each refined row: each cell divided evenly, measured rows as they are.
    #[must_use]
    pub fn y_unit(&self) -> Vec<f32> {
        subdivided(&self.nodes.y_unit, self.factor_y)
    }
}

fn subdivided(nodes: &[f32], factor: u32) -> Vec<f32> {
    let factor = factor.max(1);
    let within = |pair: &[f32]| {
        let (from, to) = (f64::from(pair[0]), f64::from(pair[1]));
        (0..factor).map(move |at| (from + (to - from) * (f64::from(at) / f64::from(factor))) as f32)
    };
    nodes
        .windows(2)
        .flat_map(within)
        .chain(nodes.last().copied())
        .collect()
}
