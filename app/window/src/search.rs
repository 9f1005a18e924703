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

/// What was typed, in lower case.
struct Typed(Vec<String>);

impl Typed {
    fn new(typed: &str) -> Self {
        let words = typed.split_whitespace().map(str::to_lowercase);
        Self(words.collect())
    }

    /// How well a label matches: every word must be in it, best at the beginning of a word; smaller is better.
    fn distance(&self, label: &str) -> Option<usize> {
        let label = label.to_lowercase();
        let mut sum = 0;
        for word in &self.0 {
            let at = label.find(word.as_str())?;
            let begins = at == 0 || !label.as_bytes()[at - 1].is_ascii_alphanumeric();
            sum += at + if begins { 0 } else { 100 };
        }
        Some(sum)
    }

    /// The items whose labels match best, in their order: of a hundred thousand keys no more than are listed are kept.
    fn best<'a, T>(
        &self,
        items: impl IntoIterator<Item = T>,
        label: impl Fn(&T) -> Cow<'a, str>,
    ) -> Vec<(usize, T)> {
        let mut best: Vec<(usize, T)> = Vec::new();
        for item in items {
            let Some(distance) = self.distance(&label(&item)) else {
                continue;
            };
            best.push((distance, item));
            if best.len() >= 2 * MOST_LISTED {
                best.sort_by_key(|(distance, _)| *distance);
                best.truncate(MOST_LISTED);
            }
        }
        best.sort_by_key(|(distance, _)| *distance);
        best.truncate(MOST_LISTED);
        best
    }
}

/// The best matches, actions before others that match as well.
pub(crate) fn search(state: &State, typed: &str) -> Vec<Match> {
    let words = Typed::new(typed);
    let actions = Command::listed().filter(|command| *command != Command::TogglePalette);
    let actions = words.best(actions, Command::label);
    let mut found: Vec<Match> = actions
        .into_iter()
        .map(|(distance, command)| Match {
            distance,
            label: command.label(),
            kind: "",
            command,
        })
        .collect();
    if !words.0.is_empty() {
        found.extend(settings(state, &words));
        found.extend(series(state, &words));
        found.extend(runs(state, &words));
    }
    found.sort_by_key(|found| found.distance);
    found.truncate(MOST_LISTED);
    // A number can be nothing better than a step.
    if let Some(step) = step(state, typed) {
        found.insert(0, step);
    }
    found
}

/// The controls of the view.
fn settings(state: &State, typed: &Typed) -> impl Iterator<Item = Match> {
    let pane = state.panes.focused();
    let controls = pane.view.controls().iter().copied();
    let shown = controls.filter(|control| pane.shows_control(control));
    let best = typed.best(shown, |control| control.label.into());
    best.into_iter().map(|(distance, control)| Match {
        distance,
        label: control.label.into(),
        kind: "Setting",
        command: Command::ShowControl(control.name),
    })
}

fn series(state: &State, typed: &Typed) -> impl Iterator<Item = Match> {
    let best = typed.best(&state.series.rows, |row| Cow::Borrowed(&*row.key));
    best.into_iter().map(|(distance, row)| Match {
        distance,
        label: row.key.to_string().into(),
        kind: "Series on the timeline",
        command: Command::ShowOnTimeline(Some(row.key.to_string())),
    })
}

fn runs(state: &State, typed: &Typed) -> impl Iterator<Item = Match> {
    let best = typed.best(&state.snapshot.runs, |run| Cow::Borrowed(&*run.id));
    best.into_iter().map(|(distance, run)| Match {
        distance,
        label: run.id.to_string().into(),
        kind: "Only this run",
        command: Command::SelectRuns(BTreeSet::from([run.id.to_string()])),
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
        let distance = |label: &str, typed: &str| Typed::new(typed).distance(label);
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

    #[test]
    fn of_many_keys_the_best_are_kept_in_their_order() {
        let keys: Vec<String> = (0..10_000).map(|key| format!("{key}/loss")).collect();
        let typed = Typed::new("LOSS");
        let best = typed.best(&keys, |key| Cow::Borrowed(key.as_str()));
        assert_eq!(best.len(), MOST_LISTED);
        let shown: Vec<&str> = best.iter().map(|(_, key)| key.as_str()).collect();
        assert_eq!(shown[..2], ["0/loss", "1/loss"]);
        // Ten keys of one digit, then those of two.
        assert_eq!(shown[79], "79/loss");
    }
}
