//! PLY files have the geometry of the GLB.

use trainscape_export::{geometry, ply};
use trainscape_scene::figure::{Figure, FigureSpec};

use crate::{
    figures::renderer,
    glb_file::GlbFile,
    scenes::{encode, figure_of, small_scene},
};

/// A PLY's header, and the rows of its elements.
fn parse_ply(bytes: &[u8]) -> (String, [usize; 3], &[u8]) {
    const END: &[u8] = b"end_header\n";
    let end = bytes.windows(END.len()).position(|part| part == END);
    let (header, body) = bytes.split_at(end.unwrap() + END.len());
    let header = std::str::from_utf8(header).unwrap().to_owned();
    let count = |element: &str| {
        let line = header.lines().find_map(|line| line.strip_prefix(element));
        line.unwrap().trim().parse().unwrap()
    };
    let counts = ["element vertex", "element face", "element edge"].map(count);
    (header, counts, body)
}

#[test]
fn a_ply_has_the_vertices_faces_and_lines_of_the_glb() {
    let scene = small_scene(true);
    let figure = Figure::lay_out(&scene, &FigureSpec::new([300.0, 200.0]));
    let fields = geometry::fields(renderer(), &scene).unwrap();
    let encoded = ply::encode(&scene, &figure, &fields).unwrap();
    let (header, [vertices, faces, edges], body) = parse_ply(&encoded);
    assert!(header.starts_with("ply\nformat binary_little_endian 1.0\n"));
    assert_eq!(body.len(), 16 * vertices + 13 * faces + 8 * edges);

    let glb = GlbFile::parse(&encode(&scene));
    let surface = glb.primitives("surface")[0];
    let positions = glb.positions(surface);
    let indices = glb.indices(surface);
    assert_eq!(vertices, positions.len() + 2 * edges);
    assert_eq!(3 * faces, indices.len());
    assert_eq!(edges, figure_of(&scene).frame.len());
    let number = |at: usize| f32::from_le_bytes(body[at..at + 4].try_into().unwrap());
    for (vertex, wanted) in positions.iter().enumerate() {
        let found = [0, 4, 8].map(|offset| number(16 * vertex + offset));
        assert_eq!(found, *wanted, "vertex {vertex}");
    }
    let index = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap());
    for (face, wanted) in indices.chunks(3).enumerate() {
        let at = 16 * vertices + 13 * face;
        assert_eq!(body[at], 3);
        assert_eq!([1, 5, 9].map(|offset| index(at + offset)), wanted);
    }
    // Viridis begins with #440154.
    let lowest = positions.iter().position(|p| p[2] == -0.35).unwrap();
    assert_eq!(body[16 * lowest + 12..][..4], [0x44, 0x01, 0x54, 255]);
}
