//! A figure as TOML, and back.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use trainscape_scene::{figure::DataLayer, theme::ThemeName};

use super::{CameraAngles, FigureFile, FigureFileError, Page, Reading};
use crate::{Control, ControlError, Kind, Value, ViewKind, ViewSettings};

/// Version of the format.
const VERSION: i64 = 1;
const HEADING: &str = "# A figure of Trainscape: `trainscape render FILE -o figure.png` draws it, `trainscape FILE` shows it.\n";
const AXES: [&str; 3] = ["x", "y", "z"];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Root {
    figure: i64,
    view: ViewKind,
    inputs: Vec<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runs: Option<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    steps: Option<[f64; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<f64>,
    #[serde(default)]
    theme: ThemeName,
    page: PageTable,
    #[serde(default, skip_serializing_if = "is_default")]
    camera: CameraTable,
    #[serde(default, skip_serializing_if = "is_default")]
    reading: ReadingTable,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    controls: BTreeMap<String, toml::Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageTable {
    size: [u32; 2],
    dpi: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    font_pt: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line_scale: Option<f64>,
    #[serde(default, skip_serializing_if = "is_default")]
    no_caption: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    no_grid: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    transparent: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    data_layer: DataLayer,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CameraTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    azimuth: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elevation: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roll: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zoom: Option<f64>,
    #[serde(skip_serializing_if = "is_default")]
    orthographic: bool,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReadingTable {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    axes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    views: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buffer: Option<usize>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The shortest decimal number of an `f32`.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

impl FigureFile {
    /// The figure as TOML.
    ///
    /// # Errors
    /// When a path is not UTF-8.
    pub fn to_toml(&self) -> Result<String, FigureFileError> {
        let of_reading = self.reading.views.iter().chain(&self.reading.mapping);
        let paths = self.inputs.iter().chain(of_reading);
        for path in paths {
            if path.to_str().is_none() {
                return Err(FigureFileError::NotText { path: path.clone() });
            }
        }
        let changed = |number: f32, default: f32| (number != default).then(|| decimal(number));
        let controls = self.view.controls().iter().filter_map(|control| {
            let value = self.settings.controls.get(control)?;
            Some((control.name.to_owned(), toml_value(value)))
        });
        let root = Root {
            figure: VERSION,
            view: self.view,
            inputs: self.inputs.clone(),
            runs: self.settings.runs.clone(),
            steps: self.settings.steps.map(|(first, last)| [first, last]),
            at: self.settings.at_step,
            theme: self.theme,
            page: PageTable {
                size: self.page.size_in_pixel,
                dpi: decimal(self.page.dots_per_inch),
                font_pt: self.page.font_pt.map(decimal),
                line_scale: changed(self.page.line_scale, 1.0),
                no_caption: !self.page.caption,
                no_grid: !self.page.grid,
                transparent: self.page.transparent,
                data_layer: self.page.data_layer,
            },
            camera: CameraTable {
                azimuth: self.camera.azimuth_degrees.map(decimal),
                elevation: self.camera.elevation_degrees.map(decimal),
                roll: changed(self.camera.roll_degrees, 0.0),
                zoom: changed(self.camera.zoom, 1.0),
                orthographic: self.camera.orthographic,
            },
            reading: ReadingTable {
                roles: self.reading.roles.clone(),
                x: self.reading.x.clone(),
                mapping: self.reading.mapping.clone(),
                axes: self.reading.axes.clone(),
                views: self.reading.views.clone(),
                pattern: self.reading.pattern.clone(),
                buffer: self.reading.buffer,
            },
            controls: controls.collect(),
        };
        let text = toml::to_string(&root).map_err(|error| FigureFileError::Text {
            line: 1,
            reason: error.to_string(),
        })?;
        Ok(HEADING.to_owned() + &text)
    }

    /// Reads a figure. Relative paths are those beside `folder`.
    ///
    /// # Errors
    /// In one sentence, when the text is something else.
    pub fn from_toml(text: &str, folder: &Path) -> Result<Self, FigureFileError> {
        let bad = |error: &toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            FigureFileError::Text {
                line: text.get(..at).unwrap_or("").matches('\n').count() + 1,
                reason: error.message().replace('\n', " "),
            }
        };
        let table: toml::Table = toml::from_str(text).map_err(|error| bad(&error))?;
        match table.get("figure").and_then(toml::Value::as_integer) {
            Some(VERSION) => {}
            Some(found) => {
                return Err(FigureFileError::Version {
                    found,
                    known: VERSION,
                });
            }
            None => return Err(FigureFileError::NotAFigure { known: VERSION }),
        }
        let root: Root = toml::from_str(text).map_err(|error| bad(&error))?;
        let mut figure = root.into_figure()?;
        figure.map_paths(|path| folder.join(path));
        Ok(figure)
    }
}

impl Root {
    fn into_figure(self) -> Result<FigureFile, FigureFileError> {
        let view = self.view;
        let mut settings = ViewSettings {
            runs: self.runs,
            steps: self.steps.map(|[first, last]| (first, last)),
            at_step: self.at,
            ..ViewSettings::default()
        };
        for (name, value) in &self.controls {
            let control = view.control(name).ok_or_else(|| ControlError::Unknown {
                view: view.title(),
                name: name.clone(),
            })?;
            let value = value_of(control, value).ok_or_else(|| control.refusal())?;
            view.set(&mut settings, name, value)?;
        }
        let PageTable { size, dpi, .. } = self.page;
        let side = |side: &u32| (1..=32768).contains(side);
        let font_pt = self.page.font_pt;
        let line_scale = self.page.line_scale.unwrap_or(1.0);
        let zoom = self.camera.zoom.unwrap_or(1.0);
        let angles = [self.camera.azimuth, self.camera.elevation, self.camera.roll];
        let finite = |angle: &Option<f64>| angle.is_none_or(f64::is_finite);
        for (is_in_range, name, expected) in [
            (
                size.iter().all(side),
                "size",
                "two numbers of pixels from 1 to 32768",
            ),
            ((20.0..=2400.0).contains(&dpi), "dpi", "from 20 to 2400"),
            (
                font_pt.is_none_or(|font_pt| (3.0..=72.0).contains(&font_pt)),
                "font_pt",
                "from 3 to 72",
            ),
            (
                (0.1..=10.0).contains(&line_scale),
                "line_scale",
                "from 0.1 to 10",
            ),
            (zoom > 0.0 && zoom.is_finite(), "zoom", "above 0"),
            (angles.iter().all(finite), "camera", "angles in degrees"),
            (
                settings.steps.is_none_or(|(first, last)| first <= last),
                "steps",
                "the first and the last step",
            ),
        ] {
            if !is_in_range {
                return Err(FigureFileError::Range { name, expected });
            }
        }
        let single = |number: f64| number as f32;
        Ok(FigureFile {
            inputs: self.inputs,
            reading: Reading {
                roles: self.reading.roles,
                x: self.reading.x,
                mapping: self.reading.mapping,
                axes: self.reading.axes,
                views: self.reading.views,
                pattern: self.reading.pattern,
                buffer: self.reading.buffer,
            },
            view,
            settings,
            theme: self.theme,
            camera: CameraAngles {
                azimuth_degrees: self.camera.azimuth.map(single),
                elevation_degrees: self.camera.elevation.map(single),
                roll_degrees: single(self.camera.roll.unwrap_or(0.0)),
                zoom: single(zoom),
                orthographic: self.camera.orthographic,
            },
            page: Page {
                size_in_pixel: size,
                dots_per_inch: single(dpi),
                font_pt: font_pt.map(single),
                line_scale: single(line_scale),
                caption: !self.page.no_caption,
                grid: !self.page.no_grid,
                transparent: self.page.transparent,
                data_layer: self.page.data_layer,
            },
        })
    }
}

fn toml_value(value: &Value) -> toml::Value {
    use toml::Value as Toml;
    let by_axis = |values: [Option<Toml>; 3]| {
        let named = AXES.into_iter().zip(values);
        let set = named.filter_map(|(axis, value)| Some((axis.to_owned(), value?)));
        Toml::Table(set.collect())
    };
    match value {
        Value::Switch(on) => Toml::Boolean(*on),
        Value::Number(number) => Toml::Float(*number),
        Value::Text(text) => Toml::String(text.clone()),
        Value::Keys(keys) => Toml::Array(keys.iter().cloned().map(Toml::String).collect()),
        Value::Scales(scales) => by_axis(
            scales
                .map(|scale| scale.map(|is_log| Toml::from(if is_log { "log" } else { "linear" }))),
        ),
        Value::Ranges(ranges) => by_axis(
            ranges.map(|range| range.map(|ends| Toml::Array(ends.map(Toml::Float).to_vec()))),
        ),
    }
}

fn value_of(control: &Control, value: &toml::Value) -> Option<Value> {
    let number = |value: &toml::Value| match value {
        toml::Value::Integer(whole) => Some(*whole as f64),
        value => value.as_float(),
    };
    let by_axis = |value: &toml::Value| -> Option<[Option<toml::Value>; 3]> {
        let table = value.as_table()?;
        let are_axes = table.keys().all(|key| AXES.contains(&key.as_str()));
        are_axes.then(|| AXES.map(|axis| table.get(axis).cloned()))
    };
    Some(match control.kind {
        Kind::Switch(_) => Value::Switch(value.as_bool()?),
        Kind::Number(_) => Value::Number(number(value)?),
        Kind::Choice { .. } | Kind::Colours | Kind::Key { .. } | Kind::Text => {
            Value::Text(value.as_str()?.to_owned())
        }
        Kind::Keys => {
            let keys = value.as_array()?.iter();
            let keys = keys.map(|key| key.as_str().map(str::to_owned));
            Value::Keys(keys.collect::<Option<_>>()?)
        }
        Kind::Scales(_) => {
            let mut scales = [None; 3];
            for (scale, value) in scales.iter_mut().zip(by_axis(value)?) {
                *scale = match value.as_ref().map(toml::Value::as_str) {
                    None => None,
                    Some(Some("log")) => Some(true),
                    Some(Some("linear")) => Some(false),
                    Some(_) => return None,
                };
            }
            Value::Scales(scales)
        }
        Kind::Ranges => {
            let mut ranges = [None; 3];
            for (range, value) in ranges.iter_mut().zip(by_axis(value)?) {
                let Some(value) = value else { continue };
                let [low, high] = value.as_array()?.as_slice() else {
                    return None;
                };
                let ends = [number(low)?, number(high)?];
                *range = Some(ends).filter(|[low, high]| low < high);
                range.as_ref()?;
            }
            Value::Ranges(ranges)
        }
    })
}

#[cfg(test)]
mod tests;
