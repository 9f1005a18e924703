// Unit normals of a height field in 32 bits: the upper half of an octahedron, folded flat.

fn pack_normal(normal: vec3f) -> u32 {
    return pack2x16snorm(normal.xy / (abs(normal.x) + abs(normal.y) + normal.z));
}

fn unpack_normal(packed: u32) -> vec3f {
    let flat = unpack2x16snorm(packed);
    return normalize(vec3f(flat, 1.0 - abs(flat.x) - abs(flat.y)));
}
