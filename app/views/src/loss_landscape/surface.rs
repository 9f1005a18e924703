//! The landscape over two directions.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING, Refine, refine};
use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{ColourBar, Markers, NodeRecords, PointLabel, Scene, Surface, SurfaceWork},
    ticks::{self, format_value},
};

use super::{
    grid::{Grid, direction_title},
    grids::{self, Found, Kind},
    options::GRID,
    trajectory,
    values::{Heights, second_difference},
};
use crate::{
    NotAvailable, ViewSettings, axes,
    heights::colour_range,
    samples::{counted, labels_of_runs},
    tensors::shape_text,
};

/// Nodes a side that the drawn surface has at least.
const REFINED: usize = 240;

/// Room below the surface for its shadow on the floor, as a share of its height.
const ROOM_BELOW: f64 = 0.35;

pub(super) fn build(
    found: &Found,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let grid = Grid::read(found)?;
    if grid.cleaned.shown().next().is_none() {
        return Err(NotAvailable::new(format!(
            "`{}` holds no value that can be drawn:{}",
            found.tensor.key,
            grid.cleaned.holes_text().replace(" Holes are", "")
        )));
    }
    let floor = settings.floor(true);
    let log_by_default = found.kind == Kind::Loss;
    let heights = Heights::new(
        found.value_title(),
        &[&grid.cleaned],
        settings,
        log_by_default,
    );
    let heights = if floor && settings.range(2).is_none() {
        heights.with_room_below(ROOM_BELOW)
    } else {
        heights
    };
    let x_title = direction_title(found.x.as_ref(), grid.x.counted, 0);
    let y_title = direction_title(found.y.as_ref(), grid.y.counted, 1);
    let axis = |index: usize, title: &str, values: &[f64]| {
        let axis = Axis::spanning(title, Scale::Linear, values.iter().copied());
        axes::in_range(settings, index, axis)
    };
    let x_axis = axis(0, &x_title, &grid.x.values);
    let y_axis = axis(1, &y_title, &grid.y.values);
    let field = field(&grid, &x_axis, &y_axis, &heights);
    let mut scene = Scene::new([x_axis, y_axis, heights.axis.clone()]);
    scene.box_aspect = [1.25, 1.25, 0.85];
    scene.default_view = [(-58.0_f32).to_radians(), 42.0_f32.to_radians()];
    scene.runs = vec![Arc::clone(&found.run)];
    scene.keys = BTreeMap::from([("loss".to_owned(), found.tensor.key.to_string())]);

    let colour_range = colour_range(&field);
    let at = |unit: f32| heights.axis.value_from_unit(f64::from(unit));
    let map = settings.colours(ColourMap::default());
    scene.colour_bar = Some(ColourBar {
        axis: Axis {
            low: at(colour_range[0]),
            high: at(colour_range[1]),
            ..heights.axis.clone()
        },
        map,
    });
    let contours = contour_levels(&heights.axis, colour_range).filter(|_| settings.contours());
    let factor = |nodes: usize| REFINED.div_ceil(nodes.max(2) - 1).clamp(1, 24) as u32;
    let work = Refine {
        factor_x: factor(grid.x.values.len()),
        factor_y: factor(grid.y.values.len()),
        nodes: Arc::new(field),
    };
    let refined = refine(&work);
    let records = records(found, &grid, &work.nodes);
    scene.surfaces.push(Surface {
        work: SurfaceWork::Refine(work),
        map,
        colour_range,
        shading: settings.shading(),
        contours: contours.as_ref().map(|contours| contours.levels_unit),
        wireframe: settings.wireframe(),
        floor_projection: floor,
        opacity: settings.opacity(1.0),
        records: Some(records),
    });

    let sparse = grid.cleaned.shown().count() * 8 < grid.cleaned.values.len();
    if settings.samples() || sparse {
        scene.markers.push(measured(&scene));
    }
    let path_text = trajectory::add(&mut scene, found, &grid, &refined)?;
    let best = best(&grid, found.kind);
    let trained = trained(&grid);
    mark(&mut scene, found, &grid, &heights, &refined, best, trained);
    let run_name = labels_of_runs(runs).swap_remove(
        runs.iter()
            .position(|run| run.id == found.run.id)
            .unwrap_or(0),
    );
    let around = if trained.is_some() || spans_zero(&grid) {
        " around the trained weights"
    } else {
        ""
    };
    scene.title = if run_name.contains(found.own_name()) {
        format!("{run_name}{around}")
    } else {
        format!("{}{around}, {run_name}", found.own_name())
    };
    scene.caption = caption(
        found,
        &grid,
        &heights,
        contours.map(|contours| contours.text),
        best,
        trained,
    ) + &path_text
        + &others(found, runs, settings);
    Ok(scene)
}

fn field(grid: &Grid, x: &Axis, y: &Axis, heights: &Heights) -> Field {
    let unit = |axis: &Axis, values: &[f64]| -> Vec<f32> {
        let units = values
            .iter()
            .filter_map(|value| axis.unit_from_value(*value));
        units.map(|unit| unit as f32).collect()
    };
    let x_unit = unit(x, &grid.x.values);
    let y_unit = unit(y, &grid.y.values);
    let within = |unit: f32| (-1e-6..=1.0 + 1e-6).contains(&unit);
    let mut field = Field {
        values: Vec::with_capacity(x_unit.len() * y_unit.len()),
        support: Vec::with_capacity(x_unit.len() * y_unit.len()),
        x_unit,
        y_unit,
    };
    for (node, value) in grid.cleaned.values.iter().enumerate() {
        let (row, column) = (node / field.x_unit.len(), node % field.x_unit.len());
        let inside = within(field.x_unit[column]) && within(field.y_unit[row]);
        let height = heights.unit(*value).filter(|_| inside);
        field.values.push(height.unwrap_or(0.0));
        field
            .support
            .push(if height.is_some() { 1.0 } else { MISSING });
    }
    field
}

fn records(found: &Found, grid: &Grid, field: &Field) -> NodeRecords {
    let width = field.x_unit.len();
    let positions = field.values.iter().enumerate().map(|(node, value)| {
        [
            field.x_unit[node % width],
            field.y_unit[node / width],
            *value,
        ]
    });
    let drawn = grid.cleaned.values.iter().enumerate().map(|(node, value)| {
        if field.is_present(node % width, node / width) {
            *value
        } else {
            f64::NAN
        }
    });
    NodeRecords {
        positions_unit: positions.collect(),
        rows: grid.y.values.iter().map(ToString::to_string).collect(),
        x: grid.x.values.clone().into(),
        steps: Arc::new([]),
        values: drawn.collect(),
        drawn: None,
        value_name: found.own_name().to_owned(),
        run_of_row: vec![0; field.y_unit.len()].into(),
    }
}

/// Each measured cell as a dot: cells without neighbours make no surface.
fn measured(scene: &Scene) -> Markers {
    let nodes = scene
        .surfaces
        .iter()
        .filter_map(|surface| surface.records.as_ref());
    let positions = nodes.flat_map(|nodes| {
        let present = nodes.positions_unit.iter().zip(nodes.values.iter());
        present
            .filter(|(_, value)| !value.is_nan())
            .map(|(position, _)| *position)
    });
    Markers {
        steps: Arc::new([]),
        name: "measured".to_owned(),
        positions_unit: positions.collect(),
        colour: Colour::hex(0x808080),
        diameter_pt: 2.2,
        outline: None,
    }
}

struct Contours {
    /// Height between two lines and height of one of them (unit box).
    levels_unit: [f32; 2],
    text: String,
}

/// About a dozen lines at round values; under a logarithm at equal ratios.
fn contour_levels(axis: &Axis, [low, high]: [f32; 2]) -> Option<Contours> {
    let value = |unit: f32| axis.value_from_unit(f64::from(unit));
    let unit_span = f64::from(high - low);
    if axis.scale == Scale::Log10 {
        let step = ticks::nice_step((value(high) / value(low)).log10() / 14.0);
        let decades = (axis.high / axis.low).log10();
        let anchor =
            axis.unit_from_value(10_f64.powf((value(low).log10() / step).ceil() * step))?;
        return (step.is_finite() && unit_span > 0.0).then(|| Contours {
            levels_unit: [(step / decades) as f32, anchor as f32],
            text: if step == 1.0 {
                "Contour lines at every power of ten".to_owned()
            } else if step > 1.0 {
                format!("Contour lines at every {step} powers of ten")
            } else {
                format!("Contour lines at every factor of {:.3}", 10_f64.powf(step))
            },
        });
    }
    let step = ticks::nice_step((value(high) - value(low)) / 14.0);
    let anchor = axis.unit_from_value((value(low) / step).ceil() * step)?;
    (unit_span > 0.0).then(|| Contours {
        levels_unit: [(step / (axis.high - axis.low)) as f32, anchor as f32],
        text: format!("Contour lines every {}", format_value(step)),
    })
}

/// The lowest node (of an accuracy the highest): row and column.
fn best(grid: &Grid, kind: Kind) -> Option<[usize; 2]> {
    let width = grid.x.values.len();
    let present = grid
        .cleaned
        .values
        .iter()
        .enumerate()
        .filter(|(_, value)| !value.is_nan());
    let found = match kind {
        Kind::Accuracy => present.max_by(|a, b| a.1.total_cmp(b.1)),
        Kind::Loss | Kind::Error => present.min_by(|a, b| a.1.total_cmp(b.1)),
    };
    found.map(|(node, _)| [node / width, node % width])
}

/// The node at (0, 0), where there is one with a value.
fn trained(grid: &Grid) -> Option<[usize; 2]> {
    let (row, column) = (grid.y.zero()?, grid.x.zero()?);
    (!grid.value(row, column).is_nan()).then_some([row, column])
}

/// Whether (0, 0) lies within the coordinates, on a node or between.
fn spans_zero(grid: &Grid) -> bool {
    let spans = |coordinates: &super::values::Coordinates| {
        !coordinates.counted
            && coordinates
                .values
                .first()
                .is_some_and(|first| *first <= 0.0)
            && coordinates.values.last().is_some_and(|last| *last >= 0.0)
    };
    spans(&grid.x) && spans(&grid.y)
}

fn mark(
    scene: &mut Scene,
    found: &Found,
    grid: &Grid,
    heights: &Heights,
    refined: &Field,
    best: Option<[usize; 2]>,
    trained: Option<[usize; 2]>,
) {
    let [x_axis, y_axis, _] = scene.axes.clone();
    let place = |[row, column]: [usize; 2]| -> Option<[f32; 3]> {
        let [x, y] = trajectory::place_unit(
            [&x_axis, &y_axis],
            [grid.x.values[column], grid.y.values[row]],
        )?;
        let within = [x, y]
            .iter()
            .all(|unit| (-1e-6..=1.0 + 1e-6).contains(unit));
        Some([x, y, heights.unit(grid.value(row, column))?]).filter(|_| within)
    };
    let best_name = if found.kind == Kind::Accuracy {
        "highest"
    } else {
        "lowest"
    };
    let text = |name: &str, [row, column]: [usize; 2]| {
        format!("{name} {}", short(grid.value(row, column)))
    };
    let mut dot = |name: &str, text: String, position_unit: [f32; 3], colour: Colour| {
        scene.markers.push(Markers {
            steps: Arc::new([]),
            name: name.to_owned(),
            positions_unit: Arc::new([position_unit]),
            colour,
            diameter_pt: 5.5,
            outline: Some(Colour::hex(0x111111)),
        });
        scene.labels.push(PointLabel {
            position_unit,
            text,
        });
    };
    const WHITE: Colour = Colour::hex(0xffffff);
    const ORANGE: Colour = Colour::hex(0xff7f0e);
    let same = best.is_some() && best == trained;
    if let Some(position) = best.and_then(place).filter(|_| !same) {
        dot(
            best_name,
            text(best_name, best.unwrap_or_default()),
            position,
            WHITE,
        );
    }
    if let Some(node) = trained {
        if let Some(position) = place(node) {
            let name = if same {
                format!("trained = {best_name}")
            } else {
                "trained".to_owned()
            };
            dot("trained", text(&name, node), position, ORANGE);
        }
    } else if spans_zero(grid)
        && let Some([x, y]) = trajectory::place_unit([&x_axis, &y_axis], [0.0, 0.0])
        && let Some(z) = trajectory::height_at(refined, [x, y])
    {
        dot("trained", "trained".to_owned(), [x, y, z], ORANGE);
    }
}

/// Four significant digits: enough beside a dot.
fn short(value: f64) -> String {
    let magnitude = value.abs();
    if (0.001..10_000.0).contains(&magnitude) {
        let decimals = (3.0 - magnitude.log10().floor()).clamp(0.0, 6.0) as usize;
        return format!("{value:.decimals$}");
    }
    format_value(value)
}

fn caption(
    found: &Found,
    grid: &Grid,
    heights: &Heights,
    contours: Option<String>,
    best: Option<[usize; 2]>,
    trained: Option<[usize; 2]>,
) -> String {
    let (columns, rows) = (grid.x.values.len(), grid.y.values.len());
    let scale = if heights.axis.scale == Scale::Log10 {
        "logarithmic height"
    } else {
        "linear height"
    };
    let mut text = format!(
        "{} on a grid of {columns} x {rows} measured cells ({}), {scale}; between the cells a monotone cubic.",
        found.own_name(),
        found.file_name(),
    );
    match (grid.x.counted, grid.y.counted) {
        (true, true) if found.x.is_none() && found.y.is_none() => {
            text += " The file has no coordinates: cells are counted.";
        }
        (false, false) => {}
        _ => {
            text += " Coordinates are missing or do not rise along one direction: its cells are counted.";
        }
    }
    let at = |[row, column]: [usize; 2]| {
        format!(
            "({}, {})",
            format_value(grid.x.values[column]),
            format_value(grid.y.values[row])
        )
    };
    if let Some(node) = best {
        let name = if found.kind == Kind::Accuracy {
            "Highest"
        } else {
            "Lowest"
        };
        text += &format!(
            " {name}: {} at {} (white dot",
            format_value(grid.value(node[0], node[1])),
            at(node)
        );
        text += if Some(node) == trained {
            "'s place is the trained weights')."
        } else {
            ")."
        };
        text = text.replace(
            "(white dot's place is the trained weights')",
            "(the trained weights, orange dot)",
        );
    }
    if let Some([row, column]) = trained {
        if best != trained {
            text += &format!(
                " Trained weights: {} at (0, 0) (orange dot).",
                format_value(grid.value(row, column))
            );
        }
        text += &curvature_text(grid, row, column);
    } else if spans_zero(grid) {
        text += if grid.x.zero().is_some() && grid.y.zero().is_some() {
            " The trained weights (0, 0) have no value, so their curvature is not given."
        } else {
            " The trained weights (0, 0) lie between cells, so their curvature is not given."
        };
    }
    if let Some(contours) = contours {
        text += &format!(" {contours}.");
    }
    text + &grid.cleaned.holes_text() + &heights.clipped_text()
}

/// Second differences at a node along both directions.
fn curvature_text(grid: &Grid, row: usize, column: usize) -> String {
    let along =
        |coordinates: &[f64], index: usize, value: &dyn Fn(usize) -> f64| -> Option<[f64; 2]> {
            let (before, after) = (index.checked_sub(1)?, index + 1);
            if after >= coordinates.len() {
                return None;
            }
            let steps = [
                coordinates[index] - coordinates[before],
                coordinates[after] - coordinates[index],
            ];
            let curvature = second_difference([value(before), value(index), value(after)], steps);
            curvature
                .is_finite()
                .then_some([curvature, (steps[0] + steps[1]) / 2.0])
        };
    let x = along(&grid.x.values, column, &|column| grid.value(row, column));
    let y = along(&grid.y.values, row, &|row| grid.value(row, column));
    let (Some([x, step_x]), Some([y, step_y])) = (x, y) else {
        return " No curvature at the trained weights: a neighbour has no value.".to_owned();
    };
    let steps = if (step_x - step_y).abs() <= step_x * 1e-6 {
        format!("step {}", format_value(rounded(step_x)))
    } else {
        format!(
            "steps {} and {}",
            format_value(rounded(step_x)),
            format_value(rounded(step_y))
        )
    };
    format!(
        " Curvature there: {} along the first direction, {} along the second (second differences, {steps}).",
        short(x),
        short(y)
    )
}

/// Without the noise that a coordinate in 32 bits brings.
fn rounded(step: f64) -> f64 {
    let scale = 10_f64.powf(5.0 - step.abs().log10().floor());
    (step * scale).round() / scale
}

fn others(found: &Found, runs: &[Arc<Run>], settings: &ViewSettings) -> String {
    let all = grids::all(runs, settings);
    let others = all
        .iter()
        .filter(|other| other.is_grid())
        .count()
        .saturating_sub(1);
    let mut text = String::new();
    if others > 0 {
        text += &format!(" {} not shown (`--grid`).", counted(others, "other grid"));
    }
    if settings.text(&GRID).is_some()
        && !all.iter().any(|other| other.tensor.key == found.tensor.key)
    {
        text += &format!(
            " Chosen by name: {} {}.",
            found.tensor.key,
            shape_text(&found.tensor)
        );
    }
    text.replace('`', "")
}
