//! What is set about the views of a tile, each view for itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use trainscape_views::{Control, ControlValues, Value, ViewKind};

use crate::saved_settings;

/// The values of controls, by view.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct TileSettings(BTreeMap<ViewKind, ControlValues>);

impl TileSettings {
    /// The values of a view's controls.
    pub(crate) fn of(&self, view: ViewKind) -> ControlValues {
        self.0.get(&view).cloned().unwrap_or_default()
    }

    /// The value of a control, where it was set.
    pub(crate) fn get(&self, view: ViewKind, control: &Control) -> Option<&Value> {
        self.0.get(&view)?.get(control)
    }

    /// Sets a control of a view, or returns it to its default.
    pub(crate) fn set(&mut self, view: ViewKind, control: &Control, value: Option<Value>) {
        let values = self.0.entry(view).or_default();
        values.set(control, value);
        if values.is_empty() {
            self.0.remove(&view);
        }
    }

    /// Returns all controls of a view to their defaults.
    pub(crate) fn reset(&mut self, view: ViewKind) {
        self.0.remove(&view);
    }

    /// Returns to their defaults what names something in the data, which other data do not hold.
    pub(crate) fn reset_data_names(&mut self) {
        for (view, values) in &mut self.0 {
            values.reset_data_names(view.controls());
        }
        self.0.retain(|_, values| !values.is_empty());
    }
}

impl<'de> Deserialize<'de> for TileSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = serde_json::Value::deserialize(deserializer)?;
        let mut settings = Self::default();
        for (view, control, value) in saved_settings::read(&saved) {
            settings.set(view, control, Some(value));
        }
        Ok(settings)
    }
}
