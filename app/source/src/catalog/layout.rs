//! The files of a catalog and their columns. The reader and the writer both use these names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trainscape_run::{Config, ConfigValue};

/// The file that lists all others. It is replaced as a whole, after the files that it lists were written.
pub const MANIFEST: &str = "catalog.json";

/// The value of [`Manifest::format`].
pub const FORMAT: &str = "trainscape-catalog";

/// The version of the layout.
pub const VERSION: u64 = 1;

/// Folder of what shards have built and `commit` has not joined yet. Engines ignore names that begin with `_`.
pub const STAGING: &str = "_staging";

/// The list of a catalog's files, and what was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u64,
    /// Increases with every change.
    pub generation: u64,
    /// Number of runs.
    pub runs: u64,
    /// Number of points of all runs.
    pub points: u64,
    /// The runs, some thousands a part.
    pub parts: Vec<Part>,
    /// Keys whose partitions have abbreviated names.
    #[serde(default)]
    pub partitions: BTreeMap<String, String>,
    /// Files that look like logs and were not read.
    #[serde(default)]
    pub not_read: Vec<NotRead>,
    /// What was left out while searching for runs, one sentence each.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl Manifest {
    /// A catalog without runs.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            generation: 0,
            runs: 0,
            points: 0,
            parts: Vec::new(),
            partitions: BTreeMap::new(),
            not_read: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Some runs, which are written and replaced together. Paths are relative to the catalog, with `/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, which its files have.
    pub id: String,
    /// Number of runs.
    pub runs: u64,
    /// Number of points.
    pub points: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// The settings that are columns of the table of runs, with the types of their values.
    pub settings: BTreeMap<String, SettingKind>,
    /// The table of its runs.
    pub runs_file: String,
    /// The table of its series: a row for each run and key.
    pub series_file: String,
    /// The points of its series, a file for each key.
    pub history: Vec<String>,
    /// The histograms, a file for each key.
    pub histograms: Vec<String>,
}

impl Part {
    /// All files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let tables = [&self.runs_file, &self.series_file];
        let points = self.history.iter().chain(&self.histograms);
        tables.into_iter().chain(points).map(String::as_str)
    }
}

/// What the values of a setting are in all runs that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Truth values.
    Truth,
    /// Whole numbers.
    Whole,
    /// Numbers, some of them fractional.
    Number,
    /// Texts.
    Text,
    /// Values of several kinds, which are in no column of their own.
    Mixed,
}

/// A file that looks like a log and was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotRead {
    /// The file.
    pub path: String,
    /// Why it was not read.
    pub why: String,
}

/// A list of columns: the names of an enumeration's variants.
macro_rules! columns {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The column's name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// All, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }
    };
}

columns! {
    /// The columns of the table of runs that the reader needs. Engines get more: the roles' series and the settings.
    RunColumn {
        /// Text; unique in the catalog.
        Id = "run_id",
        /// Text.
        Name = "name",
        /// Text; the run's folder or file.
        Path = "path",
        /// Text; the plan that the run comes from, which changes as a whole.
        Origin = "origin",
        /// Integer; the place among the runs of the origin.
        Position = "position",
        /// Text; what the files of the origin were when they were read.
        Fingerprint = "fingerprint",
        /// JSON; all settings.
        Config = "config",
        /// JSON; the files that the run was read from.
        Sources = "sources",
        /// JSON; declared x axes by key.
        DeclaredX = "declared_x",
        /// JSON; what else was logged.
        Media = "media",
    }
}

/// The column of the table of runs with how each ended, as its logger says: `finished`, `failed`, `running`, or nothing. Older
/// catalogs have none.
pub const STATUS: &str = "status";

/// The column of the table of runs with the settings that have no column of their own, as texts by their names. Older
/// catalogs have none.
pub const OTHER_SETTINGS: &str = "other_settings";

columns! {
    /// The columns of the table of series: a row for each run and key, in the order of the runs.
    SeriesColumn {
        /// Text.
        RunId = "run_id",
        /// Text.
        Key = "key",
        /// Text: a [`SeriesKind`].
        Kind = "kind",
        /// Text; the role, if the key has one.
        Role = "role",
        /// Integer.
        Points = "points",
        /// Integer.
        Superseded = "superseded",
        /// Integer.
        NonFinite = "non_finite",
        /// Integer; null if the step is fractional.
        FirstStep = "first_step",
        /// Number; null if the step is whole.
        FirstFractionalStep = "first_fractional_step",
        /// Number.
        FirstWallTime = "first_wall_time",
        /// Number.
        First = "first",
        /// Integer; null if the step is fractional.
        LastStep = "last_step",
        /// Number; null if the step is whole.
        LastFractionalStep = "last_fractional_step",
        /// Number.
        LastWallTime = "last_wall_time",
        /// Number.
        Last = "last",
        /// Number; null if no value is finite.
        Min = "min",
        /// Number.
        Max = "max",
        /// Integer: 1 if every step is a whole number.
        WholeSteps = "whole_steps",
        /// Integer; the place of the key among those that the run's logs mention.
        FirstSeen = "first_seen",
        /// Integer; the source that the series was taken from.
        Source = "source",
        /// Text; the file with the points.
        File = "file",
        /// Integer; the first of its rows there.
        FirstRow = "first_row",
    }
}

columns! {
    /// The columns of points. The key is the name of their folder.
    HistoryColumn {
        /// Text.
        RunId = "run_id",
        /// Integer; the place among those of the run, in the order of its log: rows that an engine returns have no order.
        Position = "position",
        /// Integer; null if the step is fractional.
        Step = "step",
        /// Number; null if the step is whole.
        FractionalStep = "fractional_step",
        /// Number; seconds since 1970.
        WallTime = "wall_time",
        /// Number.
        Value = "value",
        /// Integer; the number of restarts before the point.
        Restart = "restart",
        /// Truth value; a later restart repeats the point.
        Superseded = "superseded",
    }
}

columns! {
    /// The columns of histograms.
    HistogramColumn {
        /// Text.
        RunId = "run_id",
        /// Integer; the place among those of the run, in the order of its log: rows that an engine returns have no order.
        Position = "position",
        /// Integer; null if the step is fractional.
        Step = "step",
        /// Number; null if the step is whole.
        FractionalStep = "fractional_step",
        /// Number; seconds since 1970.
        WallTime = "wall_time",
        /// Number; the sum of the squares of the values, if it was logged.
        SumSquares = "sum_squares",
        /// List of numbers: one more than there are bins.
        Edges = "edges",
        /// List of numbers.
        Counts = "counts",
    }
}

columns! {
    /// What a row of the table of series is.
    SeriesKind {
        /// Points.
        Scalar = "scalar",
        /// Histograms.
        Histogram = "histogram",
    }
}

/// The settings as a JSON object. Numbers that JSON has not are objects: `{"float": "NaN"}`.
#[must_use]
pub fn config_as_json(config: &Config) -> String {
    let values = config.iter().map(|(key, value)| {
        let value = match value {
            ConfigValue::Bool(value) => Value::from(*value),
            ConfigValue::Int(value) => Value::from(*value),
            ConfigValue::Float(value) if value.is_finite() => Value::from(*value),
            ConfigValue::Float(value) => serde_json::json!({ "float": value.to_string() }),
            ConfigValue::Text(value) => Value::from(value.as_str()),
        };
        (key.clone(), value)
    });
    Value::Object(values.collect()).to_string()
}

/// The settings of a JSON object of [`config_as_json`]; `None` if it is no such object.
#[must_use]
pub fn config_from_json(text: &str) -> Option<Config> {
    let values: BTreeMap<String, Value> = serde_json::from_str(text).ok()?;
    let values = values.into_iter().map(|(key, value)| {
        let value = match value {
            Value::Bool(value) => ConfigValue::Bool(value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => ConfigValue::Int(value),
                None => ConfigValue::Float(number.as_f64()?),
            },
            Value::Object(value) => ConfigValue::Float(value.get("float")?.as_str()?.parse().ok()?),
            Value::String(value) => ConfigValue::Text(value),
            Value::Null | Value::Array(_) => return None,
        };
        Some((key, value))
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_their_types_and_bits() {
        let config: Config = [
            ("a", ConfigValue::Int(i64::MIN)),
            ("b", ConfigValue::Float(1.0)),
            ("c", ConfigValue::Float(-0.0)),
            ("d", ConfigValue::Float(5e-324)),
            ("e", ConfigValue::Float(f64::INFINITY)),
            ("f", ConfigValue::Bool(true)),
            ("g", ConfigValue::Text("0.10".to_owned())),
            ("h", ConfigValue::Float(9.007_199_254_740_993e15)),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        assert_eq!(config_from_json(&config_as_json(&config)), Some(config));
        let nan: Config = [("lr".to_owned(), ConfigValue::Float(f64::NAN))].into();
        let read = config_from_json(&config_as_json(&nan)).unwrap();
        assert!(read["lr"].as_f64().unwrap().is_nan());
    }
}
