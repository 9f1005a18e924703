//! PLY (binary, little-endian): all vertices of a scene with their colours, faces for its surfaces and edges for its
//! lines, in the units of the axis box, z up.

use trainscape_compute::Field;
use trainscape_scene::{Scene, camera::world_from_unit, figure::Figure};

use crate::{
    error::ExportError,
    geometry::{self, Look, Paint, Sink, Triangles, Vertices},
};

/// Encodes a scene; `fields` holds the heights of each of its surfaces, `figure` its axis box.
///
/// # Errors
/// When the scene has nothing to draw.
pub fn encode(scene: &Scene, figure: &Figure, fields: &[Field]) -> Result<Vec<u8>, ExportError> {
    let mut model = Model {
        box_aspect: scene.box_aspect,
        ..Model::default()
    };
    geometry::walk(scene, figure, fields, &mut model)?;
    Ok(model.encode(scene))
}

#[derive(Default)]
struct Model {
    box_aspect: [f32; 3],
    vertices: Vec<([f32; 3], [u8; 4])>,
    faces: Vec<[u32; 3]>,
    edges: Vec<[u32; 2]>,
}

impl Model {
    /// Adds vertices and returns the index of the first.
    fn add(&mut self, positions_unit: &[[f32; 3]], paints: &[Paint], opacity: f32) -> u32 {
        let first = self.vertices.len() as u32;
        let aspect = self.box_aspect;
        let alpha = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
        let placed = positions_unit.iter().zip(paints).map(|(unit, paint)| {
            let position = world_from_unit(*unit, aspect).to_array();
            let [r, g, b] = paint.rgb();
            (position, [r, g, b, alpha])
        });
        self.vertices.extend(placed);
        first
    }

    fn encode(&self, scene: &Scene) -> Vec<u8> {
        let (vertices, faces, edges) = (self.vertices.len(), self.faces.len(), self.edges.len());
        // A comment ends with its line.
        let title: String = scene
            .title
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        let mut header = format!(
            "ply\nformat binary_little_endian 1.0\ncomment Trainscape {}\ncomment {title}\nelement vertex {vertices}\n",
            env!("CARGO_PKG_VERSION"),
        );
        for axis in ["x", "y", "z"] {
            header += &format!("property float {axis}\n");
        }
        for channel in ["red", "green", "blue", "alpha"] {
            header += &format!("property uchar {channel}\n");
        }
        header += &format!("element face {faces}\nproperty list uchar int vertex_indices\n");
        header += &format!("element edge {edges}\nproperty int vertex1\nproperty int vertex2\n");
        header += "end_header\n";
        let mut bytes = header.into_bytes();
        bytes.reserve(16 * vertices + 13 * faces + 8 * edges);
        for (position, colour) in &self.vertices {
            position
                .iter()
                .for_each(|value| bytes.extend(value.to_le_bytes()));
            bytes.extend(colour);
        }
        for face in &self.faces {
            bytes.push(3);
            face.iter()
                .for_each(|index| bytes.extend(index.to_le_bytes()));
        }
        for edge in &self.edges {
            edge.iter()
                .for_each(|index| bytes.extend(index.to_le_bytes()));
        }
        bytes
    }
}

impl Sink for Model {
    fn triangles(&mut self, _name: &str, triangles: Triangles, look: Look) {
        let first = self.add(&triangles.positions_unit, &triangles.paints, look.opacity);
        let (faces, _) = triangles.indices.as_chunks::<3>();
        self.faces
            .extend(faces.iter().map(|face| face.map(|index| first + index)));
    }

    fn strips(&mut self, _name: &str, strips: Vec<Vertices>, _: f32) {
        for strip in strips {
            let first = self.add(&strip.positions_unit, &strip.paints, 1.0);
            let last = self.vertices.len() as u32;
            self.edges
                .extend((first + 1..last).map(|index| [index - 1, index]));
        }
    }

    fn segments(&mut self, _name: &str, ends: Vertices, _: f32) {
        let first = self.add(&ends.positions_unit, &ends.paints, 1.0);
        let last = self.vertices.len() as u32;
        self.edges
            .extend((first..last).step_by(2).map(|index| [index, index + 1]));
    }

    fn points(&mut self, _name: &str, points: Vertices, _: Vec<f32>, opacity: f32) {
        self.add(&points.positions_unit, &points.paints, opacity);
    }
}
