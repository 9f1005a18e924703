// Point clouds: discs of constant size on the screen, coloured by a map or by their own colour, with a
// darker rim that separates neighbours. One triangle per point, as in points.wgsl.

struct Cloud {
    // Linear colour that the floor's projection fades into; alpha is how far.
    floor_colour: vec4f,
    // Diameter in points of the least and of the greatest value.
    diameter_low_pt: f32,
    diameter_high_pt: f32,
    // 1: the value of a point is its colour (red, green, blue from the lowest byte on); 0: a position in the map.
    own_colours: u32,
    // 1: values far from 0.5 are drawn large; 0: large values are.
    by_magnitude: u32,
    // Every how many points one is drawn; above 1 while the camera moves.
    stride: u32,
    // 1 draws the points flat on the floor.
    on_floor: u32,
    // Height (unit box) of the floor's projection.
    floor_height: f32,
    // Moves points towards the eye (share of clip w).
    depth_bias: f32,
    // 1 is opaque.
    opacity: f32,
    // Position among the translucent primitives in the order of drawing, 0 to 15.
    order: u32,
    // Keep the struct's size a multiple of 16 bytes.
    padding_a: u32,
    padding_b: u32,
}

@group(1) @binding(0) var<uniform> cloud: Cloud;
// x, y, z (unit box) and value of each point, as bits.
@group(1) @binding(1) var<storage, read> points: array<vec4u>;
@group(1) @binding(2) var colours: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    // From the point's middle, in pixels.
    @location(0) @interpolate(linear) at_in_pixel: vec2f,
    @location(1) @interpolate(flat) radius_in_pixel: f32,
    @location(2) @interpolate(flat) value: u32,
}

@vertex
fn cloud_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let bits = points[index / 3u * cloud.stride];
    var at = bitcast<vec3f>(bits.xyz);
    let is_drawn = is_in_box(at);
    // `select` and not `if` wherever a setting decides: Mesa's software driver compiles a shader again for each value of
    // a uniform that branches, at every draw call, and keeps the code.
    at.z = select(at.z, cloud.floor_height, cloud.on_floor == 1u);
    let value = clamp(bitcast<f32>(bits.w), 0.0, 1.0);
    // Areas grow with the value, diameters with the magnitude: most magnitudes are small, and would hide the others.
    let magnitude = abs(value - 0.5) * 2.0;
    let share_of_value = select(value, magnitude * magnitude, cloud.by_magnitude == 1u);
    let share = select(share_of_value, 0.0, cloud.own_colours == 1u);
    let diameter_pt = sqrt(mix(
        cloud.diameter_low_pt * cloud.diameter_low_pt,
        cloud.diameter_high_pt * cloud.diameter_high_pt,
        share,
    ));
    let clip = frame.clip_from_unit * vec4f(at, 1.0);
    let radius = max(diameter_pt * frame.pixel_per_point, 1.0) * 0.5;
    // A triangle around a circle of radius 1.
    let around = array<vec2f, 3>(vec2f(0.0, 2.0), vec2f(-1.7320508, -1.0), vec2f(1.7320508, -1.0));
    let local = around[index % 3u] * (radius + 0.5);
    var corner: Corner;
    corner.position = vec4f(
        clip.xy + local / (0.5 * frame.size_in_pixel) * clip.w,
        clip.z + cloud.depth_bias * clip.w,
        clip.w,
    );
    if !is_drawn {
        corner.position = NOWHERE;
    }
    corner.at_in_pixel = local;
    corner.radius_in_pixel = radius;
    corner.value = bits.w;
    return corner;
}

fn linear_from_srgb(encoded: vec3f) -> vec3f {
    let low = encoded / 12.92;
    let high = pow((encoded + 0.055) / 1.055, vec3f(2.4));
    return select(high, low, encoded <= vec3f(0.04045));
}

// How much of a pixel the disc covers; 0 or less: nothing.
fn coverage_of(corner: Corner) -> f32 {
    return corner.radius_in_pixel + 0.5 - length(corner.at_in_pixel);
}

fn shade(corner: Corner) -> vec3f {
    let distance_in_pixel = length(corner.at_in_pixel);
    let own = linear_from_srgb(unpack4x8unorm(corner.value).rgb);
    let place = clamp(bitcast<f32>(corner.value), 0.0, 1.0) * 256.0;
    let mapped = textureLoad(colours, vec2i(min(i32(place), 255), 0), 0).rgb;
    let colour = select(mapped, own, cloud.own_colours == 1u);
    let on_floor = mix(colour, cloud.floor_colour.rgb, cloud.floor_colour.a);
    let rim_in_pixel = 0.22 * corner.radius_in_pixel;
    let rim = clamp((distance_in_pixel - corner.radius_in_pixel + rim_in_pixel + 0.5), 0.0, 1.0);
    let darker = 0.45 * rim * select(0.0, 1.0, corner.radius_in_pixel > 2.5);
    return select(colour * (1.0 - darker), on_floor, cloud.on_floor == 1u);
}

@fragment
fn cloud_fragment(corner: Corner) -> FragmentOutput {
    let coverage = coverage_of(corner);
    if coverage <= 0.0 {
        discard;
    }
    var output: FragmentOutput;
    let colour = shade(corner);
    output.colour = vec4f(colour * cloud.opacity, cloud.opacity);
    output.samples = samples_of_coverage(coverage_as_seen(coverage, colour));
    return output;
}

@fragment
fn cloud_append(corner: Corner, @builtin(sample_mask) covered: u32) {
    let coverage = coverage_of(corner);
    if coverage <= 0.0 {
        return;
    }
    let colour = vec4f(shade(corner), cloud.opacity);
    let samples = covered & samples_of_coverage(coverage_as_seen(coverage, colour.rgb));
    // A disc faces the eye: its depth is the same all over.
    append(corner.position, vec2f(0.0), colour, samples, cloud.order);
}
