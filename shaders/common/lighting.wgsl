// Colour maps and lighting of filled primitives; follows common/frame.wgsl.

// The colour of a map at a position from 0 to 1.
fn map_colour(map: texture_2d<f32>, unit: f32) -> vec3f {
    return textureLoad(map, vec2u(min(u32(unit * 256.0), 255u), 0u), 0).rgb;
}

// A colour under the figure's light; `normal` may point to either side, `shading` (0 to 1) is the effect of the light's
// direction.
fn lit_colour(colour: vec3f, normal: vec3f, shading: f32) -> vec3f {
    // The side that faces the eye is the visible one.
    let facing = select(normal, -normal, dot(normal, frame.towards_eye_in_world.xyz) < 0.0);
    let light = clamp(dot(facing, frame.towards_light_in_world.xyz), 0.0, 1.0);
    return colour * mix(1.0, 0.42 + 0.68 * light, shading);
}
