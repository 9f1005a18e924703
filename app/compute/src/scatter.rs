//! Scattered samples, and how they become a surface.

use std::sync::Arc;

use crate::{ComputeError, GridSize};

/// How scattered samples become a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InterpolationMethod {
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

impl InterpolationMethod {
    /// Neighbours that [`Self::Rbf`] has unless the user chooses another number.
    pub const DEFAULT_NEIGHBOURS: u32 = 48;

    /// Smoothing that [`Self::Rbf`] has unless the user chooses another value.
    pub const DEFAULT_SMOOTHING: f32 = 1e-6;

    /// Thin-plate splines with the default settings.
    pub const RBF: Self = Self::Rbf {
        neighbours: Self::DEFAULT_NEIGHBOURS,
        smoothing: Self::DEFAULT_SMOOTHING,
    };
}

/// Scattered samples to be interpolated on a uniform grid over the unit square.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// (x, y, value) of each sample, in the unit box. All finite. Of samples at the same position the first counts.
    pub samples: Arc<[[f32; 3]]>,
    /// The method.
    pub method: InterpolationMethod,
    /// The grid; its first and last nodes are on the edges of the unit square.
    pub size: GridSize,
    /// The surface ends at this distance (unit box) from the nearest sample; `None`: only the method limits it.
    pub support_radius: Option<f32>,
}

impl Scatter {
    /// Checks everything but the samples, which [`Cells::new`](crate::Cells::new) checks.
    ///
    /// # Errors
    /// When the grid, the radius or the method's settings are invalid.
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
            InterpolationMethod::Rbf { neighbours: 0, .. } => Err(ComputeError::NoNeighbours),
            InterpolationMethod::Rbf { smoothing, .. }
                if !(smoothing.is_finite() && smoothing >= 0.0) =>
            {
                Err(ComputeError::BadSmoothing)
            }
            _ => Ok(()),
        }
    }
}

/// Support of a node by the squared distance to its nearest sample.
pub(super) fn support_at(radius: Option<f32>, squared_unit: f32) -> f32 {
    radius.map_or(1.0, |radius| radius - squared_unit.sqrt())
}
