//! Balls of few triangles, which stand for points.

use std::collections::HashMap;

use glam::Vec3;

use super::shape::Shape;

/// A convex body around the origin whose corners have the distance 1; its triangles face outwards.
#[derive(Debug)]
pub(super) struct Ball {
    corners: Vec<Vec3>,
    triangles: Vec<[u32; 3]>,
}

impl Ball {
    pub(super) fn octahedron() -> Self {
        let corners = [
            Vec3::X,
            Vec3::NEG_X,
            Vec3::Y,
            Vec3::NEG_Y,
            Vec3::Z,
            Vec3::NEG_Z,
        ];
        let mut triangles = Vec::new();
        for x in [0, 1] {
            for y in [2, 3] {
                for z in [4, 5] {
                    triangles.push([x, y, z]);
                }
            }
        }
        Self {
            corners: corners.to_vec(),
            triangles,
        }
        .facing_outwards()
    }

    pub(super) fn icosahedron() -> Self {
        let golden = f32::midpoint(1.0, 5.0_f32.sqrt());
        let mut corners = Vec::new();
        for one in [-1.0, 1.0] {
            for long in [-golden, golden] {
                corners.push(Vec3::new(0.0, one, long));
                corners.push(Vec3::new(one, long, 0.0));
                corners.push(Vec3::new(long, 0.0, one));
            }
        }
        // Edges have the length 2; a triangle is three corners that are neighbours of each other.
        let near = |a: usize, b: usize| corners[a].distance_squared(corners[b]) < 4.5;
        let mut triangles = Vec::new();
        for a in 0..corners.len() {
            for b in a + 1..corners.len() {
                for c in b + 1..corners.len() {
                    if near(a, b) && near(b, c) && near(a, c) {
                        triangles.push([a as u32, b as u32, c as u32]);
                    }
                }
            }
        }
        Self {
            corners: corners.into_iter().map(Vec3::normalize_or_zero).collect(),
            triangles,
        }
        .facing_outwards()
    }

    /// An icosahedron with each triangle divided into four.
    pub(super) fn round() -> Self {
        let Self {
            mut corners,
            triangles,
        } = Self::icosahedron();
        let mut middles = HashMap::new();
        let mut divided = Vec::with_capacity(4 * triangles.len());
        for [a, b, c] in triangles {
            let [ab, bc, ca] = [[a, b], [b, c], [c, a]].map(|[from, to]| {
                *middles
                    .entry([from.min(to), from.max(to)])
                    .or_insert_with(|| {
                        let sum = corners[from as usize] + corners[to as usize];
                        corners.push(sum.normalize_or_zero());
                        corners.len() as u32 - 1
                    })
            });
            divided.extend([[a, ab, ca], [b, bc, ab], [c, ca, bc], [ab, bc, ca]]);
        }
        Self {
            corners,
            triangles: divided,
        }
    }

    fn facing_outwards(mut self) -> Self {
        for triangle in &mut self.triangles {
            let [a, b, c] = triangle.map(|corner| self.corners[corner as usize]);
            if (b - a).cross(c - a).dot(a) < 0.0 {
                triangle.swap(1, 2);
            }
        }
        self
    }

    /// Adds the ball with a centre and a radius to a shape.
    pub(super) fn add(&self, shape: &mut Shape, centre: Vec3, radius: f32) {
        let first = shape.positions.len() as u32;
        let placed = self.corners.iter().map(|corner| centre + *corner * radius);
        shape.positions.extend(placed.map(|at| at.to_array()));
        let triangles = self.triangles.iter().flatten();
        shape.indices.extend(triangles.map(|corner| first + corner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balls_are_closed_and_face_outwards() {
        for (ball, corners, triangles) in [
            (Ball::octahedron(), 6, 8),
            (Ball::icosahedron(), 12, 20),
            (Ball::round(), 42, 80),
        ] {
            assert_eq!(
                (ball.corners.len(), ball.triangles.len()),
                (corners, triangles)
            );
            let mut edges = HashMap::new();
            for [a, b, c] in &ball.triangles {
                for edge in [[a, b], [b, c], [c, a]] {
                    *edges.entry(edge).or_insert(0) += 1;
                }
                let [a, b, c] = [a, b, c].map(|corner| ball.corners[*corner as usize]);
                assert!((b - a).cross(c - a).dot(a) > 0.0);
            }
            // Each edge belongs to two triangles, once in each direction.
            let closed = |([a, b], count): (&[&u32; 2], &i32)| {
                *count == 1 && edges.get(&[*b, *a]) == Some(&1)
            };
            assert!(edges.iter().all(closed));
            assert!(
                ball.corners
                    .iter()
                    .all(|at| (at.length() - 1.0).abs() < 1e-6)
            );
        }
    }
}
