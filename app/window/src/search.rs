//! What the search finds: actions, views, runs, series, settings of the view, steps.

use std::{borrow::Cow, collections::BTreeSet};

use trainscape_scene::ticks::format_value;

use crate::{command::Command, state::State};

/// Entries that are listed.
const MOST_LISTED: usize = 80;

/// An entry that matches what was typed.
pub(crate) struct Match {
    distance: usize,
    pub(crate) label: Cow<'static, str>,
    /// What kind of thing it is; empty for an action.
    pub(crate) kind: &'static str,
    pub(crate) command: Command,
}

/// How well a label matches what was typed: every word must be in it, best at the beginning of a word; smaller is
/// better.
fn distance(label: &str, typed: &str) -> Option<usize> {
    let label = label.to_lowercase();
    let mut sum = 0;
    for word in typed.to_lowercase().split_whitespace() {
        let at = label.find(word)?;
        let begins = at == 0 || !label.as_bytes()[at - 1].is_ascii_alphanumeric();
        sum += at + if begins { 0 } else { 100 };
    }
    Some(sum)
}

/// The best matches, actions before others that match as well.
pub(crate) fn search(state: &State, typed: &str) -> Vec<Match> {
    let actions = Command::listed().filter(|command| *command != Command::TogglePalette);
    let mut found: Vec<Match> = actions
        .filter_map(|command| matching(typed, command.label(), "", command))
        .collect();
    if !typed.trim().is_empty() {
        found.extend(settings(state, typed));
        found.extend(series(state, typed));
        found.extend(runs(state, typed));
    }
    found.sort_by_key(|found| found.distance);
    found.truncate(MOST_LISTED);
    // A number can be nothing better than a step.
    if let Some(step) = step(state, typed) {
        found.insert(0, step);
    }
    found
}

fn matching(
    typed: &str,
    label: Cow<'static, str>,
    kind: &'static str,
    command: Command,
) -> Option<Match> {
    Some(Match {
        distance: distance(&label, typed)?,
        label,
        kind,
        command,
    })
}

/// The controls of the view.
fn settings(state: &State, typed: &str) -> impl Iterator<Item = Match> {
    let pane = state.panes.focused();
    let controls = pane.view.controls().iter().copied();
    let shown = controls.filter(|control| pane.shows_control(control));
    shown.filter_map(move |control| {
        let command = Command::ShowControl(control.name);
        matching(typed, control.label.into(), "Setting", command)
    })
}

fn series(state: &State, typed: &str) -> impl Iterator<Item = Match> {
    state.series.rows.iter().filter_map(move |row| {
        distance(&row.key, typed)?;
        let key = row.key.to_string();
        let command = Command::ShowOnTimeline(Some(key.clone()));
        matching(typed, key.into(), "Series on the timeline", command)
    })
}

fn runs(state: &State, typed: &str) -> impl Iterator<Item = Match> {
    state.snapshot.runs.iter().filter_map(move |run| {
        distance(&run.id, typed)?;
        let id = run.id.to_string();
        let command = Command::SelectRuns(BTreeSet::from([id.clone()]));
        matching(typed, id.into(), "Only this run", command)
    })
}

/// The step that was typed, where the runs have logged steps around it.
fn step(state: &State, typed: &str) -> Option<Match> {
    let number: f64 = typed.trim().parse().ok()?;
    let range = state.time_range()?;
    range.contains(&number).then(|| Match {
        distance: 0,
        label: format!("Go to step {}", format_value(number)).into(),
        kind: "Step",
        command: Command::SetCurrentStep(state.timeline.rounded(number)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_beginnings_count_most() {
        assert!(distance("Look from above", "above look").is_some());
        assert_eq!(distance("Look from above", "below"), None);
        let (starts, contains) = (
            distance("Split the tile", "split"),
            distance("Unsplit", "split"),
        );
        assert!(starts < contains);
        assert_eq!(distance("Undo", ""), Some(0));
        assert_eq!(distance("train/grad_norm", "grad"), Some(6));
    }
}
