//! A scene as a glTF document.

use glam::Vec3;
use serde_json::{Value, json};
use trainscape_scene::{
    Scene,
    camera::{Projection, world_from_unit},
    figure::Figure,
};

use super::{
    buffer::Buffer,
    detail,
    flat::ByColour,
    labels::{self, Labels},
    lit,
    materials::{Material, Materials},
    palette::Palette,
    parts::{Part, Parts},
    placement::Placement,
    shape::Shape,
};
use crate::{
    error::ExportError,
    geometry::{Look, Paint, Sink, Triangles, Vertices},
    written_axis::written_axis,
};

const TRIANGLES: u32 = 4;
const LINES: u32 = 1;
const POINTS: u32 = 0;

/// A partially assembled document.
pub(super) struct Document<'a> {
    scene: &'a Scene,
    figure: &'a Figure,
    placement: Placement<'a>,
    parts: Parts,
    buffer: Buffer,
    nodes: Vec<Value>,
    meshes: Vec<Value>,
    materials: Materials,
    palette: Palette,
}

impl<'a> Document<'a> {
    pub(super) fn new(scene: &'a Scene, figure: &'a Figure) -> Self {
        Self {
            scene,
            figure,
            placement: Placement::new(scene, figure),
            parts: Parts::default(),
            buffer: Buffer::default(),
            nodes: Vec::new(),
            meshes: Vec::new(),
            materials: Materials::default(),
            palette: Palette::default(),
        }
    }

    /// The document and the binary chunk that it describes.
    pub(super) fn finish(mut self) -> Result<(Value, Vec<u8>), ExportError> {
        let mut parts = std::mem::take(&mut self.parts);
        parts.join_lines();
        let labels = labels::of_figure(self.scene, self.figure, &self.placement);
        // The texture has as many rows as the coordinates in it assume.
        for (_, part) in &parts.0 {
            if let Part::Triangles(triangles, look) = part
                && is_lit(triangles, *look)
            {
                self.palette.row(triangles.paints[0], alpha(look.opacity));
            }
        }
        for area in &labels.areas {
            self.palette.row(area.paints[0], 255);
        }
        self.write(parts);
        self.write_labels(&labels);
        let mut images = Vec::new();
        if !self.palette.is_empty() {
            images.push(self.palette.encode()?);
        }
        let atlas = images.len();
        if !labels.atlas.is_empty() {
            images.push(labels.atlas.encode(self.figure.theme.background)?);
        }
        Ok(self.json(&images, atlas))
    }

    fn write(&mut self, parts: Parts) {
        let ball = detail::ball(parts.points());
        let sides = detail::sides(parts.positions_of_lines());
        let mode_of_lines = if sides.is_some() { TRIANGLES } else { LINES };
        let mode_of_points = if ball.is_some() { TRIANGLES } else { POINTS };
        for (name, part) in parts.0 {
            match part {
                Part::Triangles(triangles, look) => self.write_triangles(&name, &triangles, look),
                Part::Lines(lines) => {
                    let paints = lines.iter().flat_map(|(line, _)| &line.paints);
                    let mut shapes = ByColour::of(&paints);
                    for (line, width_pt) in &lines {
                        let centres = self.place(&line.positions_unit);
                        shapes.line(&centres, &line.paints, self.radius(*width_pt), sides);
                    }
                    self.write_flat(&name, shapes, mode_of_lines, 255);
                }
                Part::Points(points, diameters_pt, opacity) => {
                    let mut shapes = ByColour::of(&points.paints.iter());
                    let centres = self.place(&points.positions_unit);
                    let balls = centres.iter().zip(&points.paints).zip(&diameters_pt);
                    for ((centre, paint), diameter_pt) in balls {
                        let radius = self.radius(*diameter_pt);
                        shapes.point(*centre, *paint, radius, ball.as_ref());
                    }
                    self.write_flat(&name, shapes, mode_of_points, alpha(opacity));
                }
            }
        }
    }

    /// Half a width in points, in world units.
    fn radius(&self, width_pt: f32) -> f32 {
        self.placement
            .world_from_pt(width_pt * self.figure.line_scale / 2.0)
    }

    fn place(&self, positions_unit: &[[f32; 3]]) -> Vec<Vec3> {
        let aspect = self.figure.box_aspect;
        let place = |unit: &[f32; 3]| world_from_unit(*unit, aspect);
        positions_unit.iter().map(place).collect()
    }

    fn write_triangles(&mut self, name: &str, triangles: &Triangles, look: Look) {
        let positions = self.place(&triangles.positions_unit);
        if is_lit(triangles, look) {
            let primitive = self.lit(&positions, triangles, look);
            self.add(name, &[primitive]);
            return;
        }
        let mut shapes = ByColour::of(&triangles.paints.iter());
        shapes.triangles(&positions, triangles);
        self.write_flat(name, shapes, TRIANGLES, alpha(look.opacity));
    }

    /// A primitive with normals and the colours of the palette.
    fn lit(&mut self, positions: &[Vec3], triangles: &Triangles, look: Look) -> Value {
        let alpha = alpha(look.opacity);
        let mut rows: Option<(Paint, usize)> = None;
        let mut coordinates = Vec::with_capacity(positions.len());
        for paint in &triangles.paints {
            // Neighbours mostly have the same map.
            let row = match rows {
                Some((known, row)) if is_same_row(known, *paint) => row,
                _ => self.palette.row(*paint, alpha),
            };
            rows = Some((*paint, row));
            coordinates.push(self.palette.coordinates(*paint, row));
        }
        let normals = lit::normals(positions, &triangles.indices);
        let positions: Vec<_> = positions.iter().map(Vec3::to_array).collect();
        let material = Material::Lit {
            shading_percent: (look.shading.clamp(0.0, 1.0) * 100.0).round() as u8,
            blends: alpha < 255,
        };
        json!({
            "attributes": {
                "POSITION": self.buffer.positions(&positions),
                "NORMAL": self.buffer.normals(&normals),
                "TEXCOORD_0": self.buffer.texture_coordinates(&coordinates),
            },
            "indices": self.buffer.indices(&triangles.indices, positions.len()),
            "mode": TRIANGLES,
            "material": self.materials.index(material),
        })
    }

    /// Adds shapes, all in one mode.
    fn write_flat(&mut self, name: &str, shapes: ByColour, mode: u32, alpha: u8) {
        let mut primitives = Vec::new();
        for (rgb, Shape { positions, indices }) in shapes.shapes {
            if positions.is_empty() {
                continue;
            }
            let mut primitive = json!({
                "attributes": { "POSITION": self.buffer.positions(&positions) },
                "mode": mode,
                "material": self.materials.index(Material::Flat { rgb, alpha }),
            });
            if !indices.is_empty() {
                primitive["indices"] = self.buffer.indices(&indices, positions.len()).into();
            }
            primitives.push(primitive);
        }
        self.add(name, &primitives);
    }

    fn write_labels(&mut self, labels: &Labels) {
        let paints: Vec<Paint> = labels
            .lines
            .iter()
            .map(|line| Paint::of(line.colour))
            .collect();
        let mut lines = ByColour::of(&paints.iter());
        for line in &labels.lines {
            let radius = self.placement.world_from_pt(line.width_pt / 2.0);
            lines.line(&line.ends, &[Paint::of(line.colour); 2], radius, Some(4));
        }
        self.write_flat("axes", lines, TRIANGLES, 255);
        let look = Look {
            opacity: 1.0,
            shading: 0.0,
        };
        for area in &labels.areas {
            let triangles = Triangles {
                positions_unit: Vec::new(),
                paints: area.paints.to_vec(),
                indices: vec![0, 2, 1, 0, 3, 2],
            };
            let primitive = self.lit(&area.corners, &triangles, look);
            self.add("key", &[primitive]);
        }
        if !labels.quads.is_empty() {
            let primitive = self.quads(labels);
            self.add("labels", &[primitive]);
        }
    }

    /// The texts, each with a quad for either side: from behind it reads from left to right as well.
    fn quads(&mut self, labels: &Labels) -> Value {
        let [width, height] = labels.atlas.size_pt();
        let (mut positions, mut coordinates, mut indices) = (Vec::new(), Vec::new(), Vec::new());
        for quad in &labels.quads {
            let (left, right) = (quad.cell.x / width, quad.cell.right() / width);
            let (top, bottom) = (quad.cell.y / height, quad.cell.bottom() / height);
            for [left, right] in [[left, right], [right, left]] {
                let first = positions.len() as u32;
                positions.extend(quad.corners);
                coordinates.extend([[left, top], [right, top], [right, bottom], [left, bottom]]);
                let front = left < right;
                let corners = if front {
                    [0, 2, 1, 0, 3, 2]
                } else {
                    [0, 1, 2, 0, 2, 3]
                };
                indices.extend(corners.map(|corner| first + corner));
            }
        }
        json!({
            "attributes": {
                "POSITION": self.buffer.positions(&positions),
                "TEXCOORD_0": self.buffer.texture_coordinates(&coordinates),
            },
            "indices": self.buffer.indices(&indices, positions.len()),
            "mode": TRIANGLES,
            "material": self.materials.index(Material::Label),
        })
    }

    /// Adds a node with these primitives, unless there are none.
    fn add(&mut self, name: &str, primitives: &[Value]) {
        if !primitives.is_empty() {
            self.nodes
                .push(json!({ "name": name, "mesh": self.meshes.len() }));
            self.meshes
                .push(json!({ "name": name, "primitives": primitives }));
        }
    }

    /// The document with these images; the second one, or the only one, is the atlas.
    fn json(mut self, images: &[Vec<u8>], atlas: usize) -> (Value, Vec<u8>) {
        let scene = self.scene;
        let camera = self.figure.fixed_camera();
        let children: Vec<usize> = (0..self.nodes.len()).collect();
        let root = self.nodes.len();
        // A quarter turn around x: z up becomes y up.
        let half = std::f32::consts::FRAC_1_SQRT_2;
        self.nodes.push(json!({
            "name": scene.title,
            "rotation": [-half, 0.0, 0.0, half],
            "children": children,
        }));
        let mut document = json!({
            "asset": {
                "version": "2.0",
                "generator": concat!("Trainscape ", env!("CARGO_PKG_VERSION")),
                "extras": {
                    "title": scene.title,
                    "caption": scene.caption,
                    "axes": scene.axes.iter().map(written_axis).collect::<Vec<_>>(),
                    "boxEdges": self.figure.box_aspect,
                    "camera": [camera.azimuth, camera.elevation],
                    "flat": scene.flat && camera.projection == Projection::Orthographic,
                },
            },
            "extensionsUsed": self.materials.extensions(),
            "scene": 0,
            "scenes": [{ "nodes": [root] }],
            "nodes": self.nodes,
            "meshes": self.meshes,
            "materials": self.materials.json(0, atlas),
        });
        if !images.is_empty() {
            let views = images.iter().map(|png| self.buffer.file(png));
            let views: Vec<usize> = views.collect();
            let image = |view: &usize| json!({ "bufferView": view, "mimeType": "image/png" });
            let texture = |source: usize| json!({ "source": source, "sampler": 0 });
            document["images"] = views.iter().map(image).collect();
            document["textures"] = (0..images.len()).map(texture).collect();
            // Linear, without smaller versions, and clamped to the edge.
            document["samplers"] = json!([
                { "magFilter": 9729, "minFilter": 9729, "wrapS": 33071, "wrapT": 33071 },
            ]);
        }
        let (accessors, views, bytes) = self.buffer.finish();
        document["accessors"] = accessors.into();
        document["bufferViews"] = views.into();
        document["buffers"] = json!([{ "byteLength": bytes.len() }]);
        (document, bytes)
    }
}

fn alpha(opacity: f32) -> u8 {
    (opacity.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn is_same_row(a: Paint, b: Paint) -> bool {
    match (a, b) {
        (Paint::OnMap(a, _), Paint::OnMap(b, _)) => a == b,
        _ => a == b,
    }
}

/// Whether triangles are coloured by the palette: where the light changes their colours, or these differ within one.
fn is_lit(triangles: &Triangles, look: Look) -> bool {
    let (corners, _) = triangles.indices.as_chunks::<3>();
    let differ = |[a, b, c]: &[u32; 3]| {
        let [a, b, c] = [a, b, c].map(|corner| triangles.paints[*corner as usize]);
        a != b || b != c
    };
    look.shading > 0.0 || corners.iter().any(differ)
}

impl Sink for Document<'_> {
    fn triangles(&mut self, name: &str, triangles: Triangles, look: Look) {
        self.parts.push(name, Part::Triangles(triangles, look));
    }

    fn strips(&mut self, name: &str, strips: Vec<Vertices>, width_pt: f32) {
        let lines = strips.into_iter().map(|strip| (strip, width_pt));
        self.parts.push(name, Part::Lines(lines.collect()));
    }

    fn segments(&mut self, name: &str, ends: Vertices, width_pt: f32) {
        let pairs = ends.positions_unit.chunks(2).zip(ends.paints.chunks(2));
        let lines = pairs.map(|(positions, paints)| {
            let line = Vertices {
                positions_unit: positions.to_vec(),
                paints: paints.to_vec(),
            };
            (line, width_pt)
        });
        self.parts.push(name, Part::Lines(lines.collect()));
    }

    fn points(&mut self, name: &str, points: Vertices, diameters_pt: Vec<f32>, opacity: f32) {
        self.parts
            .push(name, Part::Points(points, diameters_pt, opacity));
    }
}
