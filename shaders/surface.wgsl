// A surface over the box's floor, drawn from the node buffers that a compute pass left on the GPU: colour
// by height, gentle shading, contour lines, lines along measured nodes. Ends where the interpolated
// support crosses zero.

struct Surface {
    // Columns and rows of the grid of nodes.
    width: u32,
    height: u32,
    // Every nth node is drawn; above 1 while the camera moves.
    stride: u32,
    // Columns and rows that are drawn at this stride.
    drawn_width: u32,
    // Heights (unit box) with the map's first and last colour.
    colour_low: f32,
    colour_high: f32,
    // Height between two contour lines (unit box); 0 draws none.
    contour_step: f32,
    // Height of one contour line (unit box).
    contour_anchor: f32,
    // How strongly the light's direction shows, 0 to 1.
    shading: f32,
    // Nodes between two lines along x and along y; 0 draws none.
    mesh_step_x: f32,
    mesh_step_y: f32,
    // 1 draws the surface flat on the floor.
    on_floor: u32,
    // Linear colour of contour and mesh lines; alpha is their opacity.
    line_colour: vec4f,
    // Linear colour that the floor's projection fades into; alpha is how far.
    floor_colour: vec4f,
    // Width of contour lines in points.
    contour_width_pt: f32,
    // Height (unit box) of the floor's projection.
    floor_height: f32,
    // 1 is opaque.
    opacity: f32,
    // Position among the translucent primitives in the order of drawing, 0 to 15.
    order: u32,
}

@group(1) @binding(0) var<uniform> surface: Surface;
@group(1) @binding(1) var<storage, read> x_unit: array<f32>;
@group(1) @binding(2) var<storage, read> y_unit: array<f32>;
@group(1) @binding(3) var<storage, read> values: array<f32>;
@group(1) @binding(4) var<storage, read> support: array<f32>;
@group(1) @binding(5) var<storage, read> normals: array<u32>;
@group(1) @binding(6) var colours: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) normal: vec3f,
    // Place in the unit box; of the floor's projection that of the surface.
    @location(1) unit: vec3f,
    @location(2) support: f32,
    @location(3) node: vec2f,
}

@vertex
fn surface_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let column = min((index % surface.drawn_width) * surface.stride, surface.width - 1u);
    let row = min((index / surface.drawn_width) * surface.stride, surface.height - 1u);
    let node = row * surface.width + column;
    var corner: Corner;
    let height = values[node];
    let z = select(height, surface.floor_height, surface.on_floor == 1u);
    corner.position = frame.clip_from_unit * vec4f(x_unit[column], y_unit[row], z, 1.0);
    // Normals are those of a box with equal edges; the drawn box stretches them.
    corner.normal = unpack_normal(normals[node]) / frame.box_aspect.xyz;
    corner.unit = vec3f(x_unit[column], y_unit[row], height);
    corner.support = support[node];
    corner.node = vec2f(f32(column), f32(row));
    return corner;
}

// A fragment before it is drawn.
struct Shade {
    // Linear.
    colour: vec3f,
    opacity: f32,
    // How much of the pixel is on the surface; 0 or less: nothing.
    inside: f32,
}

// How much of a pixel a line covers that runs where `phase` (in cells) is whole.
fn line_cover(phase: f32, width_in_pixel: f32) -> f32 {
    let per_pixel = max(fwidth(phase), 1e-6);
    let distance_in_pixel = abs(fract(phase + 0.5) - 0.5) / per_pixel;
    // Where cells are narrower than a few pixels, lines would fill everything.
    let room = 1.0 - smoothstep(0.2, 0.5, per_pixel);
    return clamp(width_in_pixel * 0.5 + 0.5 - distance_in_pixel, 0.0, 1.0) * room;
}

fn shade(corner: Corner) -> Shade {
    let height = corner.unit.z;
    let support_per_pixel = max(fwidth(corner.support), 1e-9);
    let inside = min(corner.support / support_per_pixel + 0.5, inside_box(corner.unit));
    let line_width = max(surface.contour_width_pt * frame.pixel_per_point, 1.0);
    var lines = 0.0;
    if surface.contour_step > 0.0 {
        let phase = (height - surface.contour_anchor) / surface.contour_step;
        lines = line_cover(phase, line_width);
    }
    let mesh = corner.node / max(vec2f(surface.mesh_step_x, surface.mesh_step_y), vec2f(1.0));
    let mesh_x = line_cover(mesh.x, 1.0);
    let mesh_y = line_cover(mesh.y, 1.0);
    if surface.mesh_step_x > 0.0 {
        lines = max(lines, max(mesh_x, mesh_y) * 0.8);
    }

    let range = max(surface.colour_high - surface.colour_low, 1e-9);
    let unit = clamp((height - surface.colour_low) / range, 0.0, 1.0);
    var colour = map_colour(colours, unit);

    if surface.on_floor == 1u {
        colour = mix(colour, surface.floor_colour.rgb, surface.floor_colour.a);
        lines *= 0.5;
    } else {
        colour = lit_colour(colour, normalize(corner.normal), surface.shading);
    }
    // Lines are over the surface and more opaque than it.
    let line = lines * surface.line_colour.a;
    let opacity = line + (1.0 - line) * surface.opacity;
    colour = mix(colour * surface.opacity, surface.line_colour.rgb, line) / max(opacity, 1e-6);
    return Shade(colour, opacity, inside);
}

@fragment
fn surface_fragment(corner: Corner) -> FragmentOutput {
    let shaded = shade(corner);
    if shaded.inside <= 0.0 {
        discard;
    }
    var output: FragmentOutput;
    output.colour = vec4f(shaded.colour * shaded.opacity, shaded.opacity);
    output.samples = samples_of_coverage(shaded.inside);
    return output;
}

@fragment
fn surface_append(corner: Corner, @builtin(sample_mask) covered: u32) {
    let slopes = vec2f(dpdx(corner.position.z), dpdy(corner.position.z));
    let shaded = shade(corner);
    let samples = covered & samples_of_coverage(shaded.inside);
    append(corner.position, slopes, vec4f(shaded.colour, shaded.opacity), samples, surface.order);
}
