//! GLB (glTF 2.0, binary): surfaces, paths, markers and the axis box with linear vertex colours.
//!
//! Materials are unlit, so that a viewer shows exactly the colour map; double-sided, since a surface is
//! seen from both sides. The root node turns our z up into glTF's y up.

mod buffer;
mod clip;
mod container;
mod document;
mod primitive;
mod surface;

use trainscape_compute::Field;
use trainscape_gpu::{GpuError, Renderer};
use trainscape_scene::{Scene, figure::Figure, scene::SurfaceWork};

use self::document::Document;
use crate::error::ExportError;

/// A field of each surface of the scene, read back from the GPU's compute passes.
///
/// # Errors
/// When a pass fails.
pub fn fields(renderer: &Renderer, scene: &Scene) -> Result<Vec<Field>, GpuError> {
    let passes = renderer.passes();
    scene
        .surfaces
        .iter()
        .map(|surface| match &surface.work {
            SurfaceWork::Nodes(field) => Ok(field.as_ref().clone()),
            SurfaceWork::Refine(work) => passes.read_back(&passes.refine(work)?),
            SurfaceWork::Scatter(work) => passes.read_back(&passes.interpolate_fastest(work)?),
        })
        .collect()
}

/// Encodes a scene; `fields` holds the heights of each of its surfaces, `figure` its axis box.
///
/// # Errors
/// When the scene has nothing to draw or is larger than a GLB can be (4 GiB).
pub fn encode(scene: &Scene, figure: &Figure, fields: &[Field]) -> Result<Vec<u8>, ExportError> {
    if fields.is_empty()
        && scene.meshes.is_empty()
        && scene.paths.is_empty()
        && scene.clouds.is_empty()
        && scene.markers.is_empty()
    {
        return Err(ExportError::Empty {
            why: "nothing is within the chosen steps".to_owned(),
        });
    }
    let mut document = Document::new(scene, figure);
    document.add_scene(fields);
    let (document, bytes) = document.finish();
    container::container(&document, bytes)
}
