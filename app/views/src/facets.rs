//! Runs in panels: unlike things, as the rewards of several environments, stand beside each other instead of on one axis.

mod best_named;
mod compose;
mod known_names;
mod labels;
mod methods;
mod stages;
mod subject;

pub(super) use best_named::is_of_rest;
pub(super) use compose::{compose, x_of_title};
pub(super) use labels::FROM_CONFIGURATION;
pub(super) use subject::OTHERS as UNKNOWN;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use trainscape_run::{Role, Run, natural_cmp};
use trainscape_scene::{
    colour::{Colour, ColourMap, run_colour},
    scene::{ColourBar, Scene},
};

use self::{
    labels::{Labels, labels},
    subject::{MOST_PANELS, Subject},
};
use super::{
    ViewSettings,
    groups::{self, Repeats},
    palette::OF_NONE,
    side::Side,
};

/// The value of [`crate::common::FACETS`] for one panel.
const NONE: &str = "none";

/// How rows are divided into panels, and how the lines in them are told apart.
pub(super) struct Facets {
    /// What the panels are, for a caption.
    pub(super) what: String,
    pub(super) panels: Vec<Panel>,
    /// What the colours show, for a caption; empty without labels.
    pub(super) of_colours: String,
    /// The colours of the labels, in their order.
    pub(super) colours: Vec<(String, Colour)>,
    /// What the colours show, where it is a number.
    pub(super) bar: Option<ColourBar>,
    /// How repeats are known among the rows.
    pub(super) repeats: Repeats,
    /// Whether the panels are compared with each other: methods with one task.
    pub(super) are_compared: bool,
    /// Names of the panels that would be too many, which have the fewest rows.
    pub(super) left_out: Vec<String>,
}

/// The rows of one panel.
pub(super) struct Panel {
    pub(super) title: String,
    /// Indices of the rows.
    pub(super) rows: Vec<usize>,
    /// Whether it holds what no panel is of.
    pub(super) is_of_unknown: bool,
    /// What tells each of them from those of other labels; empty where nothing does.
    pub(super) labels: Vec<String>,
}

/// The rows: their runs and the last value of each.
pub(super) struct Rows {
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) last: Vec<f64>,
}

/// How the rows stand in panels: by what the settings choose; otherwise by environment, or by data set, where the rows are of
/// several.
pub(super) fn facets(
    rows: &Rows,
    (role, side): (Option<Role>, Side),
    settings: &ViewSettings,
) -> Option<Facets> {
    let runs: Vec<&Run> = rows.runs.iter().map(|run| &**run).collect();
    let subject = match settings.facets() {
        Some(NONE) => return None,
        Some(key) => Subject::of_key(key, &runs)?,
        None => of_stages(&runs, &rows.last, role)
            .or_else(|| Subject::find(&runs, role))
            .or_else(|| Subject::of_swept_methods(&runs))
            .or_else(|| match role {
                Some(Role::Reward) => Subject::of_crossed_folders(&runs, &rows.last)
                    .or_else(|| Subject::of_unlike_folders(&runs, &rows.last)),
                _ => None,
            })?,
    };
    let mut by_title: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, title) in subject.of_row.iter().enumerate() {
        by_title.entry(title).or_default().push(row);
    }
    if by_title.len() < 2 {
        return None;
    }
    let mut by_title: Vec<(&str, Vec<usize>)> = by_title.into_iter().collect();
    // The largest first; equal ones by their names.
    by_title.sort_by(|a, b| {
        b.1.len()
            .cmp(&a.1.len())
            .then_with(|| natural_cmp(a.0, b.0))
    });
    let left_out = by_title.split_off(by_title.len().min(MOST_PANELS));
    by_title.sort_by(|a, b| natural_cmp(a.0, b.0));
    if subject.is_stage {
        by_title.sort_by_key(|(title, _)| stages::place(title));
    }
    let map = settings.colours(ColourMap::default());
    let repeats = groups::known_repeats(&rows.runs);
    let Labels {
        of_row: labels,
        what: of_colours,
        palette,
    } = labels(
        (&rows.runs, repeats),
        &rows.last,
        &subject,
        &by_title,
        (side, map),
    );
    let bar = palette.as_ref().and_then(|palette| palette.bar.clone());
    let mut first_rows: HashMap<&String, usize> = HashMap::new();
    for (row, label) in labels.iter().enumerate() {
        first_rows.entry(label).or_insert(row);
    }
    let of_numbers = |label: &String| {
        let row = *first_rows.get(label)?;
        palette.as_ref()?.colours.get(row).copied()
    };
    let distinct: BTreeSet<&String> = labels.iter().filter(|label| !label.is_empty()).collect();
    let mut distinct: Vec<String> = distinct.into_iter().cloned().collect();
    // The lines without names are last.
    distinct.sort_by(|a, b| {
        let is_rest = is_of_rest;
        is_rest(a).cmp(&is_rest(b)).then_with(|| natural_cmp(a, b))
    });
    let colours = distinct.into_iter().enumerate();
    let panels = by_title.into_iter().map(|(title, rows)| Panel {
        title: title.to_owned(),
        is_of_unknown: title == UNKNOWN && subject.is_stated,
        labels: rows.iter().map(|row| labels[*row].clone()).collect(),
        rows,
    });
    Some(Facets {
        repeats,
        panels: panels.collect(),
        colours: colours
            .map(|(at, label)| {
                let colour = match is_of_rest(&label) {
                    true => OF_NONE,
                    false => of_numbers(&label).unwrap_or_else(|| run_colour(at)),
                };
                (label, colour)
            })
            .collect(),
        bar,
        are_compared: subject.are_compared,
        of_colours,
        left_out: left_out
            .into_iter()
            .map(|(title, _)| title.to_owned())
            .collect(),
        what: subject.what,
    })
}

fn of_stages(runs: &[&Run], last: &[f64], role: Option<Role>) -> Option<Subject> {
    let is_loss = matches!(role, Some(Role::Loss | Role::ValidationLoss));
    is_loss.then(|| Subject::of_stages(runs, last))?
}

/// Whether the runs, each with a last value of its loss, are of several stages, or of several methods that were swept alike, so
/// that they stand in panels by default.
pub(super) fn need_panels(rows: &Rows, settings: &ViewSettings) -> bool {
    let runs: Vec<&Run> = rows.runs.iter().map(|run| &**run).collect();
    settings.facets().is_none()
        && (Subject::of_stages(&runs, &rows.last).is_some()
            || Subject::of_swept_methods(&runs).is_some())
}

/// Scenes of one plane each as panels of a figure with a title and a caption; `None` without panels.
pub(super) fn side_by_side(
    panels: Vec<(String, Scene)>,
    title: String,
    caption: String,
) -> Option<Scene> {
    let mut scene = compose(panels, [false, false])?;
    scene.title = title;
    scene.caption = caption;
    // The panels have their titles.
    scene.axes[2].title.clear();
    Some(scene)
}

/// Whether the user chose what panels are of.
pub(super) fn are_chosen(settings: &ViewSettings) -> bool {
    settings.facets().is_some_and(|key| key != NONE)
}

/// Names that the data offer for [`FACETS`].
pub(super) fn choices(runs: &[Arc<Run>]) -> Vec<String> {
    Subject::choices(&runs.iter().map(|run| &**run).collect::<Vec<_>>())
}
