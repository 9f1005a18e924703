//! How many triangles a line or a point becomes, so that the lines and points of a file take at
//! most about 20 MB: a ball takes 168 to 1,000 bytes, a position of a tube 80 to 220.

use super::ball::Ball;

/// Points that are balls of 80 triangles, of 20, and of 8; more are drawn as points.
const MOST_ROUND: usize = 300;
const MOST_ICOSAHEDRA: usize = 5_000;
const MOST_OCTAHEDRA: usize = 60_000;
/// Positions of lines that are tubes of 6 sides, of 4, and of 3; more are drawn as lines.
const MOST_OF_SIX_SIDES: usize = 5_000;
const MOST_OF_FOUR_SIDES: usize = 40_000;
const MOST_OF_THREE_SIDES: usize = 120_000;

/// Sides of the tubes of few lines.
pub(super) const MOST_SIDES: usize = 6;

/// The shape of points; `None`: the points themselves. `count` is the number of points in the file.
pub(super) fn ball(count: usize) -> Option<Ball> {
    if count <= MOST_ROUND {
        Some(Ball::round())
    } else if count <= MOST_ICOSAHEDRA {
        Some(Ball::icosahedron())
    } else if count <= MOST_OCTAHEDRA {
        Some(Ball::octahedron())
    } else {
        None
    }
}

/// The sides of tubes; `None`: the lines themselves. `count` is the number of positions of lines in the file.
pub(super) fn sides(count: usize) -> Option<usize> {
    let known = [
        (MOST_OF_SIX_SIDES, MOST_SIDES),
        (MOST_OF_FOUR_SIDES, 4),
        (MOST_OF_THREE_SIDES, 3),
    ];
    let fits = known.iter().find(|(most, _)| count <= *most);
    fits.map(|(_, sides)| *sides)
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;
    use crate::glb::{shape::Shape, tube::Tube};

    /// Bytes with indices of four bytes.
    fn bytes(shape: &Shape) -> usize {
        12 * shape.positions.len() + 4 * shape.indices.len()
    }

    #[test]
    fn more_points_and_longer_lines_have_fewer_triangles_and_a_bounded_size() {
        let of_points = |count: usize| {
            let mut shape = Shape::default();
            ball(count).map(|ball| {
                ball.add(&mut shape, Vec3::ZERO, 1.0);
                count * bytes(&shape)
            })
        };
        for count in [1, MOST_ROUND, MOST_ICOSAHEDRA, MOST_OCTAHEDRA] {
            assert!(
                of_points(count).is_some_and(|bytes| bytes < 12_000_000),
                "{count}"
            );
        }
        assert_eq!(of_points(MOST_OCTAHEDRA + 1), None);
        let of_lines = |count: usize| {
            let mut shape = Shape::default();
            let line = [Vec3::ZERO, Vec3::X, Vec3::X * 2.0];
            sides(count).map(|sides| {
                let tube = Tube::along(&line, 0.1, sides);
                tube.add(0..2, &mut shape);
                count * bytes(&shape) / 3
            })
        };
        for count in [
            2,
            MOST_OF_SIX_SIDES,
            MOST_OF_FOUR_SIDES,
            MOST_OF_THREE_SIDES,
        ] {
            assert!(
                of_lines(count).is_some_and(|bytes| bytes < 14_000_000),
                "{count}"
            );
        }
        assert_eq!(of_lines(MOST_OF_THREE_SIDES + 1), None);
    }
}
