//! A landscape over two directions, as it is drawn: values and coordinates in ascending order.

use std::sync::Arc;

use trainscape_run::Tensor;
use trainscape_scene::ticks::{format_value, with_minus};

use super::{
    grids::{self, ValueKind},
    values::{Cleaned, GridCoordinates},
};
use crate::{
    NotAvailable,
    heights::{MOST_NODES, check_nodes},
};

/// All values of an array.
pub(super) fn read(tensor: &Tensor) -> Result<Vec<f64>, NotAvailable> {
    check_nodes(&tensor.key, tensor.elements(), MOST_NODES)?;
    let all: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    Ok(tensor.read_f64(&all)?)
}

/// A landscape over two directions: rows are along y, both ascending.
pub(super) struct LossGrid {
    pub(super) x: GridCoordinates,
    pub(super) y: GridCoordinates,
    pub(super) cleaned: Cleaned,
}

impl LossGrid {
    pub(super) fn read(found: &grids::FoundGrid) -> Result<Self, NotAvailable> {
        let [mut rows, mut columns] = *found.tensor.shape else {
            return Err(NotAvailable::new(grids::NEEDS));
        };
        let mut values = read(&found.tensor)?;
        let along = |tensor: &Option<Arc<Tensor>>, axis: usize| -> Result<_, NotAvailable> {
            let Some(tensor) = tensor else {
                return Ok(None);
            };
            let all = read(tensor)?;
            // As NumPy's `meshgrid` gives them: x differs along the columns, y along the rows.
            Ok(Some(match (&*tensor.shape, axis) {
                ([_, columns], 0) => all.into_iter().take(*columns).collect(),
                ([_, columns], _) => all.into_iter().step_by(*columns).collect(),
                _ => all,
            }))
        };
        let (x, y) = (along(&found.x, 0)?, along(&found.y, 1)?);
        let lengths = (x.as_ref().map(Vec::len), y.as_ref().map(Vec::len));
        if rows != columns && lengths.0 == Some(rows) && lengths.1.is_none_or(|len| len == columns)
        {
            if grids::own_name(found.x.as_ref().map_or("", |x| &x.key)) == "xcoordinates" {
                // The tool stores its values with x fastest, regardless of the shape it saves.
                std::mem::swap(&mut rows, &mut columns);
            } else {
                values = transposed(&values, columns);
                std::mem::swap(&mut rows, &mut columns);
            }
        }
        let x = GridCoordinates::new(x, columns);
        let y = GridCoordinates::new(y, rows);
        if x.reversed {
            values.chunks_exact_mut(columns).for_each(<[f64]>::reverse);
        }
        if y.reversed {
            values = values.rchunks_exact(columns).flatten().copied().collect();
        }
        Ok(Self {
            x,
            y,
            cleaned: Cleaned::new(values),
        })
    }

    pub(super) fn value(&self, row: usize, column: usize) -> f64 {
        self.cleaned.values[row * self.x.values.len() + column]
    }

    /// The nodes that are marked.
    pub(super) fn marked(&self, kind: ValueKind) -> Marked {
        Marked {
            best: self.best(kind),
            trained: self.trained(),
        }
    }

    /// The lowest node (of an accuracy the highest): row and column.
    fn best(&self, kind: ValueKind) -> Option<[usize; 2]> {
        let width = self.x.values.len();
        let present = self
            .cleaned
            .values
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_nan());
        let found = match kind {
            ValueKind::Accuracy => present.max_by(|a, b| a.1.total_cmp(b.1)),
            ValueKind::Loss | ValueKind::Error => present.min_by(|a, b| a.1.total_cmp(b.1)),
        };
        found.map(|(node, _)| [node / width, node % width])
    }

    /// The node at (0, 0), where there is one with a value.
    fn trained(&self) -> Option<[usize; 2]> {
        let (row, column) = (self.y.zero()?, self.x.zero()?);
        (!self.value(row, column).is_nan()).then_some([row, column])
    }

    /// Whether (0, 0) is within the coordinates, on a node or between nodes.
    pub(super) fn spans_zero(&self) -> bool {
        let spans = |coordinates: &GridCoordinates| {
            !coordinates.are_indices
                && coordinates
                    .values
                    .first()
                    .is_some_and(|first| *first <= 0.0)
                && coordinates.values.last().is_some_and(|last| *last >= 0.0)
        };
        spans(&self.x) && spans(&self.y)
    }
}

/// Nodes that are marked, by row and column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked {
    /// The lowest; of an accuracy the highest.
    pub(super) best: Option<[usize; 2]>,
    /// The trained weights.
    pub(super) trained: Option<[usize; 2]>,
}

/// Four significant digits, for labels.
pub(super) fn short(value: f64) -> String {
    let magnitude = value.abs();
    if (0.001..10_000.0).contains(&magnitude) {
        let decimals = (3.0 - magnitude.log10().floor()).clamp(0.0, 6.0) as usize;
        return with_minus(&format!("{value:.decimals$}"));
    }
    format_value(value)
}

pub(super) fn transposed(values: &[f64], columns: usize) -> Vec<f64> {
    (0..columns)
        .flat_map(|column| values[column..].iter().step_by(columns).copied())
        .collect()
}

/// What an axis is called after its coordinates' array.
pub(super) fn direction_title(
    tensor: Option<&Arc<Tensor>>,
    are_indices: bool,
    index: usize,
) -> String {
    if are_indices {
        return ["column", "row"][index].to_owned();
    }
    let name = tensor.map(|tensor| grids::own_name(&tensor.key).to_lowercase());
    match name.as_deref() {
        Some("alpha" | "alphas") => "alpha".to_owned(),
        Some("beta" | "betas") => "beta".to_owned(),
        _ => ["direction 1", "direction 2"][index].to_owned(),
    }
}
