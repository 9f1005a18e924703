//! A view over series.

mod solids;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_expression::Expression;
use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{ColourMap, run_colour},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Describe, LegendEntry,
        Mark, Path, PathColour, RecordRef, Scene, SurfaceWork,
    },
};

use super::{
    columns::{Expressions, LeftOut, Rows},
    spec::{Kind, Spec},
};
use crate::{
    NotAvailable, ViewSettings,
    axes::in_range,
    heights,
    samples::{counted, labels_of_runs},
};

pub(super) use solids::upright;

/// Diameters of points, smallest and largest, and how many are told apart.
const DIAMETERS_PT: [f64; 2] = [1.5, 9.0];
const SIZES: usize = 8;

const DIAMETER_PT: f32 = 3.0;

/// More runs than this make no legend that anyone reads.
const MAX_LEGEND: usize = 12;

/// The rows of all runs in the unit box.
struct Placed {
    rows: Vec<Rows>,
    /// Positions of the rows of each run; `None` outside the axes.
    positions: Vec<Vec<Option<[f32; 3]>>>,
    outside: usize,
    /// Runs that lack one of the names.
    lacking: usize,
}

pub(super) fn build(
    spec: &Spec,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let expressions = Expressions::new(spec, runs)?;
    let rows: Vec<Rows> = runs
        .iter()
        .enumerate()
        .filter_map(|(index, run)| expressions.rows(run, index, settings))
        .collect();
    let lacking = runs.len() - rows.len();
    if rows.is_empty() {
        let what = format!("no run has all that the view `{}` names", spec.name);
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    if rows.iter().all(|rows| rows.steps.is_empty()) {
        let what = format!("the view `{}` leaves no point to draw", spec.name);
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let axes = [0, 1, 2].map(|axis| {
        let values = rows.iter().flat_map(|rows| rows.axes[axis].iter().copied());
        axis_of(spec, axis, Some(&expressions.axes[axis]), values, settings)
    });
    let mut outside = 0;
    let positions = rows
        .iter()
        .map(|rows| {
            let place = |row: usize| {
                let unit = |axis: usize| axes[axis].unit_from_value(rows.axes[axis][row]);
                let place = [unit(0)? as f32, unit(1)? as f32, unit(2)? as f32];
                place
                    .iter()
                    .all(|unit| (-1e-6..=1.0 + 1e-6).contains(unit))
                    .then_some(place)
            };
            let places: Vec<_> = (0..rows.steps.len()).map(place).collect();
            outside += places.iter().filter(|place| place.is_none()).count();
            places
        })
        .collect();
    let placed = Placed {
        rows,
        positions,
        outside,
        lacking,
    };
    let mut scene = Scene::new(axes);
    scene.title.clone_from(&spec.title);
    scene.runs = runs.to_vec();
    let mut keys = BTreeMap::new();
    for (letter, expression) in ["x", "y", "z"].iter().zip(&expressions.axes) {
        keys.insert((*letter).to_owned(), expression.text().to_owned());
    }
    scene.keys = keys;
    let map = settings.colours(spec.map.unwrap_or_default());
    let colours = colours(spec, &expressions, &placed);
    match spec.kind {
        Kind::Path => paths(
            &mut scene,
            &placed,
            &expressions,
            colours.as_ref(),
            map,
            settings,
        ),
        Kind::Points => points(
            &mut scene,
            spec,
            &placed,
            &expressions,
            colours.as_ref(),
            map,
            settings,
        ),
        Kind::Surface => solids::surface(&mut scene, spec, &placed, map, settings)?,
        Kind::Mesh => solids::mesh(
            &mut scene,
            spec,
            &placed,
            &expressions,
            colours.as_ref(),
            map,
            settings,
        )?,
        Kind::Bars => solids::bars(
            &mut scene,
            spec,
            &placed,
            &expressions,
            colours.as_ref(),
            map,
            settings,
        )?,
    }
    if let Some(colours) = &colours
        && spec.kind != Kind::Surface
    {
        scene.colour_bar = Some(ColourBar {
            axis: colours.clone(),
            map,
        });
    }
    scene.caption = caption(spec, &expressions, &placed, &scene);
    Ok(scene)
}

/// The axis of an expression (0 to 2), or of the colours (3).
pub(super) fn axis_of(
    spec: &Spec,
    index: usize,
    expression: Option<&Expression>,
    values: impl Iterator<Item = f64>,
    settings: &ViewSettings,
) -> Axis {
    let is_time = expression.and_then(Expression::as_name) == Some("time");
    let log = index < 3 && settings.log(index).or(spec.log[index]).unwrap_or(false);
    let scale = match (log, is_time) {
        (true, _) => Scale::Log10,
        (false, true) => Scale::Date,
        (false, false) => Scale::Linear,
    };
    let written = expression.map_or_else(String::new, |expression| {
        expression
            .as_name()
            .map_or_else(|| expression.text().to_owned(), str::to_owned)
    });
    let title = match &spec.labels[index] {
        Some(label) => label.clone(),
        None if is_time => "time (UTC)".to_owned(),
        None => written,
    };
    let axis = Axis::spanning(title, scale, values);
    match index {
        0 | 1 => in_range(settings, index, axis),
        2 => in_range(settings, index, axis.rounded_outward()),
        _ => axis,
    }
}

fn colours(spec: &Spec, expressions: &Expressions, placed: &Placed) -> Option<Axis> {
    let expression = expressions.colour.as_ref()?;
    let values = placed
        .rows
        .iter()
        .filter_map(|rows| rows.colour.as_ref())
        .flatten()
        .copied();
    let axis = axis_of(spec, 3, Some(expression), values, &ViewSettings::default());
    Some(axis)
}

/// Place of a row's colour in the map.
fn share(axis: &Axis, value: f64) -> f32 {
    axis.unit_from_value(value).unwrap_or(0.0).clamp(0.0, 1.0) as f32
}

fn legend(scene: &mut Scene, placed: &Placed, dot: bool) {
    if placed.rows.len() < 2 || placed.rows.len() > MAX_LEGEND {
        return;
    }
    let labels = labels_of_runs(&scene.runs);
    scene.legend = placed
        .rows
        .iter()
        .map(|rows| LegendEntry {
            label: labels[rows.run].clone(),
            colour: Some(run_colour(rows.run)),
            dot,
        })
        .collect();
}

fn paths(
    scene: &mut Scene,
    placed: &Placed,
    expressions: &Expressions,
    colours: Option<&Axis>,
    map: ColourMap,
    settings: &ViewSettings,
) {
    for (rows, positions) in placed.rows.iter().zip(&placed.positions) {
        let mut strips = Vec::new();
        for strip in rows.strips() {
            let mut start = strip.start;
            for row in strip.clone() {
                if positions[row as usize].is_none() {
                    if row > start {
                        strips.push(start..row);
                    }
                    start = row + 1;
                }
            }
            if strip.end > start {
                strips.push(start..strip.end);
            }
        }
        let details = expressions.axes.iter().zip(&rows.axes);
        let details = details.filter(|(expression, _)| {
            expression.as_name() != Some("step") && expression.as_name() != Some(&rows.series_key)
        });
        scene.paths.push(Path {
            name: scene.runs[rows.run].name.to_string(),
            positions_unit: positions
                .iter()
                .map(|position| position.unwrap_or([0.0; 3]))
                .collect(),
            strips,
            colour: match (colours, &rows.colour) {
                (Some(axis), Some(values)) => PathColour::Values(
                    values.iter().map(|value| share(axis, *value)).collect(),
                    map,
                ),
                _ if placed.rows.len() == 1 => PathColour::Theme,
                _ => PathColour::Solid(run_colour(rows.run)),
            },
            width_pt: 1.6,
            series_key: Arc::clone(&rows.series_key),
            records: rows
                .indices
                .iter()
                .map(|&index| RecordRef {
                    run: rows.run as u32,
                    index,
                })
                .collect(),
            details: details
                .map(|(expression, values)| (expression.text().to_owned(), values.clone().into()))
                .collect(),
            describe: None,
        });
    }
    if settings.samples() {
        cloud(scene, placed, expressions, colours, map, |_, _| 2.0, 1.0);
    }
    if colours.is_none() {
        legend(scene, placed, false);
    }
}

/// What each drawn point says.
#[derive(Debug)]
struct Points {
    /// Run, step and values of each.
    rows: Vec<(u32, f64, Vec<f64>)>,
    names: Vec<String>,
    runs: Vec<(Arc<str>, Arc<str>)>,
    /// Corners of one point's geometry.
    corners: usize,
}

impl Describe for Points {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some((run, step, values)) = self.rows.get(index / self.corners) else {
            return Vec::new();
        };
        let mut lines = vec![
            ("run".to_owned(), self.runs[*run as usize].1.to_string()),
            ("step".to_owned(), step.to_string()),
        ];
        lines.extend(
            self.names
                .iter()
                .cloned()
                .zip(values.iter().map(ToString::to_string)),
        );
        lines
    }

    fn mark(&self, index: usize) -> Option<Mark> {
        let (run, step, _) = self.rows.get(index / self.corners)?;
        Some(Mark {
            run: Arc::clone(&self.runs[*run as usize].0),
            step: Some(*step),
            row: None,
        })
    }
}

/// The drawn rows that `wanted` takes, in order, with their description.
fn describe(
    scene: &Scene,
    placed: &Placed,
    expressions: &Expressions,
    corners: usize,
    wanted: &dyn Fn(&Rows, usize) -> bool,
) -> (Vec<[f32; 3]>, Vec<Option<f64>>, Points) {
    let mut points = Points {
        rows: Vec::new(),
        names: expressions
            .axes
            .iter()
            .map(|axis| axis.text().to_owned())
            .collect(),
        runs: scene
            .runs
            .iter()
            .map(|run| (Arc::clone(&run.id), Arc::clone(&run.name)))
            .collect(),
        corners,
    };
    points.names.extend(
        expressions
            .colour
            .as_ref()
            .map(|colour| colour.text().to_owned()),
    );
    points
        .names
        .extend(expressions.size.as_ref().map(|size| size.text().to_owned()));
    let (mut positions, mut colours) = (Vec::new(), Vec::new());
    for (rows, places) in placed.rows.iter().zip(&placed.positions) {
        for (row, place) in places.iter().enumerate() {
            let Some(place) = place.filter(|_| wanted(rows, row)) else {
                continue;
            };
            positions.push(place);
            let colour = rows.colour.as_ref().map(|values| values[row]);
            colours.push(colour);
            let mut values: Vec<f64> = rows.axes.iter().map(|axis| axis[row]).collect();
            values.extend(colour);
            values.extend(rows.size.as_ref().map(|values| values[row]));
            points.rows.push((rows.run as u32, rows.steps[row], values));
        }
    }
    (positions, colours, points)
}

fn points(
    scene: &mut Scene,
    spec: &Spec,
    placed: &Placed,
    expressions: &Expressions,
    colours: Option<&Axis>,
    map: ColourMap,
    settings: &ViewSettings,
) {
    let opacity = settings.opacity(1.0);
    let constant = spec
        .size
        .as_ref()
        .and_then(|size| size.text.trim().parse::<f32>().ok());
    let sizes = placed
        .rows
        .iter()
        .filter_map(|rows| rows.size.as_ref())
        .flatten()
        .copied();
    let (low, high) = sizes.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), size| {
        (low.min(size), high.max(size))
    });
    let diameter = |rows: &Rows, row: usize| match (&rows.size, constant) {
        (_, Some(diameter)) => diameter.clamp(0.2, 40.0),
        (Some(sizes), None) if high > low => {
            let class = ((sizes[row] - low) / (high - low) * (SIZES - 1) as f64).round()
                / (SIZES - 1) as f64;
            let [least, most] = DIAMETERS_PT.map(|diameter| diameter * diameter);
            // Areas grow evenly.
            (least + (most - least) * class).sqrt() as f32
        }
        _ => DIAMETER_PT,
    };
    cloud(scene, placed, expressions, colours, map, diameter, opacity);
    if colours.is_none() {
        legend(scene, placed, true);
    }
}

/// Points as clouds, one for each diameter.
fn cloud(
    scene: &mut Scene,
    placed: &Placed,
    expressions: &Expressions,
    colours: Option<&Axis>,
    map: ColourMap,
    diameter: impl Fn(&Rows, usize) -> f32,
    opacity: f32,
) {
    let mut diameters: Vec<f32> = placed
        .rows
        .iter()
        .flat_map(|rows| {
            (0..rows.steps.len())
                .map(|row| diameter(rows, row))
                .collect::<Vec<_>>()
        })
        .collect();
    diameters.sort_by(f32::total_cmp);
    diameters.dedup();
    for size in diameters {
        let (positions, values, points) = describe(scene, placed, expressions, 1, &|rows, row| {
            diameter(rows, row) == size
        });
        let drawn = positions.iter().zip(&values).zip(&points.rows).map(
            |((position_unit, value), (run, ..))| match (colours, value) {
                (Some(axis), Some(value)) => CloudPoint {
                    position_unit: *position_unit,
                    value: share(axis, *value),
                },
                _ => CloudPoint::of_rgb(*position_unit, run_colour(*run as usize).rgb),
            },
        );
        scene.clouds.push(Cloud {
            steps: Arc::new([]),
            name: "points".to_owned(),
            work: CloudWork::Points(drawn.collect()),
            colour: if colours.is_some() {
                CloudColour::Map(map)
            } else {
                CloudColour::Rgb
            },
            size: CloudSize::Constant(size),
            floor_projection: false,
            opacity,
            records: Some(Arc::new(points)),
        });
    }
}

fn caption(spec: &Spec, expressions: &Expressions, placed: &Placed, scene: &Scene) -> String {
    let count: usize = placed.rows.iter().map(|rows| rows.steps.len()).sum();
    let file = spec
        .file
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let [x, y, z] = &expressions.axes;
    let mut text = format!(
        "View {} of {file}: x is {}, y is {}, z is {}",
        spec.name,
        x.text(),
        y.text(),
        z.text()
    );
    if let Some(colour) = &expressions.colour {
        text += &format!(", colour is {}", colour.text());
    }
    if let Some(size) = expressions
        .size
        .as_ref()
        .filter(|size| size.text().parse::<f64>().is_err())
    {
        text += &format!(", the points' area grows with {}", size.text());
    }
    text += &format!(
        " ({} of {}",
        counted(count, "point"),
        counted(placed.rows.len(), "run")
    );
    text += &spec
        .filter
        .as_ref()
        .map_or_else(String::new, |filter| format!(", where {}", filter.text));
    text += ").";
    if let Some(surface) = scene.surfaces.first()
        && let SurfaceWork::Scatter(scatter) = &surface.work
    {
        text += &format!(
            " The surface is interpolated ({}).",
            heights::method_name(scatter.method)
        );
    }
    if spec.kind == Kind::Mesh {
        text += " The mesh joins neighbouring points by triangles.";
    }
    let mut sum = LeftOut::default();
    for rows in &placed.rows {
        let LeftOut {
            not_finite,
            filtered,
            carried,
            superseded,
        } = rows.left_out;
        sum.not_finite += not_finite;
        sum.filtered += filtered;
        sum.carried += carried;
        sum.superseded += superseded;
    }
    if sum.carried > 0 {
        text += &format!(
            " At {} a value of another series was carried forward from an earlier step.",
            counted(sum.carried, "point")
        );
    }
    let mut parts = Vec::new();
    for (count, what) in [
        (sum.filtered, "that the filter leaves out"),
        (sum.not_finite, "without a finite value"),
        (placed.outside, "outside the axes"),
        (sum.superseded, "superseded by a restart"),
    ] {
        if count > 0 {
            parts.push(format!("{} {what}", counted(count, "point")));
        }
    }
    if placed.lacking > 0 {
        parts.push(format!(
            "{} without one of the names",
            counted(placed.lacking, "run")
        ));
    }
    if !parts.is_empty() {
        text += &format!(" Not drawn: {}.", parts.join("; "));
    }
    text.replace(['{', '}'], "")
}
