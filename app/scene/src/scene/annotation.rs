//! Markers, labels, colour bar and legend.

use std::sync::Arc;

use super::record::Describe;
use crate::{
    axis::Axis,
    colour::{Colour, ColourMap},
};

/// Round markers.
#[derive(Clone, Debug)]
pub struct Markers {
    /// Name.
    pub name: String,
    /// Positions in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Colour.
    pub colour: Colour,
    /// Diameter in points.
    pub diameter_pt: f32,
    /// Colour of the outline, for contrast on surfaces.
    pub outline: Option<Colour>,
    /// The step of each marker, for clipping at the current step; empty if markers have no step.
    pub steps: Arc<[f64]>,
    /// The records that the markers show.
    pub records: Option<Arc<dyn Describe>>,
}

/// A text label at a point of the data.
#[derive(Clone, Debug)]
pub struct PointLabel {
    /// The point in the unit box.
    pub position_unit: [f32; 3],
    /// The text.
    pub text: String,
}

/// A colour bar.
#[derive(Clone, Debug)]
pub struct ColourBar {
    /// Title and range of the colours.
    pub axis: Axis,
    /// The colours.
    pub map: ColourMap,
}

/// An entry of the legend.
#[derive(Clone, Debug)]
pub struct LegendEntry {
    /// Label.
    pub label: String,
    /// Its colour; `None`: the theme's path colour.
    pub colour: Option<Colour>,
    /// What stands before the label.
    pub mark: LegendMark,
}

/// What an entry of a legend shows of what it explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegendMark {
    /// A piece of a line.
    Line,
    /// A dot.
    Dot,
    /// Nothing: a heading of the entries after it.
    None,
}

impl LegendMark {
    /// A dot, or a piece of a line.
    #[must_use]
    pub fn of_dots(is_dot: bool) -> Self {
        match is_dot {
            true => Self::Dot,
            false => Self::Line,
        }
    }
}
