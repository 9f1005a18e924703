//! Upright boxes as one mesh, for bars. Faces share no corners, so that edges are sharp.

use std::sync::Arc;

use trainscape_scene::scene::{Describe, Mesh, MeshColour};

/// Corners of a box in [`mesh`]: a record's index is its corner's divided by this.
pub(super) const CORNERS: usize = 24;

/// A box from its smallest to its largest corner (unit box), with its position in the colour map (0 to 1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) low_unit: [f32; 3],
    pub(super) high_unit: [f32; 3],
    pub(super) value: f32,
}

pub(super) fn mesh(
    name: &str,
    bars: &[Bar],
    map: trainscape_scene::colour::ColourMap,
    shading: f32,
    opacity: f32,
    records: Option<Arc<dyn Describe>>,
) -> Mesh {
    let mut positions: Vec<[f32; 3]> = Vec::with_capacity(bars.len() * CORNERS);
    let mut triangles: Vec<[u32; 3]> = Vec::with_capacity(bars.len() * 12);
    let mut values = Vec::with_capacity(bars.len() * CORNERS);
    for bar in bars {
        let corner = |which: [usize; 3]| {
            let ends = [bar.low_unit, bar.high_unit];
            [0, 1, 2].map(|axis| ends[which[axis]][axis])
        };
        for axis in 0..3 {
            for side in 0..2 {
                let start = positions.len() as u32;
                let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
                for (a, b) in [(0, 0), (1, 0), (1, 1), (0, 1)] {
                    let mut which = [0; 3];
                    (which[axis], which[u], which[v]) = (side, a, b);
                    positions.push(corner(which));
                    values.push(bar.value);
                }
                // The corners of each triangle are counter-clockwise seen from outside.
                let [a, b] = if side == 1 {
                    [[0, 1, 2], [0, 2, 3]]
                } else {
                    [[0, 2, 1], [0, 3, 2]]
                };
                triangles.push(a.map(|at: u32| start + at));
                triangles.push(b.map(|at: u32| start + at));
            }
        }
    }
    Mesh {
        steps: Arc::new([]),
        name: name.to_owned(),
        positions_unit: positions.into(),
        triangles: triangles.into(),
        colour: MeshColour::Values(values.into(), map),
        shading,
        opacity,
        records,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_are_oriented_outward() {
        let bar = Bar {
            low_unit: [0.0; 3],
            high_unit: [1.0, 2.0, 3.0],
            value: 0.5,
        };
        let mesh = mesh("bar", &[bar], Default::default(), 1.0, 1.0, None);
        assert_eq!(
            (mesh.positions_unit.len(), mesh.triangles.len()),
            (CORNERS, 12)
        );
        for triangle in mesh.triangles.iter() {
            let [a, b, c] = triangle.map(|at| glam::Vec3::from(mesh.positions_unit[at as usize]));
            let outward = (a + b + c) / 3.0 - glam::Vec3::new(0.5, 1.0, 1.5);
            assert!((b - a).cross(c - a).dot(outward) > 0.0, "{triangle:?}");
        }
    }
}
