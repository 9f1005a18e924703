//! Triangle meshes.

use std::sync::Arc;

use super::record::Describe;
use crate::colour::{Colour, ColourMap};

/// Triangle meshes.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// Name.
    pub name: String,
    /// Vertices in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Vertex indices of the triangles.
    pub triangles: Arc<[[u32; 3]]>,
    /// Vertex colours.
    pub colour: MeshColour,
    /// Strength of directional lighting: 0 (flat colours) to 1.
    pub shading: f32,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// Describes the record at each vertex.
    pub records: Option<Arc<dyn Describe>>,
    /// The step of each vertex, for clipping at the current step; empty if vertices have no step.
    pub steps: Arc<[f64]>,
}

/// The colours of a mesh.
#[derive(Clone, Debug)]
pub enum MeshColour {
    /// By height: the map, and the heights (unit box) that get its first and last colour.
    Height(ColourMap, [f32; 2]),
    /// A value from 0 to 1 per vertex, as a position in a colour map.
    Values(Arc<[f32]>, ColourMap),
    /// One colour.
    Solid(Colour),
}

impl MeshColour {
    /// The colour of a vertex at a height (unit box).
    #[must_use]
    pub fn at_vertex(&self, index: usize, height_unit: f32) -> Colour {
        match self {
            Self::Height(map, [low, high]) => {
                map.colour((height_unit - low) / (high - low).max(1e-9))
            }
            Self::Values(values, map) => map.colour(values.get(index).copied().unwrap_or(0.0)),
            Self::Solid(colour) => *colour,
        }
    }
}
