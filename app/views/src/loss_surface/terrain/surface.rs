//! The surfaces of a terrain, and whether their interpolation predicts runs that it has not seen.

use std::sync::Arc;

use trainscape_compute::{Field, GridSize, Refine, Scatter, interpolate_at, monotone_cubic_at};
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{ColourBar, Scene, Surface, SurfaceWork},
};

use super::{
    grid::{self, MeasuredGrid},
    row::SweepRow,
    selected::Terrain,
};
use crate::{
    heights::{colour_range, contour_levels},
    held_out::SurfaceTest,
};

/// The smallest number of rows of the refined surface.
const REFINED_ROWS: usize = 160;
/// Nodes of a surface that is interpolated from samples.
const SCATTER_SIZE: GridSize = GridSize {
    width: 512,
    height: 256,
};
/// The opacity of several surfaces, of which one is behind another.
const OPACITY_OF_SEVERAL: f32 = 0.75;

impl Terrain<'_> {
    /// The test of the surfaces by one run of each at a time.
    pub(super) fn held_out_test(&self, axes: &[Axis; 3], grids: &[MeasuredGrid]) -> SurfaceTest {
        if let Some(factor) = &self.sheets.factor {
            return SurfaceTest::SeveralValues {
                differ_in: factor.clone(),
            };
        }
        let tested: usize = grids
            .iter()
            .map(|grid| grid.rows.len().saturating_sub(2))
            .sum();
        if tested == 0 {
            return SurfaceTest::TooFew {
                count: self.rows.len(),
                what: "run",
            };
        }
        let (mut measured, mut predicted) = (Vec::new(), Vec::new());
        for grid in grids {
            for row in 1..grid.rows.len().saturating_sub(1) {
                let found = match self.settings.method() {
                    Some(method) => {
                        let others = grid.rows_without(&self.rows, row);
                        let samples = grid::scattered(&others, axes);
                        let places = grid.places_of(row);
                        interpolate_at(&samples, method, None, &places)
                            .unwrap_or_else(|_| vec![None; places.len()])
                    }
                    None => monotone_cubic_without(&grid.field, row),
                };
                for (column, value) in found.into_iter().enumerate() {
                    // Next to a gap there is nothing to predict from, and no surface.
                    if grid.field.is_present(column, row) && value.is_some() {
                        let at = row * grid.x.len() + column;
                        measured.push(f64::from(grid.field.values[at]));
                        predicted.push(value.map(f64::from));
                    }
                }
            }
        }
        SurfaceTest::of(&measured, &predicted, "each inner run from the others")
    }

    pub(super) fn add_surfaces(&self, scene: &mut Scene, grids: &[MeasuredGrid]) {
        let map = self.settings.colours(ColourMap::default());
        let drawn: Vec<&MeasuredGrid> = grids.iter().filter(|grid| grid.is_surface()).collect();
        let ranges = drawn.iter().map(|grid| colour_range(&grid.field));
        let colour_range = ranges
            .reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])
            .unwrap_or([0.0, 1.0]);
        let z_axis = &scene.axes[2];
        let z_at = |unit: f32| z_axis.value_from_unit(f64::from(unit));
        let bar_axis = Axis {
            title: self.key.to_string(),
            scale: z_axis.scale.clone(),
            low: z_at(colour_range[0]),
            high: z_at(colour_range[1]),
        };
        let contours = self
            .settings
            .contours()
            .then(|| contour_levels(&bar_axis, z_axis))
            .flatten();
        let opacity = if drawn.len() > 1 {
            OPACITY_OF_SEVERAL
        } else {
            1.0
        };
        let surfaces: Vec<Surface> = drawn
            .into_iter()
            .map(|grid| Surface {
                work: self.surface_work(&scene.axes, grid),
                map,
                colour_range,
                shading: self.settings.shading(),
                contours,
                wireframe: self.settings.wireframe(),
                floor_projection: self.settings.floor(false),
                opacity: self.settings.opacity(opacity),
                records: Some(grid.records(&self.rows, &self.key)),
            })
            .collect();
        scene.surfaces.extend(surfaces);
        scene.colour_bar = Some(ColourBar {
            axis: bar_axis,
            map,
        });
    }

    fn surface_work(&self, axes: &[Axis; 3], grid: &MeasuredGrid) -> SurfaceWork {
        if let Some(method) = self.settings.method() {
            let all: Vec<&SweepRow> = grid.rows_without(&self.rows, usize::MAX);
            return SurfaceWork::Scatter(Scatter {
                samples: grid::scattered(&all, axes),
                method,
                size: SCATTER_SIZE,
                support_radius: None,
            });
        }
        let (rows, columns) = (grid.field.y_unit.len(), grid.field.x_unit.len());
        let factor_x = if columns < 256 {
            (256 / columns).clamp(1, 8) as u32
        } else {
            1
        };
        SurfaceWork::Refine(Refine {
            nodes: Arc::new(grid.field.clone()),
            factor_x,
            factor_y: (REFINED_ROWS.div_ceil(rows.max(2) - 1)).clamp(1, 24) as u32,
        })
    }
}

/// A row of a grid as the refinement predicts it from the other rows; `None` beside a missing node.
fn monotone_cubic_without(field: &Field, row: usize) -> Vec<Option<f32>> {
    let width = field.x_unit.len();
    let others: Vec<usize> = (0..field.y_unit.len())
        .filter(|other| *other != row)
        .collect();
    let y_unit: Vec<f32> = others.iter().map(|other| field.y_unit[*other]).collect();
    (0..width)
        .map(|column| {
            let values: Vec<Option<f32>> = others
                .iter()
                .map(|other| {
                    field
                        .is_present(column, *other)
                        .then(|| field.values[other * width + column])
                })
                .collect();
            monotone_cubic_at(&y_unit, &values, field.y_unit[row])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::held_out::r_squared;

    /// SciPy's `PchipInterpolator(y[others], z[others])(y[row])` for each inner row, and scikit-learn's `r2_score` of
    /// all of them.
    #[test]
    fn held_out_rows_are_predicted_as_by_scipy() {
        let z = [
            [0.9, 0.7, 0.6],
            [0.8, 0.5, 0.4],
            [0.75, 0.35, 0.25],
            [0.7, 0.3, 0.1],
            [0.85, 0.6, 0.5],
            [1.0, 0.9, 0.95],
        ];
        let field = Field {
            x_unit: vec![0.0, 0.5, 1.0],
            y_unit: vec![0.0, 0.125, 0.25, 0.5, 0.75, 1.0],
            values: z.concat(),
            support: vec![1.0; 18],
        };
        let (mut measured, mut predicted) = (Vec::new(), Vec::new());
        for (row, logged) in z.iter().enumerate().take(5).skip(1) {
            measured.extend(logged.map(f64::from));
            let values = monotone_cubic_without(&field, row);
            predicted.extend(values.into_iter().map(|value| value.map(f64::from)));
        }
        for (found, wanted) in predicted.iter().zip(SCIPY) {
            assert!(
                (found.unwrap() - wanted).abs() < 1e-6,
                "{found:?}, wanted {wanted}"
            );
        }
        let found = r_squared(&measured, &predicted).unwrap();
        assert!((found - 0.789_754_689_605_096).abs() < 1e-6, "{found}");
    }

    const SCIPY: [f64; 12] = [
        0.809_375,
        0.473_437_5,
        0.395,
        0.749_831_65,
        0.399_663_3,
        0.259_477_12,
        0.780_147_06,
        0.428_767_12,
        0.322_809_28,
        0.779_166_67,
        0.466_666_67,
        0.322_916_67,
    ];
}
