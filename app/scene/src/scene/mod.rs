//! What a view draws: plain geometry in the unit box, with everything a figure says about it.

mod cloud;
mod mark;
mod pick;
mod selection;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use trainscape_compute::{Field, Refine, Scatter};
use trainscape_run::Run;

use crate::{
    axis::Axis,
    colour::{Colour, ColourMap},
};

pub use cloud::{CellCloud, Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Height, Panel};
pub use mark::Mark;
pub use selection::Selection;

/// One figure's content. All positions are in the unit box (see [`crate::axis::Axis::unit_from_value`]).
#[derive(Clone, Debug)]
pub struct Scene {
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
    /// Triangles in any arrangement.
    pub meshes: Vec<Mesh>,
    /// Paths.
    pub paths: Vec<Path>,
    /// Points of many colours.
    pub clouds: Vec<Cloud>,
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
    /// 0 (nothing) to 1 (hides what is behind).
    pub opacity: f32,
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
    /// The step of each column; empty where columns are no steps.
    pub steps: Arc<[f64]>,
    /// Value of each node as logged, in data units; NaN where there is none.
    pub values: Arc<[f64]>,
    /// What is drawn instead of each value, with its name, where it was averaged.
    pub drawn: Option<(String, Arc<[f64]>)>,
    /// What a value is called.
    pub value_name: String,
    /// Index into [`Scene::runs`] of each row.
    pub run_of_row: Arc<[u32]>,
}

/// Triangles in any arrangement.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// What it is.
    pub name: String,
    /// Corners in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Three corners a triangle.
    pub triangles: Arc<[[u32; 3]]>,
    /// Their colours.
    pub colour: MeshColour,
    /// How strongly the light's direction shows: 0 (flat colours) to 1.
    pub shading: f32,
    /// 0 (nothing) to 1 (hides what is behind).
    pub opacity: f32,
    /// What each corner stands for.
    pub records: Option<Arc<dyn Describe>>,
    /// The step of each corner, by which the current step clips; empty where they belong to no step.
    pub steps: Arc<[f64]>,
}

/// The colours of a mesh.
#[derive(Clone, Debug)]
pub enum MeshColour {
    /// By height: the map, and the heights (unit box) that get its first and last colour.
    Height(ColourMap, [f32; 2]),
    /// A value from 0 to 1 for each corner, as a place in a colour map.
    Values(Arc<[f32]>, ColourMap),
    /// One colour.
    Solid(Colour),
}

impl MeshColour {
    /// The colour of a corner at a height (unit box).
    #[must_use]
    pub fn of_corner(&self, index: usize, height_unit: f32) -> Colour {
        match self {
            Self::Height(map, [low, high]) => {
                map.colour((height_unit - low) / (high - low).max(1e-9))
            }
            Self::Values(values, map) => map.colour(values.get(index).copied().unwrap_or(0.0)),
            Self::Solid(colour) => *colour,
        }
    }
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
    /// One colour, with an outline that keeps it apart from whatever lies behind.
    Outlined(Colour),
    /// A value from 0 to 1 for each position, as a place in a colour map.
    Values(Arc<[f32]>, ColourMap),
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
    /// Says what each position stands for, where that is no record of a series.
    pub describe: Option<Arc<dyn Describe>>,
}

impl Path {
    /// The strips of a line of `len` positions without a gap.
    #[must_use]
    pub fn unbroken(len: usize) -> Vec<Range<u32>> {
        std::iter::once(0..len as u32).collect()
    }
}

/// Says what a drawn point stands for.
pub trait Describe: Send + Sync + std::fmt::Debug {
    /// Name and value of each line, in order.
    fn lines(&self, index: usize) -> Vec<(String, String)>;

    /// The row of a matrix that it shows.
    fn row(&self, index: usize) -> Option<usize> {
        let _ = index;
        None
    }

    /// What it stands for in every view; `None` where no other view could show it.
    fn mark(&self, index: usize) -> Option<Mark> {
        let _ = index;
        None
    }

    /// Indices of the points that stand for `mark`.
    fn find(&self, mark: &Mark) -> Vec<usize> {
        let _ = mark;
        Vec::new()
    }
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
    /// The step of each marker, by which the current step clips; empty where they belong to no step.
    pub steps: Arc<[f64]>,
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
    /// The row of the matrix that is shown, in views that show one.
    pub row: Option<usize>,
    /// What it stands for in every view.
    pub mark: Option<Mark>,
}

/// How far outside of the unit box data may lie and still be drawn: what rounding moves.
pub const BOX_TOLERANCE_UNIT: f32 = 2.0e-4;

/// Whether a position is drawn: outside of the unit box lies what an axis of a fixed range does not show.
#[must_use]
pub fn is_in_box(position_unit: [f32; 3]) -> bool {
    position_unit
        .iter()
        .all(|unit| (unit - 0.5).abs() <= 0.5 + BOX_TOLERANCE_UNIT)
}

impl Scene {
    /// A scene with nothing in it yet.
    #[must_use]
    pub fn new(axes: [Axis; 3]) -> Self {
        Self {
            title: String::new(),
            caption: String::new(),
            axes,
            box_aspect: [1.4, 1.1, 0.8],
            default_view: [(-60.0_f32).to_radians(), 28.0_f32.to_radians()],
            surfaces: Vec::new(),
            meshes: Vec::new(),
            paths: Vec::new(),
            clouds: Vec::new(),
            markers: Vec::new(),
            labels: Vec::new(),
            colour_bar: None,
            legend: Vec::new(),
            keys: BTreeMap::new(),
            runs: Vec::new(),
        }
    }

    /// Number of points of paths, clouds and markers.
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
        let clouds: usize = self.clouds.iter().map(Cloud::points).sum();
        paths + markers + clouds
    }
}
