//! Polylines.

use std::{ops::Range, sync::Arc};

use super::record::{Describe, RecordRef};
use crate::colour::{Colour, ColourMap};

/// The colours of a path.
#[derive(Clone, Debug)]
pub enum PathColour {
    /// The theme's path colour.
    Theme,
    /// The theme's colour for secondary lines, such as the runs of a surface.
    Muted,
    /// One colour.
    Solid(Colour),
    /// One colour, with an outline for contrast against the background.
    Outlined(Colour),
    /// A value from 0 to 1 per position, as a position in a colour map.
    Values(Arc<[f32]>, ColourMap),
}

/// A polyline.
#[derive(Clone, Debug)]
pub struct Path {
    /// Run or series name.
    pub name: String,
    /// Positions in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Ranges of connected positions, separated by gaps (non-finite values, restarts).
    pub strips: Vec<Range<u32>>,
    /// Colour.
    pub colour: PathColour,
    /// Width in points.
    pub width_pt: f32,
    /// The series that [`RecordRef::index`] refers to.
    pub series_key: Arc<str>,
    /// The record behind each position; empty if positions are not single records.
    pub records: Arc<[RecordRef]>,
    /// Additional values of each record for the hover card: name and value per position.
    pub details: Vec<(String, Arc<[f64]>)>,
    /// Describes each position if it is not a record of a series.
    pub describe: Option<Arc<dyn Describe>>,
}

impl Path {
    /// The strips of a line of `len` positions without a gap.
    #[must_use]
    pub fn unbroken(len: usize) -> Vec<Range<u32>> {
        std::iter::once(0..len as u32).collect()
    }
}
