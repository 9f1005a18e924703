//! The content of one figure.

use std::{collections::BTreeMap, f32::consts::FRAC_PI_2, sync::Arc};

use trainscape_run::Run;

use super::{
    annotation::{ColourBar, LegendEntry, Markers, PointLabel},
    chosen::Chosen,
    cloud::Cloud,
    facet::Facet,
    mesh::Mesh,
    path::Path,
    surface::Surface,
};
use crate::axis::Axis;

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
    /// Everything lies in a plane, which is seen without perspective by default. Set with [`Scene::lay_flat`] or
    /// [`Scene::stand_flat`].
    pub flat: bool,
    /// The first axis may be longer on a wide page: its unit has nothing to do with those of the others.
    pub fills_page: bool,
    /// Panels of a flat scene that stands, which are drawn in place of the axes; those have their titles then. Empty where
    /// the box is one panel.
    pub facets: Vec<Facet>,
    /// Surfaces.
    pub surfaces: Vec<Surface>,
    /// Triangle meshes.
    pub meshes: Vec<Mesh>,
    /// Paths.
    pub paths: Vec<Path>,
    /// Whether the positions of paths are found under the pointer: not where their logged points are drawn beside
    /// averaged lines.
    pub picks_paths: bool,
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
    /// What is in force where a setting was not set, by the setting's name: what the view chose.
    pub chosen: BTreeMap<&'static str, Chosen>,
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
            flat: false,
            fills_page: false,
            facets: Vec::new(),
            surfaces: Vec::new(),
            meshes: Vec::new(),
            paths: Vec::new(),
            picks_paths: true,
            clouds: Vec::new(),
            markers: Vec::new(),
            labels: Vec::new(),
            colour_bar: None,
            legend: Vec::new(),
            keys: BTreeMap::new(),
            runs: Vec::new(),
            chosen: BTreeMap::new(),
        }
    }

    /// Reports what is in force for the setting of that name.
    pub fn choose(&mut self, setting: &'static str, chosen: impl Into<Chosen>) {
        self.chosen.insert(setting, chosen.into());
    }

    /// Makes the scene a flat one, with the first axis to the right and the second upwards.
    pub fn lay_flat(&mut self) {
        self.flat = true;
        self.default_view = [-FRAC_PI_2, FRAC_PI_2];
        // Unseen from above, and thick enough to order what is drawn over each other.
        self.box_aspect[2] = 0.06;
    }

    /// Makes the scene a flat one, with the first axis to the right and the third upwards.
    pub fn stand_flat(&mut self) {
        self.flat = true;
        self.default_view = [-FRAC_PI_2, 0.0];
        self.box_aspect[1] = 0.06;
    }

    /// The time since 1970 of the newest record of the runs drawn; `None` where no record has a time.
    #[must_use]
    pub fn newest_record_secs(&self) -> Option<f64> {
        let series = self.runs.iter().flat_map(|run| run.series.values());
        let times = series.filter_map(|series| series.last()?.wall_time_secs);
        times.filter(|secs| *secs > 0.0).reduce(f64::max)
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
