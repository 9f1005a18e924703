//! Layers x steps x gradient norm, log height by default; vanishing and exploding cells are flagged.

mod norms;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING, Refine};
use trainscape_run::Run;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{
        ColourBar, LegendEntry, Markers, NodeRecords, Path, PathColour, Scene, Surface, SurfaceWork,
    },
    ticks::format_value,
};

use self::norms::{Norms, Table};
use crate::samples::step_keys;
use crate::{
    Choices, Control, Kind, NotAvailable, Number, Section, Time, View, ViewSettings, axes,
    common::{COLOURS, CONTOURS, FLOOR, LOG_XZ, OPACITY, RANGE, SHADING, SMOOTHING, WIREFRAME, X},
    heights::{colour_range, contour_levels},
    samples::counted,
};
use trainscape_compute::projection::Projector;

/// Columns of the mesh; longer runs keep each bucket's smallest and largest value.
const COLUMNS: usize = 1024;
/// Rows that the refined surface has at least.
const REFINED_ROWS: usize = 128;
/// The mesh averages over one part in so many of its columns by default: noise from batch to batch hides
/// how the layers differ.
const SMOOTHING_SHARE: usize = 64;
/// Rows up to which each gets its own line.
const LINES: usize = 24;

const NEEDS: &str = "needs norms of the gradient by layer: series such as `grad_norm/layers.0.attn` or \
                     gradient histograms (`wandb.watch`, TensorBoard `gradients/…`)";

const PER_PARAMETER: Control = Control {
    name: "per-parameter",
    label: "Per parameter",
    help: "A row for each parameter rather than for each layer.",
    kind: Kind::Switch(Some(false)),
    section: Section::View,
    names_data: false,
    only_with: None,
};

const VANISHING_BELOW: Control = Control {
    name: "vanishing-below",
    label: "Vanishing below",
    help: "Gradient norms below this are flagged as vanishing.",
    kind: Kind::Number(Number::real(Some(1e-6), [1e-300, 1e300]).logarithmic()),
    section: Section::View,
    names_data: false,
    only_with: None,
};

const EXPLODING_ABOVE: Control = Control {
    name: "exploding-above",
    label: "Exploding above",
    help: "Gradient norms above this are flagged as exploding.",
    kind: Kind::Number(Number::real(Some(100.0), [1e-300, 1e300]).logarithmic()),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// Layers x steps x gradient norm.
pub(crate) struct GradientFlow;

impl View for GradientFlow {
    fn name(&self) -> &'static str {
        "gradient-flow"
    }

    fn title(&self) -> &'static str {
        "Gradient flow"
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &PER_PARAMETER,
            &VANISHING_BELOW,
            &EXPLODING_ABOVE,
            &SMOOTHING,
            &X,
            &LOG_XZ,
            &RANGE,
            &COLOURS,
            &SHADING,
            &OPACITY,
            &CONTOURS,
            &WIREFRAME,
            &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Plasma
    }

    fn time(&self) -> Time {
        Time::Clips
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        available(runs, settings)
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        time_range(runs, settings)
    }

    fn choices(&self, runs: &[Arc<Run>], _: &ViewSettings) -> Choices {
        Choices::of(&X, step_keys(runs))
    }
}

fn available(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
    if runs
        .iter()
        .any(|run| settings.draws_run(&run.id) && norms::has_norms(run))
    {
        return Ok(());
    }
    Err(NotAvailable::new(NEEDS.to_owned()))
}

/// Smallest and largest step of the run that is drawn.
fn time_range(runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
    let run = runs
        .iter()
        .find(|run| settings.draws_run(&run.id) && norms::has_norms(run))?;
    norms::time_range(run, settings)
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let mut with_norms = runs
        .iter()
        .filter(|run| settings.draws_run(&run.id) && norms::has_norms(run));
    let run = with_norms
        .next()
        .ok_or_else(|| NotAvailable::new(NEEDS.to_owned()))?;
    let others = with_norms.count();
    let norms = Norms::of_run(run, settings, settings.switch(&PER_PARAMETER));
    let logged = norms.table(COLUMNS);
    let z_log = settings.log(2).unwrap_or(true);
    let window = settings
        .smoothing()
        .unwrap_or(logged.x.len() / SMOOTHING_SHARE)
        .max(1)
        | 1;
    let table = logged.smoothed(window, z_log);
    if table.x.is_empty() || table.rows.is_empty() {
        return Err(NotAvailable::new(
            "no gradient norm lies within the chosen steps".to_owned(),
        ));
    }
    if logged.values.iter().all(|value| value.is_nan()) {
        return Err(NotAvailable::new(
            "the gradient norms are all NaN".to_owned(),
        ));
    }

    let x_axis = axes::axis(settings, 0, "step", Scale::Linear, table.x.iter().copied());
    let row_title = if settings.switch(&PER_PARAMETER) {
        "parameter"
    } else {
        "layer"
    };
    let y_axis = Axis {
        title: row_title.to_owned(),
        scale: Scale::Category(table.rows.clone()),
        low: if table.rows.len() == 1 { -0.5 } else { 0.0 },
        high: if table.rows.len() == 1 {
            0.5
        } else {
            (table.rows.len() - 1) as f64
        },
    };
    let shown = table
        .values
        .iter()
        .copied()
        .filter(|value| value.is_finite());
    let z_axis = axes::rounded_axis(settings, 2, "gradient norm", Scale::Log10, shown);

    let field = field(&table, &x_axis, &y_axis, &z_axis);
    let range = colour_range(&field);
    let map = settings.colours(ColourMap::Plasma);
    let bar_axis = Axis {
        title: "gradient norm".to_owned(),
        scale: z_axis.scale.clone(),
        low: z_axis.value_from_unit(f64::from(range[0])),
        high: z_axis.value_from_unit(f64::from(range[1])),
    };
    let contours = settings
        .contours()
        .then(|| contour_levels(&bar_axis, &z_axis))
        .flatten();
    let (rows, columns) = (table.rows.len(), table.x.len());
    let factor_y = REFINED_ROWS.div_ceil(rows.max(2) - 1).clamp(1, 16) as u32;
    let factor_x = if columns < 256 {
        (256 / columns).clamp(1, 8) as u32
    } else {
        1
    };
    let positions: Vec<[f32; 3]> = field
        .values
        .iter()
        .enumerate()
        .map(|(node, value)| {
            [
                field.x_unit[node % columns],
                field.y_unit[node / columns],
                *value,
            ]
        })
        .collect();
    let records = NodeRecords {
        positions_unit: positions.clone().into(),
        rows: table.rows.clone().into(),
        x: table.x.clone().into(),
        steps: table.x.clone().into(),
        values: logged.values.clone().into(),
        drawn: (window > 1).then(|| (format!("mean of {window}"), table.values.clone().into())),
        value_name: if norms.exact {
            "gradient norm"
        } else {
            "gradient norm (from bins)"
        }
        .to_owned(),
        run_of_row: vec![0; rows].into(),
    };

    // Averages hide what is flagged, so the flags look at what was logged.
    let flags = flags(&logged, settings);
    let mut scene = Scene {
        title: format!("Gradient flow through the {row_title}s of {}", run.name),
        caption: caption(
            run, &norms, &logged, &flags, settings, window, z_log, others,
        ),
        box_aspect: [1.45, 1.15, 0.66],
        default_view: [(-56.0_f32).to_radians(), 33.0_f32.to_radians()],
        keys: BTreeMap::from([("layer_gradient_norm".to_owned(), norms.key_pattern.clone())]),
        runs: vec![run.clone()],
        ..Scene::new([x_axis, y_axis, z_axis])
    };
    if rows <= LINES {
        scene.paths = (0..rows)
            .filter_map(|row| line_of_row(&table.rows[row], row, columns, &positions, &field))
            .collect();
    }
    for (name, colour, nodes) in [
        ("vanishing", Colour::hex(0x2b8cff), &flags.vanishing),
        ("exploding", Colour::hex(0xe02020), &flags.exploding),
    ] {
        let positions_unit: Arc<[[f32; 3]]> = nodes
            .iter()
            .map(|&node| {
                let [x, y, z] = positions[node];
                // What has no height (zero, infinity) is flagged at the end of the axis it lies beyond.
                let beyond = if name == "exploding" { 1.0 } else { 0.0 };
                [
                    x,
                    y,
                    if field.support[node] > MISSING {
                        z
                    } else {
                        beyond
                    },
                ]
            })
            .collect();
        if !positions_unit.is_empty() {
            scene.legend.push(LegendEntry {
                label: name.to_owned(),
                colour: Some(colour),
                dot: true,
            });
            let outline = Some(Colour::hex(0xffffff));
            let name = name.to_owned();
            scene.markers.push(Markers {
                steps: Arc::new([]),
                name,
                positions_unit,
                colour,
                diameter_pt: 3.2,
                outline,
            });
        }
    }
    if rows >= 2 && columns >= 2 {
        scene.surfaces.push(Surface {
            work: SurfaceWork::Refine(Refine {
                nodes: Arc::new(field),
                factor_x,
                factor_y,
            }),
            map,
            colour_range: range,
            shading: settings.shading(),
            contours,
            wireframe: settings.wireframe(),
            floor_projection: settings.floor(false),
            opacity: settings.opacity(1.0),
            records: Some(records),
        });
        scene.colour_bar = Some(ColourBar {
            axis: bar_axis,
            map,
        });
    }
    Ok(scene)
}

/// Nodes of the table that count as vanishing or exploding.
struct Flags {
    vanishing: Vec<usize>,
    exploding: Vec<usize>,
}

fn flags(table: &Table, settings: &ViewSettings) -> Flags {
    let vanishing_below = settings.number(&VANISHING_BELOW);
    let exploding_above = settings.number(&EXPLODING_ABOVE);
    let which = |test: &dyn Fn(f64) -> bool| {
        let nodes = table.values.iter().enumerate();
        nodes
            .filter(|(_, value)| test(**value))
            .map(|(node, _)| node)
            .collect()
    };
    Flags {
        vanishing: which(&|value| value < vanishing_below),
        exploding: which(&|value| value > exploding_above),
    }
}

fn field(table: &Table, x: &Axis, y: &Axis, z: &Axis) -> Field {
    let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).map(|unit| unit as f32);
    let heights: Vec<Option<f32>> = table.values.iter().map(|value| unit(z, *value)).collect();
    Field {
        x_unit: table
            .x
            .iter()
            .map(|x_value| unit(x, *x_value).unwrap_or(0.0))
            .collect(),
        y_unit: (0..table.rows.len())
            .map(|row| unit(y, row as f64).unwrap_or(0.5))
            .collect(),
        values: heights.iter().map(|height| height.unwrap_or(0.0)).collect(),
        support: heights
            .iter()
            .map(|h| if h.is_some() { 1.0 } else { MISSING })
            .collect(),
    }
}

/// The measured nodes of a row as a line, so that they can be told from what lies between rows.
fn line_of_row(
    name: &str,
    row: usize,
    columns: usize,
    positions: &[[f32; 3]],
    field: &Field,
) -> Option<Path> {
    let nodes = row * columns..(row + 1) * columns;
    let mut strips = Vec::new();
    let mut start = None;
    for (column, node) in nodes.clone().enumerate() {
        let present = field.support[node] > MISSING;
        match (present, start) {
            (true, None) => start = Some(column as u32),
            (false, Some(from)) => {
                strips.push(from..column as u32);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        strips.push(from..columns as u32);
    }
    (!strips.is_empty()).then(|| Path {
        name: name.to_owned(),
        positions_unit: positions[nodes].into(),
        strips,
        colour: PathColour::Quiet,
        width_pt: 0.4,
        series_key: name.into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    })
}

fn caption(
    run: &Run,
    norms: &Norms,
    table: &Table,
    flags: &Flags,
    settings: &ViewSettings,
    window: usize,
    z_log: bool,
    others: usize,
) -> String {
    let rows = if settings.switch(&PER_PARAMETER) {
        counted(table.rows.len(), "parameter")
    } else {
        format!(
            "{} (root of the summed squares of their parameters)",
            counted(table.rows.len(), "layer")
        )
    };
    let mut caption = format!(
        "L2 norm of the gradient of {rows}, from {} of run {}; {} at {}, interpolated between rows.",
        norms.key_pattern,
        run.name,
        counted(norms.cells, "value"),
        counted(norms.steps, "step"),
    );
    if window > 1 {
        let mean = if z_log { "geometric mean" } else { "mean" };
        let what = if table.thinned { "columns" } else { "steps" };
        caption += &format!(
            " Each point is the centred {mean} over {window} {what}; flags look at single values."
        );
    }
    if !norms.exact {
        caption += " W&B histograms hold bins only, so the norms are estimates.";
    }
    let share = |nodes: &[usize], what: &str, threshold: String| {
        if nodes.is_empty() {
            return format!("no {what} cell ({threshold})");
        }
        let (row, column) = (nodes[0] / table.x.len(), nodes[0] % table.x.len());
        format!(
            "{} {what} ({threshold}), first {} at step {}",
            counted(nodes.len(), "cell"),
            table.rows[row],
            format_value(table.x[column])
        )
    };
    caption += &format!(
        " Flags: {}; {}.",
        share(
            &flags.vanishing,
            "vanishing",
            format!("< {}", format_value(settings.number(&VANISHING_BELOW)))
        ),
        share(
            &flags.exploding,
            "exploding",
            format!("> {}", format_value(settings.number(&EXPLODING_ABOVE)))
        ),
    );
    if table.thinned {
        caption += &format!(
            " {} steps drawn in {} buckets of which each keeps its smallest and its largest value.",
            trainscape_scene::ticks::group_thousands(&norms.steps.to_string()),
            table.x.len() / 2
        );
    }
    if others > 0 {
        caption += &format!(
            " It draws one run, the first of those chosen: {} with gradient norms not shown.",
            counted(others, "other run")
        );
    }
    caption.replace('`', "")
}
