//! What tells the lines in panels apart: words of their names, otherwise classes of the runs.

use std::{collections::BTreeSet, sync::Arc};

use trainscape_run::{Config, Run};

use super::subject::Subject;
use crate::{
    classes::{self, RowsToDivide},
    extremes::Side,
    groups::{self, Repeats},
};

/// The largest number of labels with colours, and of labels that are numbers.
const MOST_LABELS: usize = 14;
const MOST_NUMBERED: usize = 6;
/// What colours show that tell names apart.
const OF_NAMES: &str = "the names of the runs";
/// The label of rows whose names say nothing, beside others that do.
const UNNAMED: &str = "others";

/// What tells the rows of a panel apart, as few words as do so in all panels, and what it is; all are empty where nothing
/// says more than a repeat.
pub(super) fn labels(
    runs: &[Arc<Run>],
    last: &[f64],
    subject: &Subject,
    panels: &[(&str, Vec<usize>)],
    side: Side,
) -> (Vec<String>, String) {
    let none = || (vec![String::new(); runs.len()], String::new());
    let is_few = |labels: &[String], most: usize| {
        let distinct: BTreeSet<&String> = labels.iter().collect();
        (2..=most).contains(&distinct.len())
    };
    let numbered = || runs.iter().enumerate();
    let paths: Vec<String> = numbered()
        .map(|(row, run)| subject.rest_of(row, &run.id))
        .collect();
    let names: Vec<String> = numbered()
        .map(|(row, run)| subject.rest_of(row, &run.name))
        .collect();
    let without_repeats = |rest: &[String]| -> Vec<String> {
        let rest = rest.iter().map(|name| groups::without_repeat(name));
        without_common_words(&rest.collect::<Vec<_>>())
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
    let numbered = without_common_words(&paths);
    let are_repeats = || {
        let groups = groups::groups(runs, Repeats::Seeds);
        groups.iter().any(|group| group.members.len() > 1)
    };
    if is_few(&numbered, MOST_NUMBERED) && are_crossed(&numbered, panels) && !are_repeats() {
        return (numbered, OF_NAMES.to_owned());
    }
    // Values in different panels cannot be compared, ranks can.
    let mut values = vec![f64::NAN; runs.len()];
    for (_, of_panel) in panels {
        let last: Vec<f64> = of_panel.iter().map(|row| last[*row]).collect();
        for (row, rank) in of_panel.iter().zip(classes::ranks(&last)) {
            values[*row] = rank / of_panel.len() as f64;
        }
    }
    let configs: Vec<Config> = runs.iter().map(|run| subject.config_without(run)).collect();
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

/// The words of each name that are not in all names, each once.
fn without_common_words(names: &[String]) -> Vec<String> {
    let separators = ['/', '_', ' ', ','];
    let words = |name: &String| -> Vec<String> {
        let words = name
            .split(separators)
            .map(|word| word.trim_matches(['-', '=', '.']));
        let mut kept: Vec<String> = Vec::new();
        for word in words.filter(|word| !word.is_empty()) {
            if !kept.iter().any(|known| known.eq_ignore_ascii_case(word)) {
                kept.push(word.to_owned());
            }
        }
        kept
    };
    let all: Vec<Vec<String>> = names.iter().map(words).collect();
    let in_all = |word: &String| all.iter().all(|words| words.contains(word));
    let rest = all.iter().map(|words| {
        let telling = words.iter().filter(|word| !in_all(word));
        telling.cloned().collect::<Vec<_>>().join(" ")
    });
    rest.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_names_tell_nothing() {
        let names = ["ES/run", "PPO/run", "PPO/run"].map(str::to_owned);
        assert_eq!(without_common_words(&names), ["ES", "PPO", "PPO"]);
        let names = ["TD3/td3", "DDPG/ddpg"].map(str::to_owned);
        assert_eq!(without_common_words(&names), ["TD3", "DDPG"]);
    }
}
