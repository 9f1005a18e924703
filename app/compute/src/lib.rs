//! Numerical algorithms on the CPU: the twin of each compute pass of the GPU, or the only implementation.
//!
//! All coordinates are in the *unit box*: the displayed axes (after log, after the axis range) scaled
//! to [0, 1]. Interpolation happens in that space. A twin computes what its shader computes, in the same
//! order where that matters, and shares the preparation ([`Cells`], [`TriangleBins`]) with it.

mod at_points;
mod cells;
mod error;
mod field;
mod interpolate;
mod linear;
mod nearest;
mod neighbours;
mod normals;
pub mod projection;
mod rbf;
mod refine;
mod scatter;
mod thin_plate;
mod triangles;

pub use at_points::interpolate_at;
pub use cells::{Cells, Sample};
pub use error::ComputeError;
pub use field::{Field, GridSize, MISSING, MISSING_BELOW};
pub use interpolate::{interpolate, nearest_indices};
pub use normals::normals;
pub use refine::{Refine, monotone_cubic_at, refine};
pub use scatter::{InterpolationMethod, Scatter};
pub use triangles::{EDGE_TOLERANCE_UNIT, TriangleBins};
