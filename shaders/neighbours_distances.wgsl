// Squared distances between some rows (queries, the left factor) and others (candidates, the right factor) of a matrix,
// by differences, which keep their precision where products cancel. Follows common/tiles.wgsl.
// Twin: app/compute/src/projection/neighbours.

struct Distances {
    // Columns of the matrix.
    columns: u32,
    // First query in its buffer, and how many there are.
    first_query: u32,
    queries: u32,
    // First candidate in its buffer, and how many there are.
    first_candidate: u32,
    candidates: u32,
}

@group(0) @binding(0) var<uniform> work: Distances;
// Queries x candidates.
@group(0) @binding(3) var<storage, read_write> squared: array<f32>;

@compute @workgroup_size(16, 16)
fn neighbours_distances(
    @builtin(workgroup_id) group: vec3u,
    @builtin(local_invocation_id) local: vec3u,
    @builtin(local_invocation_index) index: u32,
) {
    let first_query = group.y * TILE;
    let first_candidate = group.x * TILE;
    let queries = Factor(work.first_query * work.columns, work.queries, work.columns, 1u);
    let candidates = Factor(work.first_candidate * work.columns, work.candidates, work.columns, 1u);
    var sum: array<vec4f, 4>;
    for (var at = 0u; at < work.columns; at += DEPTH) {
        load_tiles(index, vec2u(first_query, first_candidate), at, work.columns, queries, candidates);
        workgroupBarrier();
        for (var depth = 0u; depth < DEPTH; depth++) {
            let others = right_four(depth, 4u * local.x);
            for (var row = 0u; row < 4u; row++) {
                let apart = left_tile[depth][4u * local.y + row] - others;
                sum[row] += apart * apart;
            }
        }
        workgroupBarrier();
    }
    for (var y = 0u; y < 4u; y++) {
        let query = first_query + 4u * local.y + y;
        for (var x = 0u; x < 4u; x++) {
            let candidate = first_candidate + 4u * local.x + x;
            if query < work.queries && candidate < work.candidates {
                squared[query * work.candidates + candidate] = sum[y][x];
            }
        }
    }
}
