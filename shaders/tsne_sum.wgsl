// The sum of q over all pairs of a t-SNE layout, from that of each point: one workgroup, in a fixed order.
// Twin: app/scene/src/compute/projection/tsne/repulsion.rs.

struct Sum {
    // Points in all.
    points: u32,
}

@group(0) @binding(0) var<uniform> work: Sum;
// w: the sum of q of each point.
@group(0) @binding(1) var<storage, read> pushed: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;

const LANES: u32 = 256u;

var<workgroup> parts: array<f32, LANES>;

@compute @workgroup_size(256)
fn tsne_sum(@builtin(local_invocation_index) lane: u32) {
    var part = 0.0;
    for (var point = lane; point < work.points; point += LANES) {
        part += pushed[point].w;
    }
    parts[lane] = part;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            parts[lane] += parts[lane + half];
        }
    }
    if lane == 0u {
        total[0] = parts[0];
    }
}
