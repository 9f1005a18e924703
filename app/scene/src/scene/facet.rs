//! Panels of a flat scene.

use crate::axis::Axis;

/// A part of a flat scene's box with axes of its own: one of several small figures beside each other.
#[derive(Clone, Debug)]
pub struct Facet {
    /// What is drawn in it.
    pub title: String,
    /// Its lower left and its upper right corner in the unit box, along the first and the third axis.
    pub corners_unit: [[f32; 2]; 2],
    /// To the right and upwards.
    pub axes: [Axis; 2],
    /// Whether each axis has labels at its ticks: panels that share an axis have them at the outer ones alone.
    pub labelled: [bool; 2],
}

impl Facet {
    /// A position in the unit box of a position in the panel, which has 0 to 1 along the first and the third axis.
    #[must_use]
    pub fn unit_from_panel(&self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let [low, high] = self.corners_unit;
        let along = |axis: usize, share: f32| low[axis] + share * (high[axis] - low[axis]);
        [along(0, x), y, along(1, z)]
    }
}
