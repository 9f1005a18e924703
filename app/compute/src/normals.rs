//! Normals of a surface; the twin of `shaders/normals.wgsl`.

use rayon::prelude::*;

use super::Field;

/// Unit normals of the surface (x, y, `z_scale` x value), one per node, row-major, upwards.
///
/// Slopes are central differences between the neighbours, one-sided at the grid's edges and next to
/// missing nodes, zero where a node has no neighbour.
#[must_use]
pub fn normals(field: &Field, z_scale: f32) -> Vec<[f32; 3]> {
    let (width, height) = (field.x_unit.len(), field.y_unit.len());
    (0..width * height)
        .into_par_iter()
        .map(|node| {
            let (column, row) = (node % width, node / width);
            let x = slope(&field.x_unit, column, |at| {
                (field.values[row * width + at], field.is_present(at, row))
            });
            let y = slope(&field.y_unit, row, |at| {
                (
                    field.values[at * width + column],
                    field.is_present(column, at),
                )
            });
            let normal = [-z_scale * x, -z_scale * y, 1.0];
            let length = normal.iter().map(|v| v * v).sum::<f32>().sqrt();
            normal.map(|v| v / length)
        })
        .collect()
}

/// Rise over run along one axis; `knot` gives value and presence.
fn slope(at_unit: &[f32], here: usize, knot: impl Fn(usize) -> (f32, bool)) -> f32 {
    let neighbour = |at: Option<usize>| match at {
        Some(at) if at < at_unit.len() && knot(at).1 => at,
        _ => here,
    };
    let (from, to) = (neighbour(here.checked_sub(1)), neighbour(Some(here + 1)));
    if from == to {
        return 0.0;
    }
    (knot(to).0 - knot(from).0) / (at_unit[to] - at_unit[from])
}
