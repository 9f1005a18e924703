//! Surfaces z(x, y) over the floor of the box.

use std::sync::Arc;

use trainscape_compute::{Field, Refine, Scatter};

use crate::colour::ColourMap;

/// Source of a surface's heights.
#[derive(Clone, Debug)]
pub enum SurfaceWork {
    /// The measured nodes, without refinement.
    Nodes(Arc<Field>),
    /// Refined for smooth shading; the measured nodes stay exact.
    Refine(Refine),
    /// Interpolated through scattered samples.
    Scatter(Scatter),
}

/// A surface z(x, y) over the box's floor.
#[derive(Clone, Debug)]
pub struct Surface {
    /// Source of the heights.
    pub work: SurfaceWork,
    /// Colour map of the heights.
    pub map: ColourMap,
    /// Heights (unit box) that get the map's first and last colour.
    pub colour_range: [f32; 2],
    /// Strength of directional lighting: 0 (flat colours) to 1.
    pub shading: f32,
    /// Contour lines: interval and height of one of them (unit box).
    pub contours: Option<[f32; 2]>,
    /// Lines along the measured nodes.
    pub wireframe: bool,
    /// Whether the surface's colours are also projected onto the floor.
    pub floor_projection: bool,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// The records at the nodes, for picking.
    pub records: Option<NodeRecords>,
}

/// The records behind a surface's measured nodes.
#[derive(Clone, Debug)]
pub struct NodeRecords {
    /// Position of each node in the unit box, row-major.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Name of each row.
    pub rows: Arc<[String]>,
    /// x of each column, in data units.
    pub x: Arc<[f64]>,
    /// The step of each column; empty if columns are not steps.
    pub steps: Arc<[f64]>,
    /// Value of each node as logged, in data units; NaN if missing.
    pub values: Arc<[f64]>,
    /// If values were averaged: name and drawn value of each node.
    pub drawn: Option<(String, Arc<[f64]>)>,
    /// Name of the values.
    pub value_name: String,
    /// Index into [`Scene::runs`] of each row.
    pub run_of_row: Arc<[u32]>,
}
