//! A scene as a glTF document.

use serde_json::{Value, json};
use trainscape_compute::Field;
use trainscape_scene::{
    Scene,
    axis::Scale,
    camera::world_from_unit,
    figure::Figure,
    scene::{Mesh, MeshColour, Path, PathColour, Surface, is_in_box},
};

use super::{
    buffer::{Buffer, LinearColour},
    clip,
    primitive::{
        LINE_STRIP, LINES, OPAQUE, POINTS, coloured, filled, material_of, materials, plain,
    },
    surface,
};

/// A partially assembled document.
pub(super) struct Document<'a> {
    scene: &'a Scene,
    figure: &'a Figure,
    buffer: Buffer,
    nodes: Vec<Value>,
    meshes: Vec<Value>,
}

impl<'a> Document<'a> {
    pub(super) fn new(scene: &'a Scene, figure: &'a Figure) -> Self {
        Self {
            scene,
            figure,
            buffer: Buffer::default(),
            nodes: Vec::new(),
            meshes: Vec::new(),
        }
    }

    /// Adds everything in the scene; `fields` are the heights of its surfaces.
    pub(super) fn add_scene(&mut self, fields: &[Field]) {
        let scene = self.scene;
        for (surface, field) in scene.surfaces.iter().zip(fields) {
            self.add_surface(surface, field);
        }
        for mesh in &scene.meshes {
            self.add_mesh(mesh);
        }
        for path in &scene.paths {
            self.add_path(path);
        }
        self.add_clouds();
        self.add_markers();
        self.add_axis_box();
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

    fn world(&self, unit: [f32; 3]) -> [f32; 3] {
        world_from_unit(unit, self.scene.box_aspect).to_array()
    }

    fn add_triangles(&mut self, name: &str, mesh: surface::Mesh, opacity: f32) {
        let box_aspect = self.scene.box_aspect;
        let place = |unit| world_from_unit(unit, box_aspect).to_array();
        let primitive = filled(&mut self.buffer, mesh, opacity, place);
        self.add(name, primitive.as_slice());
    }

    fn add_surface(&mut self, surface: &Surface, field: &Field) {
        let mut mesh = surface::triangles(surface, field);
        for colour in &mut mesh.colours {
            *colour = colour.with_opacity(surface.opacity);
        }
        self.add_triangles("surface", mesh, surface.opacity);
    }

    fn add_mesh(&mut self, mesh: &Mesh) {
        let corners = mesh.positions_unit.iter().enumerate();
        let colours = corners.map(|(index, unit)| {
            let colour = mesh.colour.at_vertex(index, unit[2]);
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
        self.add_triangles(&mesh.name, triangles, opacity);
    }

    fn add_path(&mut self, path: &Path) {
        let theme = &self.figure.theme;
        let colour = match path.colour {
            PathColour::Theme | PathColour::Values(..) => theme.path,
            PathColour::Muted => theme.muted_path,
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
                    .map(|(unit, colour)| (self.world(unit), colour))
                    .unzip();
                let primitive =
                    coloured(&mut self.buffer, &positions, &colours, LINE_STRIP, OPAQUE);
                primitives.push(primitive);
            }
        }
        self.add(&path.name, &primitives);
    }

    fn add_clouds(&mut self) {
        for cloud in &self.scene.clouds {
            let (mut positions, mut colours) = (Vec::new(), Vec::new());
            cloud.for_each(|_, point| {
                if is_in_box(point.position_unit) {
                    positions.push(self.world(point.position_unit));
                    let colour = LinearColour::of(cloud.colour.of(&point));
                    colours.push(colour.with_opacity(cloud.opacity));
                }
            });
            if !positions.is_empty() {
                let material = material_of(cloud.opacity);
                let primitive = coloured(&mut self.buffer, &positions, &colours, POINTS, material);
                self.add(&cloud.name, &[primitive]);
            }
        }
    }

    fn add_markers(&mut self) {
        for markers in &self.scene.markers {
            let positions: Vec<_> = markers
                .positions_unit
                .iter()
                .filter(|unit| is_in_box(**unit))
                .map(|unit| self.world(*unit))
                .collect();
            if !positions.is_empty() {
                let colour = markers.outline.unwrap_or(markers.colour);
                let primitive = plain(&mut self.buffer, &positions, colour, POINTS);
                self.add(&markers.name, &[primitive]);
            }
        }
    }

    fn add_axis_box(&mut self) {
        let frame: Vec<_> = self
            .figure
            .frame
            .iter()
            .flat_map(|line| line.ends_unit)
            .map(|unit| self.world(unit))
            .collect();
        if !frame.is_empty() {
            let primitive = plain(&mut self.buffer, &frame, self.figure.theme.axis, LINES);
            self.add("axis box", &[primitive]);
        }
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
