//! Normals of lit triangles.

use glam::Vec3;

/// Unit normals at the corners of triangles: the mean of those of the triangles there, weighted by their area.
pub(super) fn normals(positions: &[Vec3], indices: &[u32]) -> Vec<[f32; 3]> {
    let mut sums = vec![Vec3::ZERO; positions.len()];
    let (triangles, _) = indices.as_chunks::<3>();
    for triangle in triangles {
        let [a, b, c] = triangle.map(|corner| positions[corner as usize]);
        let twice_the_area = (b - a).cross(c - a);
        for corner in triangle {
            sums[*corner as usize] += twice_the_area;
        }
    }
    let unit = |sum: Vec3| {
        // Scaled first: the squares of small areas vanish.
        let scaled = sum / sum.abs().max_element();
        scaled.try_normalize().unwrap_or(Vec3::Z).to_array()
    };
    sums.into_iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_are_unit_vectors_also_of_tiny_and_of_degenerate_triangles() {
        let tiny = 1e-20;
        let corners = [Vec3::ZERO, Vec3::X * tiny, Vec3::Y * tiny, Vec3::ONE];
        let found = normals(&corners, &[0, 1, 2, 3, 3, 3]);
        assert_eq!(found, [[0.0, 0.0, 1.0]; 4]);
        let ridge = [
            Vec3::ZERO,
            Vec3::X,
            Vec3::new(0.0, 1.0, 1.0),
            Vec3::new(0.0, -1.0, 1.0),
        ];
        let found = normals(&ridge, &[0, 1, 2, 0, 3, 1]);
        assert!(
            (Vec3::from(found[0]) - Vec3::Z).length() < 1e-6,
            "{found:?}"
        );
    }
}
