// A product of two matrices, left (rows x depth) times right (depth x columns), whose elements lie at any
// strides: what principal components take of a block of rows. A workgroup computes a tile of 64 x 64
// elements, an invocation 4 x 4 of it; slices of the depth go to results of their own, which the CPU adds in
// double precision. Twin: app/scene/src/compute/projection/pca/products.rs.

struct Product {
    // Rows and columns of the result.
    rows: u32,
    columns: u32,
    // Elements that each element of the result is a sum of.
    depth: u32,
    // How many of them one slice takes.
    slice: u32,
    // Elements between neighbours in the left factor.
    left_row: u32,
    left_depth: u32,
    // Elements between neighbours in the right factor.
    right_column: u32,
    right_depth: u32,
    // 1: the result is symmetric, and tiles below its diagonal are left out.
    symmetric: u32,
    // 1: added to what the result holds.
    accumulate: u32,
}

@group(0) @binding(0) var<uniform> work: Product;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
// Steps of DEPTH whose sum is added to the total at once: sums of few terms round less.
const STEPS: u32 = 16u;

var<workgroup> left_tile: array<array<f32, 64>, 16>;
var<workgroup> right_tile: array<array<f32, 64>, 16>;

@compute @workgroup_size(16, 16)
fn pca_product(
    @builtin(workgroup_id) group: vec3u,
    @builtin(local_invocation_id) local: vec3u,
    @builtin(local_invocation_index) index: u32,
) {
    let first_row = group.y * TILE;
    let first_column = group.x * TILE;
    if work.symmetric == 1u && first_column + TILE <= first_row {
        return;
    }
    let start = group.z * work.slice;
    let end = min(start + work.slice, work.depth);
    var total: array<vec4f, 4>;
    var sum: array<vec4f, 4>;
    var steps = 0u;
    for (var at = start; at < end; at += DEPTH) {
        // 64 x 16 elements of each factor, 4 an invocation; zeros beyond the edges.
        for (var part = index; part < TILE * DEPTH; part += 256u) {
            // Neighbouring invocations read neighbouring elements, whichever way these lie.
            var along = vec2u(part % TILE, part / TILE);
            if work.left_depth == 1u {
                along = vec2u(part / DEPTH, part % DEPTH);
            }
            let row = first_row + along.x;
            let depth = at + along.y;
            var element = 0.0;
            if row < work.rows && depth < end {
                element = left[row * work.left_row + depth * work.left_depth];
            }
            left_tile[along.y][along.x] = element;
        }
        for (var part = index; part < TILE * DEPTH; part += 256u) {
            var along = vec2u(part % TILE, part / TILE);
            if work.right_depth == 1u {
                along = vec2u(part / DEPTH, part % DEPTH);
            }
            let column = first_column + along.x;
            let depth = at + along.y;
            var element = 0.0;
            if column < work.columns && depth < end {
                element = right[column * work.right_column + depth * work.right_depth];
            }
            right_tile[along.y][along.x] = element;
        }
        workgroupBarrier();
        for (var depth = 0u; depth < DEPTH; depth++) {
            let x = 4u * local.x;
            let y = 4u * local.y;
            let across = vec4f(
                right_tile[depth][x],
                right_tile[depth][x + 1u],
                right_tile[depth][x + 2u],
                right_tile[depth][x + 3u],
            );
            sum[0] += left_tile[depth][y] * across;
            sum[1] += left_tile[depth][y + 1u] * across;
            sum[2] += left_tile[depth][y + 2u] * across;
            sum[3] += left_tile[depth][y + 3u] * across;
        }
        workgroupBarrier();
        steps += 1u;
        if steps % STEPS == 0u {
            for (var row = 0u; row < 4u; row++) {
                total[row] += sum[row];
                sum[row] = vec4f(0.0);
            }
        }
    }
    for (var y = 0u; y < 4u; y++) {
        let row = first_row + 4u * local.y + y;
        let elements = total[y] + sum[y];
        for (var x = 0u; x < 4u; x++) {
            let column = first_column + 4u * local.x + x;
            if row < work.rows && column < work.columns {
                let slot = (group.z * work.rows + row) * work.columns + column;
                if work.accumulate == 1u {
                    result[slot] += elements[x];
                } else {
                    result[slot] = elements[x];
                }
            }
        }
    }
}
