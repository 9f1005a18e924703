//! A view over slices of tensors: rows x columns x value, or a line through three columns.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING, Refine};
use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Describe, NodeRecords,
        Path, PathColour, Scene, Surface, SurfaceWork,
    },
};

use super::{
    series::{axis_of, upright},
    slice::{self, Slice},
    spec::{Kind, Placed, Spec},
};
use crate::{
    NotAvailable, ViewSettings, boxes,
    heights::{colour_range, contour_levels},
    samples::counted,
};

/// Nodes a side from which on a surface needs no refinement.
const REFINED: usize = 160;

const MAX_BARS: usize = 20_000;

pub(super) fn build(
    spec: &Spec,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    if let Some(colour) = spec
        .colour
        .as_ref()
        .or(spec.size.as_ref())
        .or(spec.filter.as_ref())
    {
        let what = "a slice is coloured by its values: leave `colour`, `size` and `filter` out";
        return Err(NotAvailable::new(spec.at(colour.line, what)));
    }
    let z = slice::read(spec, &spec.axes[2], runs)?;
    match z.shape.len() {
        2 => matrix(spec, runs, &z, settings),
        1 => line(spec, runs, &z, settings),
        rank => {
            let what = format!(
                "`{}` leaves {rank} axes ({}), and a view has two: give indices for the others",
                spec.axes[2].text,
                z.axes.join(", ")
            );
            Err(NotAvailable::new(spec.at(spec.axes[2].line, &what)))
        }
    }
}

/// Coordinates of one axis: a slice of that length, or the index.
fn coordinates(
    spec: &Spec,
    axis: usize,
    len: usize,
    runs: &[Arc<Run>],
) -> Result<Option<Vec<f64>>, NotAvailable> {
    let placed: &Placed = &spec.axes[axis];
    if placed.text.is_empty() {
        return Ok(None);
    }
    let found = slice::read(spec, placed, runs)?;
    if found.values.len() == len {
        return Ok(Some(found.values));
    }
    let what = format!(
        "`{}` has {} values, and {len} are needed",
        placed.text,
        found.values.len()
    );
    Err(NotAvailable::new(spec.at(placed.line, &what)))
}

fn scene_of(spec: &Spec, z: &Slice, axes: [Axis; 3]) -> Scene {
    let mut scene = Scene::new(axes);
    scene.title.clone_from(&spec.title);
    scene.runs = vec![Arc::clone(&z.run)];
    scene.keys = BTreeMap::from([("z".to_owned(), spec.axes[2].text.clone())]);
    scene
}

fn matrix(
    spec: &Spec,
    runs: &[Arc<Run>],
    z: &Slice,
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let [rows, columns] = [z.shape[0], z.shape[1]];
    let rising = |values: &Vec<f64>| {
        values.windows(2).all(|pair| pair[0] < pair[1])
            && values.iter().all(|value| value.is_finite())
    };
    let along = |axis: usize, len: usize| -> Result<Vec<f64>, NotAvailable> {
        let found = coordinates(spec, axis, len, runs)?;
        if let Some(found) = &found
            && !rising(found)
        {
            let what = format!(
                "`{}` does not rise, and coordinates of a surface do",
                spec.axes[axis].text
            );
            return Err(NotAvailable::new(spec.at(spec.axes[axis].line, &what)));
        }
        Ok(found.unwrap_or_else(|| (0..len).map(|index| index as f64).collect()))
    };
    let (x, y) = (along(0, columns)?, along(1, rows)?);
    if rows < 2 || columns < 2 {
        let what = format!(
            "`{}` is {rows} x {columns}, and two of each are needed",
            spec.axes[2].text
        );
        return Err(NotAvailable::new(spec.at(spec.axes[2].line, &what)));
    }
    let named = |axis: usize, values: &[f64], name: &str| {
        let mut found = axis_of(spec, axis, None, values.iter().copied(), settings);
        if found.title.is_empty() {
            found.title = if spec.axes[axis].text.is_empty() {
                name.to_owned()
            } else {
                spec.axes[axis].text.clone()
            };
        }
        found
    };
    let axes = [
        named(0, &x, &z.axes[1]),
        named(1, &y, &z.axes[0]),
        named(2, &z.values, &spec.axes[2].text),
    ];
    let mut scene = scene_of(spec, z, axes);
    let map = settings.colours(spec.map.unwrap_or_default());
    let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).map(|unit| unit as f32);
    let within = |unit: f32| (-1e-6..=1.0 + 1e-6).contains(&unit);
    let [x_axis, y_axis, z_axis] = scene.axes.clone();
    let mut field = Field {
        x_unit: x.iter().map(|x| unit(&x_axis, *x).unwrap_or(0.0)).collect(),
        y_unit: y.iter().map(|y| unit(&y_axis, *y).unwrap_or(0.0)).collect(),
        values: Vec::with_capacity(z.values.len()),
        support: Vec::with_capacity(z.values.len()),
    };
    let mut missing = 0;
    for (node, value) in z.values.iter().enumerate() {
        let inside = within(field.x_unit[node % columns]) && within(field.y_unit[node / columns]);
        let height = unit(&z_axis, *value).filter(|height| within(*height) && inside);
        missing += usize::from(height.is_none());
        field.values.push(height.unwrap_or(0.0));
        field
            .support
            .push(if height.is_some() { 1.0 } else { MISSING });
    }
    let range = colour_range(&field);
    let at = |unit: f32| z_axis.value_from_unit(f64::from(unit));
    let bar = Axis {
        low: at(range[0]),
        high: at(range[1]),
        ..z_axis.clone()
    };
    let contours =
        contour_levels(&bar, &z_axis).filter(|_| settings.contours() && spec.kind == Kind::Surface);
    scene.colour_bar = Some(ColourBar { axis: bar, map });
    let cells = Cells {
        run: z.run.name.to_string(),
        names: [
            x_axis.title.clone(),
            y_axis.title.clone(),
            spec.axes[2].text.clone(),
        ],
        corners: 1,
        rows: Vec::new(),
    };
    let opacity = settings.opacity(1.0);
    match spec.kind {
        Kind::Surface | Kind::Mesh => {
            let records = records(&field, z, &x, &y, &spec.axes[2].text);
            let factor = |nodes: usize| (REFINED.div_ceil(nodes - 1)).clamp(1, 12) as u32;
            let work = if spec.kind == Kind::Mesh {
                SurfaceWork::Nodes(Arc::new(field))
            } else {
                SurfaceWork::Refine(Refine {
                    factor_x: factor(columns),
                    factor_y: factor(rows),
                    nodes: Arc::new(field),
                })
            };
            scene.surfaces.push(Surface {
                work,
                map,
                colour_range: range,
                shading: settings.shading(),
                contours,
                wireframe: settings.wireframe() || spec.kind == Kind::Mesh,
                floor_projection: settings.floor(false),
                opacity,
                records: Some(records),
            });
        }
        Kind::Points | Kind::Bars => {
            let span = (range[1] - range[0]).max(1e-9);
            let share = |height: f32| (height - range[0]) / span;
            let mut cells = cells;
            let mut positions: Vec<[f32; 3]> = Vec::new();
            for (node, value) in z.values.iter().enumerate() {
                let (row, column) = (node / columns, node % columns);
                if field.is_present(column, row) {
                    positions.push([field.x_unit[column], field.y_unit[row], field.values[node]]);
                    cells.rows.push([x[column], y[row], *value]);
                }
            }
            if spec.kind == Kind::Points {
                let points = positions.iter().map(|position| CloudPoint {
                    position_unit: *position,
                    value: share(position[2]),
                });
                scene.clouds.push(Cloud {
                    steps: Arc::new([]),
                    name: spec.name.clone(),
                    work: CloudWork::Points(points.collect()),
                    colour: CloudColour::Map(map),
                    size: CloudSize::Constant(3.0),
                    floor_projection: false,
                    opacity,
                    records: Some(Arc::new(cells)),
                });
            } else {
                if positions.len() > MAX_BARS {
                    let what = format!(
                        "{} bars are too many to draw: select fewer, as in `[:100, :100]`",
                        positions.len()
                    );
                    return Err(NotAvailable::new(spec.at(spec.line, &what)));
                }
                cells.corners = boxes::CORNERS;
                let bars = upright(&scene, &positions, |index| share(positions[index][2]));
                scene.meshes.push(boxes::mesh(
                    &spec.name,
                    &bars,
                    map,
                    settings.shading(),
                    opacity,
                    Some(Arc::new(cells)),
                ));
            }
        }
        Kind::Path => {
            let what = format!(
                "`{}` has rows and columns, and a path has one row: give an index for the other",
                spec.axes[2].text
            );
            return Err(NotAvailable::new(spec.at(spec.axes[2].line, &what)));
        }
    }
    scene.caption = caption(spec, &format!("{rows} x {columns} values"), z, missing);
    Ok(scene)
}

fn line(
    spec: &Spec,
    runs: &[Arc<Run>],
    z: &Slice,
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    if !matches!(spec.kind, Kind::Path | Kind::Points) {
        let what = format!(
            "`{}` has one axis, so it makes a path or points",
            spec.axes[2].text
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let len = z.values.len();
    let index = || (0..len).map(|index| index as f64).collect::<Vec<f64>>();
    let x = coordinates(spec, 0, len, runs)?.unwrap_or_else(index);
    let y = coordinates(spec, 1, len, runs)?.unwrap_or_else(index);
    let columns = [&x, &y, &z.values];
    let axes = [0, 1, 2].map(|axis| {
        let mut found = axis_of(spec, axis, None, columns[axis].iter().copied(), settings);
        if found.title.is_empty() {
            let text = &spec.axes[axis].text;
            found.title = if text.is_empty() {
                "index".to_owned()
            } else {
                text.clone()
            };
        }
        found
    });
    let mut scene = scene_of(spec, z, axes);
    let places: Vec<Option<[f32; 3]>> = (0..len)
        .map(|row| {
            let unit = |axis: usize| scene.axes[axis].unit_from_value(columns[axis][row]);
            let place = [unit(0)? as f32, unit(1)? as f32, unit(2)? as f32];
            place
                .iter()
                .all(|unit| (-1e-6..=1.0 + 1e-6).contains(unit))
                .then_some(place)
        })
        .collect();
    let map = settings.colours(spec.map.unwrap_or_default());
    let share = |row: usize| row as f32 / (len.max(2) - 1) as f32;
    let missing = places.iter().filter(|place| place.is_none()).count();
    if spec.kind == Kind::Path {
        let mut strips = Vec::new();
        let mut start = 0_u32;
        for (row, place) in places.iter().chain(std::iter::once(&None)).enumerate() {
            if place.is_none() {
                if row as u32 > start {
                    strips.push(start..row as u32);
                }
                start = row as u32 + 1;
            }
        }
        scene.paths.push(Path {
            name: spec.name.clone(),
            positions_unit: places
                .iter()
                .map(|place| place.unwrap_or([0.0; 3]))
                .collect(),
            strips,
            colour: PathColour::Values((0..len).map(share).collect(), map),
            width_pt: 1.1,
            series_key: "".into(),
            records: Arc::new([]),
            details: Vec::new(),
            describe: None,
        });
    }
    let drawn: Vec<usize> = (0..len).filter(|&row| places[row].is_some()).collect();
    let points = drawn.iter().filter_map(|&row| {
        Some(CloudPoint {
            position_unit: places[row]?,
            value: share(row),
        })
    });
    let cells = Cells {
        run: z.run.name.to_string(),
        names: [0, 1, 2].map(|axis| scene.axes[axis].title.clone()),
        corners: 1,
        rows: drawn
            .iter()
            .map(|&row| columns.map(|column| column[row]))
            .collect(),
    };
    scene.clouds.push(Cloud {
        steps: Arc::new([]),
        name: spec.name.clone(),
        work: CloudWork::Points(points.collect()),
        colour: CloudColour::Map(map),
        size: CloudSize::Constant(if spec.kind == Kind::Path { 2.2 } else { 3.0 }),
        floor_projection: false,
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(cells)),
    });
    scene.colour_bar = Some(ColourBar {
        axis: Axis {
            title: z.axes[0].clone(),
            scale: Scale::Linear,
            low: 0.0,
            high: (len.max(2) - 1) as f64,
        },
        map,
    });
    scene.caption = caption(spec, &format!("{len} values"), z, missing);
    Ok(scene)
}

/// What each cell says.
#[derive(Debug)]
struct Cells {
    run: String,
    names: [String; 3],
    /// Corners of one cell's geometry.
    corners: usize,
    rows: Vec<[f64; 3]>,
}

impl Describe for Cells {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(values) = self.rows.get(index / self.corners) else {
            return Vec::new();
        };
        let mut lines = vec![("run".to_owned(), self.run.clone())];
        lines.extend(
            self.names
                .iter()
                .cloned()
                .zip(values.iter().map(ToString::to_string)),
        );
        lines
    }
}

fn records(field: &Field, z: &Slice, x: &[f64], y: &[f64], name: &str) -> NodeRecords {
    let width = x.len();
    let positions = field.values.iter().enumerate();
    NodeRecords {
        positions_unit: positions
            .map(|(node, value)| {
                [
                    field.x_unit[node % width],
                    field.y_unit[node / width],
                    *value,
                ]
            })
            .collect(),
        rows: y.iter().map(ToString::to_string).collect(),
        x: x.into(),
        steps: Arc::new([]),
        values: z.values.as_slice().into(),
        drawn: None,
        value_name: name.to_owned(),
        run_of_row: vec![0; y.len()].into(),
    }
}

fn caption(spec: &Spec, size: &str, z: &Slice, missing: usize) -> String {
    let file = spec
        .file
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let mut text = format!(
        "View {} of {file}: {} ({size}) of run {}.",
        spec.name, spec.axes[2].text, z.run.name
    );
    if missing > 0 {
        text += &format!(
            " Not drawn: {} without a finite value or outside the axes.",
            counted(missing, "cell")
        );
    }
    text
}
