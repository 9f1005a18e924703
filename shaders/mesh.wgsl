// Triangle meshes, coloured by height, by values or in one colour, with gentle lighting, from positions and normals of
// their corners: figures of other programs that are not a grid over the floor.

struct Mesh {
    // Linear colour where all have one; alpha is the opacity of the mesh.
    colour: vec4f,
    // Height (unit box) with the map's first and last colour.
    colour_low: f32,
    colour_high: f32,
    // How strongly the light's direction shows, 0 to 1.
    shading: f32,
    // The source of colours: 0 the height, or a constant below.
    colouring: u32,
    // Position among the translucent primitives in the order of drawing, 0 to 15.
    order: u32,
    // Keep the struct's size a multiple of 16 bytes.
    padding_a: u32,
    padding_b: u32,
    padding_c: u32,
}

// The source of colours where it is not the height.
const BY_VALUE: u32 = 1u;
const SOLID: u32 = 2u;

@group(1) @binding(0) var<uniform> mesh: Mesh;
// x, y, z of each corner in the unit box.
@group(1) @binding(1) var<storage, read> positions: array<f32>;
// Its unit normal in the unit box, pointing to either side.
@group(1) @binding(2) var<storage, read> normals: array<f32>;
// Its value, 0 to 1, where values give the colours.
@group(1) @binding(3) var<storage, read> values: array<f32>;
@group(1) @binding(4) var colours: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) normal: vec3f,
    // Place in the unit box.
    @location(1) unit: vec3f,
    @location(2) value: f32,
}

@vertex
fn mesh_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let at = vec3f(positions[3u * index], positions[3u * index + 1u], positions[3u * index + 2u]);
    let normal = vec3f(normals[3u * index], normals[3u * index + 1u], normals[3u * index + 2u]);
    var corner: Corner;
    corner.position = frame.clip_from_unit * vec4f(at, 1.0);
    // Normals are those of a box with equal edges; the drawn box stretches them.
    corner.normal = normal / frame.box_aspect.xyz;
    corner.unit = at;
    // There is one value where values give no colours.
    corner.value = values[min(index, arrayLength(&values) - 1u)];
    return corner;
}

fn shade(corner: Corner) -> vec3f {
    let range = max(mesh.colour_high - mesh.colour_low, 1e-9);
    let of_height = (corner.unit.z - mesh.colour_low) / range;
    let unit = clamp(select(of_height, corner.value, mesh.colouring == BY_VALUE), 0.0, 1.0);
    // `select` and not `if`: see cloud.wgsl.
    let colour = select(map_colour(colours, unit), mesh.colour.rgb, mesh.colouring == SOLID);
    // A zero normal (a triangle without area) faces the light.
    var normal = frame.towards_light_in_world.xyz;
    if dot(corner.normal, corner.normal) > 1e-12 {
        normal = normalize(corner.normal);
    }
    return lit_colour(colour, normal, mesh.shading);
}

@fragment
fn mesh_fragment(corner: Corner) -> FragmentOutput {
    let inside = inside_box(corner.unit);
    if inside <= 0.0 {
        discard;
    }
    var output: FragmentOutput;
    output.colour = vec4f(shade(corner) * mesh.colour.a, mesh.colour.a);
    output.samples = samples_of_coverage(inside);
    return output;
}

@fragment
fn mesh_append(corner: Corner, @builtin(sample_mask) covered: u32) {
    let slopes = vec2f(dpdx(corner.position.z), dpdy(corner.position.z));
    let samples = covered & samples_of_coverage(inside_box(corner.unit));
    append(corner.position, slopes, vec4f(shade(corner), mesh.colour.a), samples, mesh.order);
}
