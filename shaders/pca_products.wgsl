// A product of two matrices, left (rows x depth) times right (depth x columns), with any strides: the sums that principal
// components need of a block of rows. Slices of the depth go to separate results, which the CPU adds in double
// precision. Follows common/tiles.wgsl. Twin: app/compute/src/projection/pca/products.rs.

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
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

// Steps of DEPTH whose sum is added to the total at once: sums of few terms round less.
const STEPS: u32 = 16u;

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
    let left_factor = Factor(0u, work.rows, work.left_row, work.left_depth);
    let right_factor = Factor(0u, work.columns, work.right_column, work.right_depth);
    var total: array<vec4f, 4>;
    var sum: array<vec4f, 4>;
    var steps = 0u;
    for (var at = start; at < end; at += DEPTH) {
        load_tiles(index, vec2u(first_row, first_column), at, end, left_factor, right_factor);
        workgroupBarrier();
        for (var depth = 0u; depth < DEPTH; depth++) {
            let y = 4u * local.y;
            let across = right_four(depth, 4u * local.x);
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
