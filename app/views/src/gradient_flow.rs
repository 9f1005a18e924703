//! Gradient norms by layer and step, on a logarithmic axis by default; vanishing and exploding cells are flagged.

mod norms;
mod step_columns;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING, Refine, projection::Projector};
use trainscape_run::{ArrayKind, Run};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{
        ColourBar, LegendEntry, LegendMark, Markers, NodeRecords, Path, PathColour, Scene, Surface,
        SurfaceWork,
    },
    ticks::{format_value, group_thousands},
};

use self::{
    norms::{NormTable, Norms},
    step_columns::StepColumns,
};
use crate::{
    Choices, Control, Kind, NotAvailable, Number, Section, Time, View, ViewSettings, axes,
    caption::Caption,
    common::{COLOURS, CONTOURS, FLOOR, LOG_XZ, OPACITY, RANGE, SHADING, SMOOTHING, WIREFRAME, X},
    heights::{colour_range, contour_levels},
    run_rows,
    samples::{counted, counted_are, verb},
    symbol::Symbol,
    x_lookup::step_keys,
};

/// Columns of the mesh; longer runs are drawn by the smallest and largest value of each bucket of steps.
const COLUMNS: usize = 1024;
/// Half the width of a row's strip; between strips nothing is drawn, because layers have no values between them.
const HALF_STRIP: f64 = 0.45;
/// The mesh averages over at most the number of its columns divided by this: batch noise hides how the layers differ.
const COLUMNS_PER_SMOOTHED: usize = 20;
/// The largest number of rows that are drawn as lines.
const MOST_LINES: usize = 24;

const NEEDS: &str = "needs norms of the gradient by layer: series such as `grad_norm/layers.0.attn` or \
                     gradient histograms (`wandb.watch`, TensorBoard `gradients/…`)";

const PER_PARAMETER: Control = Control {
    name: "per-parameter",
    label: "Per parameter",
    help: "One row per parameter instead of one per layer; by default where fewer than half of the layers have several.",
    kind: Kind::Switch(None),
    section: Section::View,
    names_data: false,
    only_with: None,
};

const VANISHING_BELOW: Control = Control {
    name: "vanishing-below",
    label: "Vanishing below",
    help: "Gradient norms below this are flagged as vanishing.",
    kind: Kind::Number(
        Number::real(Some(1e-6), [0.0, 1e300])
            .usually([1e-12, 1e6])
            .logarithmic(),
    ),
    section: Section::View,
    names_data: false,
    only_with: None,
};

const EXPLODING_ABOVE: Control = Control {
    name: "exploding-above",
    label: "Exploding above",
    help: "Gradient norms above this are flagged as exploding.",
    kind: Kind::Number(
        Number::real(Some(100.0), [0.0, 1e300])
            .usually([1e-12, 1e6])
            .logarithmic(),
    ),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// The view of gradient norms by layer and step.
pub(crate) struct GradientFlow;

impl View for GradientFlow {
    fn name(&self) -> &'static str {
        "gradient-flow"
    }

    fn title(&self) -> &'static str {
        "Gradient flow"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Layers
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
    let flow = Flow::select(runs, settings)?;
    let axes = flow.axes();
    let nodes = Nodes::of(&flow.table, &axes);
    // Averages hide what is flagged, so the flags use the logged values.
    let flags = flags(&flow.logged, settings);
    let mut scene = Scene {
        title: format!(
            "Gradient norm by {} and {}, {}",
            flow.row_title(),
            flow.columns.title,
            flow.run.name
        ),
        caption: flow.caption(&flags),
        box_aspect: [1.45, 1.15, 0.66],
        default_view: [(-56.0_f32).to_radians(), 33.0_f32.to_radians()],
        keys: BTreeMap::from([(
            "layer_gradient_norm".to_owned(),
            flow.norms.key_pattern.clone(),
        )]),
        runs: vec![flow.run.clone()],
        ..Scene::new(axes)
    };
    let rows = flow.table.rows.len();
    if rows <= MOST_LINES {
        scene.paths = (0..rows)
            .filter_map(|row| line_of_row(&flow.table.rows[row], row, &nodes))
            .collect();
    }
    add_flags(&mut scene, &nodes, &flags);
    if flow.has_surface() {
        flow.add_surface(&mut scene, &nodes);
    }
    scene.choose(PER_PARAMETER.name, flow.per_parameter);
    scene.choose(SMOOTHING.name, flow.window);
    Ok(scene)
}

/// The selected data.
struct Flow<'a> {
    settings: &'a ViewSettings,
    run: &'a Arc<Run>,
    /// Other drawn runs that have gradient norms.
    others: usize,
    /// Whether each parameter has a row of its own.
    per_parameter: bool,
    norms: Norms,
    /// Where the steps stand along x.
    columns: StepColumns,
    /// The norms as logged.
    logged: NormTable,
    /// The norms as drawn: smoothed.
    table: NormTable,
    /// Points in the moving average.
    window: usize,
    /// Whether the average is that of logarithms.
    geometric: bool,
}

impl<'a> Flow<'a> {
    fn select(runs: &'a [Arc<Run>], settings: &'a ViewSettings) -> Result<Self, NotAvailable> {
        let mut with_norms = runs
            .iter()
            .filter(|run| settings.draws_run(&run.id) && norms::has_norms(run));
        let run = with_norms
            .next()
            .ok_or_else(|| NotAvailable::new(NEEDS.to_owned()))?;
        let per_parameter = settings
            .chosen_switch(&PER_PARAMETER)
            .unwrap_or_else(|| norms::is_uneven(run));
        let norms = Norms::of_run(run, settings, per_parameter);
        let columns = norms.columns(run, settings)?;
        let logged = norms.table(&columns, COLUMNS);
        let geometric = settings.log(2).unwrap_or(true);
        let window = settings
            .smoothing()
            .unwrap_or_else(|| logged.window(logged.x.len() / COLUMNS_PER_SMOOTHED))
            .max(1)
            | 1;
        let table = logged.smoothed(window, geometric);
        if table.x.is_empty() || table.rows.is_empty() {
            return Err(NotAvailable::new(
                "no gradient norm is within the chosen steps".to_owned(),
            ));
        }
        if logged.values.iter().all(|value| value.is_nan()) {
            return Err(NotAvailable::new(
                "the gradient norms are all NaN".to_owned(),
            ));
        }
        Ok(Self {
            settings,
            run,
            others: with_norms.count(),
            per_parameter,
            norms,
            columns,
            logged,
            table,
            window,
            geometric,
        })
    }

    fn has_surface(&self) -> bool {
        self.table.x.len() >= 2
    }

    fn row_title(&self) -> &'static str {
        if self.per_parameter {
            "parameter"
        } else {
            "layer"
        }
    }

    fn axes(&self) -> [Axis; 3] {
        let (table, settings) = (&self.table, self.settings);
        let StepColumns { title, scale, .. } = &self.columns;
        let x_axis = axes::axis(settings, 0, title, scale.clone(), table.x.iter().copied());
        let y_axis = Axis {
            title: self.row_title().to_owned(),
            scale: Scale::Category(table.rows.clone()),
            low: -0.5,
            high: table.rows.len() as f64 - 0.5,
        };
        let shown = table
            .values
            .iter()
            .copied()
            .filter(|value| value.is_finite());
        let z_axis = axes::rounded_axis(settings, 2, "gradient norm", Scale::Log10, shown);
        [x_axis, y_axis, z_axis]
    }

    fn add_surface(&self, scene: &mut Scene, nodes: &Nodes) {
        let settings = self.settings;
        let z_axis = &scene.axes[2];
        let range = colour_range(&nodes.field);
        let map = settings.colours(ColourMap::Plasma);
        let bar_axis = Axis {
            title: "gradient norm".to_owned(),
            scale: z_axis.scale.clone(),
            low: z_axis.value_from_unit(f64::from(range[0])),
            high: z_axis.value_from_unit(f64::from(range[1])),
        };
        let contours = settings
            .contours()
            .then(|| contour_levels(&bar_axis, z_axis))
            .flatten();
        let columns = self.table.x.len();
        let factor_x = if columns < 256 {
            (256 / columns).clamp(1, 8) as u32
        } else {
            1
        };
        scene.surfaces.push(Surface {
            work: SurfaceWork::Refine(Refine {
                nodes: Arc::new(strips(&nodes.field, &scene.axes[1])),
                factor_x,
                factor_y: 1,
            }),
            map,
            colour_range: range,
            shading: settings.shading(),
            contours,
            wireframe: settings.wireframe(),
            floor_projection: settings.floor(false),
            opacity: settings.opacity(1.0),
            records: Some(self.records(&nodes.positions)),
        });
        scene.colour_bar = Some(ColourBar {
            axis: bar_axis,
            map,
        });
    }

    fn records(&self, positions: &[[f32; 3]]) -> NodeRecords {
        let (table, window) = (&self.table, self.window);
        let value_name = if self.norms.exact {
            "gradient norm"
        } else {
            "gradient norm (from bins)"
        };
        NodeRecords {
            positions_unit: positions.into(),
            rows: table.rows.clone().into(),
            x: table.x.clone().into(),
            steps: table.steps.clone().into(),
            values: self.logged.values.clone().into(),
            drawn: (window > 1).then(|| (format!("mean of {window}"), table.values.clone().into())),
            value_name: value_name.to_owned(),
            run_of_row: vec![0; table.rows.len()].into(),
        }
    }

    fn caption(&self, flags: &Flags) -> String {
        let Self {
            norms,
            columns,
            logged: table,
            window,
            others,
            ..
        } = self;
        let rows = if self.per_parameter {
            counted(table.rows.len(), "parameter")
        } else {
            format!(
                "{} (root of the summed squares of their parameters)",
                counted(table.rows.len(), "layer")
            )
        };
        let row_title = self.row_title();
        let kinds = self.run.array_kinds.iter();
        let derived: Vec<String> = kinds
            .filter(|(_, kind)| **kind == ArrayKind::Gradients)
            .map(|(key, _)| format!("the array {key}"))
            .collect();
        Caption::new(format!(
            "L2 norm of the gradient by {row_title} and step for run {}, from {}: {} of {rows} at {}",
            self.run.name,
            norms.key_pattern,
            counted(norms.cells, "value"),
            counted(norms.steps, "step"),
        ))
        .sentence_if(columns.is_other() && columns.without_x > 0, || {
            let title = &columns.title;
            format!(
                "{} left out: without a value of `{title}` so far",
                counted_are(columns.without_x, "step")
            )
        })
        .sentence_if(columns.with_same_x > 0, || {
            format!(
                "{} left out: a later one has the same `{}`",
                counted_are(columns.with_same_x, "step"),
                columns.title
            )
        })
        .sentence_if(!derived.is_empty(), || {
            format!("Derived from {}, which the mapping calls gradients", derived.join(", "))
        })
        .sentence_if(self.has_surface(), || {
            format!("One strip per {row_title}; nothing is interpolated between them")
        })
        .sentence_if(
            self.per_parameter && self.settings.chosen_switch(&PER_PARAMETER).is_none(),
            || "Layers are unfolded into their parameters: fewer than half of them have several",
        )
        .sentence_if(*window > 1, || {
            let mean = if self.geometric {
                "geometric means"
            } else {
                "means"
            };
            let what = if table.thinned { "columns" } else { "steps" };
            format!(
                "Values are centred {mean} over {window} {what}{}, none across a gap; flags use unsmoothed values",
                run_rows::chosen_text(self.settings)
            )
        })
        .sentence_if(!norms.exact, || {
            "W&B histograms store only bins, so the norms are estimates"
        })
        .sentence_if(table.thinned, || {
            format!(
                "The {} steps are drawn in {} buckets, each by its smallest and largest value",
                group_thousands(&norms.steps.to_string()),
                table.x.len() / 2
            )
        })
        .sentence(flags.text(table, self.settings))
        .sentence_if(!flags.not_a_number.is_empty(), || {
            format!(
                "NaN was logged in {} (dots at the floor)",
                counted(flags.not_a_number.len(), "cell")
            )
        })
        .sentence_if(*others > 0, || {
            format!(
                "Only the first selected run is drawn; {} with gradient norms {} not shown",
                counted(*others, "other run"),
                verb(*others)
            )
        })
        .into_text()
    }
}

/// The nodes of the table in the unit box, row-major.
struct Nodes {
    field: Field,
    positions: Vec<[f32; 3]>,
}

impl Nodes {
    fn of(table: &NormTable, axes: &[Axis; 3]) -> Self {
        let field = field(table, axes);
        let columns = table.x.len();
        let positions = field
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
        Self { field, positions }
    }
}

/// Nodes of the table that are flagged as vanishing or exploding.
struct Flags {
    vanishing: Vec<usize>,
    exploding: Vec<usize>,
    not_a_number: Vec<usize>,
}

fn flags(table: &NormTable, settings: &ViewSettings) -> Flags {
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
        not_a_number: table.not_a_number.clone(),
    }
}

impl Flags {
    /// The caption's sentences.
    fn text(&self, table: &NormTable, settings: &ViewSettings) -> String {
        let cells = |nodes: &[usize]| {
            let Some(first) = nodes.first() else {
                return "no cells".to_owned();
            };
            let (row, column) = (first / table.x.len(), first % table.x.len());
            format!(
                "{}, first {} at step {}",
                counted(nodes.len(), "cell"),
                table.rows[row],
                format_value(table.steps[column])
            )
        };
        let [low, high] = [&VANISHING_BELOW, &EXPLODING_ABOVE]
            .map(|control| format_value(settings.number(control)));
        if self.vanishing.is_empty() && self.exploding.is_empty() {
            return format!("No cell is vanishing (< {low}) or exploding (> {high})");
        }
        format!(
            "Vanishing (< {low}): {}. Exploding (> {high}): {}",
            cells(&self.vanishing),
            cells(&self.exploding),
        )
    }
}

/// Adds the markers of flagged nodes and their legend.
fn add_flags(scene: &mut Scene, nodes: &Nodes, flags: &Flags) {
    // A node without a height (zero, infinity) is flagged at the end of the axis that it is beyond.
    for (name, colour, flagged, beyond) in [
        ("vanishing", Colour::hex(0x2b8cff), &flags.vanishing, 0.0),
        ("exploding", Colour::hex(0xe02020), &flags.exploding, 1.0),
        ("NaN", Colour::hex(0xb5179e), &flags.not_a_number, 0.0),
    ] {
        if flagged.is_empty() {
            continue;
        }
        let position = |&node: &usize| {
            let [x, y, z] = nodes.positions[node];
            let has_height = nodes.field.support[node] > MISSING;
            [x, y, if has_height { z } else { beyond }]
        };
        scene.legend.push(LegendEntry {
            label: name.to_owned(),
            colour: Some(colour),
            mark: LegendMark::Dot,
        });
        scene.markers.push(Markers {
            records: None,
            steps: Arc::new([]),
            name: name.to_owned(),
            positions_unit: flagged.iter().map(position).collect(),
            colour,
            diameter_pt: 3.2,
            outline: Some(Colour::hex(0xffffff)),
        });
    }
}

fn field(table: &NormTable, [x, y, z]: &[Axis; 3]) -> Field {
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

/// The nodes of each row twice, at the edges of its strip, with missing nodes between strips.
fn strips(field: &Field, y: &Axis) -> Field {
    let columns = field.x_unit.len();
    let rows = field.y_unit.len();
    let unit = |y_value: f64| y.unit_from_value(y_value).unwrap_or(0.5) as f32;
    let mut strips = Field {
        x_unit: field.x_unit.clone(),
        y_unit: Vec::with_capacity(3 * rows),
        values: Vec::with_capacity(3 * rows * columns),
        support: Vec::with_capacity(3 * rows * columns),
    };
    for row in 0..rows {
        let nodes = row * columns..(row + 1) * columns;
        for edge in [-HALF_STRIP, HALF_STRIP] {
            strips.y_unit.push(unit(row as f64 + edge));
            strips.values.extend(&field.values[nodes.clone()]);
            strips.support.extend(&field.support[nodes.clone()]);
        }
        if row + 1 < rows {
            strips.y_unit.push(unit(row as f64 + 0.5));
            strips.values.extend(&field.values[nodes.clone()]);
            strips.support.extend(std::iter::repeat_n(MISSING, columns));
        }
    }
    strips
}

/// The measured nodes of a row as a line.
fn line_of_row(name: &str, row: usize, Nodes { field, positions }: &Nodes) -> Option<Path> {
    let columns = field.x_unit.len();
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
        colour: PathColour::Muted,
        width_pt: 0.4,
        series_key: name.into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_have_their_rows_values_and_nothing_between_them() {
        let y = Axis {
            title: "layer".to_owned(),
            scale: Scale::Linear,
            low: -0.5,
            high: 1.5,
        };
        let field = Field {
            x_unit: vec![0.0, 1.0],
            y_unit: vec![0.25, 0.75],
            values: vec![0.1, 0.2, 0.8, 0.9],
            support: vec![1.0, 1.0, MISSING, 1.0],
        };
        let strips = strips(&field, &y);
        let wanted = [0.025, 0.475, 0.5, 0.525, 0.975];
        let near = |(a, b): (&f32, f32)| (a - b).abs() < 1e-6;
        assert!(strips.y_unit.iter().zip(wanted).all(near), "{strips:?}");
        assert_eq!(strips.values[..4], [0.1, 0.2, 0.1, 0.2]);
        assert_eq!(strips.support[4..6], [MISSING; 2]);
        assert_eq!(strips.support[6..], [MISSING, 1.0, MISSING, 1.0]);
    }
}
