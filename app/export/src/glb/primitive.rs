//! Primitives and their materials.

use serde_json::{Value, json};
use trainscape_gpu::is_translucent;

use super::buffer::Buffer;
use crate::geometry::{LinearColour, Triangles};

const TRIANGLES: u32 = 4;
pub(super) const LINES: u32 = 1;
pub(super) const LINE_STRIP: u32 = 3;
pub(super) const POINTS: u32 = 0;

/// Index of the material of opaque primitives.
pub(super) const OPAQUE: usize = 0;
/// Index of the material of translucent primitives; their colours have the opacity.
const TRANSLUCENT: usize = 1;

/// The material of a primitive of an opacity.
pub(super) fn material_of(opacity: f32) -> usize {
    if is_translucent(opacity) {
        TRANSLUCENT
    } else {
        OPAQUE
    }
}

/// The materials that `meshes` use.
pub(super) fn materials(meshes: &[Value]) -> Vec<Value> {
    let material = |name: &str| {
        json!({
            "name": name,
            "doubleSided": true,
            "pbrMetallicRoughness": { "metallicFactor": 0.0, "roughnessFactor": 1.0 },
            "extensions": { "KHR_materials_unlit": {} },
        })
    };
    let mut materials = vec![material("colour map")];
    let primitives = meshes
        .iter()
        .filter_map(|mesh| mesh["primitives"].as_array());
    if primitives.flatten().any(|p| p["material"] == TRANSLUCENT) {
        let mut translucent = material("translucent");
        translucent["alphaMode"] = "BLEND".into();
        materials.push(translucent);
    }
    materials
}

/// A primitive of triangles.
pub(super) fn filled(
    buffer: &mut Buffer,
    positions: &[[f32; 3]],
    triangles: &Triangles,
    opacity: f32,
) -> Value {
    let position = buffer.positions(positions);
    let colour = buffer.colours(&triangles.colours);
    let indices = buffer.indices(&triangles.indices);
    json!({
        "attributes": { "POSITION": position, "COLOR_0": colour },
        "indices": indices,
        "mode": TRIANGLES,
        "material": material_of(opacity),
    })
}

/// A primitive with a colour for each position.
pub(super) fn coloured(
    buffer: &mut Buffer,
    positions: &[[f32; 3]],
    colours: &[LinearColour],
    mode: u32,
    material: usize,
) -> Value {
    let position = buffer.positions(positions);
    let colour = buffer.colours(colours);
    json!({
        "attributes": { "POSITION": position, "COLOR_0": colour },
        "mode": mode,
        "material": material,
    })
}
