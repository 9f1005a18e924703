//! Losses around trained weights (Goodfellow et al. 2015, Li et al. 2018): a surface over two directions, or
//! ribbons over one.

mod caption;
mod grid;
mod grids;
mod options;
mod profiles;
mod surface;
mod trajectory;
mod values;

use std::sync::Arc;

use trainscape_run::Run;
use trainscape_scene::scene::Scene;

use self::options::GRID;
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    common::{COLOURS, CONTOURS, FLOOR, LOG_Z, OPACITY, RANGE, SAMPLES, SHADING, WIREFRAME},
    symbol::Symbol,
};
use trainscape_compute::projection::Projector;
use trainscape_scene::colour::ColourMap;

/// Losses around trained weights.
pub(crate) struct LossLandscape;

impl View for LossLandscape {
    fn name(&self) -> &'static str {
        "loss-landscape"
    }

    fn title(&self) -> &'static str {
        "Loss landscape"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Terrain
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &GRID, &LOG_Z, &RANGE, &COLOURS, &SHADING, &OPACITY, &CONTOURS, &WIREFRAME, &SAMPLES,
            &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Viridis
    }

    fn time(&self) -> Time {
        Time::Static
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        grids::choose(runs, settings).map(|_| ())
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        let mut keys: Vec<String> = Vec::new();
        for found in grids::all(runs, settings) {
            if !keys.iter().any(|key| **key == *found.tensor.key) {
                keys.push(found.tensor.key.to_string());
            }
        }
        Choices::of(&GRID, keys)
    }
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let found = grids::choose(runs, settings)?;
    if found.is_grid() {
        surface::build(&found, runs, settings)
    } else {
        profiles::build(&found, runs, settings)
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Dtype, ElementBytes, Storage, Tensor, TensorError};

    use super::{
        grid::{LossGrid, transposed},
        *,
    };
    use crate::Value;

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
        settings.controls.set(&GRID, grid.map(Value::from));
        settings
    }

    #[test]
    fn weights_are_not_a_landscape_unless_the_user_chooses_them() {
        let runs = run(&[
            tensor("model.npz", "fc.weight", &[4, 5], |index| index as f64),
            tensor("model.npz", "bias", &[5], |index| index as f64),
        ]);
        let error = LossLandscape.available(&runs, &settings(None)).unwrap_err();
        assert!(error.reason.contains("`--grid fc.weight`"), "{error}");
        assert!(
            LossLandscape
                .available(&runs, &settings(Some("fc.weight")))
                .is_ok()
        );
        let error = LossLandscape
            .available(&runs, &settings(Some("fc.wieght")))
            .unwrap_err();
        assert!(error.reason.contains("did you mean `fc.weight`"), "{error}");
    }

    #[test]
    fn rows_of_x_y_and_loss_are_not_a_grid_of_three_columns() {
        let points = tensor("l.csv", "loss_landscape", &[120, 3], |index| index as f64);
        let runs = run(&[points]);
        let error = LossLandscape.available(&runs, &settings(None)).unwrap_err();
        assert!(error.reason.contains("rows of x, y and loss"), "{error}");
        let chosen = settings(Some("loss_landscape"));
        assert!(LossLandscape.available(&runs, &chosen).is_ok());
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
        let found = LossLandscape.choices(&runs, &settings(None));
        assert_eq!(
            found.names_for(&GRID),
            ["train_loss", "test_loss", "train_acc", "test_acc"]
        );
    }

    fn grid(tensors: &[Arc<Tensor>]) -> LossGrid {
        let found = grids::choose(&run(tensors), &settings(None)).unwrap();
        LossGrid::read(&found).unwrap()
    }

    #[test]
    fn rows_are_along_y_for_all_layouts_of_a_file() {
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
            assert!(!grid.x.are_indices && !grid.y.are_indices);
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
    fn coordinates_can_be_a_meshgrid() {
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
