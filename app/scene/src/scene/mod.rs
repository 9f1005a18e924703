//! The output of a view: geometry in the unit box, axes, title, caption, legend and colour bar.

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
    /// Title.
    pub title: String,
    /// Caption in full sentences: the plotted data and the method.
    pub caption: String,
    /// x, y and z.
    pub axes: [Axis; 3],
    /// Relative lengths of the box's edges.
    pub box_aspect: [f32; 3],
    /// Default azimuth and elevation (radians).
    pub default_view: [f32; 2],
    /// Surfaces.
    pub surfaces: Vec<Surface>,
    /// Triangle meshes.
    pub meshes: Vec<Mesh>,
    /// Paths.
    pub paths: Vec<Path>,
    /// Point clouds.
    pub clouds: Vec<Cloud>,
    /// Round markers.
    pub markers: Vec<Markers>,
    /// Labels at points of the data.
    pub labels: Vec<PointLabel>,
    /// Colour bar of the surfaces.
    pub colour_bar: Option<ColourBar>,
    /// Legend of the paths.
    pub legend: Vec<LegendEntry>,
    /// Key used for each role (`loss` to `train/loss`).
    pub keys: BTreeMap<String, String>,
    /// The runs drawn; [`RecordRef::run`] points into it.
    pub runs: Vec<Arc<Run>>,
}

/// Source of a surface's heights.
#[derive(Clone, Debug)]
pub enum SurfaceWork {
    /// The measured nodes, without refinement.
    Nodes(Arc<Field>),
    /// Refined for smooth shading; the measured nodes stay exact.
    Refine(Refine),
    /// Interpolated through scattered samples.
    Scatter(Scatter),
}

/// A surface z(x, y) over the box's floor.
#[derive(Clone, Debug)]
pub struct Surface {
    /// Source of the heights.
    pub work: SurfaceWork,
    /// Colour map of the heights.
    pub map: ColourMap,
    /// Heights (unit box) that get the map's first and last colour.
    pub colour_range: [f32; 2],
    /// Strength of directional lighting: 0 (flat colours) to 1.
    pub shading: f32,
    /// Contour lines: interval and height of one of them (unit box).
    pub contours: Option<[f32; 2]>,
    /// Lines along the measured nodes.
    pub wireframe: bool,
    /// Whether the surface's colours are also projected onto the floor.
    pub floor_projection: bool,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// The records at the nodes, for picking.
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
    /// The step of each column; empty if columns are not steps.
    pub steps: Arc<[f64]>,
    /// Value of each node as logged, in data units; NaN if missing.
    pub values: Arc<[f64]>,
    /// If values were averaged: name and drawn value of each node.
    pub drawn: Option<(String, Arc<[f64]>)>,
    /// Name of the values.
    pub value_name: String,
    /// Index into [`Scene::runs`] of each row.
    pub run_of_row: Arc<[u32]>,
}

/// Triangle meshes.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// Name.
    pub name: String,
    /// Vertices in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Vertex indices of the triangles.
    pub triangles: Arc<[[u32; 3]]>,
    /// Vertex colours.
    pub colour: MeshColour,
    /// Strength of directional lighting: 0 (flat colours) to 1.
    pub shading: f32,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// Describes the record at each vertex.
    pub records: Option<Arc<dyn Describe>>,
    /// The step of each vertex, for clipping at the current step; empty if vertices have no step.
    pub steps: Arc<[f64]>,
}

/// The colours of a mesh.
#[derive(Clone, Debug)]
pub enum MeshColour {
    /// By height: the map, and the heights (unit box) that get its first and last colour.
    Height(ColourMap, [f32; 2]),
    /// A value from 0 to 1 per vertex, as a position in a colour map.
    Values(Arc<[f32]>, ColourMap),
    /// One colour.
    Solid(Colour),
}

impl MeshColour {
    /// The colour of a vertex at a height (unit box).
    #[must_use]
    pub fn at_vertex(&self, index: usize, height_unit: f32) -> Colour {
        match self {
            Self::Height(map, [low, high]) => {
                map.colour((height_unit - low) / (high - low).max(1e-9))
            }
            Self::Values(values, map) => map.colour(values.get(index).copied().unwrap_or(0.0)),
            Self::Solid(colour) => *colour,
        }
    }
}

/// The logged point at a drawn position.
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
    /// The theme's colour for secondary lines, such as the runs of a surface.
    Muted,
    /// One colour.
    Solid(Colour),
    /// One colour, with an outline for contrast against the background.
    Outlined(Colour),
    /// A value from 0 to 1 per position, as a position in a colour map.
    Values(Arc<[f32]>, ColourMap),
}

/// A polyline.
#[derive(Clone, Debug)]
pub struct Path {
    /// Run or series name.
    pub name: String,
    /// Positions in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Ranges of connected positions, separated by gaps (non-finite values, restarts).
    pub strips: Vec<Range<u32>>,
    /// Colour.
    pub colour: PathColour,
    /// Width in points.
    pub width_pt: f32,
    /// The series that [`RecordRef::index`] refers to.
    pub series_key: Arc<str>,
    /// The record behind each position; empty if positions are not single records.
    pub records: Arc<[RecordRef]>,
    /// Additional values of each record for the hover card: name and value per position.
    pub details: Vec<(String, Arc<[f64]>)>,
    /// Describes each position if it is not a record of a series.
    pub describe: Option<Arc<dyn Describe>>,
}

impl Path {
    /// The strips of a line of `len` positions without a gap.
    #[must_use]
    pub fn unbroken(len: usize) -> Vec<Range<u32>> {
        std::iter::once(0..len as u32).collect()
    }
}

/// Describes the records of drawn points.
pub trait Describe: Send + Sync + std::fmt::Debug {
    /// Name and value of each line, in order.
    fn lines(&self, index: usize) -> Vec<(String, String)>;

    /// The row of the matrix that the point shows.
    fn row(&self, index: usize) -> Option<usize> {
        let _ = index;
        None
    }

    /// The record independent of the view; `None` if no other view can show it.
    fn mark(&self, index: usize) -> Option<Mark> {
        let _ = index;
        None
    }

    /// Indices of the points that show `mark`.
    fn find(&self, mark: &Mark) -> Vec<usize> {
        let _ = mark;
        Vec::new()
    }
}

/// Round markers.
#[derive(Clone, Debug)]
pub struct Markers {
    /// Name.
    pub name: String,
    /// Positions in the unit box.
    pub positions_unit: Arc<[[f32; 3]]>,
    /// Colour.
    pub colour: Colour,
    /// Diameter in points.
    pub diameter_pt: f32,
    /// Colour of the outline, for contrast on surfaces.
    pub outline: Option<Colour>,
    /// The step of each marker, for clipping at the current step; empty if markers have no step.
    pub steps: Arc<[f64]>,
}

/// A text label at a point of the data.
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
    /// Title and range of the colours.
    pub axis: Axis,
    /// The colours.
    pub map: ColourMap,
}

/// An entry of the legend.
#[derive(Clone, Debug)]
pub struct LegendEntry {
    /// Label.
    pub label: String,
    /// Its colour; `None`: the theme's path colour.
    pub colour: Option<Colour>,
    /// Whether it is drawn as a dot instead of a line.
    pub dot: bool,
}

/// The record found by a hover or a click.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// Position in the unit box.
    pub position_unit: [f32; 3],
    /// Name and value of each line, in order (run, step, values, file).
    pub lines: Vec<(String, String)>,
    /// The row of the matrix that is shown, in views that show one.
    pub row: Option<usize>,
    /// The record independent of the view.
    pub mark: Option<Mark>,
}

/// Tolerance of the unit box: rounding may move data this far outside.
pub const BOX_TOLERANCE_UNIT: f32 = 2.0e-4;

/// Whether a position is inside the unit box; positions outside the range of an axis are not drawn.
#[must_use]
pub fn is_in_box(position_unit: [f32; 3]) -> bool {
    position_unit
        .iter()
        .all(|unit| (unit - 0.5).abs() <= 0.5 + BOX_TOLERANCE_UNIT)
}

impl Scene {
    /// An empty scene.
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
