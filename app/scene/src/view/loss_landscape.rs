//! Losses around trained weights (Goodfellow et al. 2015, Li et al. 2018): a surface over two directions, or
//! ribbons over one.

mod grids;
mod profiles;
mod surface;
mod trajectory;
mod values;

use std::sync::Arc;

use trainscape_run::{Run, Tensor};

use self::values::{Cleaned, Coordinates};
use super::{Choices, NotAvailable, ViewSettings};
use crate::scene::Scene;

pub(super) fn available(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
    grids::choose(runs, settings).map(|_| ())
}

pub(super) fn choices(runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
    let mut keys: Vec<String> = Vec::new();
    for found in grids::all(runs, settings) {
        if !keys.iter().any(|key| **key == *found.tensor.key) {
            keys.push(found.tensor.key.to_string());
        }
    }
    Choices {
        keys,
        ..Choices::default()
    }
}

pub(super) fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let found = grids::choose(runs, settings)?;
    if found.is_grid() {
        surface::build(&found, runs, settings)
    } else {
        profiles::build(&found, runs, settings)
    }
}

/// All values of an array.
fn read(tensor: &Tensor) -> Result<Vec<f64>, NotAvailable> {
    let all: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    Ok(tensor.read_f64(&all)?)
}

/// A landscape over two directions: rows lie along y, both ascending.
struct Grid {
    x: Coordinates,
    y: Coordinates,
    cleaned: Cleaned,
}

impl Grid {
    fn read(found: &grids::Found) -> Result<Self, NotAvailable> {
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

    fn value(&self, row: usize, column: usize) -> f64 {
        self.cleaned.values[row * self.x.values.len() + column]
    }
}

fn transposed(values: &[f64], columns: usize) -> Vec<f64> {
    (0..columns)
        .flat_map(|column| values[column..].iter().step_by(columns).copied())
        .collect()
}

/// What an axis is called after its coordinates' array.
fn direction_title(tensor: Option<&Arc<Tensor>>, counted: bool, index: usize) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transposed_grid_has_its_rows_along_y() {
        assert_eq!(
            transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3),
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
        );
    }
}
