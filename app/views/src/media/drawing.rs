//! The scene that the traces of a figure are added to.

use std::{path::PathBuf, sync::Arc};

use trainscape_run::Run;
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{ColourBar, Describe, Facet, Mark, Scene},
};

use crate::ViewSettings;

/// A figure that is partially assembled.
pub(super) struct FigureDrawing<'a> {
    pub(super) settings: &'a ViewSettings,
    pub(super) map: ColourMap,
    pub(super) origin: Arc<Origin>,
    pub(super) scene: Scene,
    /// What the colours of values show, where the figure says so.
    pub(super) value_axis: Option<Axis>,
    /// Panels, each with axes of its own.
    pub(super) panels: Vec<Facet>,
    /// Whether lines without a colour have that of the theme, however many there are.
    pub(super) has_theme_lines: bool,
}

impl<'a> FigureDrawing<'a> {
    pub(super) fn new(axes: [Axis; 3], settings: &'a ViewSettings, origin: Origin) -> Self {
        Self {
            settings,
            map: settings.colours(ColourMap::Viridis),
            origin: Arc::new(origin),
            scene: Scene::new(axes),
            value_axis: None,
            panels: Vec::new(),
            has_theme_lines: false,
        }
    }

    pub(super) fn into_scene(self) -> Scene {
        self.scene
    }

    /// The place of a position in the unit box; `None` where an axis cannot show it.
    pub(super) fn place(&self, position: [f64; 3]) -> Option<[f32; 3]> {
        let mut unit = [0.0; 3];
        for axis in 0..3 {
            unit[axis] = self.scene.axes[axis].unit_from_value(position[axis])? as f32;
        }
        Some(unit)
    }

    /// The z axis between two heights of the unit box, as a colour bar's.
    pub(super) fn height_axis(&self, [low, high]: [f32; 2]) -> Axis {
        let z_axis = &self.scene.axes[2];
        Axis {
            title: z_axis.title.clone(),
            scale: z_axis.scale.clone(),
            low: z_axis.value_from_unit(f64::from(low)),
            high: z_axis.value_from_unit(f64::from(high)),
        }
    }

    /// Shows what heights mean, unless another trace has a colour bar already.
    pub(super) fn add_height_bar(&mut self, axis: Axis) {
        let map = self.map;
        self.scene.colour_bar.get_or_insert(ColourBar { axis, map });
    }

    pub(super) fn records(
        &self,
        positions: Vec<[f64; 3]>,
        texts: Vec<String>,
    ) -> Arc<FigureRecords> {
        Arc::new(FigureRecords {
            origin: Arc::clone(&self.origin),
            titles: [0, 1, 2].map(|axis: usize| self.scene.axes[axis].title.clone()),
            positions,
            texts,
            panels: self.panels.clone(),
        })
    }
}

/// The source of a figure.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) run: Arc<Run>,
    pub(super) key: Arc<str>,
    pub(super) path: PathBuf,
    pub(super) step: Option<f64>,
}

#[derive(Debug)]
pub(super) struct FigureRecords {
    pub(super) origin: Arc<Origin>,
    pub(super) titles: [String; 3],
    pub(super) positions: Vec<[f64; 3]>,
    pub(super) texts: Vec<String>,
    pub(super) panels: Vec<Facet>,
}

impl FigureRecords {
    /// The value of each axis at a position.
    fn values(&self, position: [f64; 3]) -> Vec<(String, String)> {
        if self.panels.is_empty() {
            let values = self.titles.iter().zip(position);
            return values
                .map(|(title, value)| (title.clone(), value.to_string()))
                .collect();
        }
        let [x, _, z] = position;
        let shares = |panel: &Facet| {
            let [low, high] = panel.corners_unit.map(|corner| corner.map(f64::from));
            [
                (x - low[0]) / (high[0] - low[0]),
                (z - low[1]) / (high[1] - low[1]),
            ]
        };
        let is_inside = |panel: &&Facet| shares(panel).iter().all(|at| (0.0..=1.0).contains(at));
        let Some(panel) = self.panels.iter().find(is_inside) else {
            return Vec::new();
        };
        let values = panel.axes.iter().zip(shares(panel));
        values
            .map(|(axis, share)| (axis.title.clone(), axis.value_from_unit(share).to_string()))
            .collect()
    }
}

impl Describe for FigureRecords {
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
        lines.extend(self.values(self.positions[index]));
        let path = self.origin.run.path_text(&self.origin.path);
        lines.push(("file".to_owned(), path));
        lines
    }
}
