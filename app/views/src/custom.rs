//! Views defined in a file: any series or slices of tensors as surface, mesh, path, points or bars.
//!
//! A `[[view]]` table in `trainscape.toml` or `views.toml` in a run's folder (or in one above it, up to the opened
//! folder), or in a file given by `--views`:
//!
//! ```toml
//! [[view]]
//! name = "noise"                     # the name for --name and the window
//! title = "Noise of the gradient"    # the name, where it is left out
//! kind = "path"                      # path (without it), points, surface, mesh or bars
//! x = "step"                         # expressions of series, configuration values, `step` and `time` …
//! y = "ema(loss, 0.9)"
//! z = "log10({train/grad_norm})"     # … or a slice: z = "attention[-1, 0, 0]", with its rows and columns as y and x
//! colour = "learning_rate"
//! size = 3                           # points: a diameter in points (1/72 inch), or an expression
//! filter = "step > 100 && loss < 4"  # rows that are drawn
//! runs = ["lr-*"]                    # runs that are drawn, by id or name
//! log = "xz"
//! range = { z = [0, 10] }
//! colours = "plasma"
//! labels = { z = "log10 of the gradient norm" }
//! ```

mod columns;
mod geometry;
mod matrix;
mod series;
mod slice;
mod spec;

use std::{path::PathBuf, sync::Arc};

use trainscape_expression::nearest_name;
use trainscape_run::{Run, ViewFile};
use trainscape_scene::scene::Scene;

use self::spec::{ParsedView, Spec};
use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings,
    clip::range_of,
    common::{
        COLOURS, CONTOURS, FLOOR, LOG_XYZ, METHOD, OPACITY, RANGE, SAMPLES, SHADING, WIREFRAME,
    },
    symbol::Symbol,
};
use trainscape_compute::projection::Projector;
use trainscape_scene::colour::ColourMap;

const NEEDS: &str =
    "needs a file with `[[view]]` tables: `trainscape.toml` or `views.toml` in the opened folder";

/// The files of views of all runs, each once.
fn files(runs: &[Arc<Run>]) -> Vec<Arc<ViewFile>> {
    let mut seen: Vec<&PathBuf> = Vec::new();
    let mut files = Vec::new();
    for file in runs.iter().flat_map(|run| &run.view_files) {
        if !seen.contains(&&file.path) {
            seen.push(&file.path);
            files.push(Arc::clone(file));
        }
    }
    files
}

/// All views of all files; an error where a file cannot be read at all.
fn all(runs: &[Arc<Run>]) -> Result<Vec<ParsedView>, NotAvailable> {
    let mut all = Vec::new();
    for file in files(runs) {
        all.extend(spec::parse(&file).map_err(NotAvailable::new)?);
    }
    if all.is_empty() {
        return Err(NotAvailable::new(NEEDS).on_command_line("or give one with `--views FILE`"));
    }
    Ok(all)
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Spec, NotAvailable> {
    let all = all(runs)?;
    let wanted = settings.text(&NAME);
    let known: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    let found = all
        .into_iter()
        .find(|(name, _)| wanted.is_none_or(|wanted| wanted == name));
    let Some((_, view)) = found else {
        let name = wanted.unwrap_or_default();
        let hint = match nearest_name(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the views are: {}", known.join(", ")),
        };
        return Err(NotAvailable::new(format!(
            "no view is called `{name}`; {hint}"
        )));
    };
    view.map_err(NotAvailable::new)
}

/// The runs that the settings and the view draw.
fn drawn(
    spec: &Spec,
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<Vec<Arc<Run>>, NotAvailable> {
    let matches = |run: &Arc<Run>| {
        let mut patterns = spec.runs.iter();
        spec.runs.is_empty()
            || patterns.any(|pattern| matches(pattern, &run.id) || matches(pattern, &run.name))
    };
    let drawn: Vec<Arc<Run>> = runs
        .iter()
        .filter(|run| settings.draws_run(&run.id) && matches(run))
        .cloned()
        .collect();
    if drawn.is_empty() {
        let what = format!("no run matches {}", spec.runs.join(", "));
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    Ok(drawn)
}

/// Whether a text matches a pattern in which `*` matches any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(first) else {
        return false;
    };
    let ends = text
        .char_indices()
        .map(|(at, _)| at)
        .chain(std::iter::once(text.len()));
    // Exponential only in the number of stars, which is small.
    ends.into_iter().any(|at| matches(rest, &text[at..]))
}

const NAME: Control = Control {
    name: "name",
    label: "View",
    help: "The view's name in its file; the first by default.",
    kind: Kind::Key { fixed: &[] },
    section: Section::View,
    names_data: true,
    only_with: None,
};

/// A view defined in a file.
pub(crate) struct Custom;

impl View for Custom {
    fn name(&self) -> &'static str {
        "custom"
    }

    fn title(&self) -> &'static str {
        "Custom"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Expression
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &NAME, &METHOD, &LOG_XYZ, &RANGE, &COLOURS, &SHADING, &OPACITY, &CONTOURS, &WIREFRAME,
            &SAMPLES, &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Viridis
    }

    fn time(&self) -> Time {
        Time::Selects
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        available(runs, settings)
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
        let series = drawn.flat_map(|run| run.series.values());
        range_of(series.map(AsRef::as_ref), settings)
    }

    fn choices(&self, runs: &[Arc<Run>], _: &ViewSettings) -> Choices {
        let names = all(runs).unwrap_or_default();
        Choices::of(&NAME, names.into_iter().map(|(name, _)| name).collect())
    }
}

fn available(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
    let spec = choose(runs, settings)?;
    let drawn = drawn(&spec, runs, settings)?;
    if slice::of_text(&spec.axes[2].text, &drawn).is_some() {
        return Ok(());
    }
    columns::Expressions::new(&spec, &drawn).map(|_| ())
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let spec = choose(runs, settings)?;
    let drawn = drawn(&spec, runs, settings)?;
    let settings = &in_ranges_of(&spec, settings);
    if slice::of_text(&spec.axes[2].text, &drawn).is_some() {
        let mut scene = matrix::build(&spec, &drawn, settings)?;
        scene.choose(NAME.name, spec.name.as_str());
        return Ok(scene);
    }
    let mut scene = series::build(&spec, &drawn, settings)?;
    scene.choose(NAME.name, spec.name.as_str());
    Ok(scene)
}

/// The settings with the ranges that the file gives where the user gives none.
fn in_ranges_of(spec: &Spec, settings: &ViewSettings) -> ViewSettings {
    let mut settings = settings.clone();
    settings.set_ranges([0, 1, 2].map(|axis| settings.range(axis).or(spec.ranges[axis])));
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_range_of_the_user_follows_the_data() {
        let mut run = Run::new("r", "r", "r".into());
        let mut series = trainscape_run::Series::new("loss");
        for step in 0..5 {
            series.push(trainscape_run::Point {
                step: step.into(),
                wall_time_secs: None,
                value: step as f64,
            });
        }
        run.series.insert("loss".into(), Arc::new(series));
        let text = "[[view]]\nx = \"step\"\ny = \"loss\"\nz = \"loss\"\nrange = { x = [1, 3] }\n";
        run.view_files.push(Arc::new(ViewFile {
            path: "views.toml".into(),
            text: text.to_owned(),
        }));
        let mut settings = ViewSettings::default();
        settings.set_ranges([None, Some([f64::NEG_INFINITY, 3.0]), None]);
        let scene = build(&[Arc::new(run)], &settings).unwrap();
        let [x, y, _] = &scene.axes;
        assert_eq!([x.low, x.high, y.low, y.high], [1.0, 3.0, 0.0, 3.0]);
    }

    #[test]
    fn a_star_matches_any_characters() {
        assert!(
            matches("lr-*", "lr-0.1") && matches("*0.1", "lr-0.1") && matches("l*-*1", "lr-0.1")
        );
        assert!(matches("é*", "éa") && matches("*", ""));
        assert!(!matches("lr", "lr-0.1") && !matches("*x*", "lr-0.1"));
    }
}
