// Lines of constant width on the screen with round joints and caps, of one colour or coloured along
// their length, from a list of segments: six
// vertices per segment span a rectangle that is half a pixel wider than the line; the fragment's distance
// from the segment gives its coverage.

struct Lines {
    // Linear colour; alpha unused.
    colour: vec4f,
    // Width in points; never drawn thinner than a pixel.
    width_pt: f32,
    // Moves lines towards the eye (share of clip w), so that a line on a surface is not half hidden.
    depth_bias: f32,
    // 1: each position has a value, which is a place in the colour map; 0: one colour.
    has_values: u32,
    // Keeps the struct's size a multiple of 16 bytes.
    padding: f32,
}

@group(1) @binding(0) var<uniform> lines: Lines;
// x, y, z of each position in the unit box.
@group(1) @binding(1) var<storage, read> positions: array<f32>;
// First position of each segment; it ends at the next position.
@group(1) @binding(2) var<storage, read> segments: array<u32>;
// Value of each position, 0 to 1.
@group(1) @binding(3) var<storage, read> values: array<f32>;
@group(1) @binding(4) var colours: texture_2d<f32>;

// About as light as the middle of the colour maps.
const MAPPED_COLOUR: vec3f = vec3f(0.2);

struct Corner {
    @builtin(position) position: vec4f,
    // Along and across the segment, in pixels from its start.
    @location(0) @interpolate(linear) at_in_pixel: vec2f,
    @location(1) @interpolate(flat) length_in_pixel: f32,
    @location(2) @interpolate(flat) radius_in_pixel: f32,
    // Values at the segment's start and end.
    @location(3) @interpolate(flat) values: vec2f,
}

fn position_of(index: u32) -> vec3f {
    return vec3f(positions[3u * index], positions[3u * index + 1u], positions[3u * index + 2u]);
}

// The part of a segment in the axis box, as parameters along it; empty where the first is not below the second
// (Liang and Barsky).
fn part_in_box(start: vec3f, end: vec3f) -> vec2f {
    var part = vec2f(0.0, 1.0);
    for (var axis = 0u; axis < 3u; axis++) {
        let span = end[axis] - start[axis];
        let to_low = -BOX_TOLERANCE_UNIT - start[axis];
        let to_high = 1.0 + BOX_TOLERANCE_UNIT - start[axis];
        if abs(span) < 1e-12 {
            if to_low > 0.0 || to_high < 0.0 {
                return vec2f(1.0, 0.0);
            }
            continue;
        }
        let shares = vec2f(to_low, to_high) / span;
        part = vec2f(max(part.x, min(shares.x, shares.y)), min(part.y, max(shares.x, shares.y)));
    }
    return part;
}

@vertex
fn lines_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let first = segments[index / 6u];
    let from_unit = position_of(first);
    let to_unit = position_of(first + 1u);
    var part = vec2f(0.0, 1.0);
    if !(is_in_box(from_unit) && is_in_box(to_unit)) {
        part = part_in_box(from_unit, to_unit);
        if part.x >= part.y {
            var nowhere: Corner;
            nowhere.position = NOWHERE;
            return nowhere;
        }
    }
    let start = frame.clip_from_unit * vec4f(mix(from_unit, to_unit, part.x), 1.0);
    let end = frame.clip_from_unit * vec4f(mix(from_unit, to_unit, part.y), 1.0);
    let start_in_pixel = pixel_from_clip(start);
    let end_in_pixel = pixel_from_clip(end);
    let span = end_in_pixel - start_in_pixel;
    let length_in_pixel = length(span);
    var along = vec2f(1.0, 0.0);
    if length_in_pixel > 1e-6 {
        along = span / length_in_pixel;
    }
    let across = vec2f(-along.y, along.x);
    let radius = max(lines.width_pt * frame.pixel_per_point, 1.0) * 0.5;
    let reach = radius + 0.5;

    let corner_index = index % 6u;
    let at_end = corner_index == 1u || corner_index == 2u || corner_index == 4u;
    let on_left = corner_index == 2u || corner_index == 4u || corner_index == 5u;
    let local = vec2f(
        select(-reach, length_in_pixel + reach, at_end),
        select(-reach, reach, on_left),
    );
    let base = select(start, end, at_end);
    let pixel = start_in_pixel + along * local.x + across * local.y;

    var corner: Corner;
    corner.position = vec4f(
        pixel / (0.5 * frame.size_in_pixel) * base.w,
        base.z + lines.depth_bias * base.w,
        base.w,
    );
    corner.at_in_pixel = local;
    corner.length_in_pixel = length_in_pixel;
    corner.radius_in_pixel = radius;
    corner.values = vec2f(0.0);
    if lines.has_values == 1u {
        corner.values = mix(vec2f(values[first]), vec2f(values[first + 1u]), part);
    }
    return corner;
}

@fragment
fn lines_fragment(corner: Corner) -> FragmentOutput {
    let beyond = corner.at_in_pixel.x - clamp(corner.at_in_pixel.x, 0.0, corner.length_in_pixel);
    let distance_in_pixel = length(vec2f(beyond, corner.at_in_pixel.y));
    let coverage = corner.radius_in_pixel + 0.5 - distance_in_pixel;
    if coverage <= 0.0 {
        discard;
    }
    var output: FragmentOutput;
    output.colour = vec4f(lines.colour.rgb, 1.0);
    if lines.has_values == 1u {
        let along = clamp(corner.at_in_pixel.x / max(corner.length_in_pixel, 1e-6), 0.0, 1.0);
        let place = clamp(mix(corner.values.x, corner.values.y, along), 0.0, 1.0) * 256.0;
        output.colour = textureLoad(colours, vec2i(min(i32(place), 255), 0), 0);
    }
    // Not of the colour that was looked up: with a mask that depends on a texture Mesa's software driver (22.3) keeps
    // megabytes of each frame.
    let usual = select(lines.colour.rgb, MAPPED_COLOUR, lines.has_values == 1u);
    output.samples = samples_of_coverage(coverage_as_seen(coverage, usual));
    return output;
}
