//! What a view is drawn with: runs, steps, the current step and the values of its controls.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::control::{Control, ControlValues, Kind, Value};

/// What one view is drawn with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewSettings {
    /// Ids of the runs drawn; `None`: all.
    pub runs: Option<BTreeSet<String>>,
    /// Whether a view chose these runs, for one of its panels; otherwise the user did, who gets all of them.
    #[serde(skip)]
    pub runs_of_panel: bool,
    /// Smallest and largest step drawn.
    pub steps: Option<(f64, f64)>,
    /// The current step: snapshots show the last one at or before it, trajectories end at it. `None`: the last.
    pub at_step: Option<f64>,
    /// The values of the view's controls.
    pub controls: ControlValues,
}

impl ViewSettings {
    /// With a control set; for tests and programs that know what they set.
    #[must_use]
    pub fn with(mut self, control: &Control, value: impl Into<Value>) -> Self {
        self.controls.set(control, value.into());
        self
    }

    /// Whether the user chose the runs.
    pub(crate) fn has_chosen_runs(&self) -> bool {
        self.runs.is_some() && !self.runs_of_panel
    }

    /// Whether a run is drawn.
    pub(crate) fn draws_run(&self, id: &str) -> bool {
        self.runs.as_ref().is_none_or(|runs| runs.contains(id))
    }

    /// Whether a step is drawn, regardless of the current step.
    pub(crate) fn draws_step(&self, step: f64) -> bool {
        self.steps
            .is_none_or(|(first, last)| step >= first && step <= last)
    }

    /// Whether a snapshot or a record has been reached at the current step.
    pub(crate) fn has_reached(&self, step: f64) -> bool {
        self.at_step.is_none_or(|at| step <= at)
    }

    /// A switch, where it was set.
    pub(crate) fn chosen_switch(&self, control: &Control) -> Option<bool> {
        match self.controls.get(control) {
            Some(Value::Switch(on)) => Some(*on),
            _ => None,
        }
    }

    /// A switch that has a default.
    pub(crate) fn switch(&self, control: &Control) -> bool {
        let default = match control.kind {
            Kind::Switch(default) => default.unwrap_or(false),
            _ => false,
        };
        self.chosen_switch(control).unwrap_or(default)
    }

    /// A number, where it was set.
    pub(crate) fn chosen_number(&self, control: &Control) -> Option<f64> {
        match self.controls.get(control) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A number that has a default.
    pub(crate) fn number(&self, control: &Control) -> f64 {
        let default = match control.kind {
            Kind::Number(number) => number.default.unwrap_or(number.range[0]),
            _ => 0.0,
        };
        self.chosen_number(control).unwrap_or(default)
    }

    /// A choice, a key or a text, where it was set.
    pub(crate) fn chosen_text(&self, control: &Control) -> Option<&str> {
        match self.controls.get(control) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A choice, a key or a text, where it was set; the default of a choice that has one.
    pub(crate) fn text(&self, control: &Control) -> Option<&str> {
        match control.kind {
            Kind::Choice { default, .. } => self.chosen_text(control).or(default),
            _ => self.chosen_text(control),
        }
    }

    /// The names that were chosen.
    pub(crate) fn keys(&self, control: &Control) -> &[String] {
        match self.controls.get(control) {
            Some(Value::Keys(keys)) => keys,
            _ => &[],
        }
    }
}
