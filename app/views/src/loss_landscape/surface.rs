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
    caption::{caption, others},
    grid::{LossGrid, Marked, direction_title, short},
    grids::{FoundGrid, ValueKind},
    trajectory,
    values::Heights,
};
use crate::{
    NotAvailable, ViewSettings, axes,
    heights::{colour_range, refinement},
    samples::labels_of_runs,
};

/// The smallest number of nodes per side of the drawn surface.
const REFINED: usize = 240;

/// Room below the surface for its shadow on the floor, as a share of its height.
const ROOM_BELOW: f64 = 0.35;

pub(super) fn build(
    found: &FoundGrid,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let grid = LossGrid::read(found)?;
    if grid.cleaned.shown().next().is_none() {
        return Err(NotAvailable::new(format!(
            "`{}` holds no value that can be drawn: {}",
            found.tensor.key,
            grid.cleaned.holes_text().replace("Holes are ", "")
        )));
    }
    let marked = grid.marked(found.kind);
    let heights = heights(found, &grid, settings);
    let [x_axis, y_axis] = floor_axes(found, &grid, settings);
    let nodes = nodes(&grid, &x_axis, &y_axis, &heights);
    let mut scene = Scene::new([x_axis, y_axis, heights.axis.clone()]);
    scene.title = title(found, &grid, &marked, runs);
    scene.box_aspect = [1.25, 1.25, 0.85];
    // A plateau of cut heights around a basin would hide it from a low viewpoint.
    let is_plateau = heights.above * 5 > grid.cleaned.shown().count();
    let elevation: f32 = if is_plateau { 60.0 } else { 42.0 };
    scene.default_view = [(-58.0_f32).to_radians(), elevation.to_radians()];
    scene.runs = vec![Arc::clone(&found.run)];
    scene.keys = BTreeMap::from([("loss".to_owned(), found.tensor.key.to_string())]);
    let colour_range = colour_range(&nodes.nodes);
    let contours = contour_levels(&heights.axis, colour_range).filter(|_| settings.contours());
    let refined = refine(&nodes);
    let map = settings.colours(ColourMap::default());
    scene.colour_bar = Some(ColourBar {
        axis: heights.between(colour_range),
        map,
    });
    scene.surfaces.push(Surface {
        records: Some(records(found, &grid, &nodes.nodes)),
        work: SurfaceWork::Refine(nodes),
        map,
        colour_range,
        shading: settings.shading(),
        contours: contours.as_ref().map(|contours| contours.levels_unit),
        wireframe: settings.wireframe(),
        floor_projection: settings.floor(true),
        opacity: settings.opacity(1.0),
    });
    let sparse = grid.cleaned.shown().count() * 8 < grid.cleaned.values.len();
    if settings.samples() || sparse {
        scene.markers.push(measured(&scene));
    }
    let path_text = trajectory::add(&mut scene, found, &grid, &refined)?;
    mark(&mut scene, found, &grid, &heights, &refined, &marked);
    let contours_text = contours.map(|contours| contours.text);
    scene.caption = caption(found, &grid, &heights, contours_text, &marked)
        .sentence(path_text)
        .sentences(others(found, runs, settings))
        .into_text();
    Ok(scene)
}

fn heights(found: &FoundGrid, grid: &LossGrid, settings: &ViewSettings) -> Heights {
    let log_by_default = found.kind == ValueKind::Loss;
    let title = found.value_title();
    let heights = Heights::new(title, &[&grid.cleaned], settings, log_by_default);
    if settings.floor(true) && settings.range(2).is_none() {
        heights.with_room_below(ROOM_BELOW)
    } else {
        heights
    }
}

fn floor_axes(found: &FoundGrid, grid: &LossGrid, settings: &ViewSettings) -> [Axis; 2] {
    let axis = |index: usize, title: &str, values: &[f64]| {
        let axis = Axis::spanning(title, Scale::Linear, values.iter().copied());
        axes::in_range(settings, index, axis)
    };
    let x_title = direction_title(found.x.as_ref(), grid.x.are_indices, 0);
    let y_title = direction_title(found.y.as_ref(), grid.y.are_indices, 1);
    [
        axis(0, &x_title, &grid.x.values),
        axis(1, &y_title, &grid.y.values),
    ]
}

fn title(found: &FoundGrid, grid: &LossGrid, marked: &Marked, runs: &[Arc<Run>]) -> String {
    let index = runs.iter().position(|run| run.id == found.run.id);
    let run_name = labels_of_runs(runs).swap_remove(index.unwrap_or(0));
    let around = if marked.trained.is_some() || grid.spans_zero() {
        " around the trained weights"
    } else {
        ""
    };
    if run_name.contains(found.own_name()) {
        format!("{run_name}{around}")
    } else {
        format!("{}{around}, {run_name}", found.own_name())
    }
}

/// The measured nodes, and how finely the surface between them is drawn.
fn nodes(grid: &LossGrid, x: &Axis, y: &Axis, heights: &Heights) -> Refine {
    let counts = [grid.x.values.len(), grid.y.values.len()];
    let [factor_x, factor_y] = refinement(counts, REFINED, 24);
    Refine {
        factor_x,
        factor_y,
        nodes: Arc::new(field(grid, x, y, heights)),
    }
}

fn field(grid: &LossGrid, x: &Axis, y: &Axis, heights: &Heights) -> Field {
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

fn records(found: &FoundGrid, grid: &LossGrid, field: &Field) -> NodeRecords {
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

/// Each evaluated point as a dot: isolated points make no surface.
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
        records: None,
        steps: Arc::new([]),
        name: "measured".to_owned(),
        positions_unit: positions.collect(),
        colour: Colour::hex(0x808080),
        diameter_pt: 2.2,
        outline: None,
    }
}

struct Contours {
    /// Distance between two lines and height of one of them (unit box).
    levels_unit: [f32; 2],
    text: String,
}

/// About a dozen lines at round values; on a logarithmic axis at equal ratios.
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

/// Marks the best node and the trained weights.
fn mark(
    scene: &mut Scene,
    found: &FoundGrid,
    grid: &LossGrid,
    heights: &Heights,
    refined: &Field,
    &Marked { best, trained }: &Marked,
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
    let best_name = if found.kind == ValueKind::Accuracy {
        "highest"
    } else {
        "lowest"
    };
    let text = |name: &str, [row, column]: [usize; 2]| {
        format!("{name} {}", short(grid.value(row, column)))
    };
    let mut dot = |name: &str, text: String, position_unit: [f32; 3], colour: Colour| {
        scene.markers.push(Markers {
            records: None,
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
    } else if grid.spans_zero()
        && let Some([x, y]) = trajectory::place_unit([&x_axis, &y_axis], [0.0, 0.0])
        && let Some(z) = trajectory::height_at(refined, [x, y])
    {
        dot("trained", "trained".to_owned(), [x, y, z], ORANGE);
    }
}
