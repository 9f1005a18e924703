//! Models (GLB, glTF 2.0 binary): their triangles, lines and points, each in the colour of its material.

mod buffers;
mod transform;

use serde::Deserialize;
use trainscape_run::{Plot, PlotLayout, Trace};

use self::{
    buffers::{Accessor, BufferView, Buffers},
    transform::Transform,
};
use super::{
    format::MediaFormat,
    page_figure::checked_aspect,
    written_axes::{self, WrittenAxis},
};
use crate::{
    budget::Budget,
    limits::{Limits, PAGE, TRACES},
};

/// A model (`*.glb`).
pub(crate) static MODEL: Model = Model;

#[derive(Debug)]
pub(crate) struct Model;

const GENERATOR: &str = "Trainscape ";
/// What this program writes beside the data: the view draws axes and texts of its own.
const NO_DATA: [&str; 3] = ["axes", "key", "labels"];
const TEXTURED: &str =
    "Textures are not drawn: what has the colours of one is coloured by its height";

impl MediaFormat for Model {
    fn name(&self) -> &'static str {
        "glb model"
    }

    fn ending(&self) -> &'static str {
        ".glb"
    }

    fn folder(&self) -> &'static str {
        "object3d"
    }

    fn limits(&self) -> Limits {
        PAGE
    }

    fn is_only_in_its_folder(&self) -> bool {
        true
    }

    fn read(&self, file: &[u8]) -> Result<Plot, String> {
        let (json, bytes) = chunks(file)?;
        let document: Document = serde_json::from_slice(json)
            .map_err(|error| format!("holds no model that can be read: {error}"))?;
        if let Some(extension) = document.extensions_required.first() {
            let name: String = extension.chars().take(40).collect();
            return Err(format!(
                "needs the extension {name}, which is not read: export it without compression"
            ));
        }
        read(&document, bytes)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    asset: Asset,
    scene: Option<usize>,
    #[serde(default)]
    scenes: Vec<Roots>,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    meshes: Vec<Mesh>,
    #[serde(default)]
    materials: Vec<Material>,
    #[serde(default)]
    accessors: Vec<Accessor>,
    #[serde(default)]
    buffer_views: Vec<BufferView>,
    #[serde(default)]
    extensions_required: Vec<String>,
}

#[derive(Deserialize)]
struct Asset {
    #[serde(default)]
    generator: String,
    extras: Option<serde_json::Value>,
}

/// What this program says of its figure.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extras {
    title: String,
    caption: String,
    axes: [WrittenAxis; 3],
    box_edges: [f32; 3],
    camera: Option<[f32; 2]>,
    #[serde(default)]
    flat: bool,
}

#[derive(Deserialize)]
struct Roots {
    #[serde(default)]
    nodes: Vec<usize>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    name: String,
    mesh: Option<usize>,
    #[serde(default)]
    children: Vec<usize>,
    #[serde(flatten)]
    transform: Transform,
}

#[derive(Deserialize)]
struct Mesh {
    primitives: Vec<Primitive>,
}

#[derive(Deserialize)]
struct Primitive {
    attributes: Attributes,
    indices: Option<usize>,
    material: Option<usize>,
    #[serde(default = "triangles")]
    mode: u32,
}

fn triangles() -> u32 {
    4
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "POSITION")]
    position: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    #[serde(default)]
    pbr_metallic_roughness: Surface,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Surface {
    base_color_factor: Option<[f32; 4]>,
    base_color_texture: Option<serde_json::Value>,
}

/// The JSON and the binary chunk.
fn chunks(file: &[u8]) -> Result<(&[u8], &[u8]), String> {
    if !file.starts_with(b"glTF") {
        return Err("is no GLB model".to_owned());
    }
    let cut = "is cut or damaged: a part of it is longer than the file";
    let chunk = |from: usize| -> Option<(&[u8], &[u8], usize)> {
        let header = file.get(from..from + 8)?;
        let (len, kind) = header.split_at(4);
        let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
        let start = from + 8;
        let end = start.checked_add(len)?;
        Some((kind, file.get(start..end)?, end))
    };
    let (kind, json, end) = chunk(12).ok_or(cut)?;
    if kind != b"JSON" {
        return Err("is no GLB model of version 2".to_owned());
    }
    let bytes = match end + 8 <= file.len() {
        true => chunk(end).ok_or(cut)?.1,
        false => &[],
    };
    Ok((json, bytes))
}

fn read(document: &Document, bytes: &[u8]) -> Result<Plot, String> {
    let extras = document.asset.extras.clone();
    let layout = match document.asset.generator.starts_with(GENERATOR) {
        true => extras.and_then(|extras| serde_json::from_value::<Extras>(extras).ok()),
        false => None,
    };
    let is_ours = layout.is_some();
    let mut plot = Plot {
        // glTF has y upwards; the view has z.
        axis_titles: ["x", "−z", "y"].map(str::to_owned),
        ..Plot::default()
    };
    let edges = match &layout {
        Some(extras) => checked_aspect(extras.box_edges)?.map(f64::from),
        None => [1.0; 3],
    };
    let place = |[x, y, z]: [f64; 3]| {
        let world = [x, -z, y];
        match is_ours {
            true => std::array::from_fn(|axis| world[axis] / edges[axis] + 0.5),
            false => world,
        }
    };
    let mut buffers = Buffers::new(&document.accessors, &document.buffer_views, bytes);
    let mut traces = Budget::new(TRACES);
    let mut seen = vec![false; document.nodes.len()];
    let roots = document.scenes.get(document.scene.unwrap_or(0));
    let mut open: Vec<(usize, Transform)> = match roots {
        Some(roots) => roots.nodes.iter().rev(),
        None => [].iter().rev(),
    }
    .map(|root| (*root, Transform::default()))
    .collect();
    while let Some((at, parent)) = open.pop() {
        let Some(node) = document.nodes.get(at) else {
            continue;
        };
        // A node has one parent; a damaged file may have loops.
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        let transform = parent.then(&node.transform);
        open.extend(node.children.iter().rev().map(|child| (*child, transform)));
        let mesh = node.mesh.and_then(|mesh| document.meshes.get(mesh));
        if is_ours && NO_DATA.contains(&node.name.as_str()) {
            continue;
        }
        for primitive in mesh.into_iter().flat_map(|mesh| &mesh.primitives) {
            if let Err(why) = traces.take_items(1) {
                plot.notes
                    .push(format!("The rest of it is not drawn: {why}"));
                open.clear();
                break;
            }
            let material = primitive.material.and_then(|at| document.materials.get(at));
            let to_view = |position| place(transform.apply(position));
            let trace = trace(&node.name, primitive, material, &mut buffers, to_view)?;
            let surface = material.map(|material| &material.pbr_metallic_roughness);
            let is_textured = surface.is_some_and(|surface| surface.base_color_texture.is_some());
            if is_textured && !plot.notes.iter().any(|note| note == TEXTURED) {
                plot.notes.push(TEXTURED.to_owned());
            }
            plot.traces.extend(trace);
        }
    }
    if plot.traces.is_empty() {
        return Err("holds no triangles, lines or points".to_owned());
    }
    if let Some(extras) = layout {
        plot.title = extras.title;
        plot.layout = Some(PlotLayout {
            axes: written_axes::all(extras.axes)
                .ok_or("is damaged: an axis of its figure has no ends")?,
            values: None,
            colour_map: None,
            box_aspect: extras.box_edges,
            view: extras.camera,
            is_flat: extras.flat,
            panels: Vec::new(),
            labels: Vec::new(),
            caption: extras.caption,
        });
    }
    Ok(plot)
}

/// What a primitive draws; nothing where it has no positions or a mode that is not drawn.
fn trace(
    name: &str,
    primitive: &Primitive,
    material: Option<&Material>,
    buffers: &mut Buffers<'_>,
    place: impl Fn([f64; 3]) -> [f64; 3],
) -> Result<Option<Trace>, String> {
    let Some(position) = primitive.attributes.position else {
        return Ok(None);
    };
    let positions = buffers.positions(position)?;
    let positions: Vec<[f64; 3]> = positions.into_iter().map(place).collect();
    let corners: Vec<u32> = match primitive.indices {
        Some(indices) => buffers.indices(indices)?,
        None => (0..positions.len() as u32).collect(),
    };
    let surface = material.map(|material| &material.pbr_metallic_roughness);
    let factor = surface.and_then(|surface| surface.base_color_factor);
    let is_textured = surface.is_some_and(|surface| surface.base_color_texture.is_some());
    let colour = match is_textured {
        true => None,
        false => factor.map(|[red, green, blue, _]| [red, green, blue].map(srgb_from_linear)),
    };
    let opacity = factor.map_or(1.0, |[.., alpha]| alpha.clamp(0.0, 1.0));
    let at = |corner: &u32| positions.get(*corner as usize).copied();
    let points = |positions: Vec<[f64; 3]>, lines: bool| Trace::Points {
        name: name.to_owned(),
        values: Vec::new(),
        value_title: String::new(),
        colours: colour.map_or_else(Vec::new, |rgb| vec![rgb; positions.len()]),
        texts: Vec::new(),
        markers: !lines,
        lines,
        diameter_pt: None,
        positions,
    };
    Ok(match primitive.mode {
        0 => Some(points(corners.iter().filter_map(at).collect(), false)),
        1 => {
            let (pairs, _) = corners.as_chunks::<2>();
            let ends = pairs.iter().filter_map(|[a, b]| Some([at(a)?, at(b)?]));
            let gap = [f64::NAN; 3];
            Some(points(ends.flat_map(|[a, b]| [a, b, gap]).collect(), true))
        }
        3 => Some(points(corners.iter().filter_map(at).collect(), true)),
        4 => {
            let count = positions.len();
            let (triangles, _) = corners.as_chunks::<3>();
            let inside = |triangle: &&[u32; 3]| triangle.iter().all(|at| (*at as usize) < count);
            let triangles = triangles.iter().filter(inside).copied().collect();
            Some(Trace::Mesh {
                name: name.to_owned(),
                positions,
                triangles,
                values: Vec::new(),
                colour,
                opacity,
            })
        }
        _ => None,
    })
}

fn srgb_from_linear(linear: f32) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let encoded = match linear <= 0.003_130_8 {
        true => linear * 12.92,
        false => 1.055 * linear.powf(1.0 / 2.4) - 0.055,
    };
    (encoded * 255.0).round() as u8
}
