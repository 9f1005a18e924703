// Sorts the translucent fragments of each pixel, which common/translucent.wgsl stored, and composites them over the
// opaque picture, sample by sample, so that the edges where surfaces intersect are smooth.

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

@group(0) @binding(0) var<uniform> band: Band;
@group(0) @binding(1) var<storage, read> heads: array<u32>;
@group(0) @binding(2) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(3) var opaque_colour: texture_multisampled_2d<f32>;
@group(0) @binding(4) var opaque_depth: texture_depth_multisampled_2d;

// Fragments that are sorted at once; longer lists take several rounds, the nearest first.
const MOST_AT_ONCE: u32 = 24u;
// Rounds for one pixel: what is deeper than about 3000 fragments cannot be seen.
const MOST_ROUNDS: u32 = 128u;
// Light that passes all fragments so far, below which nothing behind them shows in eight bits.
const DARK: f32 = 0.0005;

@vertex
fn composite_vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    // One triangle over the whole picture.
    let corners = array<vec2f, 3>(vec2f(-1.0, -1.0), vec2f(3.0, -1.0), vec2f(-1.0, 3.0));
    return vec4f(corners[index], 0.0, 1.0);
}

// Positions of a pixel's samples, relative to its centre: WebGPU's pattern of four.
fn offset_of_sample(sample: u32) -> vec2f {
    let offsets = array<vec2f, 4>(
        vec2f(-0.125, -0.375),
        vec2f(0.375, -0.125),
        vec2f(-0.375, 0.125),
        vec2f(0.125, 0.375),
    );
    return offsets[sample];
}

// Of two fragments, whether `a` is in front of `b`. Of equal depths the one drawn later does, then the
// brighter colour: the order in which they were appended differs from frame to frame.
fn is_nearer(a: vec4u, b: vec4u) -> bool {
    let depth_a = bitcast<f32>(a.y);
    let depth_b = bitcast<f32>(b.y);
    if depth_a != depth_b {
        return depth_a > depth_b;
    }
    let order_a = a.w >> 24u;
    let order_b = b.w >> 24u;
    if order_a != order_b {
        return order_a > order_b;
    }
    if a.x != b.x {
        return a.x > b.x;
    }
    if a.z != b.z {
        return a.z > b.z;
    }
    // Alike in all that shows; the place in memory only keeps one from being taken twice.
    return (a.w & 0xffffffu) > (b.w & 0xffffffu);
}

fn depth_at(node: vec4u, offset: vec2f) -> f32 {
    let slopes = bitcast<vec2f>(vec2u(node.z << 16u, node.z & 0xffff0000u));
    return bitcast<f32>(node.y) + dot(slopes, offset);
}

@fragment
fn composite_fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let pixel = vec2u(position.xy);
    let first = heads[1u + (pixel.y - band.top) * band.width + pixel.x];
    if first == 0u {
        discard;
    }
    var kept: array<vec4u, MOST_AT_ONCE>;
    // Light of the fragments so far, and what passes them, at each sample.
    var light: array<vec3f, 4>;
    var passes = vec4f(1.0);
    var last = vec4u(0u);
    for (var round = 0u; round < MOST_ROUNDS; round++) {
        // The nearest of those behind the last one of the previous round.
        var count = 0u;
        var more = false;
        var index = first;
        loop {
            if index == 0u {
                break;
            }
            var node = nodes[index];
            let before = node.w & 0xffffffu;
            node.w = (node.w & 0xff000000u) | index;
            index = before;
            if round > 0u && !is_nearer(last, node) {
                continue;
            }
            if count == MOST_AT_ONCE {
                more = true;
                if !is_nearer(node, kept[count - 1u]) {
                    continue;
                }
                count -= 1u;
            }
            var place = count;
            loop {
                if place == 0u || !is_nearer(node, kept[place - 1u]) {
                    break;
                }
                kept[place] = kept[place - 1u];
                place -= 1u;
            }
            kept[place] = node;
            count += 1u;
        }
        if count == 0u {
            break;
        }
        last = kept[count - 1u];
        for (var sample = 0u; sample < 4u; sample++) {
            let offset = offset_of_sample(sample);
            // Nearly sorted already: only what crosses within the pixel changes places.
            for (var at = 1u; at < count; at++) {
                let node = kept[at];
                let depth = depth_at(node, offset);
                var place = at;
                loop {
                    if place == 0u || depth_at(kept[place - 1u], offset) >= depth {
                        break;
                    }
                    kept[place] = kept[place - 1u];
                    place -= 1u;
                }
                kept[place] = node;
            }
            let hidden = textureLoad(opaque_depth, pixel, sample);
            var sum = light[sample];
            var through = passes[sample];
            for (var at = 0u; at < count; at++) {
                let node = kept[at];
                let covers = ((node.w >> (24u + sample)) & 1u) == 1u;
                if covers && depth_at(node, offset) >= hidden {
                    let colour = unpack4x8unorm(node.x);
                    sum += through * colour.a * colour.rgb * colour.rgb;
                    through *= 1.0 - colour.a;
                }
            }
            light[sample] = sum;
            passes[sample] = through;
        }
        if !more || all(passes < vec4f(DARK)) {
            break;
        }
    }
    var mixed = vec4f(0.0);
    for (var sample = 0u; sample < 4u; sample++) {
        let behind = textureLoad(opaque_colour, pixel, sample);
        let through = passes[sample];
        mixed += vec4f(light[sample] + through * behind.rgb, 1.0 - through * (1.0 - behind.a));
    }
    return mixed * 0.25;
}
