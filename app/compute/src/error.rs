//! Why work cannot be done, on any device.

/// Why samples cannot become a surface. Each message is one sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    /// No samples.
    #[error("there are no samples to interpolate")]
    NoSamples,
    /// A sample is NaN or infinite.
    #[error("sample {index} is not a finite number")]
    NotFinite {
        /// Its index among the samples.
        index: usize,
    },
    /// More samples than a u32 counts.
    #[error("{count} samples are more than can be interpolated at once")]
    TooManySamples {
        /// How many there are.
        count: usize,
    },
    /// A grid with fewer than two nodes along an axis, or too many in all.
    #[error(
        "a grid of {width} x {height} nodes cannot be drawn: 2 x 2 is the least, 2^31 nodes the most"
    )]
    BadGrid {
        /// Columns asked for.
        width: u32,
        /// Rows asked for.
        height: u32,
    },
    /// Linear interpolation with samples that span no triangle.
    #[error(
        "all samples lie on one line, so linear interpolation has no triangle; try `nearest` or `rbf`"
    )]
    Collinear,
    /// Thin-plate splines through no neighbours.
    #[error("thin-plate splines need at least one neighbour")]
    NoNeighbours,
    /// A negative or non-finite smoothing.
    #[error("smoothing must be a finite number, zero or more")]
    BadSmoothing,
    /// A support radius that is NaN or negative.
    #[error("the support radius must be a number, zero or more")]
    BadRadius,
}
