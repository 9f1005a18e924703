//! Lines as closed prisms around them.

use std::{f32::consts::TAU, ops::Range};

use glam::{Quat, Vec3};

use super::shape::Shape;

/// Cosine of the largest turn at which two pieces share a mitred ring; after a sharper one the next piece begins with a
/// ring of its own, since a mitre would be long and thin.
const MITRED: f32 = 0.5;

/// The rings of corners around a line.
#[derive(Debug)]
pub(super) struct Tube {
    sides: usize,
    /// Counter-clockwise about the direction of the line, ring after ring.
    corners: Vec<Vec3>,
    /// The first and the last ring of each piece; the next piece may begin with the last.
    rings: Vec<[usize; 2]>,
}

impl Tube {
    /// Around a line whose neighbouring positions differ.
    pub(super) fn along(positions: &[Vec3], radius: f32, sides: usize) -> Self {
        let mut tube = Self {
            sides,
            corners: Vec::new(),
            rings: Vec::new(),
        };
        let directions: Vec<Vec3> = positions
            .windows(2)
            .map(|ends| (ends[1] - ends[0]).normalize_or(Vec3::Z))
            .collect();
        let Some(first) = directions.first() else {
            return tube;
        };
        let mut normal = first.any_orthonormal_vector();
        let mut start = None;
        for (piece, direction) in directions.iter().enumerate() {
            let around = |centre: Vec3, plane: Vec3| {
                let binormal = direction.cross(normal);
                let corner = move |side: usize| {
                    let (sin, cos) = (side as f32 / sides as f32 * TAU).sin_cos();
                    let out = normal * cos + binormal * sin;
                    // Along the piece until the plane of the ring.
                    let along = *direction * (out.dot(plane) / direction.dot(plane));
                    centre + (out - along) * radius
                };
                (0..sides).map(corner)
            };
            let begins = start.unwrap_or_else(|| {
                tube.corners.extend(around(positions[piece], *direction));
                tube.last_ring()
            });
            let next = directions.get(piece + 1);
            let mitred = next.filter(|next| direction.dot(**next) > MITRED);
            let plane = mitred.map_or(*direction, |next| {
                // They are at less than a right angle.
                (*direction + *next).normalize_or(*direction)
            });
            tube.corners.extend(around(positions[piece + 1], plane));
            let ends = tube.last_ring();
            tube.rings.push([begins, ends]);
            start = mitred.map(|_| ends);
            if let Some(next) = next {
                let turned = Quat::from_rotation_arc(*direction, *next) * normal;
                normal = (turned - *next * turned.dot(*next))
                    .try_normalize()
                    .unwrap_or_else(|| next.any_orthonormal_vector());
            }
        }
        tube
    }

    fn last_ring(&self) -> usize {
        self.corners.len() / self.sides - 1
    }

    /// Adds some of its pieces to a shape, closed at both ends.
    pub(super) fn add(&self, pieces: Range<usize>, shape: &mut Shape) {
        let Some([[begins, _], .., [_, ends]] | [[begins, ends]]) = self.rings.get(pieces) else {
            return;
        };
        let sides = self.sides as u32;
        let first = shape.positions.len() as u32;
        let corners = &self.corners[begins * self.sides..(ends + 1) * self.sides];
        shape.positions.extend(corners.iter().map(Vec3::to_array));
        let rings = (ends - begins) as u32;
        for ring in 0..rings {
            let at = first + ring * sides;
            for side in 0..sides {
                let (here, beside) = (at + side, at + (side + 1) % sides);
                let [ahead, across] = [here + sides, beside + sides];
                shape
                    .indices
                    .extend([here, beside, across, here, across, ahead]);
            }
        }
        let last = first + rings * sides;
        for side in 1..sides - 1 {
            shape
                .indices
                .extend([first, first + side + 1, first + side]);
            shape.indices.extend([last, last + side, last + side + 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six times the volume inside of a closed shape.
    fn volume(shape: &Shape) -> f32 {
        let at = |index: u32| Vec3::from(shape.positions[index as usize]);
        let (triangles, _) = shape.indices.as_chunks::<3>();
        triangles
            .iter()
            .map(|[a, b, c]| at(*a).dot(at(*b).cross(at(*c))))
            .sum()
    }

    #[test]
    fn a_straight_tube_is_a_prism_that_faces_outwards() {
        let mut shape = Shape::default();
        let line = [Vec3::ZERO, Vec3::X, Vec3::X * 3.0];
        Tube::along(&line, 0.1, 6).add(0..2, &mut shape);
        assert_eq!(shape.positions.len(), 18);
        let hexagon = 1.5 * 3.0_f32.sqrt() * 0.01;
        assert!((volume(&shape) / 6.0 - 3.0 * hexagon).abs() < 1e-5);
    }

    #[test]
    fn corners_stay_near_the_line_however_it_turns() {
        let turns = [
            Vec3::ZERO,
            Vec3::X,
            Vec3::new(1.5, 0.5, 0.0),
            Vec3::new(1.5, 0.5, 2.0),
            Vec3::new(1.5, 0.5, 1.0),
            Vec3::new(1.5, 0.52, 3.0),
        ];
        for sides in [3, 6] {
            let mut shape = Shape::default();
            Tube::along(&turns, 0.1, sides).add(0..5, &mut shape);
            for corner in &shape.positions {
                let nearest = turns.windows(2).map(|ends| {
                    let along = ends[1] - ends[0];
                    let from = Vec3::from(*corner) - ends[0];
                    let share = (from.dot(along) / along.length_squared()).clamp(0.0, 1.0);
                    (from - along * share).length()
                });
                let nearest = nearest.fold(f32::INFINITY, f32::min);
                assert!(nearest < 0.1 * 1.2, "{corner:?}: {nearest}");
            }
        }
    }
}
