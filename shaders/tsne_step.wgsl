// One step down the cost of t-SNE from the pushes and the graph of neighbours: momentum and a gain for each
// coordinate. One invocation per point. Twin: app/compute/src/projection/tsne/descent.rs.

struct Step {
    // First point that this dispatch moves, and the end of its range.
    first: u32,
    last: u32,
    // 1 where points start from rest.
    is_first: u32,
    // Factor of the attraction.
    exaggeration: f32,
    // How much of the last step this one repeats.
    momentum: f32,
    // The learning rate.
    rate: f32,
}

// How a point moves.
struct Motion {
    velocity: vec4f,
    gains: vec4f,
}

// An edge of the graph, from the point whose it is.
struct Edge {
    // The other end.
    point: u32,
    // Joint probability of the two.
    probability: f32,
}

// Sums over all points.
struct Sums {
    // The middle of the layout.
    middle: vec3f,
    // Factor for distances from it.
    factor: f32,
    // The sum of q over all pairs.
    total: f32,
}

@group(0) @binding(0) var<uniform> work: Step;
// Where the edges of each point start; one more than there are points.
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> edges: array<Edge>;
// Up to three coordinates, the others 0.
@group(0) @binding(3) var<storage, read> positions: array<vec4f>;
@group(0) @binding(4) var<storage, read> pushed: array<vec4f>;
@group(0) @binding(5) var<storage, read> sums: Sums;
@group(0) @binding(6) var<storage, read_write> motion: array<Motion>;
@group(0) @binding(7) var<storage, read_write> moved: array<vec4f>;

const LEAST_TOTAL: f32 = 1.0e-37;
const FARTHEST_STEP: f32 = 1.0e3;
const FARTHEST: f32 = 1.0e5;

@compute @workgroup_size(64)
fn tsne_step(@builtin(global_invocation_id) id: vec3u) {
    let point = work.first + id.x;
    if point >= work.last {
        return;
    }
    let own = positions[point];
    var pulled = vec3f(0.0);
    for (var edge = offsets[point]; edge < offsets[point + 1u]; edge++) {
        let found = edges[edge];
        let apart = own.xyz - positions[found.point].xyz;
        pulled += found.probability / (1.0 + dot(apart, apart)) * apart;
    }
    let share = 1.0 / max(sums.total, LEAST_TOTAL);
    let gradient = vec4f(4.0 * (work.exaggeration * pulled - share * pushed[point].xyz), 0.0);

    var velocity = vec4f(0.0);
    var gains = vec4f(1.0);
    if work.is_first == 0u {
        velocity = motion[point].velocity;
        gains = motion[point].gains;
    }
    gains = select(max(0.8 * gains, vec4f(0.01)), gains + 0.2, velocity * gradient < vec4f(0.0));
    velocity = work.momentum * velocity - work.rate * gains * gradient;
    velocity = clamp(velocity, vec4f(-FARTHEST_STEP), vec4f(FARTHEST_STEP));
    var next = clamp(own + velocity, vec4f(-FARTHEST), vec4f(FARTHEST));
    // Where all distances are far below 1 a step is linear, and the layout may be made wider.
    if sums.factor != 1.0 {
        next = vec4f(sums.factor * (next.xyz - sums.middle), 0.0);
        velocity *= sums.factor;
    }
    motion[point] = Motion(velocity, gains);
    moved[point] = next;
}
