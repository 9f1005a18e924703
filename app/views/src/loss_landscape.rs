//! Losses around trained weights (Goodfellow et al. 2015, Li et al. 2018): a surface over two directions, or
//! ribbons over one.

mod grids;
mod profiles;
mod surface;
mod trajectory;
mod values;

use std::sync::Arc;

use trainscape_run::{Run, Tensor};
use trainscape_scene::scene::Scene;

use self::values::{Cleaned, Coordinates};
use super::{Choices, NotAvailable, ViewSettings};

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
    use trainscape_run::{Dtype, ElementBytes, Storage, TensorError};

    use super::*;

    #[derive(Debug)]
    struct Doubles(Vec<u8>);

    impl ElementBytes for Doubles {
        fn bytes(&self) -> Result<&[u8], TensorError> {
            Ok(&self.0)
        }
    }

    fn tensor(
        file: &str,
        key: &str,
        shape: &[usize],
        values: impl Fn(usize) -> f64,
    ) -> Arc<Tensor> {
        let count = shape.iter().product();
        let bytes = (0..count)
            .flat_map(|index| values(index).to_le_bytes())
            .collect();
        Arc::new(Tensor {
            key: key.into(),
            shape: shape.into(),
            dtype: Dtype::F64,
            axes: None,
            steps: None,
            labels: None,
            path: file.into(),
            source: 0,
            parts: vec![Storage {
                bytes: Arc::new(Doubles(bytes)),
                fortran_order: false,
                big_endian: false,
            }],
        })
    }

    fn run(tensors: &[Arc<Tensor>]) -> Vec<Arc<Run>> {
        let mut run = Run::new("r", "r", "r".into());
        for tensor in tensors {
            run.tensors
                .insert(Arc::clone(&tensor.key), Arc::clone(tensor));
        }
        vec![Arc::new(run)]
    }

    fn settings(grid: Option<&str>) -> ViewSettings {
        let mut settings = ViewSettings::default();
        settings.landscape.grid = grid.map(str::to_owned);
        settings
    }

    #[test]
    fn weights_are_no_landscape_unless_the_user_says_so() {
        let runs = run(&[
            tensor("model.npz", "fc.weight", &[4, 5], |index| index as f64),
            tensor("model.npz", "bias", &[5], |index| index as f64),
        ]);
        let error = available(&runs, &settings(None)).unwrap_err();
        assert!(error.reason.contains("`--grid fc.weight`"), "{error}");
        assert!(available(&runs, &settings(Some("fc.weight"))).is_ok());
        let error = available(&runs, &settings(Some("fc.wieght"))).unwrap_err();
        assert!(error.reason.contains("did you mean `fc.weight`"), "{error}");
    }

    #[test]
    fn the_training_loss_comes_before_the_rest() {
        let keys = ["test_acc", "test_loss", "train_acc", "train_loss"];
        let mut tensors: Vec<_> = keys
            .iter()
            .map(|key| tensor("s.h5", key, &[4, 4], |_| 1.0))
            .collect();
        tensors.push(tensor("s.h5", "xcoordinates", &[4], |index| index as f64));
        tensors.push(tensor("s.h5", "ycoordinates", &[4], |index| index as f64));
        let runs = run(&tensors);
        let found = choices(&runs, &settings(None)).keys;
        assert_eq!(found, ["train_loss", "test_loss", "train_acc", "test_acc"]);
    }

    fn grid(tensors: &[Arc<Tensor>]) -> Grid {
        let found = grids::choose(&run(tensors), &settings(None)).unwrap();
        Grid::read(&found).unwrap()
    }

    #[test]
    fn rows_lie_along_y_whatever_the_file_has() {
        // 3 columns (x) and 2 rows (y): values are 10 y + x.
        let x = tensor("s.npz", "alpha", &[3], |index| index as f64);
        let y = tensor("s.npz", "beta", &[2], |index| index as f64);
        let plain = tensor("s.npz", "loss", &[2, 3], |index| {
            (index / 3 * 10 + index % 3) as f64
        });
        let turned = tensor("s.npz", "loss", &[3, 2], |index| {
            (index % 2 * 10 + index / 2) as f64
        });
        let expected = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0];
        for values in [plain, turned] {
            let grid = grid(&[Arc::clone(&x), Arc::clone(&y), values]);
            assert_eq!(grid.cleaned.values, expected);
            assert!(!grid.x.counted && !grid.y.counted);
        }
        // The tool saves another shape than the one it counts in.
        let x = tensor("s.h5", "xcoordinates", &[3], |index| index as f64);
        let y = tensor("s.h5", "ycoordinates", &[2], |index| 1.0 - index as f64);
        let tool = tensor("s.h5", "train_loss", &[3, 2], |index| {
            (index / 3 * 10 + index % 3) as f64
        });
        let grid = grid(&[x, y, tool]);
        // y falls, so the rows are turned round.
        assert_eq!(grid.cleaned.values, [10.0, 11.0, 12.0, 0.0, 1.0, 2.0]);
        assert_eq!(grid.y.values, [0.0, 1.0]);
    }

    #[test]
    fn meshes_of_coordinates_are_understood() {
        let x = tensor("s.npz", "x", &[2, 3], |index| (index % 3) as f64);
        let y = tensor("s.npz", "y", &[2, 3], |index| (index / 3) as f64 * 5.0);
        let loss = tensor("s.npz", "loss", &[2, 3], |index| index as f64);
        let grid = grid(&[x, y, loss]);
        assert_eq!(
            (grid.x.values, grid.y.values),
            (vec![0.0, 1.0, 2.0], vec![0.0, 5.0])
        );
    }

    #[test]
    fn a_transposed_grid_has_its_rows_along_y() {
        assert_eq!(
            transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3),
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
        );
    }
}
