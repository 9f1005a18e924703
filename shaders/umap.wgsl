// One epoch of UMAP's layout from the last one's: pulls along the edges of a fuzzy graph, pushes from random points.
// One invocation per point, which moves only its own point; random numbers are a function of the seed, the epoch and the edge.
// Twin: app/compute/src/projection/umap/sampling.rs.

struct Epoch {
    // Number of points.
    points: u32,
    // First point that this dispatch moves, and the end of its range.
    first: u32,
    last: u32,
    // Epochs done.
    epoch: u32,
    // The seed of everything drawn.
    seed: u32,
    // The learning rate of this epoch.
    rate: f32,
    // Similarity by distance: 1 / (1 + a distance^(2 b)).
    a: f32,
    b: f32,
}

// An edge of the graph, from the point whose it is.
struct Edge {
    // The other end.
    point: u32,
    // In how many of 2^32 epochs it is sampled.
    frequency: u32,
}

@group(0) @binding(0) var<uniform> work: Epoch;
// Where the edges of each point start; one more than there are points.
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> edges: array<Edge>;
// Up to three coordinates, the others 0.
@group(0) @binding(3) var<storage, read> positions: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> moved: array<vec4f>;

// 2^32 over the golden ratio: parts the phases of neighbouring edges.
const GOLDEN: u32 = 0x9e3779b9u;
const NEGATIVE_SAMPLES: u32 = 5u;
const FARTHEST_MOVE: f32 = 4.0;
const SOFTENING: f32 = 0.001;
const LEAST_SQUARED: f32 = 1.0e-30;

fn similarity_power(squared: f32) -> f32 {
    return exp2(work.b * log2(max(squared, LEAST_SQUARED)));
}

fn clipped(along: vec4f) -> vec4f {
    return clamp(along, vec4f(-FARTHEST_MOVE), vec4f(FARTHEST_MOVE));
}

fn pull(own: vec4f, other: vec4f) -> vec4f {
    let apart = own - other;
    let squared = max(dot(apart, apart), LEAST_SQUARED);
    let power = similarity_power(squared);
    let slope = -2.0 * work.a * work.b * power / (squared * (1.0 + work.a * power));
    return own + work.rate * clipped(slope * apart);
}

fn push(own: vec4f, point: u32, first_draw: u32) -> vec4f {
    var draw = first_draw;
    var pushed = vec4f(0.0);
    for (var sample = 0u; sample < NEGATIVE_SAMPLES; sample++) {
        draw = scramble(draw);
        let other = draw % work.points;
        // The point itself, when it is drawn, pushes nothing.
        if other != point {
            let apart = own - positions[other];
            let squared = dot(apart, apart);
            let power = similarity_power(squared);
            let slope = 2.0 * work.b / ((SOFTENING + squared) * (1.0 + work.a * power));
            pushed += clipped(slope * apart);
        }
    }
    return own + work.rate * pushed;
}

@compute @workgroup_size(64)
fn umap_epoch(@builtin(global_invocation_id) id: vec3u) {
    let point = work.first + id.x;
    if point >= work.last {
        return;
    }
    var own = positions[point];
    for (var edge = offsets[point]; edge < offsets[point + 1u]; edge++) {
        let found = edges[edge];
        // An edge is sampled when adding its frequency wraps round: as the end it leaves from, and half a
        // period later as the end where it arrives.
        let phase = edge * GOLDEN + (work.epoch + 1u) * found.frequency;
        let leaves = phase < found.frequency;
        let arrives = phase + 0x80000000u < found.frequency;
        if arrives {
            own = pull(own, positions[found.point]);
        }
        if leaves {
            own = pull(own, positions[found.point]);
            own = push(own, point, scramble(scramble(work.seed ^ work.epoch) + edge));
        }
    }
    moved[point] = own;
}
