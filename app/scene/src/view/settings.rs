use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{colour::ColourMap, compute::Method};

/// What stands along the x axis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum XAxis {
    /// The logger's step, unless the run declares another series for a key.
    #[default]
    Step,
    /// Wall time as a date.
    WallTime,
    /// The values of another series (tokens, samples, epochs), matched by step.
    Series(String),
}

/// What a user can set about a view. `None` and empty mean: the view's own choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewSettings {
    /// Ids of the runs drawn; `None`: all.
    pub runs: Option<BTreeSet<String>>,
    /// Smallest and largest step drawn.
    pub steps: Option<(f64, f64)>,
    /// What stands along the x axis.
    pub x: XAxis,
    /// Second coordinate of the loss surface: a configuration value or a series.
    pub second: Option<String>,
    /// How scattered samples become a surface.
    #[serde(skip)]
    pub method: Option<Method>,
    /// Points in the moving average; 1 draws the values as they are.
    pub smoothing: Option<usize>,
    /// Logarithmic x, y and z axes.
    pub log: [Option<bool>; 3],
    /// Colours of surfaces.
    pub map: Option<ColourMap>,
    /// How strongly the light's direction shows, 0 to 1.
    pub shading: f32,
    /// Contour lines.
    pub contours: bool,
    /// Lines along the measured nodes.
    pub wireframe: bool,
    /// Every sample as a dot.
    pub samples: bool,
    /// The surface's colours on the floor.
    pub floor_projection: Option<bool>,
    /// Gradient flow: a row for each parameter rather than for each layer.
    pub per_parameter: bool,
    /// Gradient flow: norms below this count as vanishing.
    pub vanishing_below: f64,
    /// Gradient flow: norms above this count as exploding.
    pub exploding_above: f64,
}

impl Default for ViewSettings {
    fn default() -> Self {
        Self {
            runs: None,
            steps: None,
            x: XAxis::Step,
            second: None,
            method: None,
            smoothing: None,
            log: [None; 3],
            map: None,
            shading: 0.7,
            contours: true,
            wireframe: false,
            samples: false,
            floor_projection: None,
            per_parameter: false,
            vanishing_below: 1e-6,
            exploding_above: 100.0,
        }
    }
}

impl ViewSettings {
    pub(super) fn draws_run(&self, id: &str) -> bool {
        self.runs.as_ref().is_none_or(|runs| runs.contains(id))
    }

    pub(super) fn draws_step(&self, step: f64) -> bool {
        self.steps
            .is_none_or(|(first, last)| step >= first && step <= last)
    }
}
