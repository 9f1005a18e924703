// Unit normals of the surface (x, y, z_scale x value), packed, from the values of a rectilinear grid.
// One invocation per node: central differences, one-sided at edges and next to missing nodes, zero slope
// where a node has no neighbour. Twin: app/compute/src/normals.rs.

struct Normals {
    // Columns and rows of the grid of nodes.
    width: u32,
    height: u32,
    // First row of nodes this dispatch computes.
    first_row: u32,
    // Height of the drawn box over its width.
    z_scale: f32,
}

@group(0) @binding(0) var<uniform> work: Normals;
@group(0) @binding(1) var<storage, read> x_unit: array<f32>;
@group(0) @binding(2) var<storage, read> y_unit: array<f32>;
@group(0) @binding(3) var<storage, read> values: array<f32>;
@group(0) @binding(4) var<storage, read> support: array<f32>;
@group(0) @binding(5) var<storage, read_write> normals: array<u32>;

@compute @workgroup_size(64)
fn surface_normals(@builtin(global_invocation_id) id: vec3u) {
    let column = id.x;
    let row = work.first_row + id.y;
    if column >= work.width {
        return;
    }
    let node = row * work.width + column;

    var left = column;
    if column > 0u && is_present(support[node - 1u]) {
        left -= 1u;
    }
    var right = column;
    if column + 1u < work.width && is_present(support[node + 1u]) {
        right += 1u;
    }
    var down = row;
    if row > 0u && is_present(support[node - work.width]) {
        down -= 1u;
    }
    var up = row;
    if row + 1u < work.height && is_present(support[node + work.width]) {
        up += 1u;
    }

    var slope = vec2f(0.0);
    if left != right {
        let rise = values[row * work.width + right] - values[row * work.width + left];
        slope.x = rise / (x_unit[right] - x_unit[left]);
    }
    if down != up {
        let rise = values[up * work.width + column] - values[down * work.width + column];
        slope.y = rise / (y_unit[up] - y_unit[down]);
    }
    normals[node] = pack_normal(normalize(vec3f(-work.z_scale * slope, 1.0)));
}
