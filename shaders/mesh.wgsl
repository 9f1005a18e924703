// Triangles in any arrangement, coloured by height and lit gently, from positions and normals of their
// corners: figures of other programs that are no grid over the floor.

struct Mesh {
    // Height (unit box) with the map's first and last colour.
    colour_low: f32,
    colour_high: f32,
    // How strongly the light's direction shows, 0 to 1.
    shading: f32,
    // Keeps the struct's size a multiple of 16 bytes.
    padding: f32,
}

@group(1) @binding(0) var<uniform> mesh: Mesh;
// x, y, z of each corner in the unit box.
@group(1) @binding(1) var<storage, read> positions: array<f32>;
// Its unit normal in the unit box, either way round.
@group(1) @binding(2) var<storage, read> normals: array<f32>;
@group(1) @binding(3) var colours: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) normal: vec3f,
    @location(1) height: f32,
}

@vertex
fn mesh_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let at = vec3f(positions[3u * index], positions[3u * index + 1u], positions[3u * index + 2u]);
    let normal = vec3f(normals[3u * index], normals[3u * index + 1u], normals[3u * index + 2u]);
    var corner: Corner;
    corner.position = frame.clip_from_unit * vec4f(at, 1.0);
    // Normals come for a box of equal edges; the drawn box stretches them.
    corner.normal = normal / frame.box_aspect.xyz;
    corner.height = at.z;
    return corner;
}

@fragment
fn mesh_fragment(corner: Corner) -> @location(0) vec4f {
    let range = max(mesh.colour_high - mesh.colour_low, 1e-9);
    let unit = clamp((corner.height - mesh.colour_low) / range, 0.0, 1.0);
    let colour = textureLoad(colours, vec2u(min(u32(unit * 256.0), 255u), 0u), 0).rgb;
    // A zero normal (a triangle without area) faces the light.
    var normal = frame.towards_light_in_world.xyz;
    if dot(corner.normal, corner.normal) > 1e-12 {
        normal = normalize(corner.normal);
    }
    // The side that faces the eye is the one that is seen.
    if dot(normal, frame.towards_eye_in_world.xyz) < 0.0 {
        normal = -normal;
    }
    let light = clamp(dot(normal, frame.towards_light_in_world.xyz), 0.0, 1.0);
    return vec4f(colour * mix(1.0, 0.42 + 0.68 * light, mesh.shading), 1.0);
}
