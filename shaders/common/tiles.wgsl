// Tiles of two matrices in workgroup memory: a workgroup of 16 x 16 invocations computes 64 x 64 elements of a result,
// each invocation 4 x 4 of them, from 64 rows of the left and 64 rows of the right factor, 16 elements of depth at a time.

@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;

var<workgroup> left_tile: array<array<f32, 64>, 16>;
var<workgroup> right_tile: array<array<f32, 64>, 16>;

// A factor as it is stored.
struct Factor {
    // Element of its first row in its buffer.
    first: u32,
    // Number of rows.
    rows: u32,
    // Elements between neighbouring rows.
    row_stride: u32,
    // Elements between neighbours along the depth.
    depth_stride: u32,
}

// Row and depth within a tile that an invocation loads: neighbouring invocations read neighbouring elements.
fn place_in_tile(part: u32, depth_stride: u32) -> vec2u {
    if depth_stride == 1u {
        return vec2u(part / DEPTH, part % DEPTH);
    }
    return vec2u(part % TILE, part / TILE);
}

// Loads the tiles whose first rows are `first.x` (left) and `first.y` (right), for the depths from `start`; zeros beyond
// the last rows and from the depth `end` on. A barrier must follow.
fn load_tiles(index: u32, first: vec2u, start: u32, end: u32, left_factor: Factor, right_factor: Factor) {
    for (var part = index; part < TILE * DEPTH; part += 256u) {
        let place = place_in_tile(part, left_factor.depth_stride);
        let row = first.x + place.x;
        let depth = start + place.y;
        var element = 0.0;
        if row < left_factor.rows && depth < end {
            element = left[left_factor.first + row * left_factor.row_stride + depth * left_factor.depth_stride];
        }
        left_tile[place.y][place.x] = element;
    }
    for (var part = index; part < TILE * DEPTH; part += 256u) {
        let place = place_in_tile(part, right_factor.depth_stride);
        let row = first.y + place.x;
        let depth = start + place.y;
        var element = 0.0;
        if row < right_factor.rows && depth < end {
            element = right[right_factor.first + row * right_factor.row_stride + depth * right_factor.depth_stride];
        }
        right_tile[place.y][place.x] = element;
    }
}

// Four neighbouring rows of the right tile at a depth.
fn right_four(depth: u32, row: u32) -> vec4f {
    return vec4f(
        right_tile[depth][row],
        right_tile[depth][row + 1u],
        right_tile[depth][row + 2u],
        right_tile[depth][row + 3u],
    );
}
