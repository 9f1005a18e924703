//! The selected trajectories of a figure, and how their lines are coloured.

use std::sync::Arc;

use trainscape_run::{Role, Run};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
};

use super::{
    coordinates::Coordinate, lines::Line, recipe::Recipe, selection::role_of, tracks::Track,
};
use crate::{
    ViewSettings,
    axes::PlacedLine,
    decimation::{Decimation, MOST_ON_LINES},
    logged_points::FEW_LINES,
    palette::{LinePalette, Named},
};

/// Colours along a single trajectory.
pub(crate) const PATH_MAP: ColourMap = ColourMap::Plasma;

/// The selected data.
pub(super) struct Trajectories<'a> {
    pub(super) settings: &'a ViewSettings,
    pub(super) recipe: &'a Recipe,
    pub(super) coordinates: &'a [Coordinate; 4],
    pub(super) tracks: &'a [Track],
    pub(super) lines: &'a [Line<'a>],
    /// Points in the moving average.
    pub(super) window: usize,
    pub(super) runs: &'a [Arc<Run>],
}

/// Colours of lines: by a value along them, or one for each line.
pub(super) struct Colouring {
    /// The axis of the value along the lines.
    pub(super) by_value: Option<Axis>,
    pub(super) palette: LinePalette,
    pub(super) map: ColourMap,
}

impl Trajectories<'_> {
    /// Whether the lines are few enough to be drawn in detail: each with its logged points, arrows of time, and marks.
    pub(super) fn few(&self) -> bool {
        self.lines.len() <= FEW_LINES
    }

    /// Whether the logged points are drawn behind smoothed lines.
    pub(super) fn shows_raw(&self) -> bool {
        self.few() && self.window > 1 && self.lines.iter().all(|line| line.spread.is_none())
    }

    /// Title and scale of x, y, z and colours.
    pub(super) fn titles(&self) -> [(String, Scale); 4] {
        let base = &self.tracks[0].base;
        std::array::from_fn(|axis| self.coordinates[axis].title(self.runs, base, self.settings))
    }

    /// The role of the series along an axis (0: x, 1: y, 2: z).
    pub(super) fn role_along(&self, axis: usize) -> Option<Role> {
        role_of(self.runs, self.coordinates[axis].key()?)
    }

    /// The points of each line in the unit box, and which of them are drawn.
    pub(super) fn placed(&self, axes: &[Axis; 3]) -> (Vec<PlacedLine>, Decimation) {
        let lens: Vec<usize> = self.lines.iter().map(|line| line.steps.len()).collect();
        let at = |line: usize, at: usize| point(&self.lines[line].values, at);
        let decimation = Decimation::of(axes, &lens, MOST_ON_LINES, at);
        let lines = self.lines.iter().enumerate();
        let placed = lines
            .map(|(index, line)| {
                decimation.placed(index, axes, &line.strips, |i| point(&line.values, i))
            })
            .collect();
        (placed, decimation)
    }
}

impl Colouring {
    pub(super) fn of(trajectories: &Trajectories<'_>, (title, scale): (String, Scale)) -> Self {
        let configured = match &trajectories.coordinates[3] {
            Coordinate::Configuration(key) => Some(key.as_str()),
            _ => None,
        };
        let lines = trajectories.lines;
        let named: Vec<Named<'_>> = lines
            .iter()
            .map(|line| Named {
                ordinal: line.ordinal,
                label: line.label.clone(),
                config: &trajectories.runs[line.tracks[0].run as usize].config,
            })
            .collect();
        let map = trajectories.settings.colours(PATH_MAP);
        let by_value = configured.is_none()
            && (lines.len() == 1 || trajectories.recipe.options.colour.is_some());
        let values = lines.iter().flat_map(|line| line.values[3].iter().copied());
        Self {
            by_value: by_value.then(|| Axis::spanning(title, scale, values)),
            palette: LinePalette::new(&named, trajectories.settings, configured, map),
            map,
        }
    }

    /// The position of a value in the colour map, 0 to 1.
    pub(super) fn unit(&self, value: f64) -> f32 {
        let axis = self.by_value.as_ref();
        let unit = axis.and_then(|axis| axis.unit_from_value(value));
        unit.unwrap_or(0.0) as f32
    }
}

/// x, y and z of a point.
pub(super) fn point(values: &[Vec<f64>; 4], index: usize) -> [f64; 3] {
    [values[0][index], values[1][index], values[2][index]]
}
