//! What a view draws: plain geometry in the unit box, with everything a figure says about it.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use trainscape_run::{Run, Step};

use crate::{
    axis::Axis,
    colour::{Colour, ColourMap},
    compute::{Field, Refine, Scatter},
    view::ViewKind,
};

/// One figure's content. All positions are in the unit box (see [`crate::axis::Axis::unit_from_value`]).
#[derive(Clone, Debug)]
pub struct Scene {
    /// The view it came from.
    pub view: ViewKind,
    /// Heading.
    pub title: String,
    /// What was plotted and how, in full sentences.
    pub caption: String,
    /// x, y and z.
    pub axes: [Axis; 3],
    /// Relative lengths of the box's edges.
    pub box_aspect: [f32; 3],
    /// Azimuth and elevation (radians) from which the figure reads best.
    pub default_view: [f32; 2],
    /// Surfaces.
    pub surfaces: Vec<Surface>,
    /// Paths.
    pub paths: Vec<Path>,
    /// Round markers.
    pub markers: Vec<Markers>,
    /// Texts that stand at a point of the data.
    pub labels: Vec<PointLabel>,
    /// What the colours of surfaces mean.
    pub colour_bar: Option<ColourBar>,
    /// What the colours of paths mean.
    pub legend: Vec<LegendEntry>,
    /// Key used for each role (`loss` to `train/loss`).
    pub keys: BTreeMap<String, String>,
    /// The runs drawn; [`RecordRef::run`] points into it.
    pub runs: Vec<Arc<Run>>,
}

/// Where a surface's heights come from.
#[derive(Clone, Debug)]
pub enum SurfaceWork {
    /// Drawn node by node as it is.
    Nodes(Arc<Field>),
    /// Refined for smooth shading; the measured nodes stay exact.
    Refine(Refine),
    /// Interpolated through scattered samples.
    Scatter(Scatter),
}

/// A surface z(x, y) over the box's floor.
#[derive(Clone, Debug)]
pub struct Surface {
    /// Where its heights come from.
    pub work: SurfaceWork,
    /// Colours by height.
    pub map: ColourMap,
    /// Heights (unit box) that get the map's first and last colour.
    pub colour_range: [f32; 2],
    /// How strongly the light's direction shows: 0 (flat colours) to 1.
    pub shading: f32,
    /// Contour lines: height between two lines and height of one of them (unit box).
    pub contours: Option<[f32; 2]>,
    /// Lines along the measured nodes.
    pub wireframe: bool,
    /// Draws the surface's colours flat on the floor as well.
    pub floor_projection: bool,
    /// What lies under the cursor.
    pub records: Option<NodeRecords>,
}

/// The records behind a surface's measured nodes.
#[derive(Clone, Debug)]
pub struct NodeRecords {
    /// Position of each node in the unit box, row-major.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Name of each row.
    pub rows: Arc<[String]>,
    /// x of each column, in data units.
    pub x: Arc<[f64]>,
    /// Value of each node as logged, in data units; NaN where there is none.
    pub values: Arc<[f64]>,
    /// What is drawn instead of each value, with its name, where it was averaged.
    pub drawn: Option<(String, Arc<[f64]>)>,
    /// What a value is called.
    pub value_name: String,
    /// Index into [`Scene::runs`] of each row.
    pub run_of_row: Arc<[u32]>,
}

/// Which logged point a drawn position stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRef {
    /// Index into [`Scene::runs`].
    pub run: u32,
    /// Index of the point in the path's series.
    pub index: u32,
}

/// The colours of a path.
#[derive(Clone, Debug)]
pub enum PathColour {
    /// The theme's path colour.
    Theme,
    /// The theme's colour for lines that support a surface rather than lead the eye.
    Quiet,
    /// One colour.
    Solid(Colour),
}

/// A line through points.
#[derive(Clone, Debug)]
pub struct Path {
    /// Run or series name.
    pub name: String,
    /// Positions in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Runs of positions that are joined; gaps (non-finite values, restarts) lie between them.
    pub strips: Vec<Range<u32>>,
    /// Colour.
    pub colour: PathColour,
    /// Width in points.
    pub width_pt: f32,
    /// The series that [`RecordRef::index`] counts in.
    pub series_key: Arc<str>,
    /// The record behind each position; empty where a path stands for no single records.
    pub records: Arc<[RecordRef]>,
    /// Other values of each record that are worth a line in the hover: name and value per position.
    pub details: Vec<(String, Arc<[f64]>)>,
}

/// Round markers.
#[derive(Clone, Debug)]
pub struct Markers {
    /// What they mark.
    pub name: String,
    /// Positions in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Colour.
    pub colour: Colour,
    /// Diameter in points.
    pub diameter_pt: f32,
    /// Ring around each, so that it shows on any surface.
    pub outline: Option<Colour>,
}

/// A text that stands at a point of the data.
#[derive(Clone, Debug)]
pub struct PointLabel {
    /// The point in the unit box.
    pub position_unit: [f32; 3],
    /// The text.
    pub text: String,
}

/// A colour bar.
#[derive(Clone, Debug)]
pub struct ColourBar {
    /// What the colours mean, with its range.
    pub axis: Axis,
    /// The colours.
    pub map: ColourMap,
}

/// A line of the legend.
#[derive(Clone, Debug)]
pub struct LegendEntry {
    /// What it names.
    pub label: String,
    /// Its colour; `None`: the theme's path colour.
    pub colour: Option<Colour>,
    /// Drawn as a dot rather than as a line.
    pub dot: bool,
}

/// What a hover or a click found: the exact record.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// Where it is drawn, in the unit box.
    pub position_unit: [f32; 3],
    /// Name and value of each line, in order (run, step, values, file).
    pub lines: Vec<(String, String)>,
}

impl Scene {
    /// Number of paths' and markers' points and of measured surface nodes.
    #[must_use]
    pub fn points(&self) -> usize {
        let paths: usize = self
            .paths
            .iter()
            .map(|path| path.positions_unit.len())
            .sum();
        let markers: usize = self
            .markers
            .iter()
            .map(|marks| marks.positions_unit.len())
            .sum();
        paths + markers
    }

    /// The record drawn nearest to the cursor, as `project` places things: it returns a position's
    /// distance from the cursor (any unit) and its depth (smaller is nearer to the eye), or `None`
    /// outside the picture. Positions further than `radius` are left alone; among those within, records of
    /// a path win over nodes of a surface, then the nearer to the cursor.
    #[must_use]
    pub fn pick(
        &self,
        radius: f32,
        project: impl Fn([f32; 3]) -> Option<(f32, f32)>,
    ) -> Option<Picked> {
        let nearest = |positions: &[[f32; 3]]| {
            positions
                .iter()
                .enumerate()
                .filter_map(|(index, position)| {
                    let (distance, depth) = project(*position)?;
                    // A step into the depth weighs as much as one across, so that hidden points lose.
                    (distance <= radius).then_some((index, distance + depth * radius))
                })
                .min_by(|a, b| a.1.total_cmp(&b.1))
        };
        let path = self
            .paths
            .iter()
            .filter(|path| !path.records.is_empty())
            .filter_map(|path| nearest(&path.positions_unit).map(|(i, cost)| (path, i, cost)))
            .min_by(|a, b| a.2.total_cmp(&b.2));
        if let Some((path, index, _)) = path {
            return self.describe_path(path, index);
        }
        self.surfaces
            .iter()
            .filter_map(|surface| surface.records.as_ref())
            .filter_map(|nodes| nearest(&nodes.positions_unit).map(|(i, cost)| (nodes, i, cost)))
            .min_by(|a, b| a.2.total_cmp(&b.2))
            .and_then(|(nodes, index, _)| self.describe_node(nodes, index))
    }

    fn describe_path(&self, path: &Path, index: usize) -> Option<Picked> {
        let record = path.records.get(index)?;
        let run = self.runs.get(record.run as usize)?;
        let point = run
            .series
            .get(&path.series_key)?
            .get(record.index as usize)?;
        let mut lines = vec![
            ("run".to_owned(), run.name.to_string()),
            ("step".to_owned(), step_text(point.step)),
            (path.series_key.to_string(), point.value.to_string()),
        ];
        for (name, values) in &path.details {
            if let Some(value) = values.get(index) {
                lines.push((name.clone(), value.to_string()));
            }
        }
        if let Some(file) = file_of(run, &path.series_key) {
            lines.push(("file".to_owned(), file));
        }
        Some(Picked {
            position_unit: path.positions_unit[index],
            lines,
        })
    }

    fn describe_node(&self, nodes: &NodeRecords, index: usize) -> Option<Picked> {
        let width = nodes.x.len();
        let (row, column) = (index / width, index % width);
        let value = nodes
            .values
            .get(index)
            .copied()
            .filter(|value| !value.is_nan())?;
        let run = self.runs.get(*nodes.run_of_row.get(row)? as usize)?;
        let mut lines = vec![
            ("run".to_owned(), run.name.to_string()),
            (self.axes[1].title.clone(), nodes.rows.get(row)?.clone()),
            (self.axes[0].title.clone(), nodes.x[column].to_string()),
            (nodes.value_name.clone(), value.to_string()),
        ];
        if let Some((name, drawn)) = &nodes.drawn {
            lines.push((name.clone(), drawn[index].to_string()));
        }
        Some(Picked {
            position_unit: nodes.positions_unit[index],
            lines,
        })
    }
}

fn step_text(step: Step) -> String {
    step.to_string()
}

fn file_of(run: &Run, key: &str) -> Option<String> {
    let source = run.sources.get(*run.series_source.get(key)?)?;
    let path = source.path.strip_prefix(&run.path).unwrap_or(&source.path);
    let path = if path.as_os_str().is_empty() {
        &source.path
    } else {
        path
    };
    Some(path.display().to_string())
}
