//! The response surface: the final metric by the two most important parameters that are numbers, with the runs as dots.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING, Refine};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{ColourBar, Markers, Path, PathColour, Scene, Surface, SurfaceWork},
};

use super::{analysis::Analysis, forest};
use crate::{
    NotAvailable, ViewSettings, axes,
    caption::Caption,
    heights::{colour_range, contour_levels},
    ranges,
    samples::counted,
};

/// Nodes along each side of the surface.
const NODES: usize = 25;
/// The surface ends at this distance (unit box) from the nearest run.
const SUPPORT: f32 = 0.2;
/// A parameter that spans at least this factor is drawn on a logarithmic axis.
const LOG_FROM_FACTOR: f64 = 10.0;

/// What is drawn: the two parameters and the metric of each run that has them.
struct Response<'a> {
    analysis: &'a Analysis,
    /// Indices of the parameters.
    pair: [usize; 2],
    /// The runs, and their parameters and final metric.
    runs: Vec<usize>,
    finals: Vec<f64>,
    columns: Vec<Vec<f64>>,
}

impl<'a> Response<'a> {
    fn of(analysis: &'a Analysis) -> Result<Self, NotAvailable> {
        let sweep = &analysis.sweep;
        let numbers = sweep
            .parameters
            .iter()
            .enumerate()
            .filter(|(_, parameter)| parameter.categories.is_empty());
        let [first, second] = numbers.map(|(at, _)| at).take(2).collect::<Vec<_>>()[..] else {
            return Err(NotAvailable::new(
                "needs two parameters that are numbers and differ between the runs",
            ));
        };
        let metric = &sweep.metrics[0];
        let mut runs = sweep.complete_runs();
        runs.retain(|run| metric.finals[*run].is_finite());
        let column = |values: &[f64]| runs.iter().map(|run| values[*run]).collect::<Vec<f64>>();
        Ok(Self {
            analysis,
            pair: [first, second],
            finals: column(&metric.finals),
            columns: sweep
                .parameters
                .iter()
                .map(|parameter| column(&parameter.values))
                .collect(),
            runs,
        })
    }

    fn axes(&self, settings: &ViewSettings) -> [Axis; 3] {
        let [x, y] = [0, 1].map(|axis| {
            let values = &self.columns[self.pair[axis]];
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let scale = if low > 0.0 && high >= LOG_FROM_FACTOR * low {
                Scale::Log10
            } else {
                Scale::Linear
            };
            let title = self.analysis.sweep.parameters[self.pair[axis]].key.as_str();
            axes::axis(settings, axis, title, scale, values.iter().copied())
        });
        let title = format!("final {}", self.analysis.sweep.metrics[0].key);
        let scale = ranges::scale_of(self.finals.iter().copied());
        let z = ranges::height_axis(
            settings,
            &title,
            scale,
            std::slice::from_ref(&self.finals),
            false,
        );
        [x, y, z]
    }

    /// The places of the runs in the unit box.
    fn places(&self, axes: &[Axis; 3]) -> Vec<[f32; 3]> {
        let [x, y] = self.pair.map(|parameter| &self.columns[parameter]);
        (0..self.runs.len())
            .filter_map(|run| axes::place(axes, [x[run], y[run], self.finals[run]]))
            .collect()
    }

    /// The mean predictions near the runs; `None` where a forest cannot be fitted.
    fn field(&self, axes: &[Axis; 3], places: &[[f32; 3]]) -> Option<Field> {
        let units: Vec<f64> = (0..NODES)
            .map(|node| node as f64 / (NODES - 1) as f64)
            .collect();
        let [x, y] = [0, 1].map(|axis: usize| -> Vec<f64> {
            units
                .iter()
                .map(|unit| axes[axis].value_from_unit(*unit))
                .collect()
        });
        let nodes: Vec<[f64; 2]> = y.iter().flat_map(|y| x.iter().map(|x| [*x, *y])).collect();
        let predicted = forest::partial_dependence(&self.columns, &self.finals, self.pair, &nodes)?;
        let unit: Vec<f32> = units.iter().map(|unit| *unit as f32).collect();
        let is_near = |node: usize| {
            let (at_x, at_y) = (unit[node % NODES], unit[node / NODES]);
            places
                .iter()
                .any(|[x, y, _]| (x - at_x).hypot(y - at_y) <= SUPPORT)
        };
        let heights: Vec<Option<f32>> = predicted
            .iter()
            .enumerate()
            .map(|(node, value)| {
                let height = axes[2].unit_from_value(*value)? as f32;
                is_near(node).then_some(height.clamp(0.0, 1.0))
            })
            .collect();
        Some(Field {
            x_unit: unit.clone(),
            y_unit: unit.clone(),
            values: heights.iter().map(|height| height.unwrap_or(0.0)).collect(),
            support: heights
                .iter()
                .map(|height| if height.is_some() { 1.0 } else { MISSING })
                .collect(),
        })
    }
}

/// The scene with its caption.
pub(super) fn scene(analysis: &Analysis, settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let response = Response::of(analysis)?;
    let mut scene = Scene::new(response.axes(settings));
    let places = response.places(&scene.axes);
    let names = response
        .pair
        .map(|parameter| analysis.sweep.parameters[parameter].key.as_str());
    let metric = &analysis.sweep.metrics[0].key;
    scene.title = format!(
        "Final {metric} by {} and {}, {}",
        names[0],
        names[1],
        counted(response.runs.len(), "run")
    );
    scene.box_aspect = [1.25, 1.25, 0.8];
    let field = response.field(&scene.axes, &places);
    if let Some(field) = field {
        add_surface(&mut scene, field, settings);
    }
    add_runs(&mut scene, &places);
    scene.keys = BTreeMap::from([("metric".to_owned(), metric.clone())]);
    scene.runs.clone_from(&analysis.sweep.runs);
    let r_squared = analysis.r_squared[0];
    scene.caption = Caption::new(format!(
        "Final {metric} of {} by their two most important parameters that are numbers, {} and {}",
        counted(response.runs.len(), "run"),
        names[0],
        names[1],
    ))
    .sentence("Dots are runs")
    .sentence_if(!scene.surfaces.is_empty(), || {
        format!(
            "The surface is the mean prediction of {} random forests over the other parameters of the runs (partial \
             dependence), as far as {:.0} % of the axes from a run; the forests' out-of-bag R² is {}",
            forest::FORESTS,
            100.0 * SUPPORT,
            trainscape_scene::ticks::format_derived(r_squared),
        )
    })
    .sentence(super::caption::unreliable_text(analysis))
    .into_text();
    Ok(scene)
}

fn add_surface(scene: &mut Scene, field: Field, settings: &ViewSettings) {
    let range = colour_range(&field);
    let z = &scene.axes[2];
    let bar = Axis {
        title: z.title.clone(),
        scale: z.scale.clone(),
        low: z.value_from_unit(f64::from(range[0])),
        high: z.value_from_unit(f64::from(range[1])),
    };
    let map = settings.colours(ColourMap::Viridis);
    scene.surfaces.push(Surface {
        contours: contour_levels(&bar, z),
        work: SurfaceWork::Refine(Refine {
            nodes: Arc::new(field),
            factor_x: 4,
            factor_y: 4,
        }),
        map,
        colour_range: range,
        shading: settings.shading(),
        wireframe: false,
        floor_projection: false,
        opacity: settings.opacity(0.8),
        records: None,
    });
    scene.colour_bar = Some(ColourBar { axis: bar, map });
}

/// The runs as dots on stems from the floor.
fn add_runs(scene: &mut Scene, places: &[[f32; 3]]) {
    let stems: Vec<[f32; 3]> = places
        .iter()
        .flat_map(|[x, y, z]| [[*x, *y, 0.0], [*x, *y, *z]])
        .collect();
    let ends = stems.len() as u32;
    scene.paths.push(Path {
        name: "stems".to_owned(),
        positions_unit: stems.into(),
        strips: (0..ends).step_by(2).map(|at| at..at + 2).collect(),
        colour: PathColour::Muted,
        width_pt: 0.4,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    });
    scene.markers.push(Markers {
        records: None,
        steps: Arc::new([]),
        name: "runs".to_owned(),
        positions_unit: places.into(),
        colour: Colour::hex(0x222222),
        diameter_pt: 3.6,
        outline: Some(Colour::hex(0xffffff)),
    });
}
