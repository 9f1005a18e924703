//! GLB (glTF 2.0, binary): surfaces, paths, markers and the axis box with linear vertex colours.
//!
//! Materials are unlit, so that a viewer shows exactly the colour map; double-sided, since a surface is
//! seen from both sides. The root node turns our z up into glTF's y up.

mod buffer;
mod surface;

use serde_json::{Value, json};
use trainscape_gpu::{GpuError, Renderer};
use trainscape_scene::{
    Scene,
    camera::world_from_unit,
    colour::Colour,
    compute::Field,
    figure::Figure,
    scene::{PathColour, SurfaceWork},
};

use self::buffer::{Buffer, LinearColour};
use crate::ExportError;

const TRIANGLES: u32 = 4;
const LINES: u32 = 1;
const LINE_STRIP: u32 = 3;
const POINTS: u32 = 0;

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
            SurfaceWork::Scatter(work) => {
                passes.read_back(&passes.interpolate_by_the_quicker(work)?)
            }
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
        let mesh = surface::triangles(surface, field);
        if mesh.indices.is_empty() {
            continue;
        }
        let positions: Vec<_> = mesh
            .positions_unit
            .iter()
            .map(|unit| place(*unit))
            .collect();
        let position = buffer.positions(&positions);
        let colour = buffer.colours(&mesh.colours);
        let indices = buffer.indices(&mesh.indices);
        add(
            "surface",
            vec![json!({
                "attributes": { "POSITION": position, "COLOR_0": colour },
                "indices": indices,
                "mode": TRIANGLES,
                "material": 0,
            })],
        );
    }
    for mesh in scene
        .meshes
        .iter()
        .filter(|mesh| !mesh.triangles.is_empty())
    {
        let positions: Vec<_> = mesh
            .positions_unit
            .iter()
            .map(|unit| place(*unit))
            .collect();
        let colours: Vec<_> = mesh
            .positions_unit
            .iter()
            .enumerate()
            .map(|(index, unit)| LinearColour::of(mesh.colour.of_corner(index, unit[2])))
            .collect();
        let indices: Vec<u32> = mesh.triangles.iter().flatten().copied().collect();
        let position = buffer.positions(&positions);
        let colour = buffer.colours(&colours);
        let indices = buffer.indices(&indices);
        let primitive = json!({
            "attributes": { "POSITION": position, "COLOR_0": colour },
            "indices": indices,
            "mode": TRIANGLES,
            "material": 0,
        });
        add(&mesh.name, vec![primitive]);
    }
    for path in &scene.paths {
        let colour = match path.colour {
            PathColour::Theme | PathColour::Values(..) => figure.theme.path,
            PathColour::Quiet => figure.theme.quiet_path,
            PathColour::Solid(colour) => colour,
        };
        let mut primitives = Vec::new();
        for strip in path.strips.iter().filter(|strip| strip.len() > 1) {
            let range = strip.start as usize..strip.end as usize;
            let positions: Vec<_> = path.positions_unit[range.clone()]
                .iter()
                .map(|unit| place(*unit))
                .collect();
            let colours: Vec<_> = match &path.colour {
                PathColour::Values(values, map) => values[range]
                    .iter()
                    .map(|value| LinearColour::of(map.colour(*value)))
                    .collect(),
                _ => vec![LinearColour::of(colour); positions.len()],
            };
            primitives.push(coloured(&mut buffer, &positions, &colours, LINE_STRIP));
        }
        add(&path.name, primitives);
    }
    for cloud in &scene.clouds {
        let (mut positions, mut colours) = (Vec::new(), Vec::new());
        cloud.for_each(|_, point| {
            positions.push(place(point.position_unit));
            colours.push(LinearColour::of(cloud.colour.of(&point)));
        });
        if !positions.is_empty() {
            let primitive = coloured(&mut buffer, &positions, &colours, POINTS);
            add(&cloud.name, vec![primitive]);
        }
    }
    for markers in &scene.markers {
        let positions: Vec<_> = markers
            .positions_unit
            .iter()
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
        "materials": [{
            "name": "colour map",
            "doubleSided": true,
            "pbrMetallicRoughness": { "metallicFactor": 0.0, "roughnessFactor": 1.0 },
            "extensions": { "KHR_materials_unlit": {} },
        }],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{ "byteLength": bytes.len() }],
    });
    container(&document, bytes)
}

/// A primitive of one colour.
fn plain(buffer: &mut Buffer, positions: &[[f32; 3]], colour: Colour, mode: u32) -> Value {
    let colours = vec![LinearColour::of(colour); positions.len()];
    coloured(buffer, positions, &colours, mode)
}

/// A primitive with a colour for each position.
fn coloured(
    buffer: &mut Buffer,
    positions: &[[f32; 3]],
    colours: &[LinearColour],
    mode: u32,
) -> Value {
    let position = buffer.positions(positions);
    let colour = buffer.colours(colours);
    json!({
        "attributes": { "POSITION": position, "COLOR_0": colour },
        "mode": mode,
        "material": 0,
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
