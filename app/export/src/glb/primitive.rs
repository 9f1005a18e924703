//! Primitives and their materials.

use serde_json::{Value, json};
use trainscape_gpu::is_translucent;
use trainscape_scene::colour::Colour;

use super::{
    buffer::{Buffer, LinearColour},
    clip,
    surface::Mesh,
};

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

/// A primitive of triangles, cut at the axis box; `None` where nothing remains.
pub(super) fn filled(
    buffer: &mut Buffer,
    mut mesh: Mesh,
    opacity: f32,
    place: impl Fn([f32; 3]) -> [f32; 3],
) -> Option<Value> {
    clip::triangles(
        &mut mesh.positions_unit,
        &mut mesh.colours,
        &mut mesh.indices,
    );
    if mesh.indices.is_empty() {
        return None;
    }
    let positions: Vec<_> = mesh.positions_unit.into_iter().map(place).collect();
    let position = buffer.positions(&positions);
    let colour = buffer.colours(&mesh.colours);
    let indices = buffer.indices(&mesh.indices);
    Some(json!({
        "attributes": { "POSITION": position, "COLOR_0": colour },
        "indices": indices,
        "mode": TRIANGLES,
        "material": material_of(opacity),
    }))
}

/// A primitive of one colour.
pub(super) fn plain(
    buffer: &mut Buffer,
    positions: &[[f32; 3]],
    colour: Colour,
    mode: u32,
) -> Value {
    let colours = vec![LinearColour::of(colour); positions.len()];
    coloured(buffer, positions, &colours, mode, OPAQUE)
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
