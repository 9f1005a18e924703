//! What distinguishes the views of trajectories.

use super::{coordinates::DefaultCoordinate, options::TrajectoryOptions};

/// What distinguishes one view of trajectories from another.
pub(crate) struct Recipe {
    /// The beginning of the figure's title; `None`: what its axes show.
    pub(crate) title: Option<&'static str>,
    /// The values of the view's controls.
    pub(crate) options: TrajectoryOptions,
    /// What x, y, z and colours show where nothing was chosen.
    pub(crate) defaults: [DefaultCoordinate; 4],
    /// Whether spikes and divergence are marked.
    pub(crate) marks: bool,
}
