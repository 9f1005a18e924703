// Round markers of constant size on the screen. One triangle per point, just large enough to contain the disc:
// half the vertices of two triangles, which dominate the cost of a million points.

struct Points {
    // Linear colour; alpha unused.
    colour: vec4f,
    // Linear colour of the ring; alpha 0 draws none.
    outline_colour: vec4f,
    // Diameter in points; never drawn smaller than a pixel.
    diameter_pt: f32,
    // Width of the ring in points.
    outline_pt: f32,
    // Moves markers towards the eye (share of clip w), so that a marker on a surface is whole.
    depth_bias: f32,
    // Keeps the struct's size a multiple of 16 bytes.
    padding: f32,
}

@group(1) @binding(0) var<uniform> points: Points;
// x, y, z of each position in the unit box.
@group(1) @binding(1) var<storage, read> positions: array<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    // From the marker's middle, in pixels.
    @location(0) @interpolate(linear) at_in_pixel: vec2f,
}

@vertex
fn points_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let point = index / 3u;
    let at = vec3f(positions[3u * point], positions[3u * point + 1u], positions[3u * point + 2u]);
    let clip = frame.clip_from_unit * vec4f(at, 1.0);
    let radius = max(points.diameter_pt * frame.pixel_per_point, 1.0) * 0.5 + 0.5;
    // A triangle around a circle of radius 1.
    let around = array<vec2f, 3>(vec2f(0.0, 2.0), vec2f(-1.7320508, -1.0), vec2f(1.7320508, -1.0));
    let local = around[index % 3u] * radius;
    var corner: Corner;
    corner.position = vec4f(
        clip.xy + local / (0.5 * frame.size_in_pixel) * clip.w,
        clip.z + points.depth_bias * clip.w,
        clip.w,
    );
    if !is_in_box(at) {
        corner.position = NOWHERE;
    }
    corner.at_in_pixel = local;
    return corner;
}

@fragment
fn points_fragment(corner: Corner) -> FragmentOutput {
    let radius = max(points.diameter_pt * frame.pixel_per_point, 1.0) * 0.5;
    let distance_in_pixel = length(corner.at_in_pixel);
    let coverage = radius + 0.5 - distance_in_pixel;
    if coverage <= 0.0 {
        discard;
    }
    let ring_start = radius - points.outline_pt * frame.pixel_per_point;
    let ring = clamp(distance_in_pixel - ring_start + 0.5, 0.0, 1.0) * points.outline_colour.a;
    var output: FragmentOutput;
    output.colour = vec4f(mix(points.colour.rgb, points.outline_colour.rgb, ring), 1.0);
    output.samples = samples_of_coverage(coverage_as_seen(coverage, output.colour.rgb));
    return output;
}
