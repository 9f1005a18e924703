//! Figures and clouds that a logger kept beside the run (W&B's Plotly figures and Object3D clouds), drawn
//! as ours.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use trainscape_compute::{Field, MISSING};
use trainscape_run::{Plot, PlotFile, Run, Trace};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{ColourMap, run_colour},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Describe, LegendEntry,
        Mark, Mesh, MeshColour, NodeRecords, Path, PathColour, Scene, Surface, SurfaceWork,
    },
};

use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings, axes,
    common::{COLOURS, CONTOURS, FLOOR, LOG_XYZ, OPACITY, RANGE, SHADING, WIREFRAME},
    heights::{colour_range, contour_levels},
    samples::counted,
};
use trainscape_compute::projection::Projector;

const NEEDS: &str =
    "needs figures in three dimensions that W&B kept: `*.plotly.json` or `*.pts.json`";

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
    let axes = axes(&plot, settings);
    let map = settings.colours(ColourMap::Viridis);
    let mut drawing = Drawing {
        axes: &axes,
        settings,
        map,
        file: Arc::new(Origin {
            run: Arc::clone(run),
            key: Arc::clone(&file.key),
            path: file.path.clone(),
            step: file.step.map(|step| step as f64),
        }),
        surfaces: Vec::new(),
        meshes: Vec::new(),
        paths: Vec::new(),
        clouds: Vec::new(),
        legend: Vec::new(),
        bar: None,
    };
    // Surfaces first: what points look like depends on whether there are any.
    let (points, surfaces): (Vec<_>, Vec<_>) = plot
        .traces
        .iter()
        .enumerate()
        .partition(|(_, trace)| matches!(trace, Trace::Points { .. }));
    for (index, trace) in surfaces.into_iter().chain(points) {
        drawing.draw(index, trace, plot.traces.len());
    }
    let Drawing {
        surfaces,
        meshes,
        paths,
        clouds,
        legend,
        bar,
        ..
    } = drawing;
    if surfaces.is_empty() && meshes.is_empty() && paths.is_empty() && clouds.is_empty() {
        return Err(NotAvailable::new(format!(
            "needs a figure in three dimensions, and `{}` holds none",
            file.key
        )));
    }
    let mut keys: Vec<&str> = run.plots.iter().map(|plot| &*plot.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut caption = format!(
        "{} from {}",
        file.key,
        file.path
            .strip_prefix(&run.path)
            .unwrap_or(&file.path)
            .display()
    );
    if let Some(step) = file.step {
        caption += &format!(", step {step}");
    }
    caption += ". The values are the figure's own.";
    for note in &plot.notes {
        caption += &format!(" {note}");
    }
    if keys.len() > 1 {
        caption += &format!(
            " {} of the run not shown.",
            counted(keys.len() - 1, "other figure")
        );
    }
    let title = if plot.title.is_empty() {
        format!("{} of {}", file.key, run.name)
    } else {
        format!("{}, {}", plot.title, run.name)
    };
    Ok(Scene {
        title,
        caption,
        box_aspect: [1.2, 1.2, 0.8],
        // As Plotly looks at a figure that says nothing of its camera.
        default_view: [45.0_f32.to_radians(), 30.0_f32.to_radians()],
        axes,
        surfaces,
        meshes,
        paths,
        clouds,
        markers: Vec::new(),
        labels: Vec::new(),
        colour_bar: bar,
        legend,
        keys: BTreeMap::from([("media".to_owned(), file.key.to_string())]),
        runs: vec![Arc::clone(run)],
    })
}

fn axes(plot: &Plot, settings: &ViewSettings) -> [Axis; 3] {
    std::array::from_fn(|axis| {
        let mut values: Vec<f64> = Vec::new();
        let mut has_surface = false;
        for trace in &plot.traces {
            match trace {
                Trace::Surface { x, y, z, .. } => {
                    has_surface = true;
                    values.extend([x, y, z][axis]);
                }
                Trace::Points { positions, .. } | Trace::Mesh { positions, .. } => {
                    values.extend(positions.iter().map(|position| position[axis]));
                }
            }
        }
        let positive = values
            .iter()
            .all(|value| !value.is_finite() || *value > 0.0);
        let scale = if settings.log(axis).unwrap_or(plot.log[axis]) && positive {
            Scale::Log10
        } else {
            Scale::Linear
        };
        let in_range = |axis_of_values| axes::in_range(settings, axis, axis_of_values);
        let title = match plot.axis_titles[axis].as_str() {
            "" => ["x", "y", "z"][axis].to_owned(),
            title => title.to_owned(),
        };
        let axis_of_values = Axis::spanning(title, scale, values);
        // A surface reaches the walls; points beside them need room.
        if has_surface && axis < 2 {
            in_range(axis_of_values)
        } else {
            in_range(axis_of_values.rounded_outward())
        }
    })
}

struct Drawing<'a> {
    axes: &'a [Axis; 3],
    settings: &'a ViewSettings,
    map: ColourMap,
    file: Arc<Origin>,
    surfaces: Vec<Surface>,
    meshes: Vec<Mesh>,
    paths: Vec<Path>,
    clouds: Vec<Cloud>,
    legend: Vec<LegendEntry>,
    bar: Option<ColourBar>,
}

impl Drawing<'_> {
    fn place(&self, position: [f64; 3]) -> Option<[f32; 3]> {
        let mut unit = [0.0; 3];
        for axis in 0..3 {
            unit[axis] = self.axes[axis].unit_from_value(position[axis])? as f32;
        }
        Some(unit)
    }

    fn draw(&mut self, index: usize, trace: &Trace, traces: usize) {
        let name = match trace {
            Trace::Surface { name, .. } | Trace::Points { name, .. } | Trace::Mesh { name, .. } => {
                name.clone()
            }
        };
        match trace {
            Trace::Surface { x, y, z, .. } => self.surface(x, y, z),
            Trace::Points { .. } => self.points(index, trace, &name, traces),
            Trace::Mesh {
                positions,
                triangles,
                ..
            } => self.mesh(&name, positions, triangles),
        }
    }

    fn surface(&mut self, x: &[f64], y: &[f64], z: &[f64]) {
        let unit = |axis: usize, value: f64| {
            self.axes[axis]
                .unit_from_value(value)
                .map(|unit| unit as f32)
        };
        // Columns and rows in ascending order, whichever way round they were written.
        let order = |values: &[f64]| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
            order
        };
        let (columns, rows) = (order(x), order(y));
        if columns.len() < 2 || rows.len() < 2 || z.len() != columns.len() * rows.len() {
            return;
        }
        let heights: Vec<Option<f32>> = rows
            .iter()
            .flat_map(|row| columns.iter().map(move |column| row * x.len() + column))
            .map(|node| unit(2, z[node]))
            .collect();
        let field = Field {
            x_unit: columns
                .iter()
                .map(|at| unit(0, x[*at]).unwrap_or(0.0))
                .collect(),
            y_unit: rows
                .iter()
                .map(|at| unit(1, y[*at]).unwrap_or(0.0))
                .collect(),
            values: heights.iter().map(|height| height.unwrap_or(0.0)).collect(),
            support: heights
                .iter()
                .map(|height| if height.is_some() { 1.0 } else { MISSING })
                .collect(),
        };
        let range = colour_range(&field);
        let z_axis = &self.axes[2];
        let bar_axis = Axis {
            title: z_axis.title.clone(),
            scale: z_axis.scale.clone(),
            low: z_axis.value_from_unit(f64::from(range[0])),
            high: z_axis.value_from_unit(f64::from(range[1])),
        };
        let contours = self
            .settings
            .contours()
            .then(|| contour_levels(&bar_axis, z_axis))
            .flatten();
        let width = field.x_unit.len();
        let positions: Arc<[[f32; 3]]> = field
            .values
            .iter()
            .enumerate()
            .map(|(node, value)| {
                [
                    field.x_unit[node % width],
                    field.y_unit[node / width],
                    *value,
                ]
            })
            .collect();
        let records = NodeRecords {
            positions_unit: positions,
            rows: rows.iter().map(|row| y[*row].to_string()).collect(),
            steps: Arc::default(),
            x: columns.iter().map(|column| x[*column]).collect(),
            values: rows
                .iter()
                .flat_map(|row| columns.iter().map(move |column| row * x.len() + column))
                .map(|node| z[node])
                .collect(),
            drawn: None,
            value_name: z_axis.title.clone(),
            run_of_row: vec![0; rows.len()].into(),
        };
        self.surfaces.push(Surface {
            work: SurfaceWork::Nodes(Arc::new(field)),
            map: self.map,
            colour_range: range,
            shading: self.settings.shading(),
            contours,
            wireframe: self.settings.wireframe(),
            floor_projection: self.settings.floor(false),
            opacity: self.settings.opacity(1.0),
            records: Some(records),
        });
        self.bar.get_or_insert(ColourBar {
            axis: bar_axis,
            map: self.map,
        });
    }

    fn points(&mut self, index: usize, trace: &Trace, name: &str, traces: usize) {
        let Trace::Points {
            positions,
            values,
            value_title,
            colours,
            texts,
            markers,
            lines,
            ..
        } = trace
        else {
            return;
        };
        let value_title = match value_title.as_str() {
            "" => "value",
            title => title,
        };
        let value_axis = Axis::spanning(value_title, Scale::Linear, values.iter().copied());
        // Points must be told from the surface they lie on.
        let map = if self.surfaces.is_empty() && self.meshes.is_empty() {
            self.map
        } else {
            ColourMap::Plasma
        };
        let own = run_colour(index);
        let coloured = values.len() == positions.len();
        let (mut points, mut shown) = (Vec::new(), Vec::new());
        let mut strips: Vec<std::ops::Range<u32>> = Vec::new();
        let mut start = 0;
        for (at, position) in positions.iter().enumerate() {
            let Some(position_unit) = self.place(*position) else {
                // A gap breaks the line.
                if points.len() > start {
                    strips.push(start as u32..points.len() as u32);
                }
                start = points.len();
                continue;
            };
            let point = match (colours.get(at), coloured) {
                (Some(rgb), _) => CloudPoint::of_rgb(position_unit, *rgb),
                (None, true) => CloudPoint {
                    position_unit,
                    value: value_axis.unit_from_value(values[at]).unwrap_or(0.0) as f32,
                },
                (None, false) => CloudPoint::of_rgb(position_unit, own.rgb),
            };
            points.push(point);
            shown.push(at);
        }
        if points.len() > start {
            strips.push(start as u32..points.len() as u32);
        }
        if points.is_empty() {
            return;
        }
        let by_value = colours.is_empty() && coloured;
        let records = Arc::new(Records {
            origin: Arc::clone(&self.file),
            titles: [0, 1, 2].map(|axis: usize| self.axes[axis].title.clone()),
            positions: shown.iter().map(|at| positions[*at]).collect(),
            texts: shown
                .iter()
                .filter_map(|at| texts.get(*at).cloned())
                .collect(),
        });
        if *lines {
            self.paths.push(Path {
                name: name.to_owned(),
                positions_unit: points.iter().map(|point| point.position_unit).collect(),
                strips,
                colour: if by_value {
                    PathColour::Values(points.iter().map(|point| point.value).collect(), map)
                } else if traces == 1 {
                    PathColour::Theme
                } else {
                    PathColour::Solid(own)
                },
                width_pt: 1.2,
                series_key: Arc::clone(&self.file.key),
                records: Arc::new([]),
                details: Vec::new(),
                describe: Some(Arc::clone(&records) as Arc<dyn Describe>),
            });
        }
        if *markers || !*lines {
            let diameter_pt = (120.0 / (points.len() as f32).sqrt()).clamp(1.2, 5.0);
            self.clouds.push(Cloud {
                steps: Arc::new([]),
                name: name.to_owned(),
                work: CloudWork::Points(points.into()),
                colour: if by_value {
                    CloudColour::Map(map)
                } else {
                    CloudColour::Rgb
                },
                size: CloudSize::Constant(diameter_pt),
                floor_projection: self.settings.floor(false),
                opacity: self.settings.opacity(1.0),
                records: Some(records),
            });
        }
        if by_value && self.bar.is_none() {
            self.bar = Some(ColourBar {
                axis: value_axis,
                map,
            });
        } else if !name.is_empty() && traces > 1 {
            self.legend.push(LegendEntry {
                label: name.to_owned(),
                colour: Some(own),
                dot: !*lines,
            });
        }
    }

    fn mesh(&mut self, name: &str, positions: &[[f64; 3]], triangles: &[[u32; 3]]) {
        // Corners that have no place (NaN, zero on a logarithmic axis) take their triangles with them.
        let mut places = vec![None; positions.len()];
        let (mut positions_unit, mut shown) = (Vec::new(), Vec::new());
        for (at, position) in positions.iter().enumerate() {
            if let Some(unit) = self.place(*position) {
                places[at] = Some(positions_unit.len() as u32);
                positions_unit.push(unit);
                shown.push(*position);
            }
        }
        let corner = |at: u32| places.get(at as usize).copied().flatten();
        let triangles: Arc<[[u32; 3]]> = triangles
            .iter()
            .filter_map(|triangle| match triangle.map(corner) {
                [Some(a), Some(b), Some(c)] => Some([a, b, c]),
                _ => None,
            })
            .collect();
        if triangles.is_empty() {
            return;
        }
        let heights = positions_unit.iter().map(|position: &[f32; 3]| position[2]);
        let range = heights.fold([f32::MAX, f32::MIN], |[low, high], height| {
            [low.min(height), high.max(height)]
        });
        let range = if range[0] < range[1] {
            range
        } else {
            [0.0, 1.0]
        };
        let z_axis = &self.axes[2];
        self.bar.get_or_insert(ColourBar {
            axis: Axis {
                title: z_axis.title.clone(),
                scale: z_axis.scale.clone(),
                low: z_axis.value_from_unit(f64::from(range[0])),
                high: z_axis.value_from_unit(f64::from(range[1])),
            },
            map: self.map,
        });
        self.meshes.push(Mesh {
            steps: Arc::new([]),
            name: name.to_owned(),
            positions_unit: positions_unit.into(),
            triangles,
            colour: MeshColour::Height(self.map, range),
            shading: self.settings.shading(),
            opacity: self.settings.opacity(1.0),
            records: Some(Arc::new(Records {
                origin: Arc::clone(&self.file),
                titles: [0, 1, 2].map(|axis: usize| self.axes[axis].title.clone()),
                positions: shown,
                texts: Vec::new(),
            })),
        });
    }
}

/// Where a figure comes from.
#[derive(Debug)]
struct Origin {
    run: Arc<Run>,
    key: Arc<str>,
    path: PathBuf,
    step: Option<f64>,
}

#[derive(Debug)]
struct Records {
    origin: Arc<Origin>,
    titles: [String; 3],
    positions: Vec<[f64; 3]>,
    texts: Vec<String>,
}

impl Describe for Records {
    fn mark(&self, _index: usize) -> Option<Mark> {
        Some(Mark {
            run: Arc::clone(&self.origin.run.id),
            step: Some(self.origin.step?),
            row: None,
        })
    }

    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let mut lines = vec![("run".to_owned(), self.origin.run.name.to_string())];
        if let Some(text) = self.texts.get(index) {
            lines.push(("text".to_owned(), text.clone()));
        }
        for (title, value) in self.titles.iter().zip(self.positions[index]) {
            lines.push((title.clone(), value.to_string()));
        }
        let path = &self.origin.path;
        let path = path.strip_prefix(&self.origin.run.path).unwrap_or(path);
        lines.push(("file".to_owned(), path.display().to_string()));
        lines
    }
}
