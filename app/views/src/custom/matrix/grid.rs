//! A slice with rows and columns, as surface, mesh, points or bars.

use std::sync::Arc;

use trainscape_compute::{Field, MISSING, Refine};
use trainscape_run::Run;
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, NodeRecords, Scene,
        Surface, SurfaceWork,
    },
};

use super::slice_scene::{CellRecords, caption, coordinates, named_axis, scene_of};
use crate::{
    NotAvailable, ViewSettings, boxes,
    custom::{
        geometry::{MAX_BARS, between, is_in_box, upright},
        slice::TensorSlice,
        spec::{Shape, Spec},
    },
    heights::{colour_range, contour_levels, refinement},
};

/// Surfaces with at least this many nodes per side are not refined.
const REFINED: usize = 160;

/// The nodes of a slice.
struct SliceGrid<'a> {
    spec: &'a Spec,
    z: &'a TensorSlice,
    /// Ascending.
    x: Vec<f64>,
    y: Vec<f64>,
}

pub(super) fn scene(
    spec: &Spec,
    runs: &[Arc<Run>],
    z: &TensorSlice,
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let grid = SliceGrid::new(spec, runs, z)?;
    let [rows, columns] = [z.shape[0], z.shape[1]];
    let axes = [
        named_axis(spec, 0, &grid.x, &z.axes[1], settings),
        named_axis(spec, 1, &grid.y, &z.axes[0], settings),
        named_axis(spec, 2, &z.values, &spec.axes[2].text, settings),
    ];
    let mut scene = scene_of(spec, z, axes);
    let field = grid.field(&scene.axes);
    let support = field.support.iter();
    let missing = support.filter(|support| **support == MISSING).count();
    scene.colour_bar = Some(ColourBar {
        axis: between(&scene.axes[2], colour_range(&field)),
        map: map_of(spec, settings),
    });
    match spec.kind {
        Shape::Surface | Shape::Mesh => add_surface(&mut scene, &grid, field, settings),
        Shape::Points => add_points(&mut scene, &grid, &field, settings),
        Shape::Bars => add_bars(&mut scene, &grid, &field, settings)?,
        Shape::Path => {
            let what = format!(
                "`{}` has rows and columns, but a path has one axis: give an index for the other",
                spec.axes[2].text
            );
            return Err(NotAvailable::new(spec.at(spec.axes[2].line, &what)));
        }
    }
    scene.caption = caption(spec, &format!("{rows} × {columns} values"), z, missing);
    Ok(scene)
}

impl<'a> SliceGrid<'a> {
    fn new(spec: &'a Spec, runs: &[Arc<Run>], z: &'a TensorSlice) -> Result<Self, NotAvailable> {
        let [rows, columns] = [z.shape[0], z.shape[1]];
        let x = rising_coordinates(spec, 0, columns, runs)?;
        let y = rising_coordinates(spec, 1, rows, runs)?;
        if rows < 2 || columns < 2 {
            let what = format!(
                "`{}` is {rows} × {columns}, but at least 2 × 2 values are needed",
                spec.axes[2].text
            );
            return Err(NotAvailable::new(spec.at(spec.axes[2].line, &what)));
        }
        Ok(Self { spec, z, x, y })
    }

    fn field(&self, [x_axis, y_axis, z_axis]: &[Axis; 3]) -> Field {
        let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).map(|unit| unit as f32);
        let along = |axis: &Axis, values: &[f64]| -> Vec<f32> {
            let units = values.iter().map(|value| unit(axis, *value).unwrap_or(0.0));
            units.collect()
        };
        let (x_unit, y_unit) = (along(x_axis, &self.x), along(y_axis, &self.y));
        let columns = x_unit.len();
        let (mut values, mut support) = (Vec::new(), Vec::new());
        for (node, value) in self.z.values.iter().enumerate() {
            let inside = is_in_box(x_unit[node % columns]) && is_in_box(y_unit[node / columns]);
            let height = unit(z_axis, *value).filter(|height| is_in_box(*height) && inside);
            values.push(height.unwrap_or(0.0));
            support.push(if height.is_some() { 1.0 } else { MISSING });
        }
        Field {
            x_unit,
            y_unit,
            values,
            support,
        }
    }

    fn records(&self, field: &Field) -> NodeRecords {
        let width = self.x.len();
        let positions = field.values.iter().enumerate().map(|(node, value)| {
            [
                field.x_unit[node % width],
                field.y_unit[node / width],
                *value,
            ]
        });
        NodeRecords {
            positions_unit: positions.collect(),
            rows: self.y.iter().map(ToString::to_string).collect(),
            x: self.x.as_slice().into(),
            steps: Arc::new([]),
            values: self.z.values.as_slice().into(),
            drawn: None,
            value_name: self.spec.axes[2].text.clone(),
            run_of_row: vec![0; self.y.len()].into(),
        }
    }

    /// The nodes that are drawn: their places in the unit box, and their coordinates and values.
    fn drawn(&self, field: &Field) -> (Vec<[f32; 3]>, Vec<[f64; 3]>) {
        let columns = self.x.len();
        let nodes = self.z.values.iter().enumerate();
        let drawn = nodes.filter_map(|(node, value)| {
            let (row, column) = (node / columns, node % columns);
            let place = [field.x_unit[column], field.y_unit[row], field.values[node]];
            let record = [self.x[column], self.y[row], *value];
            field.is_present(column, row).then_some((place, record))
        });
        drawn.unzip()
    }

    fn cells(&self, axes: &[Axis; 3], rows: Vec<[f64; 3]>, corners: usize) -> CellRecords {
        CellRecords {
            run: self.z.run.name.to_string(),
            names: [
                axes[0].title.clone(),
                axes[1].title.clone(),
                self.spec.axes[2].text.clone(),
            ],
            corners,
            rows,
        }
    }
}

/// Coordinates of one axis, which rise, or the index.
fn rising_coordinates(
    spec: &Spec,
    axis: usize,
    len: usize,
    runs: &[Arc<Run>],
) -> Result<Vec<f64>, NotAvailable> {
    let Some(found) = coordinates(spec, axis, len, runs)? else {
        return Ok((0..len).map(|index| index as f64).collect());
    };
    let rises = found.windows(2).all(|pair| pair[0] < pair[1])
        && found.iter().all(|value| value.is_finite());
    if rises {
        return Ok(found);
    }
    let what = format!(
        "the values of `{}` must increase to be the coordinates of a grid",
        spec.axes[axis].text
    );
    Err(NotAvailable::new(spec.at(spec.axes[axis].line, &what)))
}

fn map_of(spec: &Spec, settings: &ViewSettings) -> ColourMap {
    settings.colours(spec.map.unwrap_or_default())
}

fn add_surface(scene: &mut Scene, grid: &SliceGrid<'_>, field: Field, settings: &ViewSettings) {
    let kind = grid.spec.kind;
    let colour_range = colour_range(&field);
    let z_axis = &scene.axes[2];
    let contours = contour_levels(&between(z_axis, colour_range), z_axis)
        .filter(|_| settings.contours() && kind == Shape::Surface);
    let records = grid.records(&field);
    let [factor_x, factor_y] = refinement([grid.x.len(), grid.y.len()], REFINED, 12);
    let work = if kind == Shape::Mesh {
        SurfaceWork::Nodes(Arc::new(field))
    } else {
        SurfaceWork::Refine(Refine {
            factor_x,
            factor_y,
            nodes: Arc::new(field),
        })
    };
    scene.surfaces.push(Surface {
        work,
        map: map_of(grid.spec, settings),
        colour_range,
        shading: settings.shading(),
        contours,
        wireframe: settings.wireframe() || kind == Shape::Mesh,
        floor_projection: settings.floor(false),
        opacity: settings.opacity(1.0),
        records: Some(records),
    });
}

/// The place of a height in the colour map.
fn share(field: &Field) -> impl Fn(f32) -> f32 + use<> {
    let [low, high] = colour_range(field);
    let span = (high - low).max(1e-9);
    move |height| (height - low) / span
}

fn add_points(scene: &mut Scene, grid: &SliceGrid<'_>, field: &Field, settings: &ViewSettings) {
    let (positions, records) = grid.drawn(field);
    let share = share(field);
    let points = positions.iter().map(|&position_unit| CloudPoint {
        position_unit,
        value: share(position_unit[2]),
    });
    scene.clouds.push(Cloud {
        steps: Arc::new([]),
        name: grid.spec.name.clone(),
        work: CloudWork::Points(points.collect()),
        colour: CloudColour::Map(map_of(grid.spec, settings)),
        size: CloudSize::Constant(3.0),
        floor_projection: false,
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(grid.cells(&scene.axes, records, 1))),
    });
}

fn add_bars(
    scene: &mut Scene,
    grid: &SliceGrid<'_>,
    field: &Field,
    settings: &ViewSettings,
) -> Result<(), NotAvailable> {
    let spec = grid.spec;
    let (positions, records) = grid.drawn(field);
    if positions.len() > MAX_BARS {
        let what = format!(
            "{} bars are too many to draw: select fewer, as in `[:100, :100]`",
            positions.len()
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let share = share(field);
    let bars = upright(scene, &positions, |index| share(positions[index][2]));
    scene.meshes.push(boxes::mesh(
        &spec.name,
        &bars,
        map_of(spec, settings),
        settings.shading(),
        settings.opacity(1.0),
        Some(Arc::new(grid.cells(&scene.axes, records, boxes::CORNERS))),
    ));
    Ok(())
}
