// The cells of matrices that are above a threshold, as points: counted block by block, then written in
// the order of their cells at the prefix sum of the counts, so that the same input gives
// the same bytes. A block is one workgroup of 256 invocations with four neighbouring cells each.
// Twin: CellCloud in app/scene/src/scene/cloud.rs.

struct Compact {
    // Cells in this dispatch.
    cells: u32,
    // Index of the first of them among all cells.
    first_cell: u32,
    // Rows (along x) and columns (along y) of each matrix.
    rows: u32,
    columns: u32,
    // Cells that are not above it are left out.
    threshold: f32,
    // Height of a weight: scale * w + offset.
    scale: f32,
    offset: f32,
    // 1 takes the binary logarithm of the weight first.
    log: u32,
}

struct Panel {
    // Middle of the first cell.
    origin_unit: vec2f,
    // From a row to the next along x, from a column to the next along y.
    step_unit: vec2f,
}

@group(0) @binding(0) var<uniform> work: Compact;
// The weights of this dispatch.
@group(0) @binding(1) var<storage, read> weights: array<f32>;

const INVOCATIONS: u32 = 256u;
const CELLS_EACH: u32 = 4u;

var<workgroup> counts_of_invocations: array<u32, INVOCATIONS>;

fn is_above(cell: u32) -> bool {
    return cell < work.cells && weights[min(cell, work.cells - 1u)] > work.threshold;
}

// How many cells this invocation keeps.
fn kept(first: u32) -> u32 {
    var count = 0u;
    for (var i = 0u; i < CELLS_EACH; i += 1u) {
        count += u32(is_above(first + i));
    }
    return count;
}

// Cells that each block keeps.
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

@compute @workgroup_size(256)
fn compact_count(
    @builtin(workgroup_id) block: vec3u,
    @builtin(local_invocation_index) invocation: u32,
) {
    counts_of_invocations[invocation] =
        kept((block.x * INVOCATIONS + invocation) * CELLS_EACH);
    workgroupBarrier();
    for (var half = INVOCATIONS / 2u; half > 0u; half /= 2u) {
        if invocation < half {
            counts_of_invocations[invocation] += counts_of_invocations[invocation + half];
        }
        workgroupBarrier();
    }
    if invocation == 0u {
        counts[block.x] = counts_of_invocations[0];
    }
}

// Points that the blocks before each one keep.
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read> panels: array<Panel>;
// x, y, z and value of each point.
@group(0) @binding(5) var<storage, read_write> points: array<vec4f>;

@compute @workgroup_size(256)
fn compact_write(
    @builtin(workgroup_id) block: vec3u,
    @builtin(local_invocation_index) invocation: u32,
) {
    let first = (block.x * INVOCATIONS + invocation) * CELLS_EACH;
    let own = kept(first);
    counts_of_invocations[invocation] = own;
    workgroupBarrier();
    // An inclusive prefix sum (Hillis and Steele 1986).
    for (var reach = 1u; reach < INVOCATIONS; reach *= 2u) {
        var before = 0u;
        if invocation >= reach {
            before = counts_of_invocations[invocation - reach];
        }
        workgroupBarrier();
        counts_of_invocations[invocation] += before;
        workgroupBarrier();
    }
    var place = starts[block.x] + counts_of_invocations[invocation] - own;
    for (var i = 0u; i < CELLS_EACH; i += 1u) {
        let cell = first + i;
        if is_above(cell) {
            points[place] = point_of_cell(cell);
            place += 1u;
        }
    }
}

fn point_of_cell(cell: u32) -> vec4f {
    let index = work.first_cell + cell;
    let cells_of_matrix = work.rows * work.columns;
    let panel = panels[index / cells_of_matrix];
    let row = (index / work.columns) % work.rows;
    let column = index % work.columns;
    var height = weights[cell];
    if work.log == 1u {
        // Nothing smaller is a normal number.
        height = log2(max(height, 1.17549435e-38));
    }
    let value = clamp(height * work.scale + work.offset, 0.0, 1.0);
    let at = panel.origin_unit + vec2f(f32(row), f32(column)) * panel.step_unit;
    return vec4f(at, value, value);
}
