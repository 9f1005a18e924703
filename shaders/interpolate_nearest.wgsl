// The value, or the index, of the sample nearest to each node, from samples sorted into cells.
// One invocation per node. Twin: app/compute/src/nearest.rs.

@group(0) @binding(5) var<storage, read_write> values: array<f32>;
@group(0) @binding(6) var<storage, read_write> support: array<f32>;
@group(0) @binding(7) var<storage, read_write> indices: array<u32>;

@compute @workgroup_size(64)
fn interpolate_nearest(@builtin(global_invocation_id) id: vec3u) {
    let row = work.first_row + id.y;
    if id.x >= work.width {
        return;
    }
    let near = nearest(vec2f(x_unit[id.x], y_unit[row]));
    let node = row * work.width + id.x;
    values[node] = samples[near.slot].value;
    support[node] = support_at(near.squared_unit);
}

@compute @workgroup_size(64)
fn nearest_indices(@builtin(global_invocation_id) id: vec3u) {
    let row = work.first_row + id.y;
    if id.x >= work.width {
        return;
    }
    let near = nearest(vec2f(x_unit[id.x], y_unit[row]));
    indices[row * work.width + id.x] = samples[near.slot].index;
}
