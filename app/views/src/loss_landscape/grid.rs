//! A landscape over two directions, as it is drawn: values and coordinates in ascending order.

use std::sync::Arc;

use trainscape_run::Tensor;

use super::{
    grids,
    values::{Cleaned, Coordinates},
};
use crate::NotAvailable;

/// All values of an array.
pub(super) fn read(tensor: &Tensor) -> Result<Vec<f64>, NotAvailable> {
    let all: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    Ok(tensor.read_f64(&all)?)
}

/// A landscape over two directions: rows lie along y, both ascending.
pub(super) struct Grid {
    pub(super) x: Coordinates,
    pub(super) y: Coordinates,
    pub(super) cleaned: Cleaned,
}

impl Grid {
    pub(super) fn read(found: &grids::Found) -> Result<Self, NotAvailable> {
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
                // The tool numbers its cells with x fastest, whatever shape it saves.
                std::mem::swap(&mut rows, &mut columns);
            } else {
                values = transposed(&values, columns);
                std::mem::swap(&mut rows, &mut columns);
            }
        }
        let x = Coordinates::new(x, columns);
        let y = Coordinates::new(y, rows);
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
}

pub(super) fn transposed(values: &[f64], columns: usize) -> Vec<f64> {
    (0..columns)
        .flat_map(|column| values[column..].iter().step_by(columns).copied())
        .collect()
}

/// What an axis is called after its coordinates' array.
pub(super) fn direction_title(tensor: Option<&Arc<Tensor>>, counted: bool, index: usize) -> String {
    if counted {
        return ["column", "row"][index].to_owned();
    }
    let name = tensor.map(|tensor| grids::own_name(&tensor.key).to_lowercase());
    match name.as_deref() {
        Some("alpha" | "alphas") => "alpha".to_owned(),
        Some("beta" | "betas") => "beta".to_owned(),
        _ => ["direction 1", "direction 2"][index].to_owned(),
    }
}
