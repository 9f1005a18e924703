//! The command that draws a figure.

use std::fmt::Write as _;

use trainscape_scene::figure::DataLayer;

use super::FigureFile;
use crate::{Control, Value, ViewSettings, common::X};

const AXES: [char; 3] = ['x', 'y', 'z'];

impl FigureFile {
    /// The words of the command that draws the figure, without its output.
    #[must_use]
    pub fn command_words(&self) -> Vec<String> {
        let mut words = vec!["trainscape".to_owned(), "render".to_owned()];
        let text = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
        words.extend(self.inputs.iter().map(text));
        let mut flag = |name: &str, value: String| words.push(format!("--{name}={value}"));
        flag("view", self.view.name().to_owned());
        let ViewSettings {
            runs,
            runs_of_panel: _,
            steps,
            at_step,
            controls,
        } = &self.settings;
        for run in runs.iter().flatten() {
            flag("runs", run.clone());
        }
        if let Some((first, last)) = steps {
            let end = |end: f64| match end.is_finite() {
                true => end.to_string(),
                false => String::new(),
            };
            flag("steps", format!("{}..{}", end(*first), end(*last)));
        }
        if let Some(at) = at_step {
            flag("at", at.to_string());
        }
        flag("theme", self.theme.name().to_owned());
        for role in &self.reading.roles {
            flag("role", role.clone());
        }
        // The setting of the view says the same, and comes first.
        if let Some(x) = &self.reading.x
            && self.view.control(X.name).is_some()
            && controls.get(&X).is_none()
        {
            flag("x", x.clone());
        }
        if let Some(mapping) = &self.reading.mapping {
            flag("mapping", text(mapping));
        }
        for axes in &self.reading.axes {
            flag("axes", axes.clone());
        }
        for views in &self.reading.views {
            flag("views", text(views));
        }
        if let Some(pattern) = &self.reading.pattern {
            flag("pattern", pattern.clone());
        }
        if let Some(buffer) = self.reading.buffer {
            flag("buffer", buffer.to_string());
        }
        self.camera_and_page_words(&mut words);
        for control in self.view.controls() {
            if let Some(value) = controls.get(control) {
                words.extend(words_of(control, value));
            }
        }
        words
    }

    fn camera_and_page_words(&self, words: &mut Vec<String>) {
        let camera = &self.camera;
        if let (Some(azimuth), Some(elevation)) = (camera.azimuth_degrees, camera.elevation_degrees)
        {
            let (zoom, roll) = (camera.zoom, camera.roll_degrees);
            words.push(format!("--camera={azimuth},{elevation},{zoom},{roll}"));
        }
        if camera.orthographic {
            words.push("--orthographic".to_owned());
        }
        let page = &self.page;
        let [width, height] = page.size_in_pixel;
        words.push(format!("--size={width}x{height}"));
        words.push(format!("--dpi={}", page.dots_per_inch));
        if let Some(font_pt) = page.font_pt {
            words.push(format!("--font-size={font_pt}"));
        }
        if page.line_scale != 1.0 {
            words.push(format!("--line-scale={}", page.line_scale));
        }
        if page.data_layer != DataLayer::Auto {
            words.push(format!("--data-layer={}", page.data_layer.name()));
        }
        for (is_given, flag) in [
            (!page.caption, "--no-caption"),
            (!page.grid, "--no-grid"),
            (page.transparent, "--transparent"),
        ] {
            if is_given {
                words.push(flag.to_owned());
            }
        }
    }

    /// The command that draws the figure, for a POSIX shell, without its output.
    #[must_use]
    pub fn command_line(&self) -> String {
        let words = self.command_words();
        words
            .iter()
            .map(|word| quoted(word))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The flags that set a control.
fn words_of(control: &Control, value: &Value) -> Vec<String> {
    let name = control.name;
    match value {
        Value::Switch(true) => vec![format!("--{name}")],
        Value::Switch(false) => vec![format!("--no-{name}")],
        Value::Number(number) => vec![format!("--{name}={number}")],
        Value::Text(text) => vec![format!("--{name}={text}")],
        Value::Keys(keys) if keys.is_empty() => Vec::new(),
        Value::Keys(keys) => vec![format!("--{name}={}", keys.join(","))],
        Value::Scales(scales) => {
            let axes = |wanted| -> String {
                let axes = AXES.iter().zip(scales);
                axes.filter(|(_, scale)| **scale == Some(wanted))
                    .map(|(axis, _)| *axis)
                    .collect()
            };
            [(name, axes(true)), ("linear", axes(false))]
                .into_iter()
                .filter(|(_, axes)| !axes.is_empty())
                .map(|(name, axes)| format!("--{name}={axes}"))
                .collect()
        }
        Value::Ranges(ranges) => {
            let ranges = AXES.iter().zip(ranges);
            ranges
                .filter_map(|(axis, range)| {
                    let mut word = format!("--{name}={axis}=");
                    for (end, after) in range.as_ref()?.iter().zip(["..", ""]) {
                        if end.is_finite() {
                            let _infallible = write!(word, "{end}");
                        }
                        word += after;
                    }
                    Some(word)
                })
                .collect()
        }
    }
}

/// A word as a POSIX shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_reads_a_quoted_word_as_one() {
        assert_eq!(quoted("--x=train/loss"), "--x=train/loss");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
