// Monotone cubic refinement of a measured grid, from its nodes and how finely each cell is divided.
// One invocation a refined node: piecewise cubic Hermite along x for the (up to) four rows around it, then along
// y, with the tangents of Fritsch and Butland and the three-point end formula, as SciPy's
// PchipInterpolator. Measured nodes stay exact. Twin: app/compute/src/refine.rs.

struct Refine {
    // Measured columns and rows.
    measured_width: u32,
    measured_height: u32,
    // Refined cells per measured cell.
    factor_x: u32,
    factor_y: u32,
    // Refined columns.
    width: u32,
    // First refined row this dispatch computes.
    first_row: u32,
}

@group(0) @binding(0) var<uniform> work: Refine;
@group(0) @binding(1) var<storage, read> measured_x_unit: array<f32>;
@group(0) @binding(2) var<storage, read> measured_y_unit: array<f32>;
@group(0) @binding(3) var<storage, read> measured_values: array<f32>;
@group(0) @binding(4) var<storage, read> measured_support: array<f32>;
@group(0) @binding(5) var<storage, read> x_unit: array<f32>;
@group(0) @binding(6) var<storage, read> y_unit: array<f32>;
@group(0) @binding(7) var<storage, read_write> values: array<f32>;
@group(0) @binding(8) var<storage, read_write> support: array<f32>;

// A node of a line: where it is, its value, and whether it has one.
struct Knot {
    at_unit: f32,
    value: f32,
    is_present: bool,
}

struct Refined {
    value: f32,
    is_present: bool,
}

// The position of a refined node among the measured ones, along one axis.
struct Place {
    // The measured cell.
    cell: u32,
    // How far into it, 0 to 1; 0 on a measured node.
    part: f32,
}

fn place_of(refined: u32, factor: u32) -> Place {
    return Place(refined / factor, f32(refined % factor) / f32(factor));
}

// Tangent at a knot between two cells: the weighted harmonic mean of their slopes.
fn inner_tangent(step_0: f32, slope_0: f32, step_1: f32, slope_1: f32) -> f32 {
    if slope_0 == 0.0 || slope_1 == 0.0 || (slope_0 > 0.0) != (slope_1 > 0.0) {
        return 0.0;
    }
    let weight_0 = 2.0 * step_1 + step_0;
    let weight_1 = step_1 + 2.0 * step_0;
    return (weight_0 + weight_1) / (weight_0 / slope_0 + weight_1 / slope_1);
}

// Tangent at the end of a line: three points, kept in shape. The nearer cell comes first.
fn end_tangent(step_0: f32, slope_0: f32, step_1: f32, slope_1: f32) -> f32 {
    let tangent = ((2.0 * step_0 + step_1) * slope_0 - step_0 * slope_1) / (step_0 + step_1);
    if slope_0 == 0.0 || tangent == 0.0 || (tangent > 0.0) != (slope_0 > 0.0) {
        return 0.0;
    }
    if (slope_0 > 0.0) != (slope_1 > 0.0) && abs(tangent) > 3.0 * abs(slope_0) {
        return 3.0 * slope_0;
    }
    return tangent;
}

// The cubic between the second and the third of four knots.
fn segment(before: Knot, start: Knot, finish: Knot, after: Knot, place: Place, at_unit: f32) -> Refined {
    if place.part == 0.0 {
        return Refined(start.value, start.is_present);
    }
    if !(start.is_present && finish.is_present) {
        return Refined(start.value + (finish.value - start.value) * place.part, false);
    }
    let step = finish.at_unit - start.at_unit;
    let slope = (finish.value - start.value) / step;
    // Steps and slopes of the outer cells; a missing outer knot's are never used.
    let step_before = select(1.0, start.at_unit - before.at_unit, before.is_present);
    let slope_before = (start.value - before.value) / step_before;
    let step_after = select(1.0, after.at_unit - finish.at_unit, after.is_present);
    let slope_after = (after.value - finish.value) / step_after;
    var tangent_0 = slope;
    if before.is_present {
        tangent_0 = inner_tangent(step_before, slope_before, step, slope);
    } else if after.is_present {
        tangent_0 = end_tangent(step, slope, step_after, slope_after);
    }
    var tangent_1 = slope;
    if after.is_present {
        tangent_1 = inner_tangent(step, slope, step_after, slope_after);
    } else if before.is_present {
        tangent_1 = end_tangent(step, slope, step_before, slope_before);
    }
    let part = place.part;
    let cubic = (tangent_0 + tangent_1 - 2.0 * slope) * part;
    let square = 3.0 * slope - 2.0 * tangent_0 - tangent_1;
    let value = start.value + (at_unit - start.at_unit) * (tangent_0 + part * (square + cubic));
    // The cubic is monotone; rounding must not be the exception.
    let low = min(start.value, finish.value);
    return Refined(clamp(value, low, max(start.value, finish.value)), true);
}

// The measured knot `offset - 1` columns from a place's cell; off the grid, or not needed, it counts as missing.
fn knot_in_row(x: Place, offset: u32, row: u32) -> Knot {
    let column = x.cell + offset - 1u;
    if (x.part == 0.0 && offset != 1u) || x.cell + offset < 1u || column >= work.measured_width {
        return Knot(0.0, 0.0, false);
    }
    let node = row * work.measured_width + column;
    return Knot(measured_x_unit[column], measured_values[node], is_present(measured_support[node]));
}

// The same along y: a whole row, refined at one x.
fn knot_of_row(x: Place, x_at_unit: f32, y: Place, offset: u32) -> Knot {
    let row = y.cell + offset - 1u;
    if (y.part == 0.0 && offset != 1u) || y.cell + offset < 1u || row >= work.measured_height {
        return Knot(0.0, 0.0, false);
    }
    let refined = segment(
        knot_in_row(x, 0u, row), knot_in_row(x, 1u, row), knot_in_row(x, 2u, row), knot_in_row(x, 3u, row),
        x, x_at_unit,
    );
    return Knot(measured_y_unit[row], refined.value, refined.is_present);
}

fn support_in_row(x: Place, row: u32) -> f32 {
    let node = row * work.measured_width + x.cell;
    let start = measured_support[node];
    if x.part == 0.0 {
        return start;
    }
    return start + (measured_support[node + 1u] - start) * x.part;
}

@compute @workgroup_size(64)
fn refine(@builtin(global_invocation_id) id: vec3u) {
    let row = work.first_row + id.y;
    if id.x >= work.width {
        return;
    }
    let x = place_of(id.x, work.factor_x);
    let y = place_of(row, work.factor_y);
    let x_at_unit = x_unit[id.x];
    let refined = segment(
        knot_of_row(x, x_at_unit, y, 0u), knot_of_row(x, x_at_unit, y, 1u),
        knot_of_row(x, x_at_unit, y, 2u), knot_of_row(x, x_at_unit, y, 3u),
        y, y_unit[row],
    );
    let node = row * work.width + id.x;
    values[node] = refined.value;
    if !refined.is_present {
        support[node] = MISSING;
        return;
    }
    var inside = support_in_row(x, y.cell);
    if y.part != 0.0 {
        inside += (support_in_row(x, y.cell + 1u) - inside) * y.part;
    }
    support[node] = inside;
}
