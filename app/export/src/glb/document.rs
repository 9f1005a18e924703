//! A scene as a glTF document.

use serde_json::{Value, json};
use trainscape_scene::{Scene, axis::Scale, camera::world_from_unit};

use super::{
    buffer::Buffer,
    primitive::{LINE_STRIP, LINES, OPAQUE, POINTS, coloured, filled, material_of, materials},
};
use crate::geometry::{Sink, Triangles, Vertices};

/// A partially assembled document.
pub(super) struct Document<'a> {
    scene: &'a Scene,
    buffer: Buffer,
    nodes: Vec<Value>,
    meshes: Vec<Value>,
}

impl<'a> Document<'a> {
    pub(super) fn new(scene: &'a Scene) -> Self {
        Self {
            scene,
            buffer: Buffer::default(),
            nodes: Vec::new(),
            meshes: Vec::new(),
        }
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

    fn place(&self, positions_unit: &[[f32; 3]]) -> Vec<[f32; 3]> {
        let aspect = self.scene.box_aspect;
        let place = |unit: &[f32; 3]| world_from_unit(*unit, aspect).to_array();
        positions_unit.iter().map(place).collect()
    }

    fn primitive(&mut self, vertices: &Vertices, mode: u32, material: usize) -> Value {
        let positions = self.place(&vertices.positions_unit);
        coloured(
            &mut self.buffer,
            &positions,
            &vertices.colours,
            mode,
            material,
        )
    }

    /// The document and the binary chunk that it describes.
    pub(super) fn finish(self) -> (Value, Vec<u8>) {
        let Self {
            scene,
            buffer,
            mut nodes,
            meshes,
            ..
        } = self;
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
                    Scale::Log10 => "log10",
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
        (document, bytes)
    }
}

impl Sink for Document<'_> {
    fn triangles(&mut self, name: &str, triangles: Triangles, opacity: f32) {
        let positions = self.place(&triangles.positions_unit);
        let primitive = filled(&mut self.buffer, &positions, &triangles, opacity);
        self.add(name, &[primitive]);
    }

    fn strips(&mut self, name: &str, strips: Vec<Vertices>) {
        let strips = strips.iter();
        let primitives: Vec<_> = strips
            .map(|strip| self.primitive(strip, LINE_STRIP, OPAQUE))
            .collect();
        self.add(name, &primitives);
    }

    fn segments(&mut self, name: &str, ends: Vertices) {
        let primitive = self.primitive(&ends, LINES, OPAQUE);
        self.add(name, &[primitive]);
    }

    fn points(&mut self, name: &str, points: Vertices, opacity: f32) {
        let primitive = self.primitive(&points, POINTS, material_of(opacity));
        self.add(name, &[primitive]);
    }
}
