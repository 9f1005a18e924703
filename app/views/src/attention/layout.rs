//! The layout of the matrices on the floor.

use std::sync::Arc;

use trainscape_scene::{
    axis::{Axis, Scale},
    scene::{Panel, Path, PathColour, PointLabel},
};

use super::{
    matrices::{Matrices, Tile},
    options::Heads,
};
use crate::tensor_snapshot::{index_axis, label_scale, numbers};

/// Share of a head's tile that stays empty between neighbours.
const GAP: f32 = 0.14;

/// The title of an axis of tiles, and what is along it inside of each.
fn inside(tile: &str, what: &str, cells: usize) -> String {
    format!("{tile} ({what} 0 to {} inside)", cells - 1)
}

/// Positions of the tiles on the floor.
pub(super) struct TileLayout {
    /// Tiles along x and y.
    tiles: [usize; 2],
    rows: usize,
    columns: usize,
}

impl TileLayout {
    pub(super) fn new(matrices: &Matrices) -> Self {
        let tiles = &matrices.tiles;
        let most = |axis: usize| {
            tiles
                .iter()
                .map(|tile| tile.at[axis] + 1)
                .max()
                .unwrap_or(1)
        };
        Self {
            tiles: [most(0), most(1)],
            rows: matrices.rows,
            columns: matrices.columns,
        }
    }

    /// Cells along the longer side of the floor.
    pub(super) fn cells_across(&self) -> usize {
        (self.tiles[0] * self.rows).max(self.tiles[1] * self.columns)
    }

    fn gap(&self) -> f32 {
        if self.tiles == [1, 1] { 0.0 } else { GAP }
    }

    pub(super) fn panel(&self, tile: &Tile) -> Panel {
        let cells = [self.rows, self.columns];
        let mut panel = Panel {
            origin_unit: [0.0; 2],
            step_unit: [0.0; 2],
        };
        for (axis, cells) in cells.into_iter().enumerate() {
            let width = 1.0 / self.tiles[axis] as f32;
            let step = width * (1.0 - self.gap()) / cells as f32;
            let start = (tile.at[axis] as f32 + self.gap() / 2.0) * width;
            panel.origin_unit[axis] = start + step / 2.0;
            panel.step_unit[axis] = step;
        }
        panel
    }

    /// The edges of each tile on the floor, where there are several.
    pub(super) fn outlines(&self, tiles: &[Tile], key: &Arc<str>) -> Option<Path> {
        if tiles.len() < 2 {
            return None;
        }
        let positions: Vec<[f32; 3]> = tiles
            .iter()
            .flat_map(|tile| {
                let ends: [[f32; 2]; 2] = std::array::from_fn(|axis| {
                    let width = 1.0 / self.tiles[axis] as f32;
                    let start = tile.at[axis] as f32 + self.gap() / 2.0;
                    [start * width, (start + 1.0 - self.gap()) * width]
                });
                let [[left, right], [front, back]] = ends;
                let corners = [[left, front], [right, front], [right, back], [left, back]];
                let around = corners.into_iter().chain([corners[0]]);
                around.map(|[x, y]| [x, y, 0.0])
            })
            .collect();
        let strips = (0..tiles.len() as u32)
            .map(|tile| 5 * tile..5 * tile + 5)
            .collect();
        Some(Path {
            name: "edges of heads".to_owned(),
            positions_unit: positions.into(),
            strips,
            colour: PathColour::Muted,
            width_pt: 0.35,
            series_key: Arc::clone(key),
            records: Arc::new([]),
            details: Vec::new(),
            describe: None,
        })
    }

    pub(super) fn box_aspect(&self) -> [f32; 3] {
        let size = [
            (self.tiles[0] * self.rows) as f32,
            (self.tiles[1] * self.columns) as f32,
        ];
        let ratio = (size[0] / size[1]).clamp(0.6, 1.7);
        let [x, y] = [1.25 * ratio.sqrt(), 1.25 / ratio.sqrt()];
        [x, y, 0.62]
    }

    pub(super) fn axes(&self, matrices: &Matrices) -> [Axis; 2] {
        let tiles = &matrices.tiles;
        match matrices.mode {
            Heads::All => {
                let heads = tiles.iter().map(|tile| tile.head + 1).max().unwrap_or(1);
                let layers = tiles.iter().map(|tile| tile.layer + 1).max().unwrap_or(1);
                [
                    index_axis(&inside("head", "queries", self.rows), heads, numbers(heads)),
                    index_axis(
                        &inside("layer", "keys", self.columns),
                        layers,
                        numbers(layers),
                    ),
                ]
            }
            // Several tiles have no common coordinate: each has its own indices.
            Heads::Layer => {
                [("query", self.rows), ("key", self.columns)].map(|(what, cells)| Axis {
                    title: format!("{what} 0 to {}, in each head", cells - 1),
                    scale: Scale::Category(Vec::new()),
                    low: 0.0,
                    high: 1.0,
                })
            }
            Heads::One => [("query", self.rows), ("key", self.columns)]
                .map(|(title, cells)| index_axis(title, cells, label_scale(matrices.tokens()))),
        }
    }

    pub(super) fn labels(&self, matrices: &Matrices) -> Vec<PointLabel> {
        if matrices.mode != Heads::Layer {
            return Vec::new();
        }
        let tiles = matrices.tiles.iter();
        tiles
            .map(|tile| {
                let middle = (tile.at[0] as f32 + 0.5) / self.tiles[0] as f32;
                let back = (tile.at[1] as f32 + 1.0 - self.gap() / 2.0) / self.tiles[1] as f32;
                PointLabel {
                    position_unit: [middle, back, 0.0],
                    text: format!("head {}", tile.head),
                }
            })
            .collect()
    }
}
