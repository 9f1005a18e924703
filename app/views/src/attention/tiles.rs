//! The heat map of the matrices on the floor: a cell for each weight above the threshold, coloured by it.

use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{Mesh, MeshColour, Panel},
};

use super::matrices::Matrices;

/// The largest number of cells; of more weights, each cell shows the largest of a block.
const MOST_CELLS: usize = 250_000;

/// The cells of all matrices.
pub(super) struct Tiles {
    pub(super) mesh: Mesh,
    /// Weights along each side of a cell's block.
    pub(super) block: usize,
}

impl Tiles {
    pub(super) fn new(matrices: &Matrices, panels: &[Panel], z: &Axis, map: ColourMap) -> Self {
        let block = (matrices.drawn.div_ceil(MOST_CELLS) as f64).sqrt().ceil() as usize;
        let block = block.max(1);
        let (rows, columns) = (matrices.rows, matrices.columns);
        let threshold = matrices.threshold as f32;
        let (mut positions, mut triangles, mut colours) = (Vec::new(), Vec::new(), Vec::new());
        let of_tiles = matrices.weights.chunks_exact(rows * columns).zip(panels);
        for (weights, panel) in of_tiles {
            for row in (0..rows).step_by(block) {
                for column in (0..columns).step_by(block) {
                    let (end_row, end_column) =
                        ((row + block).min(rows), (column + block).min(columns));
                    let largest = (row..end_row)
                        .flat_map(|row| {
                            &weights[row * columns + column..row * columns + end_column]
                        })
                        .copied()
                        .filter(|weight| weight.is_finite())
                        .fold(f32::NEG_INFINITY, f32::max);
                    let Some(unit) = shown(largest, threshold, z) else {
                        continue;
                    };
                    let corner = |axis: usize, cell: usize| {
                        panel.origin_unit[axis] + (cell as f32 - 0.5) * panel.step_unit[axis]
                    };
                    let [left, right] = [row, end_row].map(|cell| corner(0, cell));
                    let [front, back] = [column, end_column].map(|cell| corner(1, cell));
                    let is_inside = [left, right, front, back]
                        .iter()
                        .all(|unit| (-1e-4..=1.0 + 1e-4).contains(unit));
                    if !is_inside {
                        continue;
                    }
                    let next = positions.len() as u32;
                    positions.extend(
                        [[left, front], [right, front], [right, back], [left, back]]
                            .map(|[x, y]| [x, y, 0.0]),
                    );
                    colours.extend([unit; 4]);
                    triangles.extend([[next, next + 1, next + 2], [next, next + 2, next + 3]]);
                }
            }
        }
        Self {
            mesh: Mesh {
                name: "heat map".to_owned(),
                positions_unit: positions.into(),
                triangles: triangles.into(),
                colour: MeshColour::Values(colours.into(), map),
                shading: 0.0,
                opacity: 1.0,
                records: None,
                steps: [].into(),
            },
            block,
        }
    }
}

/// The position of a weight in the colour map, if it is above the threshold.
fn shown(weight: f32, threshold: f32, z: &Axis) -> Option<f32> {
    if weight <= threshold || !weight.is_finite() {
        return None;
    }
    let unit = z.unit_from_value(f64::from(weight))?;
    Some(unit.clamp(0.0, 1.0) as f32)
}
