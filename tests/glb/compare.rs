//! Compares the vertices and colours of a file with the scene it was exported from.

use std::collections::HashMap;

use serde_json::Value;
use trainscape_compute::Field;
use trainscape_export::geometry;
use trainscape_scene::{
    Scene,
    camera::world_from_unit,
    colour::ColourMap,
    scene::{Mesh, Surface},
};

use crate::{figures::renderer, glb_file::GlbFile};

/// A position with the colour there.
type Coloured = ([f32; 3], [u8; 4]);

/// Positions of a file, to be found by their place.
pub(crate) struct Places(pub(crate) HashMap<[i32; 3], Vec<Coloured>>);

impl Places {
    const CELL: f32 = 0.03;

    fn of(all: impl Iterator<Item = Coloured>) -> Self {
        let mut cells: HashMap<_, Vec<_>> = HashMap::new();
        for (at, colour) in all {
            cells.entry(Self::cell(at)).or_default().push((at, colour));
        }
        Self(cells)
    }

    fn cell(at: [f32; 3]) -> [i32; 3] {
        at.map(|along| (along / Self::CELL).floor() as i32)
    }

    /// The colours of the positions within a distance, which is less than a cell.
    pub(crate) fn near(&self, at: [f32; 3], distance: f32) -> Vec<[u8; 4]> {
        let [x, y, z] = Self::cell(at);
        let around = (0..27).map(|i| [x + i % 3 - 1, y + i / 3 % 3 - 1, z + i / 9 - 1]);
        around
            .filter_map(|cell| self.0.get(&cell))
            .flatten()
            .filter(|(found, _)| {
                let apart = [0, 1, 2].map(|i| (found[i] - at[i]).powi(2));
                apart.iter().sum::<f32>() <= distance * distance
            })
            .map(|(_, colour)| *colour)
            .collect()
    }
}

/// Farther than the corners of a tube are from its line.
pub(crate) const REACH: f32 = 0.025;

/// The vertices of all primitives of a name.
pub(crate) fn vertices_of(file: &GlbFile, name: &str) -> Places {
    let primitives = file.primitives(name).into_iter();
    Places::of(primitives.flat_map(|p| file.positions(p).into_iter().zip(file.colours(p))))
}

/// The centres of the balls of a name, or its points.
pub(crate) fn centres_of(file: &GlbFile, name: &str) -> Places {
    let primitives = file.primitives(name).into_iter();
    Places::of(primitives.flat_map(|primitive| {
        let positions = file.positions(primitive);
        let corners = match primitive["mode"].as_u64() {
            Some(0) => 1,
            // An octahedron has 24 indices, an icosahedron 60, a divided one 240.
            _ => match 100 * file.indices(primitive).len() / positions.len() {
                400 => 6,
                500 => 12,
                571 => 42,
                // Another thing of that name.
                _ => return Vec::new(),
            },
        };
        let mean = |ball: &[[f32; 3]]| {
            [0, 1, 2].map(|axis| ball.iter().map(|at| at[axis]).sum::<f32>() / ball.len() as f32)
        };
        let centres: Vec<_> = positions.chunks(corners).map(mean).collect();
        centres.into_iter().zip(file.colours(primitive)).collect()
    }))
}

pub(crate) fn differ(a: [u8; 4], b: [u8; 3]) -> u8 {
    (0..3).map(|i| a[i].abs_diff(b[i])).max().unwrap()
}

/// Levels of sRGB by which the colours of a map's 128 materials differ from its 256 colours at most.
pub(crate) const ROUNDED: u8 = 8;

/// Compares a file with the scene it was exported from.
pub(crate) fn compare(scene: &Scene, file: &GlbFile) {
    let edges = file.box_edges();
    let world = |unit: &[f32; 3]| world_from_unit(*unit, edges).to_array();
    for path in &scene.paths {
        let strips = path.strips.iter().filter(|strip| strip.len() > 1);
        let positions =
            strips.flat_map(|strip| &path.positions_unit[strip.start as usize..strip.end as usize]);
        // Many lines along a colour map have a node together.
        let own = !file.primitives(&path.name).is_empty();
        let found = vertices_of(file, if own { &path.name } else { "lines" });
        for position in positions {
            let around = found.near(world(position), REACH);
            assert!(
                around.len() >= 3,
                "{} has no tube at {position:?}",
                path.name
            );
        }
    }
    for markers in &scene.markers {
        let found = centres_of(file, &markers.name);
        for position in markers.positions_unit.iter() {
            let there = found.near(world(position), 1e-4);
            let same = |colour: &[u8; 4]| differ(*colour, markers.colour.rgb) == 0;
            assert!(there.iter().any(same), "{}: {there:?}", markers.name);
        }
    }
    for cloud in &scene.clouds {
        let found = centres_of(file, &cloud.name);
        cloud.for_each(|_, point| {
            let there = found.near(world(&point.position_unit), 1e-4);
            let wanted = cloud.colour.of(&point).rgb;
            let same = |colour: &[u8; 4]| differ(*colour, wanted) <= ROUNDED;
            assert!(
                there.iter().any(same),
                "{}: {there:?} {wanted:?}",
                cloud.name
            );
        });
    }
    for mesh in scene
        .meshes
        .iter()
        .filter(|mesh| !mesh.triangles.is_empty())
    {
        compare_mesh(mesh, file, &world);
    }
    let fields = geometry::fields(renderer(), scene).unwrap();
    let surfaces = file.primitives("surface");
    assert_eq!(surfaces.len(), fields.len());
    for ((surface, field), primitive) in scene.surfaces.iter().zip(&fields).zip(surfaces) {
        compare_surface(edges, surface, field, file, primitive);
    }
    assert!(!file.primitives("axis box").is_empty());
    assert_eq!(file.primitives("labels").len(), 1);
    // Every program draws triangles.
    let meshes = file.document["meshes"].as_array().unwrap();
    let primitives = meshes
        .iter()
        .flat_map(|mesh| mesh["primitives"].as_array().unwrap());
    assert!(
        primitives
            .into_iter()
            .all(|primitive| primitive["mode"] == 4)
    );
}

pub(crate) fn compare_mesh(mesh: &Mesh, file: &GlbFile, world: &impl Fn(&[f32; 3]) -> [f32; 3]) {
    let primitives = file.primitives(&mesh.name);
    let triangles = primitives.iter().map(|p| file.indices(p).len() / 3);
    assert!(
        triangles.sum::<usize>() >= mesh.triangles.len(),
        "{}",
        mesh.name
    );
    let found = vertices_of(file, &mesh.name);
    for corner in mesh.triangles.iter().flatten() {
        let unit = mesh.positions_unit[*corner as usize];
        let wanted = mesh.colour.at_vertex(*corner as usize, unit[2]).rgb;
        let there = found.near(world(&unit), 1e-6);
        let same = |colour: &[u8; 4]| differ(*colour, wanted) <= ROUNDED;
        assert!(
            there.iter().any(same),
            "{}: {there:?} {wanted:?}",
            mesh.name
        );
    }
}

pub(crate) fn compare_surface(
    edges: [f32; 3],
    surface: &Surface,
    field: &Field,
    file: &GlbFile,
    primitive: &Value,
) {
    let width = field.x_unit.len();
    let positions = file.positions(primitive);
    let colours = file.colours(primitive);
    assert_eq!(positions.len(), colours.len());
    let mut vertices: Vec<[u32; 3]> = positions.iter().map(|p| p.map(f32::to_bits)).collect();
    vertices.sort_unstable();
    let mut inside = 0;
    for (node, support) in field.support.iter().enumerate() {
        // An isolated node belongs to no triangle.
        let (row, column) = (node / width, node % width);
        let neighbours = [(0, 1), (1, 0), (1, 1)].into_iter().all(|(down, right)| {
            field
                .support
                .get((row + down) * width + column + right)
                .is_some_and(|s| *s >= 0.0)
                && column + right < width
        });
        if *support >= 0.0 && neighbours {
            let unit = [field.x_unit[column], field.y_unit[row], field.values[node]];
            let wanted = world_from_unit(unit, edges).to_array().map(f32::to_bits);
            assert!(
                vertices.binary_search(&wanted).is_ok(),
                "no vertex at node {column}, {row}"
            );
            inside += 1;
        }
    }
    assert!(inside > 50, "{inside} nodes");
    // Other vertices are cut points at the edge of the support.
    assert!(positions.len() >= inside);
    let [low, high] = surface.colour_range;
    for (position, colour) in positions.iter().zip(colours) {
        let height = position[2] / edges[2] + 0.5;
        let unit = (height - low) / (high - low);
        assert!(
            is_colour_of(colour, surface.map, unit, surface.opacity),
            "{colour:?} at {unit}"
        );
    }
    let indices = file.indices(primitive);
    assert!(
        indices.len().is_multiple_of(3) && indices.iter().all(|i| (*i as usize) < positions.len())
    );
    assert!(file.is_lit(primitive));
    let normals = file.normals(primitive);
    assert_eq!(normals.len(), positions.len());
    for normal in normals {
        let length = normal.iter().map(|along| along * along).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-4 && normal[2] > 0.0, "{normal:?}");
    }
}

/// Whether a colour is the map's; either neighbour if `unit` is between two entries.
pub(crate) fn is_colour_of(colour: [u8; 4], map: ColourMap, unit: f32, opacity: f32) -> bool {
    let as_opaque = (f32::from(colour[3]) / 255.0 - opacity).abs() <= 0.5 / 255.0 + 1e-6;
    let nudged = [-1e-4, 0.0, 1e-4].map(|nudge| map.colour(unit + nudge));
    as_opaque && nudged.iter().any(|wanted| differ(colour, wanted.rgb) == 0)
}
