//! The importance for several metrics: a bar for each parameter and metric, with its standard deviation.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{ColourBar, Describe, Path, PathColour, PointLabel, Scene},
    ticks::with_minus,
};

use super::analysis::{Analysis, Cell};
use crate::{
    ViewSettings, axes,
    boxes::{self, Bar},
    samples::{counted, quantity},
};

/// The largest number of bars that are labelled with their values.
const MAX_LABELS: usize = 16;

/// Half the width of a bar, as a share of the distance between two.
const HALF_WIDTH: f64 = 0.3;

/// The scene without its caption.
pub(super) fn scene(analysis: &Analysis, settings: &ViewSettings) -> Scene {
    let sweep = &analysis.sweep;
    let cells = &analysis.cells;
    let map = settings.colours(ColourMap::Coolwarm);
    let mut scene = Scene::new(axes(analysis, settings));
    let side = |count: usize| (0.4 + 0.22 * count as f32).clamp(0.55, 1.7);
    scene.box_aspect = [side(sweep.parameters.len()), side(sweep.metrics.len()), 0.8];
    scene.title = title(analysis);
    scene.paths = cells
        .iter()
        .map(|cell| deviation(cell, &scene.axes))
        .collect();
    if cells.len() <= MAX_LABELS {
        let decimals = decimals(cells);
        scene.labels = cells
            .iter()
            .map(|cell| label(cell, &scene.axes, decimals))
            .collect();
    }
    let bars: Vec<Bar> = cells.iter().map(|cell| bar(cell, &scene.axes)).collect();
    scene.meshes.push(boxes::mesh(
        "importance",
        &bars,
        map,
        settings.shading(),
        settings.opacity(1.0),
        Some(Arc::new(CellRecords {
            cells: cells.clone(),
            points_each: boxes::CORNERS,
        })),
    ));
    scene.colour_bar = Some(colour_bar(map));
    scene.keys = metric_keys(analysis);
    scene.runs.clone_from(&sweep.runs);
    scene
}

/// The metrics as the series of the scene.
pub(super) fn metric_keys(analysis: &Analysis) -> BTreeMap<String, String> {
    let metrics = &analysis.sweep.metrics;
    let name = |at: usize| match metrics.len() {
        1 => "metric".to_owned(),
        _ => format!("metric {}", at + 1),
    };
    let keys = metrics.iter().enumerate();
    keys.map(|(at, metric)| (name(at), metric.key.clone()))
        .collect()
}

pub(super) fn title(analysis: &Analysis) -> String {
    let sweep = &analysis.sweep;
    let what = match sweep.metrics.as_slice() {
        [metric] => {
            let role = sweep
                .runs
                .iter()
                .find_map(|run| run.roles.get(&*metric.key));
            format!("the final {}", quantity(&metric.key, role.copied()))
        }
        metrics => format!("{} final metrics", metrics.len()),
    };
    format!(
        "Hyperparameter importance for {what}, {}",
        counted(analysis.analysed_runs(), "run")
    )
}

pub(super) fn colour_bar(map: ColourMap) -> ColourBar {
    ColourBar {
        axis: Axis {
            title: "Spearman's rho".to_owned(),
            scale: Scale::Linear,
            low: -1.0,
            high: 1.0,
        },
        map,
    }
}

/// Position of a cell's correlation in the colour map; the middle where it is undefined.
pub(super) fn colour_value(cell: &Cell) -> f32 {
    if cell.rho.is_nan() {
        0.5
    } else {
        (cell.rho as f32 + 1.0) / 2.0
    }
}

fn axes(analysis: &Analysis, settings: &ViewSettings) -> [Axis; 3] {
    let category = |title: &str, names: Vec<String>| Axis {
        title: title.to_owned(),
        low: -0.6,
        high: names.len() as f64 - 0.4,
        scale: Scale::Category(names),
    };
    let parameters = analysis.sweep.parameters.iter();
    let metrics = analysis.sweep.metrics.iter();
    let ends = analysis.cells.iter().flat_map(|cell| {
        let found = cell.importance;
        [0.0, found.mean - found.std, found.mean + found.std]
    });
    let z_axis = Axis::spanning("importance", Scale::Linear, ends).rounded_outward();
    [
        category(
            "parameter",
            parameters.map(|parameter| parameter.key.clone()).collect(),
        ),
        category("metric", metrics.map(|metric| metric.key.clone()).collect()),
        axes::in_range(settings, 2, z_axis),
    ]
}

/// A position clamped to the unit box.
fn place(axes: &[Axis; 3], at: [f64; 3]) -> [f32; 3] {
    [0, 1, 2].map(|axis| {
        let unit = axes[axis].unit_from_value(at[axis]).unwrap_or(0.0);
        unit.clamp(0.0, 1.0) as f32
    })
}

fn bar(cell: &Cell, axes: &[Axis; 3]) -> Bar {
    let [x, y] = cell.at.map(|at| at as f64);
    let (low, high) = (cell.importance.mean.min(0.0), cell.importance.mean.max(0.0));
    Bar {
        low_unit: place(axes, [x - HALF_WIDTH, y - HALF_WIDTH, low]),
        high_unit: place(axes, [x + HALF_WIDTH, y + HALF_WIDTH, high]),
        value: colour_value(cell),
    }
}

/// The standard deviation as a line with caps, on the bar's front: within the bar its lower half would be hidden.
fn deviation(cell: &Cell, axes: &[Axis; 3]) -> Path {
    let [x, y] = cell.at.map(|at| at as f64);
    let low = cell.importance.mean - cell.importance.std;
    let high = cell.importance.mean + cell.importance.std;
    let cap = HALF_WIDTH * 0.4;
    let front = y - HALF_WIDTH * 1.05;
    let point = |x: f64, z: f64| place(axes, [x, front, z]);
    Path {
        name: format!("{} on {}, standard deviation", cell.parameter, cell.metric),
        positions_unit: Arc::new([
            point(x, low),
            point(x, high),
            point(x - cap, low),
            point(x + cap, low),
            point(x - cap, high),
            point(x + cap, high),
        ]),
        strips: vec![0..2, 2..4, 4..6],
        // Bars are pale in every theme.
        colour: PathColour::Outlined(Colour::hex(0x1c_1c1c)),
        width_pt: 1.1,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    }
}

fn label(cell: &Cell, axes: &[Axis; 3], decimals: usize) -> PointLabel {
    let [x, y] = cell.at.map(|at| at as f64);
    let high = cell.importance.mean + cell.importance.std;
    PointLabel {
        position_unit: place(axes, [x, y, high.max(0.0)]),
        text: rounded(cell.importance.mean, decimals),
    }
}

/// Decimals with which the largest importance has two significant digits; at least two.
pub(super) fn decimals(cells: &[Cell]) -> usize {
    let means = cells.iter().map(|cell| cell.importance.mean.abs());
    let largest = means.fold(f64::MIN_POSITIVE, f64::max);
    (1.0 - largest.log10().floor()).clamp(2.0, 4.0) as usize
}

/// The value without a sign where it rounds to zero.
pub(super) fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let is_zero = text.bytes().all(|byte| b"-0.".contains(&byte));
    with_minus(if is_zero {
        text.trim_start_matches('-')
    } else {
        &text
    })
}

/// Describes the bars or the dots.
#[derive(Debug)]
pub(super) struct CellRecords {
    pub(super) cells: Vec<Cell>,
    /// Points of a mesh or a cloud for each cell.
    pub(super) points_each: usize,
}

impl Describe for CellRecords {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(cell) = self.cells.get(index / self.points_each) else {
            return Vec::new();
        };
        let rho = if cell.rho.is_nan() {
            "undefined (categories have no order)".to_owned()
        } else {
            with_minus(&format!("{:.3}", cell.rho))
        };
        vec![
            ("parameter".to_owned(), cell.parameter.clone()),
            ("metric".to_owned(), cell.metric.clone()),
            (
                "importance".to_owned(),
                with_minus(&format!(
                    "{:.4} ± {:.4}",
                    cell.importance.mean, cell.importance.std
                )),
            ),
            ("Spearman's rho".to_owned(), rho),
            ("runs".to_owned(), cell.runs.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_minus_sign_and_no_negative_zero() {
        let texts = [-0.543, -0.001, 1.204].map(|value| rounded(value, 2));
        assert_eq!(texts, ["−0.54", "0.00", "1.20"]);
    }
}
