//! GLB (glTF 2.0, binary): surfaces, paths, markers and the axis box with linear vertex colours.
//!
//! Materials are unlit, so that a viewer shows exactly the colour map; double-sided, since a surface is
//! seen from both sides. The root node turns our z up into glTF's y up.

mod buffer;
mod clip;
mod surface;

use serde_json::{Value, json};
use trainscape_compute::Field;
use trainscape_gpu::{GpuError, Renderer};
use trainscape_scene::{
    Scene,
    camera::world_from_unit,
    colour::Colour,
    figure::Figure,
    scene::{MeshColour, PathColour, SurfaceWork, is_in_box},
};

use self::buffer::{Buffer, LinearColour};
use crate::ExportError;

const TRIANGLES: u32 = 4;
const LINES: u32 = 1;
const LINE_STRIP: u32 = 3;
const POINTS: u32 = 0;

/// Index of the material of what hides everything behind it.
const OPAQUE: usize = 0;
/// Index of the material of what lets light through; its colours have the opacity.
const TRANSLUCENT: usize = 1;

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
            why: "nothing lies within the chosen steps".to_owned(),
        });
    }
    let mut buffer = Buffer::default();
    let mut nodes = Vec::new();
    let mut meshes = Vec::new();
    let mut add = |name: &str, primitives: Vec<Value>| {
        if !primitives.is_empty() {
            nodes.push(json!({ "name": name, "mesh": meshes.len() }));
            meshes.push(json!({ "name": name, "primitives": primitives }));
        }
    };
    let place = |unit: [f32; 3]| world_from_unit(unit, scene.box_aspect).to_array();
    for (surface, field) in scene.surfaces.iter().zip(fields) {
        let mut mesh = surface::triangles(surface, field);
        for colour in &mut mesh.colours {
            *colour = colour.with_opacity(surface.opacity);
        }
        let primitive = filled(&mut buffer, mesh, surface.opacity, place);
        add("surface", primitive.into_iter().collect());
    }
    for mesh in &scene.meshes {
        let corners = mesh.positions_unit.iter().enumerate();
        let colours = corners.map(|(index, unit)| {
            let colour = mesh.colour.of_corner(index, unit[2]);
            let opacity = mesh.opacity * f32::from(colour.alpha) / 255.0;
            LinearColour::of(colour).with_opacity(opacity)
        });
        let triangles = surface::Mesh {
            colours: colours.collect(),
            positions_unit: mesh.positions_unit.to_vec(),
            indices: mesh.triangles.iter().flatten().copied().collect(),
        };
        let opacity = match mesh.colour {
            MeshColour::Solid(colour) => mesh.opacity * f32::from(colour.alpha) / 255.0,
            _ => mesh.opacity,
        };
        let primitive = filled(&mut buffer, triangles, opacity, place);
        add(&mesh.name, primitive.into_iter().collect());
    }
    for path in &scene.paths {
        let colour = match path.colour {
            PathColour::Theme | PathColour::Values(..) => figure.theme.path,
            PathColour::Quiet => figure.theme.quiet_path,
            PathColour::Solid(colour) | PathColour::Outlined(colour) => colour,
        };
        let mut primitives = Vec::new();
        for strip in path.strips.iter().filter(|strip| strip.len() > 1) {
            let range = strip.start as usize..strip.end as usize;
            let positions = &path.positions_unit[range.clone()];
            let colours: Vec<_> = match &path.colour {
                PathColour::Values(values, map) => range
                    .map(|index| values.get(index).copied().unwrap_or(0.0))
                    .map(|value| LinearColour::of(map.colour(value)))
                    .collect(),
                _ => vec![LinearColour::of(colour); positions.len()],
            };
            for part in clip::strip(positions, &colours) {
                let (positions, colours): (Vec<_>, Vec<_>) = part
                    .into_iter()
                    .map(|(unit, colour)| (place(unit), colour))
                    .unzip();
                let primitive = coloured(&mut buffer, &positions, &colours, LINE_STRIP, OPAQUE);
                primitives.push(primitive);
            }
        }
        add(&path.name, primitives);
    }
    for cloud in &scene.clouds {
        let (mut positions, mut colours) = (Vec::new(), Vec::new());
        cloud.for_each(|_, point| {
            if is_in_box(point.position_unit) {
                positions.push(place(point.position_unit));
                let colour = LinearColour::of(cloud.colour.of(&point));
                colours.push(colour.with_opacity(cloud.opacity));
            }
        });
        if !positions.is_empty() {
            let material = material_of(cloud.opacity);
            let primitive = coloured(&mut buffer, &positions, &colours, POINTS, material);
            add(&cloud.name, vec![primitive]);
        }
    }
    for markers in &scene.markers {
        let positions: Vec<_> = markers
            .positions_unit
            .iter()
            .filter(|unit| is_in_box(**unit))
            .map(|unit| place(*unit))
            .collect();
        if !positions.is_empty() {
            let colour = markers.outline.unwrap_or(markers.colour);
            let primitive = plain(&mut buffer, &positions, colour, POINTS);
            add(&markers.name, vec![primitive]);
        }
    }
    let frame: Vec<_> = figure
        .frame
        .iter()
        .flat_map(|line| line.ends_unit)
        .map(place)
        .collect();
    if !frame.is_empty() {
        let primitive = plain(&mut buffer, &frame, figure.theme.axis, LINES);
        add("axis box", vec![primitive]);
    }
    let children: Vec<usize> = (0..nodes.len()).collect();
    let root = nodes.len();
    // A quarter turn around x: z up becomes y up.
    let half = std::f32::consts::FRAC_1_SQRT_2;
    nodes.push(json!({
        "name": scene.title,
        "rotation": [-half, 0.0, 0.0, half],
        "children": children,
    }));
    let axes: Vec<Value> = scene
        .axes
        .iter()
        .map(|axis| {
            let scale = match axis.scale {
                trainscape_scene::axis::Scale::Log10 => "log10",
                _ => "linear",
            };
            json!({ "title": axis.title, "scale": scale, "low": axis.low, "high": axis.high })
        })
        .collect();
    let (accessors, views, bytes) = buffer.finish();
    let document = json!({
        "asset": {
            "version": "2.0",
            "generator": concat!("Trainscape ", env!("CARGO_PKG_VERSION")),
            "extras": { "title": scene.title, "caption": scene.caption, "axes": axes },
        },
        "extensionsUsed": ["KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{ "nodes": [root] }],
        "nodes": nodes,
        "meshes": meshes,
        "materials": materials(&meshes),
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{ "byteLength": bytes.len() }],
    });
    container(&document, bytes)
}

/// The material of something of an opacity.
fn material_of(opacity: f32) -> usize {
    if opacity < 0.998 { TRANSLUCENT } else { OPAQUE }
}

/// The materials that `meshes` use.
fn materials(meshes: &[Value]) -> Vec<Value> {
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

/// A primitive of triangles, cut at the axis box; `None` where nothing is left.
fn filled(
    buffer: &mut Buffer,
    mut mesh: surface::Mesh,
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
fn plain(buffer: &mut Buffer, positions: &[[f32; 3]], colour: Colour, mode: u32) -> Value {
    let colours = vec![LinearColour::of(colour); positions.len()];
    coloured(buffer, positions, &colours, mode, OPAQUE)
}

/// A primitive with a colour for each position.
fn coloured(
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

/// Header, JSON chunk, binary chunk, each padded to four bytes.
fn container(document: &Value, mut bytes: Vec<u8>) -> Result<Vec<u8>, ExportError> {
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let length = |bytes: usize| {
        u32::try_from(bytes).map_err(|_| ExportError::Encode {
            reason: format!("{bytes} bytes are more than a GLB can hold (4 GiB)"),
        })
    };
    let total = length(12 + 8 + text.len() + 8 + bytes.len())?;
    let mut glb = Vec::with_capacity(total as usize);
    glb.extend(b"glTF");
    glb.extend(2_u32.to_le_bytes());
    glb.extend(total.to_le_bytes());
    glb.extend(length(text.len())?.to_le_bytes());
    glb.extend(b"JSON");
    glb.extend(text);
    glb.extend(length(bytes.len())?.to_le_bytes());
    glb.extend(b"BIN\0");
    glb.extend(bytes);
    Ok(glb)
}
