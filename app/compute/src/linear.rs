//! Linear interpolation within Delaunay triangles; the twin of `shaders/interpolate_linear.wgsl`.
//!
//! Each node searches the triangles of its bin for the one that it is deepest inside. Outside the
//! hull there is no surface; the value there is the nearest sample's, so that it is finite.

use super::cells::Cells;
use super::nearest::nearest;
use super::scatter::support_at;
use super::triangles::{EDGE_TOLERANCE_UNIT, TriangleBins};
use super::{ComputeError, Field, MISSING, Scatter};

pub(super) fn interpolate(scatter: &Scatter, cells: &Cells) -> Result<Field, ComputeError> {
    let bins = TriangleBins::new(cells)?;
    Ok(Field::from_nodes(scatter.size, |point| {
        match value_at(&bins, cells, point) {
            Some(value) => {
                let squared = scatter
                    .support_radius
                    .map_or(0.0, |_| nearest(cells, point).squared_unit);
                (value, support_at(scatter.support_radius, squared))
            }
            None => (cells.samples[nearest(cells, point).slot].value, MISSING),
        }
    }))
}

/// The value within the triangle that holds a point; `None` outside them all.
pub(super) fn value_at(bins: &TriangleBins, cells: &Cells, point: [f32; 2]) -> Option<f32> {
    let mut deepest = -EDGE_TOLERANCE_UNIT;
    let mut value = None;
    for corners in bins.near(point) {
        // Relative to the node, so that rounding is that of the triangle's size and not of the square's.
        let corners = corners.map(|slot| &cells.samples[slot as usize]);
        let [a, b, c] = corners.map(|s| [s.x_unit - point[0], s.y_unit - point[1]]);
        let outside = (0..2).any(|axis| {
            a[axis].min(b[axis]).min(c[axis]) > EDGE_TOLERANCE_UNIT
                || a[axis].max(b[axis]).max(c[axis]) < -EDGE_TOLERANCE_UNIT
        });
        if outside {
            continue;
        }
        let weights = [cross(b, c), cross(c, a), cross(a, b)];
        let depth = (weights[0] / distance(b, c))
            .min(weights[1] / distance(c, a))
            .min(weights[2] / distance(a, b));
        if depth < deepest {
            continue;
        }
        let weights = weights.map(|w| w.max(0.0));
        let sum = weights[0] + weights[1] + weights[2];
        if sum <= 0.0 {
            continue;
        }
        let [a, b, c] = corners.map(|s| s.value);
        let here = (weights[0] / sum) * a + (weights[1] / sum) * b + (weights[2] / sum) * c;
        // A triangle too large for f32 (samples far outside the unit square) has no weights.
        if !here.is_finite() {
            continue;
        }
        value = Some(here);
        deepest = depth;
        if depth >= 0.0 {
            break;
        }
    }
    value
}

/// Twice the area of the triangle (node, p, q), positive when it turns left.
fn cross(p: [f32; 2], q: [f32; 2]) -> f32 {
    p[0] * q[1] - p[1] * q[0]
}

fn distance(p: [f32; 2], q: [f32; 2]) -> f32 {
    let (x, y) = (p[0] - q[0], p[1] - q[1]);
    // Corners nearer than f32 can square count as one position, without an inside.
    (x * x + y * y).sqrt().max(f32::MIN_POSITIVE)
}
