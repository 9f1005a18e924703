//! How much each configuration value explains of a sweep's final metrics.

mod forest;
mod table;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{ColourBar, Describe, Path, PathColour, PointLabel, Scene},
    ticks::format_value,
};

use self::{
    forest::{Explained, FORESTS, SHUFFLES, TREES},
    table::{Metric, Parameter},
};
use crate::{
    Choices, Control, Kind, NotAvailable, Remedy, Section, Time, View, ViewSettings, axes,
    boxes::{self, Bar},
    common::{COLOURS, OPACITY, RANGE, SHADING},
    samples::counted,
};
use trainscape_compute::projection::Projector;

const NEEDS: &str = "needs three runs or more that differ in their configuration and have a loss, a reward or an \
    accuracy: open the folder of a sweep";

/// Below so many runs the numbers say little.
const FEW_RUNS: usize = 10;

/// More parameters than these, by importance, are not drawn.
const MAX_PARAMETERS: usize = 14;

/// Bars up to this number carry their value.
const MAX_LABELS: usize = 16;

/// Half of a bar's width, of the distance between two.
const HALF_WIDTH: f64 = 0.3;

/// A sweep as a table.
struct Sweep {
    runs: Vec<Arc<Run>>,
    parameters: Vec<Parameter>,
    metrics: Vec<Metric>,
    /// Keys of texts that differ in every run.
    names: Vec<String>,
}

fn drawn<'a>(runs: &'a [Arc<Run>], settings: &ViewSettings) -> Vec<&'a Arc<Run>> {
    runs.iter()
        .filter(|run| settings.draws_run(&run.id))
        .collect()
}

fn sweep(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Sweep, NotAvailable> {
    let drawn = drawn(runs, settings);
    let unavailable = |why: String| {
        Err(NotAvailable::new(format!("{NEEDS}; {why}")).remedied_by(Remedy::OpenFolder))
    };
    if drawn.len() < 3 {
        return unavailable(match drawn.len() {
            1 => "here is one run".to_owned(),
            count => format!("here are {count} runs"),
        });
    }
    let (parameters, names) = table::parameters(&drawn);
    if parameters.is_empty() {
        return unavailable(format!(
            "no configuration value differs between the {} runs",
            drawn.len()
        ));
    }
    let metrics = table::metrics(&drawn, settings.keys(&METRICS))?;
    let enough = |metric: &Metric| {
        metric
            .finals
            .iter()
            .filter(|value| value.is_finite())
            .count()
            >= 3
    };
    let metrics: Vec<Metric> = metrics.into_iter().filter(enough).collect();
    if metrics.is_empty() {
        return unavailable("fewer than three of the runs have a final value".to_owned());
    }
    Ok(Sweep {
        runs: drawn.into_iter().cloned().collect(),
        parameters,
        metrics,
        names,
    })
}

const METRICS: Control = Control {
    name: "metrics",
    label: "Metrics",
    help: "The metrics that are explained.",
    kind: Kind::Keys,
    section: Section::View,
    names_data: true,
    only_with: None,
};

/// How much each configuration value explains of a metric.
pub(crate) struct Importance;

impl View for Importance {
    fn name(&self) -> &'static str {
        "importance"
    }

    fn title(&self) -> &'static str {
        "Importance"
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[&METRICS, &RANGE, &COLOURS, &SHADING, &OPACITY]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Coolwarm
    }

    fn time(&self) -> Time {
        Time::Static
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        sweep(runs, settings).map(|_| ())
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
        Choices::of(&METRICS, table::candidates(&drawn(runs, settings)))
    }
}

/// One bar.
#[derive(Clone, Debug)]
struct Cell {
    /// Index of the parameter, and of the metric.
    at: [usize; 2],
    parameter: String,
    metric: String,
    importance: forest::Importance,
    /// NaN where categories have no order.
    rho: f64,
    runs: usize,
}

#[derive(Debug)]
struct Cells(Vec<Cell>);

impl Describe for Cells {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(cell) = self.0.get(index / boxes::CORNERS) else {
            return Vec::new();
        };
        let rho = if cell.rho.is_nan() {
            "none (categories have no order)".to_owned()
        } else {
            format!("{:.3}", cell.rho)
        };
        vec![
            ("parameter".to_owned(), cell.parameter.clone()),
            ("metric".to_owned(), cell.metric.clone()),
            (
                "importance".to_owned(),
                format!("{:.4} ± {:.4}", cell.importance.mean, cell.importance.std),
            ),
            ("Spearman's rho".to_owned(), rho),
            ("runs".to_owned(), cell.runs.to_string()),
        ]
    }
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let mut sweep = sweep(runs, settings)?;
    let mut explained: Vec<(usize, Arc<Explained>, Vec<f64>)> = Vec::new();
    for (index, metric) in sweep.metrics.iter().enumerate() {
        let rows: Vec<usize> = (0..metric.finals.len())
            .filter(|&row| metric.finals[row].is_finite())
            .collect();
        let finals: Vec<f64> = rows.iter().map(|&row| metric.finals[row]).collect();
        let columns: Vec<Vec<f64>> = sweep
            .parameters
            .iter()
            .map(|parameter| rows.iter().map(|&row| parameter.values[row]).collect())
            .collect();
        if let Some(found) = forest::explain(&columns, &finals) {
            let rho = |(parameter, column): (&Parameter, &Vec<f64>)| {
                // Three kinds or more stand in no order.
                if parameter.categories.len() > 2 {
                    f64::NAN
                } else {
                    forest::spearman(column, &finals)
                }
            };
            let rhos = sweep.parameters.iter().zip(&columns).map(rho).collect();
            explained.push((index, found, rhos));
        }
    }
    if explained.is_empty() {
        return Err(
            NotAvailable::new(format!("{NEEDS}; all runs end at the same value"))
                .remedied_by(Remedy::OpenFolder),
        );
    }
    // The most important first.
    let mut order: Vec<usize> = (0..sweep.parameters.len()).collect();
    let total = |parameter: usize| -> f64 {
        explained
            .iter()
            .map(|(_, found, _)| found.importances[parameter].mean)
            .sum()
    };
    order.sort_by(|&a, &b| total(b).total_cmp(&total(a)));
    let left = order.split_off(order.len().min(MAX_PARAMETERS)).len();
    let mut cells = Vec::new();
    for (row, (metric, found, rhos)) in explained.iter().enumerate() {
        for (column, &parameter) in order.iter().enumerate() {
            let metric = &sweep.metrics[*metric];
            cells.push(Cell {
                at: [column, row],
                parameter: sweep.parameters[parameter].key.clone(),
                metric: metric.key.clone(),
                importance: found.importances[parameter],
                rho: rhos[parameter],
                runs: metric
                    .finals
                    .iter()
                    .filter(|value| value.is_finite())
                    .count(),
            });
        }
    }
    let r_squared: Vec<(String, f64)> = explained
        .iter()
        .map(|(metric, found, _)| (sweep.metrics[*metric].key.clone(), found.r_squared))
        .collect();
    let kept: Vec<Metric> = explained
        .iter()
        .map(|(metric, ..)| sweep.metrics[*metric].clone())
        .collect();
    sweep.metrics = kept;
    sweep.parameters = order
        .iter()
        .map(|&index| sweep.parameters[index].clone())
        .collect();
    Ok(scene(&sweep, cells, &r_squared, left, settings))
}

fn scene(
    sweep: &Sweep,
    cells: Vec<Cell>,
    r_squared: &[(String, f64)],
    left: usize,
    settings: &ViewSettings,
) -> Scene {
    let category = |title: &str, names: Vec<String>| Axis {
        title: title.to_owned(),
        low: -0.6,
        high: names.len() as f64 - 0.4,
        scale: Scale::Category(names),
    };
    let parameters: Vec<String> = sweep
        .parameters
        .iter()
        .map(|parameter| parameter.key.clone())
        .collect();
    let metrics: Vec<String> = sweep
        .metrics
        .iter()
        .map(|metric| metric.key.clone())
        .collect();
    let (columns, rows) = (parameters.len(), metrics.len());
    let ends = cells.iter().flat_map(|cell| {
        let found = cell.importance;
        [0.0, found.mean - found.std, found.mean + found.std]
    });
    let z_axis = Axis::spanning("importance", Scale::Linear, ends).rounded_outward();
    let z_axis = axes::in_range(settings, 2, z_axis);
    let axes = [
        category("parameter", parameters),
        category("metric", metrics),
        z_axis,
    ];
    let mut scene = Scene::new(axes);
    let side = |count: usize| (0.4 + 0.22 * count as f32).clamp(0.55, 1.7);
    scene.box_aspect = [side(columns), side(rows), 0.8];
    let map = settings.colours(ColourMap::Coolwarm);
    let [x_axis, y_axis, z_axis] = scene.axes.clone();
    let unit =
        |axis: &Axis, value: f64| axis.unit_from_value(value).unwrap_or(0.0).clamp(0.0, 1.0) as f32;
    let bars: Vec<Bar> = cells
        .iter()
        .map(|cell| {
            let [x, y] = cell.at.map(|at| at as f64);
            let (low, high) = (cell.importance.mean.min(0.0), cell.importance.mean.max(0.0));
            Bar {
                low_unit: [
                    unit(&x_axis, x - HALF_WIDTH),
                    unit(&y_axis, y - HALF_WIDTH),
                    unit(&z_axis, low),
                ],
                high_unit: [
                    unit(&x_axis, x + HALF_WIDTH),
                    unit(&y_axis, y + HALF_WIDTH),
                    unit(&z_axis, high),
                ],
                value: if cell.rho.is_nan() {
                    0.5
                } else {
                    (cell.rho as f32 + 1.0) / 2.0
                },
            }
        })
        .collect();
    for cell in &cells {
        let [x, y] = cell.at.map(|at| at as f64);
        let (low, high) = (
            cell.importance.mean - cell.importance.std,
            cell.importance.mean + cell.importance.std,
        );
        let point = |x: f64, z: f64| [unit(&x_axis, x), unit(&y_axis, y), unit(&z_axis, z)];
        let cap = HALF_WIDTH * 0.4;
        scene.paths.push(Path {
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
        });
        if cells.len() <= MAX_LABELS {
            scene.labels.push(PointLabel {
                position_unit: point(x, high.max(0.0)),
                text: two_digits(cell.importance.mean),
            });
        }
    }
    scene.colour_bar = Some(ColourBar {
        axis: Axis {
            title: "Spearman's rho".to_owned(),
            scale: Scale::Linear,
            low: -1.0,
            high: 1.0,
        },
        map,
    });
    scene.title = "What explains the final metrics".to_owned();
    scene.caption = caption(sweep, r_squared, left, &cells);
    scene.keys = sweep
        .metrics
        .iter()
        .enumerate()
        .map(|(index, metric)| (format!("metric {}", index + 1), metric.key.clone()))
        .collect::<BTreeMap<_, _>>();
    scene.runs = sweep.runs.clone();
    let records = Arc::new(Cells(cells));
    let opacity = settings.opacity(1.0);
    scene.meshes.push(boxes::mesh(
        "importance",
        &bars,
        map,
        settings.shading(),
        opacity,
        Some(records),
    ));
    scene
}

/// Two digits after the point, without a sign where that leaves nothing.
fn two_digits(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" {
        return "0.00".to_owned();
    }
    text
}

fn caption(sweep: &Sweep, r_squared: &[(String, f64)], left: usize, cells: &[Cell]) -> String {
    let runs = sweep.runs.len();
    let mut text = format!(
        "{}: how much R² falls when one configuration value is shuffled between the runs ({FORESTS} random forests of \
         {TREES} trees, {SHUFFLES} shuffles each; bars are means, lines standard deviations). Colour: Spearman's rank \
         correlation of the value with the metric.",
        counted(runs, "run"),
    );
    let fits: Vec<String> = r_squared
        .iter()
        .map(|(key, r_squared)| format!("{key} {}", format_value((r_squared * 1e3).round() / 1e3)))
        .collect();
    text += &format!(" R² of the forests on these runs: {}.", fits.join(", "));
    if cells.iter().any(|cell| cell.runs < FEW_RUNS) {
        text += &format!(" Fewer than {FEW_RUNS} runs: read this as a hint, not as a result.");
    }
    if sweep.parameters.len() == 1 {
        text += " Only one value differs, so it explains whatever can be explained.";
    }
    for metric in &sweep.metrics {
        let mut parts = Vec::new();
        if metric.missing > 0 {
            parts.push(format!("{} without it", metric.missing));
        }
        if metric.diverged > 0 {
            parts.push(format!("{} that ended at no finite value", metric.diverged));
        }
        if !parts.is_empty() {
            text += &format!(
                " {}: runs left out are {}.",
                metric.key,
                parts.join(" and ")
            );
        }
    }
    let categories: Vec<&str> = sweep
        .parameters
        .iter()
        .filter(|parameter| !parameter.categories.is_empty())
        .map(|parameter| parameter.key.as_str())
        .collect();
    if !categories.is_empty() {
        text += &format!(
            " Texts are numbered in order of their names ({}); with three kinds or more they have no correlation and are grey.",
            categories.join(", ")
        );
    }
    for parameter in sweep
        .parameters
        .iter()
        .filter(|parameter| parameter.missing > 0)
    {
        text += &format!(
            " {}: {} without a value stand at the middle one.",
            parameter.key,
            counted(parameter.missing, "run")
        );
    }
    if !sweep.names.is_empty() {
        text += &format!(
            " Left out as names (different in every run): {}.",
            sweep.names.join(", ")
        );
    }
    if left > 0 {
        text += &format!(
            " {} of less importance not shown.",
            counted(left, "other parameter")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Config, ConfigValue, Point, Role, Series};

    use super::*;

    /// Runs whose loss is their learning rate.
    fn runs() -> Vec<Arc<Run>> {
        let run = |index: usize| {
            let id = format!("r{index}");
            let mut run = Run::new(id.as_str(), id.as_str(), id.clone().into());
            let rate = index as f64;
            let config = [("lr".to_owned(), ConfigValue::Float(rate))];
            run.config = Arc::new(config.into_iter().collect::<Config>());
            let mut series = Series::new("loss");
            series.push(Point {
                step: 1.into(),
                wall_time_secs: None,
                value: rate,
            });
            run.series.insert("loss".into(), Arc::new(series));
            run.roles.insert("loss".into(), Role::Loss);
            Arc::new(run)
        };
        (0..12).map(run).collect()
    }

    #[test]
    fn bars_keep_their_heights_in_a_range_with_an_open_end() {
        let mut settings = ViewSettings::default();
        settings.set_ranges([None, None, Some([f64::NEG_INFINITY, 0.5])]);
        let scene = build(&runs(), &settings).unwrap();
        let z_axis = &scene.axes[2];
        assert!(z_axis.low.is_finite() && z_axis.high == 0.5, "{z_axis:?}");
        let heights = scene.meshes[0].positions_unit.iter().map(|at| at[2]);
        let highest = heights.fold(0.0, f32::max);
        assert_eq!(highest, 1.0, "the bar reaches the top of the axis");
    }
}
