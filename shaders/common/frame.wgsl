// What every draw of a figure shares, in bind group 0. Twin: app/gpu/src/render/frame.rs.

struct Frame {
    // Clip space of the whole picture from the unit box. Depth is reversed: near is large.
    clip_from_unit: mat4x4f,
    // Edge lengths of the box in world units; w unused.
    box_aspect: vec4f,
    // Unit vector from the target to the eye, in world space; w unused.
    towards_eye_in_world: vec4f,
    // Unit vector to the light, in world space; w unused.
    towards_light_in_world: vec4f,
    // Width and height of the picture in pixels.
    size_in_pixel: vec2f,
    // Pixels per point (1/72 inch on paper, a logical pixel in the window).
    pixel_per_point: f32,
    // Luminance of the background, linear; below 0: there is none.
    background_luminance: f32,
}

@group(0) @binding(0) var<uniform> frame: Frame;

// Pixel position (y up) of a clip-space position.
fn pixel_from_clip(clip: vec4f) -> vec2f {
    return (clip.xy / clip.w) * 0.5 * frame.size_in_pixel;
}

// How far outside of the axis box data may be and still be drawn (unit box), because of rounding. A test compares it
// with `BOX_TOLERANCE_UNIT` in Rust.
const BOX_TOLERANCE_UNIT: f32 = 2.0e-4;

fn is_in_box(unit: vec3f) -> bool {
    let off = abs(unit - 0.5);
    return max(max(off.x, off.y), off.z) <= 0.5 + BOX_TOLERANCE_UNIT;
}

// How much of a pixel is in the axis box; 0 or less: nothing.
fn inside_box(unit: vec3f) -> f32 {
    let off = abs(unit - 0.5);
    let outside = max(max(off.x, off.y), off.z) - 0.5 - BOX_TOLERANCE_UNIT;
    // A pixel on the border of what ends at the box keeps all its samples; but not everything within a pixel
    // counts as within the box where it is seen nearly edge-on.
    return 1.5 - outside / clamp(fwidth(outside), 1e-9, 0.015);
}

// Outside of every picture: a primitive with all corners here is not drawn.
const NOWHERE: vec4f = vec4f(-4.0, -4.0, 0.5, 1.0);

// Exponent of stored values that is close to sRGB's.
const STORED_GAMMA: f32 = 2.2;

// The share of light of an edge pixel that looks like a coverage of 0 to 1: samples are averaged as light, which shows
// half a pixel of a dark line on white as a quarter. A line across the pixels would look dashed, and thinner than in
// programs that blend stored values, as those that draw text and vectors do.
fn coverage_as_seen(coverage: f32, colour: vec3f) -> f32 {
    let share = clamp(coverage, 0.0, 1.0);
    let below = frame.background_luminance;
    let above = dot(colour, vec3f(0.2126, 0.7152, 0.0722));
    if below < 0.0 || abs(above - below) < 0.02 {
        return share;
    }
    let stored = pow(clamp(vec2f(below, above), vec2f(0.0), vec2f(1.0)), vec2f(1.0 / STORED_GAMMA));
    return (pow(mix(stored.x, stored.y, share), STORED_GAMMA) - below) / (above - below);
}

// The samples of a pixel that a coverage of 0 to 1 lights. 4x multisampling is the only count that
// WebGPU guarantees; coverage by samples needs no blending, so the order of drawing does not show.
fn samples_of_coverage(coverage: f32) -> u32 {
    let lit = u32(round(clamp(coverage, 0.0, 1.0) * 4.0));
    // Opposite samples first, so that a half-lit pixel is lit on both sides.
    let masks = array<u32, 5>(0u, 1u, 9u, 11u, 15u);
    return masks[lit];
}

// What the fragment stage of an opaque primitive returns.
struct FragmentOutput {
    // Linear, premultiplied.
    @location(0) colour: vec4f,
    @builtin(sample_mask) samples: u32,
}
