// The repulsion between the points of a t-SNE layout, from their positions: exactly, pair by pair.
// One invocation a point; a workgroup reads all points in tiles, always in the same order.
// Twin: app/compute/src/projection/tsne/repulsion.rs.

struct Repulsion {
    // Number of points.
    points: u32,
    // First point of this dispatch, and the end of its range.
    first: u32,
    last: u32,
}

@group(0) @binding(0) var<uniform> work: Repulsion;
// Up to three coordinates, the others 0.
@group(0) @binding(1) var<storage, read> positions: array<vec4f>;
// x, y, z: the sum over all others of q^2 (own - other) with q = 1 / (1 + squared distance); w: that of q.
@group(0) @binding(2) var<storage, read_write> pushed: array<vec4f>;

const TILE: u32 = 64u;

var<workgroup> tile: array<vec4f, TILE>;

@compute @workgroup_size(64)
fn tsne_repulsion(
    @builtin(global_invocation_id) id: vec3u,
    @builtin(local_invocation_index) lane: u32,
) {
    // The last workgroup's spare invocations help reading.
    let point = min(work.first + id.x, work.points - 1u);
    let own = positions[point].xyz;
    var sum = vec4f(0.0);
    for (var start = 0u; start < work.points; start += TILE) {
        workgroupBarrier();
        tile[lane] = positions[min(start + lane, work.points - 1u)];
        workgroupBarrier();
        let count = min(TILE, work.points - start);
        for (var at = 0u; at < count; at++) {
            let apart = own - tile[at].xyz;
            let q = 1.0 / (1.0 + dot(apart, apart));
            sum += vec4f(q * q * apart, q);
        }
    }
    if work.first + id.x < work.last {
        // Its own share of w is 1.
        pushed[point] = vec4f(sum.xyz, sum.w - 1.0);
    }
}
