// Thin-plate splines through the k nearest samples of each node, from samples sorted into cells.
// One invocation per node: it finds its neighbours exactly, reduces the kernel to a positive definite one (three
// samples support the plane), and factorises that in blocks of 4 x 4 with two more rows, whose dot product is the
// value. Twin, with the mathematics: app/compute/src/{rbf,neighbours,thin_plate}.rs.

@group(0) @binding(5) var<storage, read_write> values: array<f32>;
@group(0) @binding(6) var<storage, read_write> support: array<f32>;
// Memory of the invocations, interleaved by eight: one read of eight neighbours is one cache line.
@group(0) @binding(7) var<storage, read_write> scratch: array<vec4f>;

const INTERLEAVED: u32 = 8u;

// A pivot below this marks a sample that the others already determine; it is left out.
const LEAST_PIVOT: f32 = 2.0e-6;

// Samples whose distance from a line is below this part of their extent along it count as on the line.
const COLLINEAR: f32 = 1.0e-4;

const PI: f32 = 3.14159265;

// Where this invocation's part of the scratch starts.
var<private> base: u32;
// Neighbours found.
var<private> count: u32;

// The support of the plane: the neighbours 0, 1 and 2, as many of them as the rank.
struct Plane {
    rank: u32,
    // Place of the first.
    origin: vec2f,
    // Gradients of the second's and the third's share; the first has what remains.
    second: vec2f,
    third: vec2f,
    // Their values.
    values: vec3f,
    // The kernel between the first and the second, the first and the third, the second and the third.
    kernels: vec3f,
    // Smoothing, scaled with the neighbourhood.
    smoothing: f32,
}

// A row, or a column, of the reduced kernel.
struct Row {
    place: vec2f,
    value: f32,
    // The kernel between it and the carriers.
    to_carriers: vec3f,
    // How much of the plane each carrier determines there.
    shares: vec3f,
    // Carriers, and padding, are no unknowns.
    is_unknown: bool,
}

// How many samples of a window are within a distance, and the distances next to it, all squared.
struct SampleCount {
    within: u32,
    below: f32,
    above: f32,
}

// Scratch: neighbours (x, y, value), then their kernels to the carriers, then the factor.
fn neighbour_at(slot: u32) -> u32 {
    return base + INTERLEAVED * slot;
}

fn to_carriers_at(slot: u32) -> u32 {
    return base + INTERLEAVED * (4u * blocks() + slot);
}

// Column `column` of the factor's four rows from 4 x `block` on.
fn factor_at(block: u32, column: u32) -> u32 {
    return base + INTERLEAVED * (8u * blocks() + 2u * block * (block + 1u) + column);
}

fn blocks() -> u32 {
    return (work.neighbours + 3u) / 4u;
}

fn squared_to(slot: u32, point: vec2f) -> f32 {
    let at = vec2f(samples[slot].x_unit, samples[slot].y_unit) - point;
    return at.x * at.x + at.y * at.y;
}

fn count_samples(point: vec2f, window: Window, limit: f32) -> SampleCount {
    var found = SampleCount(0u, 0.0, FAR);
    for (var row = window.first.y; row <= window.last.y; row++) {
        let run = run_of(window, row);
        for (var slot = run.x; slot < run.y; slot++) {
            let squared = squared_to(slot, point);
            if squared <= limit {
                found.within += 1u;
                found.below = max(found.below, squared);
            } else {
                found.above = min(found.above, squared);
            }
        }
    }
    return found;
}

// Squared distance of the `wanted`-th nearest sample of a window: a search by interpolation between distances
// that occur, with a bisection now and then against arrangements that mislead it.
fn farthest_of(point: vec2f, window: Window, wanted: u32) -> f32 {
    let side = vec2f(window.last - window.first + 1u) / vec2f(f32(work.columns), f32(work.rows));
    var low = 0.0;
    var low_within = 0u;
    var high = FAR;
    var high_within = 0u;
    var guess = side.x * side.y * 0.2;
    for (var step = 0u; step < 100u; step++) {
        let found = count_samples(point, window, guess);
        if found.within == wanted {
            return found.below;
        }
        if found.within > wanted {
            high = found.below;
            high_within = found.within;
        } else {
            low = found.above;
            low_within = found.within;
        }
        if low >= high {
            return high;
        }
        if high == FAR {
            guess = FAR;
        } else if step % 3u == 2u {
            guess = bitcast<f32>((bitcast<u32>(low) + bitcast<u32>(high)) / 2u);
        } else {
            let part = (f32(wanted - low_within) - 0.5) / f32(high_within - low_within);
            guess = low + (high - low) * part;
        }
        if guess >= high && high < FAR {
            guess = low;
        }
    }
    return high;
}

// Writes the neighbours to the scratch, relative to the point and scaled to the unit disc.
fn collect(point: vec2f, window: Window, farthest: f32, scale: f32) {
    count = 0u;
    // All that are nearer than the farthest, then of the equally far ones as many as are wanted.
    for (var turn = 0u; turn < 2u; turn++) {
        for (var row = window.first.y; row <= window.last.y; row++) {
            let run = run_of(window, row);
            for (var slot = run.x; slot < run.y; slot++) {
                let squared = squared_to(slot, point);
                let is_taken = select(squared < farthest, squared == farthest, turn == 1u);
                if is_taken && count < work.neighbours {
                    let place = (vec2f(samples[slot].x_unit, samples[slot].y_unit) - point) * scale;
                    scratch[neighbour_at(count)] = vec4f(place, samples[slot].value, 0.0);
                    count += 1u;
                }
            }
        }
    }
    for (var slot = count; slot < 4u * blocks(); slot++) {
        scratch[neighbour_at(slot)] = vec4f(0.0);
    }
}

// r^2 log r between two places.
fn kernel(a: vec2f, b: vec2f) -> f32 {
    let between = a - b;
    let squared = max(between.x * between.x + between.y * between.y, 1.0e-30);
    return 0.5 * squared * log(squared);
}

fn cross_of(a: vec2f, b: vec2f) -> f32 {
    return a.x * b.y - a.y * b.x;
}

fn swap_neighbours(a: u32, b: u32) {
    let kept = scratch[neighbour_at(a)];
    scratch[neighbour_at(a)] = scratch[neighbour_at(b)];
    scratch[neighbour_at(b)] = kept;
}

// Puts the three neighbours that span the largest triangle (about) first.
fn carry_plane(smoothing: f32) -> Plane {
    var plane: Plane;
    plane.smoothing = smoothing;
    plane.rank = 1u;

    var best = 0u;
    var most = -1.0;
    for (var slot = 0u; slot < count; slot++) {
        let at = scratch[neighbour_at(slot)].xy;
        if dot(at, at) > most {
            best = slot;
            most = dot(at, at);
        }
    }
    swap_neighbours(0u, best);
    let origin = scratch[base].xy;
    plane.origin = origin;

    best = 1u;
    most = 0.0;
    for (var slot = 1u; slot < count; slot++) {
        let at = scratch[neighbour_at(slot)].xy - origin;
        if dot(at, at) > most {
            best = slot;
            most = dot(at, at);
        }
    }
    if most > 1.0e-30 {
        plane.rank = 2u;
        swap_neighbours(1u, best);
        let extent = most;
        let along = scratch[neighbour_at(1u)].xy - origin;
        plane.second = along / extent;
        best = 2u;
        most = 0.0;
        for (var slot = 2u; slot < count; slot++) {
            let area = abs(cross_of(along, scratch[neighbour_at(slot)].xy - origin));
            if area > most {
                best = slot;
                most = area;
            }
        }
        if most > COLLINEAR * extent {
            plane.rank = 3u;
            swap_neighbours(2u, best);
            let across = scratch[neighbour_at(2u)].xy - origin;
            let area = cross_of(along, across);
            plane.second = vec2f(across.y, -across.x) / area;
            plane.third = vec2f(-along.y, along.x) / area;
        }
    }

    let a = scratch[neighbour_at(0u)];
    let b = scratch[neighbour_at(1u)];
    let c = scratch[neighbour_at(2u)];
    plane.values = vec3f(a.z, b.z, c.z);
    plane.kernels = vec3f(kernel(a.xy, b.xy), kernel(a.xy, c.xy), kernel(b.xy, c.xy));
    for (var slot = 0u; slot < 4u * blocks(); slot++) {
        let at = scratch[neighbour_at(slot)].xy;
        scratch[to_carriers_at(slot)] =
            vec4f(kernel(at, a.xy), kernel(at, b.xy), kernel(at, c.xy), 0.0);
    }
    return plane;
}

fn shares_of(plane: Plane, place: vec2f) -> vec3f {
    let second = dot(plane.second, place - plane.origin);
    let third = dot(plane.third, place - plane.origin);
    return vec3f(1.0 - second - third, second, third);
}

fn row_of(plane: Plane, slot: u32) -> Row {
    let neighbour = scratch[neighbour_at(slot)];
    return Row(
        neighbour.xy,
        neighbour.z,
        scratch[to_carriers_at(slot)].xyz,
        shares_of(plane, neighbour.xy),
        slot >= plane.rank && slot < count,
    );
}

// The part of the reduced kernel that a row's shares multiply.
fn terms_of(plane: Plane, column: Row) -> vec3f {
    let shares = column.shares;
    let kernels = plane.kernels;
    let between = vec3f(
        kernels.x * shares.y + kernels.y * shares.z,
        kernels.x * shares.x + kernels.z * shares.z,
        kernels.y * shares.x + kernels.z * shares.y,
    );
    return column.to_carriers - between - plane.smoothing * shares;
}

// The kernel less its interpolation by the carriers, from both sides.
fn reduced(row: Row, column: Row, terms: vec3f) -> f32 {
    return kernel(row.place, column.place) - dot(column.shares, row.to_carriers) - dot(row.shares, terms);
}

// One column of a block of four rows, before elimination.
fn block_column(plane: Plane, block: u32, rows: array<Row, 4>, slot: u32) -> vec4f {
    let column = row_of(plane, slot);
    let terms = terms_of(plane, column);
    var entries = vec4f(0.0);
    if block == blocks() {
        // The point's own row and the values' row.
        if column.is_unknown {
            entries.x = reduced(rows[0], column, terms);
            entries.y = column.value - dot(column.shares, plane.values);
        }
        return entries;
    }
    if column.is_unknown {
        entries = vec4f(
            reduced(rows[0], column, terms),
            reduced(rows[1], column, terms),
            reduced(rows[2], column, terms),
            reduced(rows[3], column, terms),
        );
        let are_unknown =
            vec4<bool>(rows[0].is_unknown, rows[1].is_unknown, rows[2].is_unknown, rows[3].is_unknown);
        entries = select(vec4f(0.0), entries, are_unknown);
    }
    let is_diagonal = vec4u(0u, 1u, 2u, 3u) + 4u * block == vec4u(slot);
    return entries + select(vec4f(0.0), vec4f(select(1.0, plane.smoothing, column.is_unknown)), is_diagonal);
}

fn inverse_of(pivot: f32) -> f32 {
    // Zero leaves the sample out of everything that follows.
    return select(0.0, inverseSqrt(max(pivot, LEAST_PIVOT)), pivot > LEAST_PIVOT);
}

// The spline's value at the point.
fn solve(plane: Plane) -> f32 {
    let last = blocks();
    let shares_of_point = shares_of(plane, vec2f(0.0));
    var sum = dot(shares_of_point, plane.values);
    for (var block = 0u; block <= last; block++) {
        var rows: array<Row, 4>;
        if block == last {
            let to_carriers = vec3f(
                kernel(scratch[neighbour_at(0u)].xy, vec2f(0.0)),
                kernel(scratch[neighbour_at(1u)].xy, vec2f(0.0)),
                kernel(scratch[neighbour_at(2u)].xy, vec2f(0.0)),
            );
            rows[0] = Row(vec2f(0.0), 0.0, to_carriers, shares_of_point, true);
        } else {
            rows[0] = row_of(plane, 4u * block);
            rows[1] = row_of(plane, 4u * block + 1u);
            rows[2] = row_of(plane, 4u * block + 2u);
            rows[3] = row_of(plane, 4u * block + 3u);
        }
        for (var other = 0u; other <= min(block, last - 1u); other++) {
            let first = 4u * other;
            var a = block_column(plane, block, rows, first);
            var b = block_column(plane, block, rows, first + 1u);
            var c = block_column(plane, block, rows, first + 2u);
            var d = block_column(plane, block, rows, first + 3u);
            for (var column = 0u; column < first; column++) {
                let own = scratch[factor_at(block, column)];
                let theirs = scratch[factor_at(other, column)];
                a -= own * theirs.x;
                b -= own * theirs.y;
                c -= own * theirs.z;
                d -= own * theirs.w;
            }
            // The triangle on the diagonal; where its pivots would be it keeps their inverses.
            if block == other {
                let inverse_a = inverse_of(a.x);
                a *= inverse_a;
                b -= a * a.y;
                let inverse_b = inverse_of(b.y);
                b *= inverse_b;
                c -= a * a.z + b * b.z;
                let inverse_c = inverse_of(c.z);
                c *= inverse_c;
                d -= a * a.w + b * b.w + c * c.w;
                a.x = inverse_a;
                b.y = inverse_b;
                c.z = inverse_c;
                d.w = inverse_of(d.w);
            } else {
                let diagonal_a = scratch[factor_at(other, first)];
                let diagonal_b = scratch[factor_at(other, first + 1u)];
                let diagonal_c = scratch[factor_at(other, first + 2u)];
                let diagonal_d = scratch[factor_at(other, first + 3u)];
                a *= diagonal_a.x;
                b = (b - a * diagonal_a.y) * diagonal_b.y;
                c = (c - a * diagonal_a.z - b * diagonal_b.z) * diagonal_c.z;
                d = (d - a * diagonal_a.w - b * diagonal_b.w - c * diagonal_c.w) * diagonal_d.w;
            }
            if block == last {
                sum += a.x * a.y + b.x * b.y + c.x * c.y + d.x * d.y;
            }
            scratch[factor_at(block, first)] = a;
            scratch[factor_at(block, first + 1u)] = b;
            scratch[factor_at(block, first + 2u)] = c;
            scratch[factor_at(block, first + 3u)] = d;
        }
    }
    return sum;
}

@compute @workgroup_size(64)
fn interpolate_rbf(
    @builtin(global_invocation_id) id: vec3u,
    @builtin(num_workgroups) groups: vec3u,
) {
    let row = work.first_row + id.y;
    if id.x >= work.width {
        return;
    }
    let invocation = id.y * groups.x * 64u + id.x;
    let entries = 8u * blocks() + 2u * blocks() * (blocks() + 1u) + 4u * blocks();
    base = invocation / INTERLEAVED * INTERLEAVED * entries + invocation % INTERLEAVED;

    let point = vec2f(x_unit[id.x], y_unit[row]);
    var window = window_with(point, work.neighbours, work.first_reach);
    var farthest = farthest_of(point, window, work.neighbours);
    if sqrt(farthest) > sure_within(point, window) {
        window = window_around(point, sqrt(farthest));
        farthest = farthest_of(point, window, work.neighbours);
    }
    var scale = 1.0;
    if farthest > 1.0e-30 {
        scale = inverseSqrt(farthest);
    }
    collect(point, window, farthest, scale);
    let value = solve(carry_plane(work.smoothing * scale * scale));

    let near = nearest(point);
    let node = row * work.width + id.x;
    values[node] = select(samples[near.slot].value, value, is_finite(value));
    support[node] = support_at(near.squared_unit);
}
