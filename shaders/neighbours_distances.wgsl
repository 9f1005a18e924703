// Squared distances between some rows (queries) and others (candidates) of a matrix, by differences, which
// keep their digits where products cancel. A workgroup computes a tile of 64 x 64 distances, an invocation
// 4 x 4 of it. Twin: app/scene/src/compute/projection/neighbours.

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
@group(0) @binding(1) var<storage, read> query_rows: array<f32>;
@group(0) @binding(2) var<storage, read> candidate_rows: array<f32>;
// Queries x candidates.
@group(0) @binding(3) var<storage, read_write> squared: array<f32>;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;

var<workgroup> query_tile: array<array<f32, 64>, 16>;
var<workgroup> candidate_tile: array<array<f32, 64>, 16>;

@compute @workgroup_size(16, 16)
fn neighbours_distances(
    @builtin(workgroup_id) group: vec3u,
    @builtin(local_invocation_id) local: vec3u,
    @builtin(local_invocation_index) index: u32,
) {
    let first_query = group.y * TILE;
    let first_candidate = group.x * TILE;
    var sum: array<vec4f, 4>;
    for (var at = 0u; at < work.columns; at += DEPTH) {
        for (var part = index; part < TILE * DEPTH; part += 256u) {
            let row = part / DEPTH;
            let column = at + part % DEPTH;
            var own = 0.0;
            var other = 0.0;
            if column < work.columns {
                if first_query + row < work.queries {
                    own = query_rows[(work.first_query + first_query + row) * work.columns + column];
                }
                if first_candidate + row < work.candidates {
                    let candidate = work.first_candidate + first_candidate + row;
                    other = candidate_rows[candidate * work.columns + column];
                }
            }
            query_tile[part % DEPTH][row] = own;
            candidate_tile[part % DEPTH][row] = other;
        }
        workgroupBarrier();
        for (var depth = 0u; depth < DEPTH; depth++) {
            let x = 4u * local.x;
            let y = 4u * local.y;
            let others = vec4f(
                candidate_tile[depth][x],
                candidate_tile[depth][x + 1u],
                candidate_tile[depth][x + 2u],
                candidate_tile[depth][x + 3u],
            );
            for (var row = 0u; row < 4u; row++) {
                let apart = query_tile[depth][y + row] - others;
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
