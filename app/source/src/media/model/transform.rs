//! Where a node of a model is in the model.

use serde::Deserialize;

/// A node's place in its parent, as a matrix, or as a translation of a rotation of a scaling.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Transform {
    /// Column by column.
    matrix: Option<[f64; 16]>,
    translation: Option<[f64; 3]>,
    /// A quaternion: x, y, z, w.
    rotation: Option<[f64; 4]>,
    scale: Option<[f64; 3]>,
}

impl Transform {
    /// A position in the parent.
    pub(super) fn apply(&self, position: [f64; 3]) -> [f64; 3] {
        let columns = self.columns();
        std::array::from_fn(|row| {
            let moved = columns[3][row];
            moved
                + (0..3)
                    .map(|axis| columns[axis][row] * position[axis])
                    .sum::<f64>()
        })
    }

    /// The place of a child in the parent of this node.
    pub(super) fn then(&self, child: &Self) -> Self {
        let (parent, child) = (self.columns(), child.columns());
        let mut matrix = [0.0; 16];
        for (at, cell) in matrix.iter_mut().enumerate() {
            let (column, row) = (at / 4, at % 4);
            *cell = (0..4)
                .map(|along| parent[along][row] * child[column][along])
                .sum();
        }
        Self {
            matrix: Some(matrix),
            ..Self::default()
        }
    }

    fn columns(&self) -> [[f64; 4]; 4] {
        if let Some(matrix) = self.matrix {
            return std::array::from_fn(|column| {
                std::array::from_fn(|row| matrix[4 * column + row])
            });
        }
        let [x, y, z, w] = self.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0]);
        let [sx, sy, sz] = self.scale.unwrap_or([1.0; 3]);
        let [tx, ty, tz] = self.translation.unwrap_or([0.0; 3]);
        let scaled = |column: [f64; 3], by: f64| {
            let [x, y, z] = column.map(|cell| cell * by);
            [x, y, z, 0.0]
        };
        [
            scaled(
                [
                    1.0 - 2.0 * (y * y + z * z),
                    2.0 * (x * y + z * w),
                    2.0 * (x * z - y * w),
                ],
                sx,
            ),
            scaled(
                [
                    2.0 * (x * y - z * w),
                    1.0 - 2.0 * (x * x + z * z),
                    2.0 * (y * z + x * w),
                ],
                sy,
            ),
            scaled(
                [
                    2.0 * (x * z + y * w),
                    2.0 * (y * z - x * w),
                    1.0 - 2.0 * (x * x + y * y),
                ],
                sz,
            ),
            [tx, ty, tz, 1.0],
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_scaled_turned_and_moved_by_its_parents() {
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let quarter_turn = Transform {
            rotation: Some([-half, 0.0, 0.0, half]),
            ..Transform::default()
        };
        let child = Transform {
            translation: Some([0.0, 0.0, 1.0]),
            scale: Some([2.0; 3]),
            ..Transform::default()
        };
        // z up becomes y up.
        let found = quarter_turn.then(&child).apply([1.0, 3.0, 5.0]);
        let wanted = [2.0, 11.0, -6.0];
        assert!(
            found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12),
            "{found:?}"
        );
    }
}
