//! What tells the lines in panels apart: words of their names, otherwise classes of the runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trainscape_run::{Config, Run};
use trainscape_scene::{colour::ColourMap, ticks::format_value};

use super::{best_named, subject::Subject};
use crate::{
    classes::{self, RowsToDivide},
    groups::{self, Group, Repeats},
    palette::{LEARNING_RATE_KEYS, LinePalette},
    side::Side,
};

/// What a description says after the key of a setting.
pub(crate) const FROM_CONFIGURATION: &str = " from the configuration";
/// The largest number of labels with colours, and of labels that are numbers.
const MOST_LABELS: usize = 14;
const MOST_NUMBERED: usize = 6;
/// Fewer learning rates show no trend.
const FEWEST_RATES: usize = 4;
/// A word in this share of the names tells nothing.
const COMMON: f64 = 0.9;
/// The label of rows whose names say nothing, beside others that do.
const UNNAMED: &str = "others";

/// What tells the rows of panels apart.
pub(super) struct Labels {
    /// The label of each row; all are empty where nothing says more than a repeat.
    pub(super) of_row: Vec<String>,
    /// What the labels are.
    pub(super) what: String,
    /// The colours of the rows, where the labels are numbers.
    pub(super) palette: Option<LinePalette>,
}

impl Labels {
    fn of_names(of_row: Vec<String>) -> Self {
        Self {
            of_row,
            what: "the names of the runs".to_owned(),
            palette: None,
        }
    }
}

/// As few words as tell the rows of all panels apart, a learning rate, or classes.
pub(super) fn labels(
    (runs, repeats): (&[Arc<Run>], Repeats),
    last: &[f64],
    subject: &Subject,
    panels: &[(&str, Vec<usize>)],
    (side, map): (Side, ColourMap),
) -> Labels {
    let of = |share: usize| {
        let mut configs: Vec<Config> = runs.iter().map(|run| subject.config_without(run)).collect();
        leave_varying_in_panels(&mut configs, panels, share);
        labels_of(
            (runs, repeats),
            (&configs, last),
            subject,
            panels,
            (side, map),
        )
    };
    let are_empty = |labels: &Labels| labels.of_row.iter().all(String::is_empty);
    let mut labels = of(2);
    if are_empty(&labels) {
        labels = of(usize::MAX);
    }
    let named = || {
        let groups = groups::groups(runs, repeats);
        best_named::labels(runs, &groups, last, panels, side)
    };
    match are_empty(&labels).then(named).flatten() {
        Some((of_row, what)) => Labels {
            of_row,
            what,
            palette: None,
        },
        None => labels,
    }
}

/// The same, of these parts of the configurations.
fn labels_of(
    (runs, repeats): (&[Arc<Run>], Repeats),
    (configs, last): (&[Config], &[f64]),
    subject: &Subject,
    panels: &[(&str, Vec<usize>)],
    (side, map): (Side, ColourMap),
) -> Labels {
    // Losses are compared by what was swept, rewards by algorithm.
    if side == Side::Lowest
        && let Some(labels) = learning_rates(configs, map)
    {
        return labels;
    }
    let is_few = |labels: &[String], most: usize| {
        let distinct: BTreeSet<&String> = labels.iter().collect();
        (2..=most).contains(&distinct.len())
    };
    let numbered = || runs.iter().enumerate();
    let groups = groups::groups(runs, repeats);
    let are_repeats = groups.iter().any(|group| group.members.len() > 1);
    let mut of_groups: Vec<Option<&str>> = vec![None; runs.len()];
    for group in &groups {
        for row in &group.members {
            of_groups[*row] = group.name.as_deref();
        }
    }
    let paths: Vec<String> = numbered()
        .map(|(row, run)| subject.rest_of(row, &run.id))
        .collect();
    let names: Vec<String> = numbered()
        .map(|(row, run)| subject.rest_of(row, &run.name))
        .collect();
    let without_repeats = |rest: &[String]| -> Vec<String> {
        let rest = rest.iter().zip(&of_groups).enumerate();
        let rest = rest.map(|(row, (name, of_group))| match (of_group, repeats) {
            (Some(of_group), Repeats::Numbered(_)) => subject.rest_of(row, of_group),
            _ => groups::without_repeat(name),
        });
        let rest = without_common_words(&rest.collect::<Vec<_>>());
        without_words_of_panels(rest, panels)
    };
    let of_names = [without_repeats(&paths), without_repeats(&names)];
    let few = of_names.iter().find(|labels| is_few(labels, MOST_LABELS));
    if let Some(labels) = few.filter(|labels| tell_apart(labels, panels)) {
        let named = labels.iter().map(|label| match label.is_empty() {
            true => UNNAMED.to_owned(),
            false => label.clone(),
        });
        return Labels::of_names(named.collect());
    }
    let is_of_group = |classes: &classes::Classes, group: &Group| {
        let first = &classes.of_row[group.members[0]];
        group
            .members
            .iter()
            .all(|row| classes.of_row[*row] == *first)
    };
    let divides_groups =
        |classes: &classes::Classes| groups.iter().all(|group| is_of_group(classes, group));
    // More methods than have colours may stand in a few folders.
    let of_folders = classes::of_names(&paths, &['/']).into_iter().find(|level| {
        let says_something = |name: &String| !name.is_empty() && classes::is_word(name);
        is_few(&level.of_row, MOST_LABELS)
            && level.of_row.iter().all(says_something)
            && are_crossed(&level.of_row, panels)
            && divides_groups(level)
    });
    if let Some(level) = of_folders {
        return Labels {
            of_row: level.of_row,
            what: "folders of the runs".to_owned(),
            palette: None,
        };
    }
    // Numbers that panels have in common may be variants, if they are no seeds.
    let numbered = without_common_words(&paths);
    if is_few(&numbered, MOST_NUMBERED) && are_crossed(&numbered, panels) && !are_repeats {
        return Labels::of_names(numbered);
    }
    // Values in different panels cannot be compared, ranks can.
    let mut values = vec![f64::NAN; runs.len()];
    for (_, of_panel) in panels {
        let last: Vec<f64> = of_panel.iter().map(|row| last[*row]).collect();
        for (row, rank) in of_panel.iter().zip(classes::ranks(&last)) {
            values[*row] = rank / of_panel.len() as f64;
        }
    }
    let to_divide = RowsToDivide {
        configs: configs.iter().collect(),
        paths,
        names,
        values,
        side,
    };
    // What differs between repeats tells no groups apart.
    let classes = to_divide.telling_classes().filter(divides_groups);
    Labels {
        what: classes
            .as_ref()
            .map_or_else(String::new, |classes| classes.what.clone()),
        of_row: classes.map_or_else(|| vec![String::new(); runs.len()], |classes| classes.of_row),
        palette: None,
    }
}

/// The learning rates, where there are several.
fn learning_rates(configs: &[Config], map: ColourMap) -> Option<Labels> {
    let numbers = |key: &&str| groups::numbers(key, configs.iter());
    let varies = |values: &Vec<f64>| {
        let distinct: BTreeSet<String> = values.iter().map(f64::to_string).collect();
        distinct.len() >= FEWEST_RATES
    };
    let key = LEARNING_RATE_KEYS
        .iter()
        .find(|key| numbers(key).is_some_and(|values| varies(&values)))?;
    let values = numbers(key)?;
    Some(Labels {
        of_row: values.iter().map(|value| format_value(*value)).collect(),
        what: format!("{key}{FROM_CONFIGURATION}"),
        palette: Some(LinePalette::by_value(key, &values, map)),
    })
}

/// Leaves out what is the same for all rows of each panel: its colour would say what the panel's title says. So is what varies in
/// less than one `share`th of the panels in which another key does.
fn leave_varying_in_panels(configs: &mut [Config], panels: &[(&str, Vec<usize>)], share: usize) {
    let keys: BTreeSet<String> = configs.iter().flat_map(Config::keys).cloned().collect();
    let varies_in = |key: &String, rows: &[usize]| {
        // A missing value is none.
        let mut values = rows.iter().filter_map(|row| configs[*row].get(key));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let counts: BTreeMap<String, usize> = keys
        .into_iter()
        .map(|key| {
            let varying = panels.iter().filter(|(_, rows)| varies_in(&key, rows));
            let count = varying.count();
            (key, count)
        })
        .collect();
    let most = counts.values().max().copied().unwrap_or(0);
    for config in configs {
        config.retain(|key, _| counts[key] > 0 && counts[key].saturating_mul(share) >= most);
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

/// The words of each name that are not in nearly all names, each once.
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
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for word in all.iter().flatten() {
        *counts.entry(word).or_default() += 1;
    }
    let in_most = |word: &String| counts[word] as f64 >= COMMON * all.len() as f64;
    // A number says nothing without the word before it: `loop 1`.
    let with_word = |words: &[String], at: usize| match at.checked_sub(1).map(|at| &words[at]) {
        Some(before) if is_number(&words[at]) && in_most(before) => {
            format!("{before} {}", words[at])
        }
        _ => words[at].clone(),
    };
    let rest = all.iter().map(|words| {
        let telling = (0..words.len()).filter(|at| !in_most(&words[*at]));
        let telling: Vec<String> = telling.map(|at| with_word(words, at)).collect();
        telling.join(" ")
    });
    rest.collect()
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The labels without words that all rows of a panel have, or none of it: these say which panel it is. The labels as they are
/// where that leaves nothing that tells the rows apart.
fn without_words_of_panels(labels: Vec<String>, panels: &[(&str, Vec<usize>)]) -> Vec<String> {
    let words_of = |row: usize| labels[row].split(' ').filter(|word| !word.is_empty());
    let varies = |word: &str| {
        panels.iter().any(|(_, rows)| {
            let with = rows
                .iter()
                .filter(|row| words_of(**row).any(|other| other == word));
            let with = with.count();
            with > 0 && with < rows.len()
        })
    };
    let all: BTreeSet<&str> = (0..labels.len()).flat_map(words_of).collect();
    let told: BTreeSet<&str> = all.into_iter().filter(|word| varies(word)).collect();
    // A number keeps the word before it.
    let kept = |row: usize| -> String {
        let words: Vec<&str> = words_of(row).collect();
        let is_told = |at: usize| {
            let next = words.get(at + 1).filter(|next| is_number(next));
            told.contains(words[at]) || next.is_some_and(|next| told.contains(next))
        };
        let kept = (0..words.len()).filter(|at| is_told(*at));
        kept.map(|at| words[at]).collect::<Vec<_>>().join(" ")
    };
    let shorter: Vec<String> = (0..labels.len()).map(kept).collect();
    let is_whole = !shorter
        .iter()
        .zip(&labels)
        .any(|(shorter, label)| shorter.is_empty() && !label.is_empty());
    match is_whole && tell_apart(&shorter, panels) {
        true => shorter,
        false => labels,
    }
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
        let names = ["wake/loop_1", "wake/loop_2"].map(str::to_owned);
        assert_eq!(without_common_words(&names), ["loop 1", "loop 2"]);
    }

    #[test]
    fn a_word_of_a_panel_is_in_no_label() {
        let labels = ["atari A2C", "atari DQN", "A2C", "DQN", "DQN tuned"].map(str::to_owned);
        let panels = [("breakout", vec![0, 1]), ("cartpole", vec![2, 3, 4])];
        let found = without_words_of_panels(labels.to_vec(), &panels);
        assert_eq!(found, ["A2C", "DQN", "A2C", "DQN", "DQN tuned"]);
        let labels = ["loop 1", "loop 2", "loop 1", "loop 2"]
            .map(str::to_owned)
            .to_vec();
        let panels = [("alien", vec![0, 1]), ("pong", vec![2, 3])];
        assert_eq!(without_words_of_panels(labels.clone(), &panels), labels);
        // Nothing would be left of the first panel's.
        let labels = ["ES", "A2C", "DQN"].map(str::to_owned).to_vec();
        let panels = [("breakout", vec![0]), ("cartpole", vec![1, 2])];
        assert_eq!(without_words_of_panels(labels.clone(), &panels), labels);
    }
}
