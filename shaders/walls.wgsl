// Flat walls of the axis box behind the data: coloured triangles.

// x, y, z of each corner in the unit box, then its linear colour; three corners per triangle.
@group(1) @binding(0) var<storage, read> corners: array<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) colour: vec4f,
}

@vertex
fn walls_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let at = 6u * index;
    let unit = vec3f(corners[at], corners[at + 1u], corners[at + 2u]);
    var corner: Corner;
    corner.position = frame.clip_from_unit * vec4f(unit, 1.0);
    corner.colour = vec4f(corners[at + 3u], corners[at + 4u], corners[at + 5u], 1.0);
    return corner;
}

@fragment
fn walls_fragment(corner: Corner) -> @location(0) vec4f {
    return corner.colour;
}
