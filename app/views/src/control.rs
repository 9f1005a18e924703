//! Controls: what can be set about a view, one row each. The command line's flags, the window's panel, saved
//! workspaces and the reset of a reopened folder are all made from these rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trainscape_scene::{colour::ColourMap, scene::Chosen};

/// One thing that can be set about a view.
#[derive(Debug)]
pub struct Control {
    /// The flag on the command line and the name in files, in kebab-case. Unique within a view.
    pub name: &'static str,
    /// The label in the window. Unique within a view.
    pub label: &'static str,
    /// What it does, in one sentence.
    pub help: &'static str,
    /// Which values it takes, and its default.
    pub kind: Kind,
    /// Where the window's panel shows it.
    pub section: Section,
    /// Its value names something in the data (a key, a row, a layer), so it means nothing in another folder.
    pub names_data: bool,
    /// It has an effect only with one of these values of another control.
    pub only_with: Option<OnlyWith>,
}

/// Values of another control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnlyWith {
    /// The other control's name.
    pub control: &'static str,
    /// Its values; of a switch `on` or `off`.
    pub values: &'static [&'static str],
}

impl OnlyWith {
    /// The control has an effect only on scenes that report what they chose for it.
    pub const CHOSEN: Self = Self {
        control: "",
        values: &[],
    };

    /// Whether the other control, which has this row, has one of the values.
    #[must_use]
    pub fn holds(&self, other: &Control, value: Option<&Value>) -> bool {
        let name = match (value, other.kind) {
            (Some(Value::Text(text)), _) => Some(text.as_str()),
            (Some(Value::Switch(on)), _) => Some(switch_name(*on)),
            (None, Kind::Switch(Some(on))) => Some(switch_name(on)),
            (None, Kind::Choice { default, .. }) => default,
            // The data decide: it may be either.
            (None, Kind::Switch(None)) => return true,
            _ => None,
        };
        name.is_some_and(|name| self.values.contains(&name))
    }
}

fn switch_name(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A part of the window's settings panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What is drawn.
    View,
    /// Coordinates, scales and ranges.
    Axes,
    /// Colours, light, lines.
    Appearance,
}

/// Which values a control takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// On or off; `None`: the view chooses.
    Switch(Option<bool>),
    /// A number.
    Number(Number),
    /// One of a few names.
    Choice {
        /// Name and label of each.
        options: &'static [(&'static str, &'static str)],
        /// `None`: the view chooses.
        default: Option<&'static str>,
    },
    /// A colour map; without a value the view chooses.
    Colours,
    /// One name out of the data, or one of a few fixed ones; without a value the view chooses.
    Key {
        /// Name and label of those that do not come from the data.
        fixed: &'static [(&'static str, &'static str)],
    },
    /// Any number of names out of the data; none: the view chooses.
    Keys,
    /// Free text; empty by default.
    Text,
    /// Linear or logarithmic, for the axes named (`0`: x); the view chooses what is not set.
    Scales(&'static [usize]),
    /// Fixed ends of the x, y and z axes; the data decide what is not set.
    Ranges,
}

/// A control that takes a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// `None`: the view chooses.
    pub default: Option<f64>,
    /// Smallest and largest value.
    pub range: [f64; 2],
    /// The ends of a slider; a value beyond them widens it.
    pub usual: [f64; 2],
    /// Whole numbers only.
    pub whole: bool,
    /// A slider moves over orders of magnitude.
    pub logarithmic: bool,
    /// A change costs so much that it counts only once the pointer is released.
    pub on_release: bool,
}

impl Number {
    /// Any number of a range.
    #[must_use]
    pub const fn real(default: Option<f64>, range: [f64; 2]) -> Self {
        Self {
            default,
            range,
            usual: range,
            whole: false,
            logarithmic: false,
            on_release: false,
        }
    }

    /// Whole numbers of a range.
    #[must_use]
    pub const fn whole(default: Option<f64>, range: [f64; 2]) -> Self {
        Self {
            whole: true,
            ..Self::real(default, range)
        }
    }

    /// With other ends of the slider.
    #[must_use]
    pub const fn usually(self, usual: [f64; 2]) -> Self {
        Self { usual, ..self }
    }

    /// Changed once the pointer is released.
    #[must_use]
    pub const fn on_release(self) -> Self {
        Self {
            on_release: true,
            ..self
        }
    }

    /// With a slider over orders of magnitude.
    #[must_use]
    pub const fn logarithmic(self) -> Self {
        Self {
            logarithmic: true,
            ..self
        }
    }
}

/// The value of a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Of a [`Kind::Switch`].
    Switch(bool),
    /// Of a [`Kind::Number`].
    Number(f64),
    /// Of a [`Kind::Choice`], a [`Kind::Key`] or a [`Kind::Text`].
    Text(String),
    /// Of a [`Kind::Keys`].
    Keys(Vec<String>),
    /// Of a [`Kind::Scales`]: whether each axis is logarithmic.
    Scales([Option<bool>; 3]),
    /// Of a [`Kind::Ranges`]: ends of each axis; infinite where open.
    Ranges(#[serde(with = "open_ranges")] [Option<[f64; 2]>; 3]),
}

/// A control cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The view has no control of that name.
    #[error("{view} has no setting called `{name}`")]
    Unknown {
        /// The view's title.
        view: &'static str,
        /// The name.
        name: String,
    },
    /// The control takes other values.
    #[error("`{name}` takes {expected}")]
    BadValue {
        /// The control's name.
        name: &'static str,
        /// Which values it takes.
        expected: String,
    },
}

impl From<bool> for Value {
    fn from(on: bool) -> Self {
        Self::Switch(on)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl From<&Chosen> for Value {
    fn from(chosen: &Chosen) -> Self {
        match chosen {
            Chosen::Switch(on) => Self::Switch(*on),
            Chosen::Number(number) => Self::Number(*number),
            Chosen::Name(name) => Self::Text(name.clone()),
            Chosen::Names(names) => Self::Keys(names.clone()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Control {
    /// The same control where it has an effect only with some values of another.
    #[must_use]
    pub const fn only_with(self, only_with: OnlyWith) -> Self {
        Self {
            only_with: Some(only_with),
            ..self
        }
    }

    /// The error that names the values it takes.
    #[must_use]
    pub fn refusal(&self) -> ControlError {
        ControlError::BadValue {
            name: self.name,
            expected: self.expected(),
        }
    }

    /// Which values it takes, as a phrase: "a number from 0 to 1".
    #[must_use]
    pub fn expected(&self) -> String {
        match &self.kind {
            Kind::Switch(_) => "on or off".to_owned(),
            Kind::Number(number) => {
                let what = if number.whole {
                    "a whole number"
                } else {
                    "a number"
                };
                let [low, high] = number.range.map(|end| {
                    if (1e-3..1e6).contains(&end) || end == 0.0 {
                        end.to_string()
                    } else {
                        format!("{end:e}")
                    }
                });
                format!("{what} from {low} to {high}")
            }
            Kind::Choice { options, .. } => {
                let names: Vec<&str> = options.iter().map(|(name, _)| *name).collect();
                format!("one of {}", names.join(", "))
            }
            Kind::Colours => {
                let names = ColourMap::ALL.map(ColourMap::name);
                format!("one of {}", names.join(", "))
            }
            Kind::Key { .. } => "a key".to_owned(),
            Kind::Keys => "keys, separated by commas".to_owned(),
            Kind::Text => "text".to_owned(),
            Kind::Scales(axes) => {
                let letters: String = axes.iter().map(|&axis| ['x', 'y', 'z'][axis]).collect();
                format!("axes out of {letters}")
            }
            Kind::Ranges => "AXIS=A..B, as in x=0..100; either limit may be omitted".to_owned(),
        }
    }

    /// Whether it can have this value.
    #[must_use]
    pub fn takes(&self, value: &Value) -> bool {
        match (&self.kind, value) {
            (Kind::Switch(_), Value::Switch(_))
            | (Kind::Key { .. } | Kind::Text, Value::Text(_))
            | (Kind::Keys, Value::Keys(_))
            | (Kind::Ranges, Value::Ranges(_)) => true,
            (Kind::Number(number), Value::Number(value)) => {
                (number.range[0]..=number.range[1]).contains(value)
                    && (!number.whole || value.fract() == 0.0)
            }
            (Kind::Colours, Value::Text(name)) => ColourMap::from_name(name).is_some(),
            (Kind::Choice { options, .. }, Value::Text(name)) => {
                options.iter().any(|(option, _)| option == name)
            }
            (Kind::Scales(axes), Value::Scales(scales)) => {
                (0..3).all(|axis| scales[axis].is_none() || axes.contains(&axis))
            }
            _ => false,
        }
    }
}

/// The values that were set; a control that is not among them has its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ControlValues(BTreeMap<String, Value>);

impl ControlValues {
    /// The value of a control, where one was set that it takes.
    #[must_use]
    pub fn get(&self, control: &Control) -> Option<&Value> {
        self.0
            .get(control.name)
            .filter(|value| control.takes(value))
    }

    /// Sets a control, or returns it to its default.
    pub fn set(&mut self, control: &Control, value: impl Into<Option<Value>>) {
        match value.into() {
            Some(value) => self.0.insert(control.name.to_owned(), value),
            None => self.0.remove(control.name),
        };
    }

    /// Returns to their defaults what names something in the data.
    pub fn reset_data_names(&mut self, controls: &[&Control]) {
        for control in controls.iter().filter(|control| control.names_data) {
            self.0.remove(control.name);
        }
    }

    /// Whether every control has its default.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// JSON has no infinity: an open end is null.
mod open_ranges {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Ranges<End> = [Option<[End; 2]>; 3];

    pub(super) fn serialize<S: Serializer>(
        ranges: &Ranges<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        ranges
            .map(|range| range.map(|ends| ends.map(|end| Some(end).filter(|end| end.is_finite()))))
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Ranges<f64>, D::Error> {
        let ranges = Ranges::<Option<f64>>::deserialize(deserializer)?;
        Ok(ranges.map(|range| {
            let [low, high] = range?;
            Some([
                low.unwrap_or(f64::NEG_INFINITY),
                high.unwrap_or(f64::INFINITY),
            ])
        }))
    }
}
