//! The attention matrices that are drawn, and the element behind each of their cells.

use std::{ops::Range, sync::Arc};

use trainscape_compute::projection::MOST_MEMORY;
use trainscape_run::Labels;
use trainscape_scene::{
    scene::{Describe, Mark},
    ticks::{format_value, group_thousands},
};

use super::options::{AttentionOptions, Heads};
use crate::{
    NotAvailable, ViewSettings,
    samples::counted,
    tensor_snapshot::{TensorSnapshot, labelled},
    tensors::{self, Chosen},
};

/// Weights that are drawn at most: the graphics device holds a copy of them.
const MOST_WEIGHTS: usize = 1 << 27;
const _: () = assert!(4 * MOST_WEIGHTS as u64 <= MOST_MEMORY);
/// Matrices that are drawn at most.
const MOST_MATRICES: usize = 1 << 16;

/// The matrices of one figure.
#[derive(Debug)]
pub(super) struct Matrices {
    pub(super) from: TensorSnapshot,
    /// [`Heads::One`] where there is only one head.
    pub(super) mode: Heads,
    pub(super) layer: usize,
    pub(super) head: usize,
    pub(super) batch: usize,
    pub(super) tiles: Vec<Tile>,
    /// Queries, and keys, of each matrix.
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Matrix after matrix, queries along rows.
    pub(super) weights: Arc<[f32]>,
    pub(super) threshold: f64,
    /// How many weights are above the threshold, the smallest and the largest of them.
    pub(super) drawn: usize,
    pub(super) drawn_range: [f32; 2],
    pub(super) not_finite: usize,
}

/// One matrix of the figure: its layer and its head, where there are such axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    pub(super) layer: usize,
    pub(super) head: usize,
    /// Column and row among the tiles.
    pub(super) at: [usize; 2],
}

impl Matrices {
    pub(super) fn read(chosen: &Chosen, settings: &ViewSettings) -> Result<Self, NotAvailable> {
        let tensor = &chosen.tensor;
        let options = AttentionOptions::of(settings);
        let len = |axis: &str| tensor.len_of(axis).unwrap_or(1);
        let (layers, heads) = (len("layer"), len("head"));
        let layer = options.layer.unwrap_or(layers - 1);
        if layer >= layers || options.head >= heads {
            return Err(NotAvailable::new(format!(
                "needs layer {layer} and head {}, and `{}` has {} and {} (counted from 0)",
                options.head,
                tensor.key,
                counted(layers, "layer"),
                counted(heads, "head"),
            )));
        }
        if options.batch >= len("batch") {
            return Err(NotAvailable::new(format!(
                "needs batch entry {}, and `{}` has {} (counted from 0)",
                options.batch,
                tensor.key,
                counted(len("batch"), "batch entry"),
            )));
        }
        let mode = match options.heads {
            Heads::Layer if heads == 1 => Heads::One,
            Heads::All if layers * heads == 1 => Heads::One,
            mode => mode,
        };
        let (rows, columns) = (len("query"), len("key"));
        let count = match mode {
            Heads::One => 1,
            Heads::Layer => heads,
            Heads::All => layers.saturating_mul(heads),
        };
        let weights = count.saturating_mul(rows).saturating_mul(columns);
        if count > MOST_MATRICES || weights > MOST_WEIGHTS {
            return Err(too_large(&tensor.key, count, [rows, columns]));
        }
        let mut matrices = Self {
            from: TensorSnapshot::of(chosen, settings),
            mode,
            layer,
            head: options.head,
            batch: options.batch,
            tiles: tiles(mode, layers, heads, layer, options.head),
            rows,
            columns,
            weights: Arc::new([]),
            threshold: options.threshold,
            drawn: 0,
            drawn_range: [f32::INFINITY, f32::NEG_INFINITY],
            not_finite: 0,
        };
        matrices.read_weights()?;
        if matrices.drawn == 0 {
            return Err(NotAvailable::new(format!(
                "needs a lower threshold: no weight is above {}",
                format_value(options.threshold)
            )));
        }
        Ok(matrices)
    }

    fn read_weights(&mut self) -> Result<(), NotAvailable> {
        let cells = self.rows * self.columns;
        let count = self.tiles.len() * cells;
        // As it is kept: a vector would be copied.
        let mut weights: Arc<[f32]> = std::iter::repeat_n(0.0, count).collect();
        let only = Arc::get_mut(&mut weights).expect("nothing else has a new value");
        for (tile, out) in self.tiles.iter().zip(only.chunks_exact_mut(cells)) {
            self.read_tile(tile, out)?;
        }
        let threshold = self.threshold as f32;
        for &weight in &*weights {
            if !weight.is_finite() {
                self.not_finite += 1;
            } else if weight > threshold {
                self.drawn += 1;
                let [smallest, largest] = self.drawn_range;
                self.drawn_range = [smallest.min(weight), largest.max(weight)];
            }
        }
        self.weights = weights;
        Ok(())
    }

    /// A tile's matrix, queries along rows.
    fn read_tile(&self, tile: &Tile, out: &mut [f32]) -> Result<(), NotAvailable> {
        let tensor = &self.from.tensor;
        let ranges = self.from.ranges(|axis, len| {
            let all: Option<Range<usize>> = matches!(axis, "query" | "key").then_some(0..len);
            all.or(self.index(tile, axis).map(|index| index..index + 1))
        });
        if tensor.axis("query") < tensor.axis("key") {
            tensor.read_into(&ranges, out)?;
            return Ok(());
        }
        let transposed = tensor.read(&ranges)?;
        for (index, value) in out.iter_mut().enumerate() {
            let (row, column) = (index / self.columns, index % self.columns);
            *value = transposed[column * self.rows + row];
        }
        Ok(())
    }

    /// A tile's index along an axis of the tensor.
    fn index(&self, tile: &Tile, axis: &str) -> Option<usize> {
        match axis {
            "layer" => Some(tile.layer),
            "head" => Some(tile.head),
            "batch" => Some(self.batch),
            _ => None,
        }
    }

    /// The entries of the axes that are not drawn.
    pub(super) fn fixed_text(&self) -> String {
        let is_drawn = |axis: &str| match axis {
            "query" | "key" | "snapshot" => true,
            "layer" => self.mode == Heads::All,
            "head" => self.mode != Heads::One,
            _ => false,
        };
        tensors::fixed_text(&self.from.tensor, |axis| match axis {
            axis if is_drawn(axis) => None,
            "layer" => Some(self.layer),
            "head" => Some(self.head),
            "batch" => Some(self.batch),
            _ => Some(0),
        })
    }

    /// The tokens, where they name both queries and keys.
    pub(super) fn tokens(&self) -> Option<&Labels> {
        tensors::labels_of_axis(&self.from.tensor, "query")?;
        tensors::labels_of_axis(&self.from.tensor, "key")
    }
}

fn too_large(key: &str, count: usize, [rows, columns]: [usize; 2]) -> NotAvailable {
    let number = |number: usize| group_thousands(&number.to_string());
    NotAvailable::new(format!(
        "`{key}` is too large: matrices of {} x {} weights, {} of them, where at most {} weights in {} matrices can be \
         drawn; choose one head, or save a part of it as an array of its own",
        number(rows),
        number(columns),
        number(count),
        number(MOST_WEIGHTS),
        number(MOST_MATRICES),
    ))
}

fn tiles(mode: Heads, layers: usize, heads: usize, layer: usize, head: usize) -> Vec<Tile> {
    match mode {
        Heads::One => vec![Tile {
            layer,
            head,
            at: [0, 0],
        }],
        Heads::Layer => {
            let across = (heads as f64).sqrt().ceil() as usize;
            let down = heads.div_ceil(across);
            (0..heads)
                .map(|head| Tile {
                    layer,
                    head,
                    // The first head is at the back, like the first line of a page.
                    at: [head % across, down - 1 - head / across],
                })
                .collect()
        }
        Heads::All => (0..layers)
            .flat_map(|layer| {
                (0..heads).map(move |head| Tile {
                    layer,
                    head,
                    at: [head, layer],
                })
            })
            .collect(),
    }
}

impl Describe for Matrices {
    fn mark(&self, _index: usize) -> Option<Mark> {
        self.from.mark()
    }

    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(tile) = self.tiles.get(index / (self.rows * self.columns)) else {
            return Vec::new();
        };
        let (query, key) = (index / self.columns % self.rows, index % self.columns);
        let weight = self.from.element(|axis| match axis {
            "query" => Some(query),
            "key" => Some(key),
            axis => self.index(tile, axis),
        });
        let tokens = self.tokens();
        let sentence = format!(
            "query {} -> key {}: {}",
            labelled(query, tokens),
            labelled(key, tokens),
            format_value(weight)
        );
        let mut lines = vec![
            ("attention".to_owned(), sentence),
            ("weight".to_owned(), weight.to_string()),
        ];
        for (axis, index) in [
            ("layer", tile.layer),
            ("head", tile.head),
            ("batch", self.batch),
        ] {
            if self.from.tensor.axis(axis).is_some() {
                lines.push((axis.to_owned(), index.to_string()));
            }
        }
        lines.extend(self.from.origin_lines());
        lines
    }
}
