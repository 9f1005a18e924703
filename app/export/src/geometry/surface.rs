//! A surface's triangles, cut where its support ends as the shader cuts them.

use std::collections::HashMap;

use trainscape_compute::{Field, MISSING_BELOW};
use trainscape_scene::scene::Surface;

use super::paint::Paint;

/// Vertices in the unit box with their paints, and three of them for each triangle.
#[derive(Debug, Default)]
pub(crate) struct Triangles {
    pub(crate) positions_unit: Vec<[f32; 3]>,
    pub(crate) paints: Vec<Paint>,
    pub(crate) indices: Vec<u32>,
}

pub(crate) fn triangles(surface: &Surface, field: &Field) -> Triangles {
    let (width, height) = (field.x_unit.len(), field.y_unit.len());
    let mut builder = Builder {
        surface,
        field,
        mesh: Triangles::default(),
        nodes: HashMap::new(),
    };
    for row in 0..height.saturating_sub(1) {
        for column in 0..width.saturating_sub(1) {
            let a = row * width + column;
            let [b, c, d] = [a + 1, a + width, a + width + 1];
            let halves = if (row + column) % 2 == 0 {
                [[a, b, d], [a, d, c]]
            } else {
                [[a, b, c], [b, d, c]]
            };
            for triangle in halves {
                builder.triangle(triangle);
            }
        }
    }
    builder.mesh
}

struct Builder<'a> {
    surface: &'a Surface,
    field: &'a Field,
    mesh: Triangles,
    /// Vertex of each node that is used.
    nodes: HashMap<usize, u32>,
}

impl Builder<'_> {
    fn triangle(&mut self, nodes: [usize; 3]) {
        let support = nodes.map(|node| self.field.support[node]);
        if support.iter().any(|support| *support <= MISSING_BELOW) {
            return;
        }
        let inside = support.map(|support| support >= 0.0);
        match inside.iter().filter(|inside| **inside).count() {
            3 => {
                let corners = nodes.map(|node| self.node(node));
                self.mesh.indices.extend(corners);
            }
            0 => {}
            count => {
                // Rotated so that the only corner on its side comes first.
                let alone = inside
                    .iter()
                    .position(|side| *side == (count == 1))
                    .unwrap_or(0);
                let at = [0, 1, 2].map(|corner| (alone + corner) % 3);
                let cut = |to: usize| {
                    let share = support[at[0]] / (support[at[0]] - support[at[to]]);
                    self.between(nodes[at[0]], nodes[at[to]], share)
                };
                let cuts = [cut(1), cut(2)];
                let cuts = cuts.map(|vertex| self.vertex(vertex));
                if count == 1 {
                    let tip = self.node(nodes[at[0]]);
                    self.mesh.indices.extend([tip, cuts[0], cuts[1]]);
                } else {
                    let [b, c] = [self.node(nodes[at[1]]), self.node(nodes[at[2]])];
                    self.mesh
                        .indices
                        .extend([cuts[0], b, c, cuts[0], c, cuts[1]]);
                }
            }
        }
    }

    fn position(&self, node: usize) -> [f32; 3] {
        let width = self.field.x_unit.len();
        let (x, y) = (
            self.field.x_unit[node % width],
            self.field.y_unit[node / width],
        );
        [x, y, self.field.values[node]]
    }

    fn between(&self, a: usize, b: usize, share: f32) -> [f32; 3] {
        let (a, b) = (self.position(a), self.position(b));
        std::array::from_fn(|axis| a[axis] + (b[axis] - a[axis]) * share)
    }

    fn node(&mut self, node: usize) -> u32 {
        if let Some(vertex) = self.nodes.get(&node) {
            return *vertex;
        }
        let vertex = self.vertex(self.position(node));
        self.nodes.insert(node, vertex);
        vertex
    }

    fn vertex(&mut self, position: [f32; 3]) -> u32 {
        let [low, high] = self.surface.colour_range;
        let unit = (position[2] - low) / (high - low).max(1e-9);
        self.mesh.positions_unit.push(position);
        self.mesh.paints.push(Paint::OnMap(self.surface.map, unit));
        (self.mesh.positions_unit.len() - 1) as u32
    }
}
