//! Arrows in the direction of time: small cones along a path, built in world space so that the aspect of the box
//! does not distort them.

use std::ops::Range;

use glam::Vec3;

use trainscape_scene::camera::world_from_unit;

/// Length of a cone in world units; the box is about one high.
const LENGTH: f32 = 0.052;
/// Radius of its base.
const RADIUS: f32 = 0.017;
/// Corners of its base.
const CORNERS: usize = 14;

/// Triangles of cones.
#[derive(Clone, Debug, Default)]
pub(super) struct Cones {
    /// Corners in the unit box.
    pub(super) positions_unit: Vec<[f32; 3]>,
    /// Three corners a triangle.
    pub(super) triangles: Vec<[u32; 3]>,
    /// For each corner, the index of the path position of its cone.
    pub(super) at: Vec<u32>,
}

/// At most `count` cones along a path, evenly spaced along its drawn length; a short path has fewer.
pub(super) fn cones(
    positions_unit: &[[f32; 3]],
    strips: &[Range<u32>],
    box_aspect: [f32; 3],
    count: usize,
) -> Cones {
    let world: Vec<Vec3> = positions_unit
        .iter()
        .map(|unit| world_from_unit(*unit, box_aspect))
        .collect();
    let mut cones = Cones::default();
    let length_of = |strip: &Range<u32>| -> f32 {
        let points = &world[strip.start as usize..strip.end as usize];
        points
            .windows(2)
            .map(|pair| pair[0].distance(pair[1]))
            .sum()
    };
    let total: f32 = strips.iter().map(length_of).sum();
    let count = count.min((total / (4.0 * LENGTH)) as usize);
    let mut travelled = 0.0;
    let mut next = 0;
    let target = |next: usize| total * (next as f32 + 0.5) / count as f32;
    for strip in strips {
        let first = strip.start as usize;
        let points = &world[first..strip.end as usize];
        for (index, pair) in points.windows(2).enumerate() {
            let segment = pair[0].distance(pair[1]);
            while next < count && travelled + segment >= target(next) {
                let share = (target(next) - travelled) / segment.max(f32::MIN_POSITIVE);
                let middle = pair[0].lerp(pair[1], share.clamp(0.0, 1.0));
                next += 1;
                // The chord over the cone's length: single steps are too noisy for a direction.
                let back = first_far_point(points, index + 1, middle, -1);
                let ahead = first_far_point(points, index, middle, 1);
                if let Some(direction) = (ahead - back).try_normalize() {
                    cones.push(middle, direction, (first + index) as u32, box_aspect);
                }
            }
            travelled += segment;
        }
    }
    cones
}

/// The first point at least a cone's length from `middle`, going from `from` in direction `step`.
fn first_far_point(points: &[Vec3], from: usize, middle: Vec3, step: isize) -> Vec3 {
    let mut at = from;
    loop {
        let Some(next) = at
            .checked_add_signed(step)
            .filter(|next| *next < points.len())
        else {
            return points[at];
        };
        at = next;
        if points[at].distance(middle) >= LENGTH {
            return points[at];
        }
    }
}

impl Cones {
    fn push(&mut self, middle: Vec3, direction: Vec3, at: u32, box_aspect: [f32; 3]) {
        let (side, up) = direction.any_orthonormal_pair();
        let tip = middle + direction * (LENGTH * 0.5);
        let base = middle - direction * (LENGTH * 0.5);
        let ring = (0..CORNERS).map(|corner| {
            let angle = std::f32::consts::TAU * corner as f32 / CORNERS as f32;
            base + (side * angle.cos() + up * angle.sin()) * RADIUS
        });
        let first = self.positions_unit.len() as u32;
        let corners = [tip, base].into_iter().chain(ring);
        let unit = |world: Vec3| (world / Vec3::from(box_aspect) + 0.5).to_array();
        self.positions_unit.extend(corners.map(unit));
        self.at.resize(self.positions_unit.len(), at);
        for corner in 0..CORNERS as u32 {
            let a = first + 2 + corner;
            let b = first + 2 + (corner + 1) % CORNERS as u32;
            self.triangles.push([first, a, b]);
            self.triangles.push([first + 1, b, a]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_scene::scene::Path;

    #[test]
    fn cones_have_the_same_size_in_every_box() {
        let path: Vec<[f32; 3]> = (0..50).map(|i| [0.5, 0.3, i as f32 / 49.0]).collect();
        for aspect in [[1.0, 1.0, 1.0], [2.0, 0.5, 1.0]] {
            let cones = cones(&path, &Path::unbroken(50), aspect, 3);
            let corners: Vec<Vec3> = cones
                .positions_unit
                .iter()
                .map(|unit| world_from_unit(*unit, aspect))
                .collect();
            assert_eq!(corners.len(), 3 * (CORNERS + 2));
            let (tip, base) = (corners[0], corners[1]);
            assert!((tip.distance(base) - LENGTH).abs() < 1e-5);
            assert!(tip.z > base.z, "it points in the direction of time");
            for corner in &corners[2..2 + CORNERS] {
                assert!((corner.distance(base) - RADIUS).abs() < 1e-5);
            }
            let heights = [0, 1, 2].map(|cone| corners[cone * (CORNERS + 2)].z);
            assert!((heights[1] - heights[0] - (heights[2] - heights[1])).abs() < 1e-4);
        }
    }

    #[test]
    fn a_path_without_length_has_no_cones() {
        for path in [&[][..], &[[0.1; 3]], &[[0.1; 3]; 7]] {
            let cones = cones(path, &Path::unbroken(path.len()), [1.0; 3], 5);
            assert!(cones.triangles.is_empty());
        }
    }
}
