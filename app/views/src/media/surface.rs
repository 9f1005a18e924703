//! Surfaces of a figure.

use std::sync::Arc;

use trainscape_compute::{Field, MISSING};
use trainscape_scene::scene::{NodeRecords, Surface, SurfaceWork};

use super::drawing::FigureDrawing;
use crate::heights::{colour_range, contour_levels};

/// Columns and rows in ascending order of their coordinates.
struct Nodes<'a> {
    x: &'a [f64],
    y: &'a [f64],
    z: &'a [f64],
    columns: Vec<usize>,
    rows: Vec<usize>,
}

impl<'a> Nodes<'a> {
    /// `None` where the values are not a grid of at least two by two.
    fn new(x: &'a [f64], y: &'a [f64], z: &'a [f64]) -> Option<Self> {
        let order = |values: &[f64]| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
            order
        };
        let (columns, rows) = (order(x), order(y));
        let is_grid =
            columns.len() >= 2 && rows.len() >= 2 && z.len() == columns.len() * rows.len();
        is_grid.then_some(Self {
            x,
            y,
            z,
            columns,
            rows,
        })
    }

    /// Row by row.
    fn values(&self) -> impl Iterator<Item = f64> {
        let width = self.x.len();
        self.rows.iter().flat_map(move |row| {
            let of_row = self.columns.iter();
            of_row.map(move |column| self.z[row * width + column])
        })
    }

    fn field(&self, drawing: &FigureDrawing<'_>) -> Field {
        let unit = |axis: usize, value: f64| {
            let unit = drawing.scene.axes[axis].unit_from_value(value);
            unit.map(|unit| unit as f32)
        };
        let heights: Vec<Option<f32>> = self.values().map(|value| unit(2, value)).collect();
        let columns = self.columns.iter().map(|column| self.x[*column]);
        let rows = self.rows.iter().map(|row| self.y[*row]);
        Field {
            x_unit: columns.map(|x| unit(0, x).unwrap_or(0.0)).collect(),
            y_unit: rows.map(|y| unit(1, y).unwrap_or(0.0)).collect(),
            values: heights.iter().map(|height| height.unwrap_or(0.0)).collect(),
            support: heights
                .iter()
                .map(|height| if height.is_some() { 1.0 } else { MISSING })
                .collect(),
        }
    }

    fn records(&self, field: &Field, value_name: &str) -> NodeRecords {
        let width = field.x_unit.len();
        let positions = field.values.iter().enumerate().map(|(node, value)| {
            [
                field.x_unit[node % width],
                field.y_unit[node / width],
                *value,
            ]
        });
        NodeRecords {
            positions_unit: positions.collect(),
            rows: self
                .rows
                .iter()
                .map(|row| self.y[*row].to_string())
                .collect(),
            steps: Arc::default(),
            x: self.columns.iter().map(|column| self.x[*column]).collect(),
            values: self.values().collect(),
            drawn: None,
            value_name: value_name.to_owned(),
            run_of_row: vec![0; self.rows.len()].into(),
        }
    }
}

pub(super) fn draw(drawing: &mut FigureDrawing<'_>, x: &[f64], y: &[f64], z: &[f64]) {
    let Some(nodes) = Nodes::new(x, y, z) else {
        return;
    };
    let field = nodes.field(drawing);
    let colour_range = colour_range(&field);
    let bar_axis = drawing.height_axis(colour_range);
    let settings = drawing.settings;
    let z_axis = &drawing.scene.axes[2];
    let contours = settings
        .contours()
        .then(|| contour_levels(&bar_axis, z_axis))
        .flatten();
    let records = nodes.records(&field, &z_axis.title);
    drawing.scene.surfaces.push(Surface {
        work: SurfaceWork::Nodes(Arc::new(field)),
        map: drawing.map,
        colour_range,
        shading: settings.shading(),
        contours,
        wireframe: settings.wireframe(),
        floor_projection: settings.floor(false),
        opacity: settings.opacity(1.0),
        records: Some(records),
    });
    drawing.add_height_bar(bar_axis);
}
