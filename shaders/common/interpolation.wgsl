// What the interpolation passes share: their settings, the samples sorted into cells, and the search for
// the nearest sample. Twin: app/compute/src/{cells,nearest}.rs.

struct Interpolation {
    // Columns of the grid of nodes.
    width: u32,
    // First row of nodes this dispatch computes.
    first_row: u32,
    // Cells along x.
    columns: u32,
    // Cells along y.
    rows: u32,
    // Bins of triangles along each axis (linear).
    bins: u32,
    // Samples that take part at each node (rbf), no more than there are.
    neighbours: u32,
    // Cells on each side of a node's own that the search for them searches first (rbf).
    first_reach: u32,
    // Added to the kernel's diagonal (rbf), for distances in the unit box.
    smoothing: f32,
    // The surface ends this far from the nearest sample; negative: no limit.
    radius_unit: f32,
    // Nodes this near to a triangle count as inside it (linear).
    edge_tolerance_unit: f32,
}

struct Sample {
    // Place in the unit box.
    x_unit: f32,
    y_unit: f32,
    // Value in the unit box.
    value: f32,
    // Index among the samples as they were given.
    index: u32,
}

@group(0) @binding(0) var<uniform> work: Interpolation;
// x of each column and y of each row of nodes.
@group(0) @binding(1) var<storage, read> x_unit: array<f32>;
@group(0) @binding(2) var<storage, read> y_unit: array<f32>;
// Where each cell's samples start, row-major; one more entry marks the end.
@group(0) @binding(3) var<storage, read> starts: array<u32>;
// The samples, cell by cell.
@group(0) @binding(4) var<storage, read> samples: array<Sample>;

// Slack when a distance is compared with a cell's border, against f32 rounding.
const BORDER_SLACK_UNIT: f32 = 1.0e-6;

// Larger than any squared distance.
const FAR: f32 = 3.0e38;

// Cells `first ..= last` along both axes.
struct Window {
    first: vec2u,
    last: vec2u,
}

struct Nearest {
    // Its slot in `samples`.
    slot: u32,
    // Its squared distance.
    squared_unit: f32,
}

// By its bits, because arithmetic may assume that there is no infinity and no NaN.
fn is_finite(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn cell_of(point: vec2f) -> vec2u {
    let cells = vec2f(f32(work.columns), f32(work.rows));
    return min(vec2u(max(point * cells, vec2f(0.0))), vec2u(work.columns, work.rows) - 1u);
}

fn window_of(point: vec2f, reach: vec2u) -> Window {
    let cell = cell_of(point);
    let last = min(cell + reach, vec2u(work.columns, work.rows) - 1u);
    return Window(cell - min(cell, reach), last);
}

// Samples of one row of a window: the slots `x .. y`.
fn run_of(window: Window, row: u32) -> vec2u {
    let first = row * work.columns;
    return vec2u(starts[first + window.first.x], starts[first + window.last.x + 1u]);
}

// A square window around a point with at least `wanted` samples in it (or all there are).
fn window_with(point: vec2f, wanted: u32, first_reach: u32) -> Window {
    var reach = first_reach;
    var window: Window;
    loop {
        window = window_of(point, vec2u(reach));
        var held = 0u;
        for (var row = window.first.y; row <= window.last.y; row++) {
            let run = run_of(window, row);
            held += run.y - run.x;
        }
        if held >= wanted || reach >= max(work.columns, work.rows) {
            break;
        }
        reach += 1u + reach / 2u;
    }
    return window;
}

// A window that holds everything within a distance of a point.
fn window_around(point: vec2f, distance_unit: f32) -> Window {
    let cells = vec2u(work.columns, work.rows);
    let far = (distance_unit + BORDER_SLACK_UNIT) * vec2f(cells);
    return window_of(point, vec2u(min(far, vec2f(cells))) + 1u);
}

// Distance from a point to the nearest sample that a window may have left out.
fn sure_within(point: vec2f, window: Window) -> f32 {
    let cells = vec2f(f32(work.columns), f32(work.rows));
    let below = point - vec2f(window.first) / cells;
    let above = vec2f(window.last + 1u) / cells - point;
    // The outermost cells hold everything beyond them.
    let sure_below = select(below, vec2f(FAR), window.first == vec2u(0u));
    let sure_above = select(above, vec2f(FAR), window.last + 1u >= vec2u(work.columns, work.rows));
    let sure = min(sure_below, sure_above);
    return min(sure.x, sure.y) - BORDER_SLACK_UNIT;
}

fn nearest_in(point: vec2f, window: Window) -> Nearest {
    var best = Nearest(0u, FAR);
    var best_index = 0xffffffffu;
    for (var row = window.first.y; row <= window.last.y; row++) {
        let run = run_of(window, row);
        for (var slot = run.x; slot < run.y; slot++) {
            let at = vec2f(samples[slot].x_unit, samples[slot].y_unit) - point;
            let squared = at.x * at.x + at.y * at.y;
            let index = samples[slot].index;
            // Of equally near samples the first given wins.
            if squared < best.squared_unit || (squared == best.squared_unit && index < best_index) {
                best = Nearest(slot, squared);
                best_index = index;
            }
        }
    }
    return best;
}

// The sample nearest to a point, exactly: what a first window finds bounds what a second must hold.
fn nearest(point: vec2f) -> Nearest {
    let window = window_with(point, 1u, 1u);
    let best = nearest_in(point, window);
    let distance = sqrt(best.squared_unit);
    if distance <= sure_within(point, window) {
        return best;
    }
    return nearest_in(point, window_around(point, distance));
}

// Support of a node by the squared distance to its nearest sample.
fn support_at(squared_unit: f32) -> f32 {
    return select(1.0, work.radius_unit - sqrt(squared_unit), work.radius_unit >= 0.0);
}
