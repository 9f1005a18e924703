//! GLB (glTF 2.0, binary): everything in a scene as triangles, with its axis box and labels.
//!
//! Programs agree on few ways to state a colour. [f3d](https://f3d.app) (and VTK, which it uses) shows the linear
//! vertex colours of unlit materials as if they were sRGB, so that all but the brightest are far too dark; PowerPoint
//! draws neither lines nor points. Therefore there are no vertex colours:
//!
//! - Tubes, balls and flat meshes are unlit. Each colour is a material of its own, whose base colour every program
//!   converts correctly; positions on a colour map are rounded to 1/128 for it.
//! - Surfaces and shaded meshes have normals and a matte material that is lit, coloured by a texture which holds the
//!   colour maps as sRGB. The part of the colour that does not depend on the light is emitted
//!   (see `materials.rs`), so that a scene with little light shows them too.
//! - Labels are textured quads that face the figure's camera.
//!
//! Lines are tubes and points balls as wide as in the figure; `detail.rs` bounds their triangles. The root node turns
//! our z up into glTF's y up.

mod atlas;
mod ball;
mod buffer;
mod container;
mod detail;
mod document;
mod flat;
mod labels;
mod lit;
mod materials;
mod palette;
mod parts;
mod placement;
mod shape;
mod tube;

use trainscape_compute::Field;
use trainscape_scene::{Scene, figure::Figure};

use self::document::Document;
use crate::{error::ExportError, geometry};

/// Encodes a scene; `fields` holds the heights of each of its surfaces, `figure` its axis box and labels. Positions are
/// in the units of the figure's box, which is centred on the origin.
///
/// # Errors
/// When the scene has nothing to draw, its labels cannot be rasterised, or it is larger than a GLB can be (4 GiB).
pub fn encode(scene: &Scene, figure: &Figure, fields: &[Field]) -> Result<Vec<u8>, ExportError> {
    let mut document = Document::new(scene, figure);
    geometry::walk(scene, figure, fields, &mut document)?;
    let (document, bytes) = document.finish()?;
    container::container(&document, bytes)
}
