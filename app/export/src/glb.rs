//! GLB (glTF 2.0, binary): surfaces, paths, markers and the axis box with linear vertex colours.
//!
//! Materials are unlit, so that a viewer shows exactly the colour map; double-sided, since a surface is
//! seen from both sides. The root node turns our z up into glTF's y up.

mod buffer;
mod container;
mod document;
mod primitive;

use trainscape_compute::Field;
use trainscape_scene::{Scene, figure::Figure};

use self::document::Document;
use crate::{error::ExportError, geometry};

/// Encodes a scene; `fields` holds the heights of each of its surfaces, `figure` its axis box.
///
/// # Errors
/// When the scene has nothing to draw or is larger than a GLB can be (4 GiB).
pub fn encode(scene: &Scene, figure: &Figure, fields: &[Field]) -> Result<Vec<u8>, ExportError> {
    let mut document = Document::new(scene);
    geometry::walk(scene, figure, fields, &mut document)?;
    let (document, bytes) = document.finish();
    container::container(&document, bytes)
}
