//! Values on a grid of nodes.

use rayon::prelude::*;

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
    /// The number of columns and rows.
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

    /// A uniform field from a function of the node's position that returns value and support.
    pub(super) fn from_nodes(size: GridSize, node: impl Fn([f32; 2]) -> (f32, f32) + Sync) -> Self {
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
