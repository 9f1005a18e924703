//! Runs in panels: unlike things, as the rewards of several environments, stand beside each other instead of on one axis.

mod compose;
mod subject;

pub(super) use compose::compose;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trainscape_run::{Config, Role, Run, natural_cmp};
use trainscape_scene::colour::{Colour, run_colour};

use self::subject::Subject;
use super::{
    ViewSettings,
    classes::{self, RowsToDivide},
    extremes::Side,
    groups::{self, Repeats},
};

/// The largest number of panels: more would be too small.
const MOST_PANELS: usize = 30;
/// The largest number of labels with colours, and of labels that are numbers.
const MOST_LABELS: usize = 14;
const MOST_NUMBERED: usize = 6;
/// What colours show that tell names apart.
const OF_NAMES: &str = "the names of the runs";
/// The label of rows whose names say nothing, beside others that do.
const UNNAMED: &str = "others";
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
    /// Names of the panels that would be too many, which have the fewest rows.
    pub(super) left_out: Vec<String>,
}

/// The rows of one panel.
pub(super) struct Panel {
    pub(super) title: String,
    /// Indices of the rows.
    pub(super) rows: Vec<usize>,
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
        None => Subject::find(&runs, role).or_else(|| match role {
            Some(Role::Reward) => Subject::of_unlike_folders(&runs, &rows.last),
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
    let (labels, of_colours) = labels(rows, &subject, &by_title, side);
    let distinct: BTreeSet<&String> = labels.iter().filter(|label| !label.is_empty()).collect();
    let mut distinct: Vec<String> = distinct.into_iter().cloned().collect();
    distinct.sort_by(|a, b| natural_cmp(a, b));
    let colours = distinct.into_iter().enumerate();
    let panels = by_title.into_iter().map(|(title, rows)| Panel {
        title: title.to_owned(),
        labels: rows.iter().map(|row| labels[*row].clone()).collect(),
        rows,
    });
    Some(Facets {
        panels: panels.collect(),
        colours: colours.map(|(at, label)| (label, run_colour(at))).collect(),
        of_colours,
        left_out: left_out
            .into_iter()
            .map(|(title, _)| title.to_owned())
            .collect(),
        what: subject.what,
    })
}

/// Names that the data offer for [`FACETS`].
pub(super) fn choices(runs: &[Arc<Run>]) -> Vec<String> {
    Subject::choices(&runs.iter().map(|run| &**run).collect::<Vec<_>>())
}

/// What tells the rows of a panel apart, as few words as do so in all panels, and what it is; all are empty where nothing
/// says more than a repeat.
fn labels(
    rows: &Rows,
    subject: &Subject,
    panels: &[(&str, Vec<usize>)],
    side: Side,
) -> (Vec<String>, String) {
    let none = || (vec![String::new(); rows.runs.len()], String::new());
    let is_few = |labels: &[String], most: usize| {
        let distinct: BTreeSet<&String> = labels.iter().collect();
        (2..=most).contains(&distinct.len())
    };
    let numbered = || rows.runs.iter().enumerate();
    let paths: Vec<String> = numbered()
        .map(|(row, run)| subject.rest_of(row, &run.id))
        .collect();
    let names: Vec<String> = numbered()
        .map(|(row, run)| subject.rest_of(row, &run.name))
        .collect();
    let without_repeats = |rest: &[String]| -> Vec<String> {
        let rest = rest.iter().map(|name| groups::without_repeat(name));
        subject::without_common_words(&rest.collect::<Vec<_>>())
    };
    let of_names = [without_repeats(&paths), without_repeats(&names)];
    let few = of_names.iter().find(|labels| is_few(labels, MOST_LABELS));
    if let Some(labels) = few.filter(|labels| tell_apart(labels, panels)) {
        let named = labels.iter().map(|label| match label.is_empty() {
            true => UNNAMED.to_owned(),
            false => label.clone(),
        });
        return (named.collect(), OF_NAMES.to_owned());
    }
    // Numbers that panels have in common may be variants, if they are no seeds.
    let numbered = subject::without_common_words(&paths);
    let are_repeats = || {
        let groups = groups::groups(&rows.runs, Repeats::Seeds);
        groups.iter().any(|group| group.members.len() > 1)
    };
    if is_few(&numbered, MOST_NUMBERED) && are_crossed(&numbered, panels) && !are_repeats() {
        return (numbered, OF_NAMES.to_owned());
    }
    // Values in different panels cannot be compared, ranks can.
    let mut values = vec![f64::NAN; rows.runs.len()];
    for (_, of_panel) in panels {
        let last: Vec<f64> = of_panel.iter().map(|row| rows.last[*row]).collect();
        for (row, rank) in of_panel.iter().zip(classes::ranks(&last)) {
            values[*row] = rank / of_panel.len() as f64;
        }
    }
    let configs: Vec<Config> = rows
        .runs
        .iter()
        .map(|run| subject.config_without(run))
        .collect();
    let to_divide = RowsToDivide {
        configs: configs.iter().collect(),
        paths,
        names,
        values,
        side,
    };
    match to_divide.telling_classes() {
        Some(classes) => (classes.of_row, classes.what),
        None => none(),
    }
}

/// Whether some panel has several labels.
fn tell_apart(labels: &[String], panels: &[(&str, Vec<usize>)]) -> bool {
    panels.iter().any(|(_, rows)| {
        let first = rows.first().map(|row| &labels[*row]);
        rows.iter().any(|row| Some(&labels[*row]) != first)
    })
}

/// Whether most labels are in most of the panels.
fn are_crossed(labels: &[String], panels: &[(&str, Vec<usize>)]) -> bool {
    let of_panel = |(_, rows): &(&str, Vec<usize>)| -> BTreeSet<&str> {
        rows.iter().map(|row| labels[*row].as_str()).collect()
    };
    let all: BTreeSet<&str> = labels.iter().map(String::as_str).collect();
    let shown: usize = panels.iter().map(|panel| of_panel(panel).len()).sum();
    2 * shown > all.len() * panels.len()
}
