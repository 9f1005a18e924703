//! Figures and point clouds that a logger saved with the run (Plotly figures and Object3D clouds of W&B).

mod axes;
mod drawing;
mod layout;
mod mesh;
mod points;
mod surface;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::projection::Projector;
use trainscape_run::{Plot, PlotFile, Run, Trace};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use self::drawing::{FigureDrawing, Origin};
use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings,
    caption::Caption,
    common::{COLOURS, CONTOURS, FLOOR, LOG_XYZ, OPACITY, RANGE, SHADING, WIREFRAME},
    heights::{MOST_NODES, check_nodes},
    samples::{counted, verb},
    symbol::Symbol,
};

const NEEDS: &str = "needs figures saved by W&B: `*.plotly.json`, `*.pts.json`, models (`*.glb`) or pages of Trainscape (`*.html`)";

const FIGURE: Control = Control {
    name: "tensor",
    label: "Figure",
    help: "The figure to draw.",
    kind: Kind::Key { fixed: &[] },
    section: Section::View,
    names_data: true,
    only_with: None,
};

/// Figures and clouds that a logger saved.
pub(crate) struct Media;

impl View for Media {
    fn name(&self) -> &'static str {
        "media"
    }

    fn title(&self) -> &'static str {
        "Media"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Image
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &FIGURE, &LOG_XYZ, &RANGE, &COLOURS, &SHADING, &OPACITY, &CONTOURS, &WIREFRAME, &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Viridis
    }

    fn time(&self) -> Time {
        Time::Selects
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        choose(runs, settings).map(|_| ())
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
        let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));

        let mut keys: Vec<String> = Vec::new();
        for plot in drawn().flat_map(|run| &run.plots) {
            if !keys.iter().any(|key| **key == *plot.key) {
                keys.push(plot.key.to_string());
            }
        }
        let wanted = settings
            .text(&FIGURE)
            .map(str::to_owned)
            .or(keys.first().cloned());
        let run = drawn().find(|run| {
            run.plots
                .iter()
                .any(|plot| Some(&*plot.key) == wanted.as_deref())
        });
        let mut steps: Vec<f64> = run
            .into_iter()
            .flat_map(|run| &run.plots)
            .filter(|plot| Some(&*plot.key) == wanted.as_deref())
            .filter_map(|plot| plot.step)
            .map(|step| step as f64)
            .collect();
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        Choices {
            steps,
            ..Choices::of(&FIGURE, keys)
        }
    }
}

/// The file to draw: the last of its key at or before the chosen step.
fn choose<'a>(
    runs: &'a [Arc<Run>],
    settings: &ViewSettings,
) -> Result<(&'a Arc<Run>, &'a PlotFile), NotAvailable> {
    let drawn = || {
        runs.iter()
            .filter(|run| settings.draws_run(&run.id))
            .flat_map(|run| run.plots.iter().map(move |plot| (run, plot)))
    };
    let key = match settings.text(&FIGURE) {
        Some(key) => key,
        None => match drawn().next() {
            Some((_, plot)) => &plot.key,
            None => return Err(NotAvailable::new(NEEDS.to_owned())),
        },
    };
    let Some((run, first)) = drawn().find(|(_, plot)| &*plot.key == key) else {
        let mut known: Vec<&str> = drawn().map(|(_, plot)| &*plot.key).collect();
        known.dedup();
        return Err(NotAvailable::new(format!(
            "needs a figure called `{key}`; there are: {}",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        )));
    };
    let before = |plot: &&PlotFile| {
        let step = plot.step.map(|step| step as f64);
        step.is_none_or(|step| settings.has_reached(step))
    };
    let last = run
        .plots
        .iter()
        .filter(|plot| &*plot.key == key)
        .filter(before)
        .max_by_key(|plot| plot.step);
    Ok((run, last.unwrap_or(first)))
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let (run, file) = choose(runs, settings)?;
    let plot = file.content.read()?;
    let plot = match &plot.layout {
        Some(layout) => Arc::new(layout::with_values(&plot, layout)),
        None => plot,
    };
    for trace in &plot.traces {
        if let Trace::Surface { z, .. } = trace {
            check_nodes(&file.key, z.len(), MOST_NODES)?;
        }
    }
    let origin = Origin {
        run: Arc::clone(run),
        key: Arc::clone(&file.key),
        path: file.path.clone(),
        step: file.step.map(|step| step as f64),
    };
    let mut drawing = FigureDrawing::new(axes::of_plot(&plot, settings), settings, origin);
    if let Some(layout) = &plot.layout {
        let map = layout.colour_map.as_deref().and_then(ColourMap::from_name);
        drawing.map = settings.colours(map.unwrap_or(ColourMap::Viridis));
        drawing.value_axis = Some(layout::value_axis(layout));
        drawing.panels = layout.panels.iter().map(layout::facet).collect();
        // Lines without a colour of their own have that of the theme.
        drawing.has_theme_lines = true;
    }
    draw(&mut drawing, &plot.traces);
    let mut scene = drawing.into_scene();
    if scene.surfaces.is_empty()
        && scene.meshes.is_empty()
        && scene.paths.is_empty()
        && scene.clouds.is_empty()
    {
        return Err(NotAvailable::new(format!(
            "needs a three-dimensional figure, and `{}` contains none",
            file.key
        )));
    }
    scene.title = if plot.title.is_empty() {
        format!("{} of {}", file.key, run.name)
    } else {
        format!("{}, {}", plot.title, run.name)
    };
    scene.caption = caption(run, file, &plot);
    scene.box_aspect = [1.2, 1.2, 0.8];
    // The default camera of Plotly.
    scene.default_view = [45.0_f32.to_radians(), 30.0_f32.to_radians()];
    if let Some(layout) = &plot.layout {
        scene.title.clone_from(&plot.title);
        layout::apply(&mut scene, layout);
    }
    scene.keys = BTreeMap::from([("media".to_owned(), file.key.to_string())]);
    scene.runs = vec![Arc::clone(run)];
    Ok(scene)
}

/// Draws surfaces first: the colours of points depend on whether there are any.
fn draw(drawing: &mut FigureDrawing<'_>, traces: &[Trace]) {
    for trace in traces {
        match trace {
            Trace::Surface { x, y, z, .. } => surface::draw(drawing, x, y, z),
            Trace::Mesh {
                name,
                positions,
                triangles,
                values,
                colour,
                opacity,
            } => {
                let look = mesh::Look {
                    values,
                    colour: *colour,
                    opacity: *opacity,
                };
                mesh::draw(drawing, name, positions, triangles, &look);
            }
            Trace::Points { .. } => {}
        }
    }
    for (index, trace) in traces.iter().enumerate() {
        points::draw(drawing, index, trace, traces.len());
    }
}

fn caption(run: &Run, file: &PlotFile, plot: &Plot) -> String {
    let mut first = format!("{} from {}", file.key, run.path_text(&file.path));
    if let Some(step) = file.step {
        first += &format!(", step {step}");
    }
    let mut keys: Vec<&str> = run.plots.iter().map(|plot| &*plot.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let caption = Caption::new(first);
    let caption = match &plot.layout {
        Some(layout) => caption
            .sentence("Read from the figure")
            .sentence(format!("Its caption: {}", layout.caption)),
        None => caption.sentence("Values as saved in the figure."),
    };
    caption
        .sentences(&plot.notes)
        .sentence_if(keys.len() > 1, || {
            format!(
                "{} of this run {} not shown.",
                counted(keys.len() - 1, "other figure"),
                verb(keys.len() - 1)
            )
        })
        .into_text()
}
