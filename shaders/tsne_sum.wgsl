// Sums over all points of a t-SNE layout, from their positions and pushes: the sum of q over all pairs, the
// middle of the layout, and by how much it is to be made wider. One workgroup, in a fixed order.
// Twin: app/compute/src/projection/tsne/{repulsion,descent}.rs.

struct Sum {
    // Number of points.
    points: u32,
}

struct Sums {
    // The middle of the layout.
    middle: vec3f,
    // Factor for distances from it: 1 but for a layout that is too narrow for f32.
    factor: f32,
    // The sum of q over all pairs.
    total: f32,
}

@group(0) @binding(0) var<uniform> work: Sum;
// Up to three coordinates, the others 0.
@group(0) @binding(1) var<storage, read> positions: array<vec4f>;
// w: the sum of q of each point.
@group(0) @binding(2) var<storage, read> pushed: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sums: Sums;

const LANES: u32 = 256u;

// A layout narrower than this (root of the mean squared distance from its middle) is made wider, to the second.
const NARROW: f32 = 1.0e-5;
const WIDENED: f32 = 1.0e-4;

// Squares below this may be subnormal.
const LEAST_SQUARED: f32 = 1.0e-37;

var<workgroup> parts: array<vec4f, LANES>;

// The sum of what each lane has; every lane gets it.
fn sum_of_lanes(lane: u32, part: vec4f) -> vec4f {
    workgroupBarrier();
    parts[lane] = part;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            parts[lane] += parts[lane + half];
        }
    }
    workgroupBarrier();
    return parts[0];
}

@compute @workgroup_size(256)
fn tsne_sum(@builtin(local_invocation_index) lane: u32) {
    var part = vec4f(0.0);
    for (var point = lane; point < work.points; point += LANES) {
        part += vec4f(positions[point].xyz, pushed[point].w);
    }
    let all = sum_of_lanes(lane, part);
    let middle = all.xyz / f32(work.points);

    part = vec4f(0.0);
    for (var point = lane; point < work.points; point += LANES) {
        // Scaled up, because the squares of what is narrow are too small for f32.
        let apart = (positions[point].xyz - middle) / WIDENED;
        part.x += dot(apart, apart);
    }
    let squared = sum_of_lanes(lane, part).x / f32(work.points);
    if lane == 0u {
        let is_narrow = squared < NARROW * NARROW / (WIDENED * WIDENED) && squared > LEAST_SQUARED;
        sums.middle = middle;
        sums.factor = select(1.0, inverseSqrt(max(squared, LEAST_SQUARED)), is_narrow);
        sums.total = all.w;
    }
}
