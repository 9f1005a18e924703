// Translucent fragments, stored in a list for each pixel of a band of rows until composite.wgsl sorts them. Twin: app/gpu/src/render/translucent.rs.

struct Band {
    // First row of pixels of the band.
    top: u32,
    // Pixels per row.
    width: u32,
    // Capacity in fragments plus one: index 0 ends a list.
    capacity: u32,
    // Keeps the struct's size a multiple of 16 bytes.
    padding: u32,
}

@group(2) @binding(0) var<uniform> band: Band;
// How many fragments were appended, including those that did not fit; then the last fragment of each pixel.
@group(2) @binding(1) var<storage, read_write> heads: array<atomic<u32>>;
// Colour and opacity, depth at the pixel's middle, change of depth to the next pixel, and in one word
// the fragment before (24 bits), the samples it covers (4) and its place in the order of drawing (4).
@group(2) @binding(2) var<storage, read_write> nodes: array<vec4u>;

// Two numbers in 32 bits: the upper halves of theirs, which keep their exponents.
fn pack_slopes(slopes: vec2f) -> u32 {
    let steep = clamp(slopes, vec2f(-1.0e30), vec2f(1.0e30));
    let rounded = bitcast<vec2u>(steep) + 0x8000u;
    return (rounded.x >> 16u) | (rounded.y & 0xffff0000u);
}

// Appends a fragment: `colour` is linear with straight alpha, `slopes` the change of depth a pixel along x and y.
fn append(position: vec4f, slopes: vec2f, colour: vec4f, samples: u32, order: u32) {
    if samples == 0u || colour.a <= 0.0 {
        return;
    }
    let index = atomicAdd(&heads[0], 1u) + 1u;
    if index >= band.capacity {
        return;
    }
    let pixel = vec2u(position.xy);
    let before = atomicExchange(&heads[1u + (pixel.y - band.top) * band.width + pixel.x], index);
    // Square roots distribute eight bits roughly as the eye perceives light.
    let encoded = vec4f(sqrt(clamp(colour.rgb, vec3f(0.0), vec3f(1.0))), colour.a);
    nodes[index] = vec4u(
        pack4x8unorm(encoded),
        bitcast<u32>(position.z),
        pack_slopes(slopes),
        before | (samples << 24u) | (order << 28u),
    );
}
