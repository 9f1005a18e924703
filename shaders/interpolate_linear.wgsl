// Linear interpolation within Delaunay triangles, from triangles sorted into bins on the CPU.
// One invocation per node: it searches its bin for the triangle that it is deepest inside. Outside the
// hull support is MISSING and the value the nearest sample's. Twin: app/compute/src/linear.rs.

// Where each bin's triangles start in `corners`, row-major; one more entry marks the end.
@group(0) @binding(5) var<storage, read> bin_starts: array<u32>;
// Three slots in `samples` per triangle, counter-clockwise.
@group(0) @binding(6) var<storage, read> corners: array<u32>;
@group(0) @binding(7) var<storage, read_write> values: array<f32>;
@group(0) @binding(8) var<storage, read_write> support: array<f32>;

// Twice the area of the triangle (node, p, q), positive when it turns left.
fn cross_of(p: vec2f, q: vec2f) -> f32 {
    return p.x * q.y - p.y * q.x;
}

fn distance_of(p: vec2f, q: vec2f) -> f32 {
    let between = p - q;
    return max(sqrt(between.x * between.x + between.y * between.y), 1.1754944e-38);
}

@compute @workgroup_size(64)
fn interpolate_linear(@builtin(global_invocation_id) id: vec3u) {
    let row = work.first_row + id.y;
    if id.x >= work.width {
        return;
    }
    let node = row * work.width + id.x;
    let point = vec2f(x_unit[id.x], y_unit[row]);
    let tolerance = work.edge_tolerance_unit;
    let bin = min(vec2u(point * f32(work.bins)), vec2u(work.bins - 1u));
    let first = bin_starts[bin.y * work.bins + bin.x];
    let end = bin_starts[bin.y * work.bins + bin.x + 1u];

    var deepest = -tolerance;
    var is_inside = false;
    var value = 0.0;
    for (var triangle = first; triangle < end; triangle++) {
        let at_a = corners[3u * triangle];
        let at_b = corners[3u * triangle + 1u];
        let at_c = corners[3u * triangle + 2u];
        // Relative to the node, so that rounding is that of the triangle's size and not of the square's.
        let a = vec2f(samples[at_a].x_unit, samples[at_a].y_unit) - point;
        let b = vec2f(samples[at_b].x_unit, samples[at_b].y_unit) - point;
        let c = vec2f(samples[at_c].x_unit, samples[at_c].y_unit) - point;
        if any(min(min(a, b), c) > vec2f(tolerance)) || any(max(max(a, b), c) < vec2f(-tolerance)) {
            continue;
        }
        let of_a = cross_of(b, c);
        let of_b = cross_of(c, a);
        let of_c = cross_of(a, b);
        let depth = min(
            min(of_a / distance_of(b, c), of_b / distance_of(c, a)),
            of_c / distance_of(a, b),
        );
        if depth < deepest {
            continue;
        }
        let weights = max(vec3f(of_a, of_b, of_c), vec3f(0.0));
        let sum = weights.x + weights.y + weights.z;
        if sum <= 0.0 {
            continue;
        }
        let here = (weights.x / sum) * samples[at_a].value
            + (weights.y / sum) * samples[at_b].value
            + (weights.z / sum) * samples[at_c].value;
        // A triangle too large for f32 (samples far outside the unit square) has no weights.
        if !is_finite(here) {
            continue;
        }
        value = here;
        deepest = depth;
        is_inside = true;
        if depth >= 0.0 {
            break;
        }
    }

    if !is_inside {
        values[node] = samples[nearest(point).slot].value;
        support[node] = MISSING;
        return;
    }
    values[node] = value;
    var squared = 0.0;
    if work.radius_unit >= 0.0 {
        squared = nearest(point).squared_unit;
    }
    support[node] = support_at(squared);
}
