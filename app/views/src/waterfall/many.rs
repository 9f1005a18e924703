//! Many runs in the plane: thin lines in the colours of a few classes, and the best run before them.

use std::collections::BTreeMap;

use trainscape_run::natural_cmp;
use trainscape_scene::{
    colour::{Colour, run_colour},
    scene::LegendEntry,
};

use crate::{
    extremes::Side,
    groups,
    names::told_apart,
    run_rows::{RunRow, RunSeries},
    samples::{counted, labels_of_runs},
};

/// The largest number of classes with colours that can be told apart.
const MOST_CLASSES: usize = 10;
/// A class with fewer runs would say no more than a name.
const FEWEST_IN_CLASS: usize = 2;
/// Classes that explain less of the last values would colour noise.
const LEAST_EXPLAINED: f64 = 0.05;
/// Runs of one class, or of none.
const OF_NONE: Colour = Colour::hex(0x7f93ad);
const OF_BEST: Colour = Colour::hex(0xd1495b);
const OPACITY: f32 = 0.6;

/// How many lines are told apart.
pub(super) struct ManyLines {
    /// One for each row.
    pub(super) colours: Vec<Colour>,
    pub(super) legend: Vec<LegendEntry>,
    /// The row with the best logged value.
    pub(super) best: Option<usize>,
    /// The caption's sentence on the colours.
    pub(super) note: String,
}

/// A way to divide the rows.
struct Classes {
    /// What the classes are values of, for a caption.
    what: String,
    /// The class of each row.
    of_row: Vec<String>,
}

impl ManyLines {
    /// Each of the rows, with the best one, if one is, before the others.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        (best, side): (Option<usize>, Side),
    ) -> Self {
        let rows: Vec<&RunRow> = rows.iter().collect();
        let mut lines = Self::of_groups(members, &rows, "run");
        let Some(best) = best else {
            return lines;
        };
        lines.best = Some(best);
        if lines.note.is_empty() {
            lines.colours[best] = OF_BEST;
            lines.legend = vec![entry(counted(rows.len() - 1, "other run"), OF_NONE)];
        } else {
            lines.colours[best] = lines.colours[best].with_opacity(1.0);
        }
        let name = &told_apart(&labels(members))[rows[best].member];
        let label = format!("{}: {name}", side.name().to_lowercase());
        lines.legend.insert(0, entry(label, lines.colours[best]));
        lines
    }

    /// Lines that begin with the rows; `what` one of them is.
    pub(super) fn of_groups(members: &[RunSeries], rows: &[&RunRow], what: &str) -> Self {
        let (colours, legend, note) = match telling_classes(members, rows, &labels(members)) {
            Some(classes) => coloured(&classes),
            None => (
                vec![OF_NONE.with_opacity(OPACITY); rows.len()],
                vec![entry(counted(rows.len(), what), OF_NONE)],
                String::new(),
            ),
        };
        Self {
            colours,
            legend,
            best: None,
            note,
        }
    }
}

fn entry(label: String, colour: Colour) -> LegendEntry {
    LegendEntry {
        label,
        colour: Some(colour),
        dot: false,
    }
}

fn labels(members: &[RunSeries]) -> Vec<String> {
    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    labels_of_runs(&runs)
}

/// Colours, legend and the caption's sentence of classes.
fn coloured(classes: &Classes) -> (Vec<Colour>, Vec<LegendEntry>, String) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for class in &classes.of_row {
        *counts.entry(class).or_default() += 1;
    }
    let mut names: Vec<&str> = counts.keys().copied().collect();
    names.sort_by(|a, b| natural_cmp(a, b));
    let index = |class: &str| names.iter().position(|name| *name == class).unwrap_or(0);
    let of_row = classes.of_row.iter();
    let colours = of_row.map(|class| run_colour(index(class)).with_opacity(OPACITY));
    let legend = names.iter().enumerate();
    let legend = legend.map(|(at, name)| {
        let label = format!("{name} ({})", counts[name]);
        entry(label, run_colour(at))
    });
    let legend = legend.collect();
    let note = format!("Colours show {} (number of runs)", classes.what);
    (colours.collect(), legend, note)
}

/// The classes that tell most of the last values of the rows: by folders, otherwise by configuration values, otherwise by
/// words of their names.
fn telling_classes(members: &[RunSeries], rows: &[&RunRow], labels: &[String]) -> Option<Classes> {
    let last = |row: &&RunRow| row.smooth.last().copied().unwrap_or(f64::NAN);
    let ranks = ranks(&rows.iter().map(last).collect::<Vec<f64>>());
    let most_telling = |candidates: Vec<Classes>, says_something: fn(&str) -> bool| {
        let usable = candidates.into_iter();
        let usable = usable.filter(|classes| is_usable(&classes.of_row, says_something));
        let rated = usable.map(|classes| (explained(&ranks, &classes.of_row), classes));
        let rated = rated.filter(|(explained, _)| *explained > LEAST_EXPLAINED);
        // The first of equal ones.
        let best = rated.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, classes)| classes)
    };
    // The paths of logs have folders that names leave out.
    let ids: Vec<String> = members
        .iter()
        .map(|member| member.run.id.to_string())
        .collect();
    let of_words = |separators: &[char]| {
        let mut words = of_names(rows, &ids, separators);
        words.extend(of_names(rows, labels, separators));
        words
    };
    let words = &['/', '_', '-', ' '];
    most_telling(of_words(&['/']), is_word)
        .or_else(|| most_telling(of_configs(members, rows), |_| true))
        .or_else(|| most_telling(of_words(words), is_word))
        .or_else(|| most_telling(of_words(&['/']), is_number))
}

fn of_configs(members: &[RunSeries], rows: &[&RunRow]) -> Vec<Classes> {
    let config = |row: &&RunRow| &*members[row.member].run.config;
    let varying = groups::varying_keys(rows.iter().map(config)).into_iter();
    let of_key = |key: &str| {
        let value = |row: &&RunRow| config(row).get(key).map(ToString::to_string);
        let of_row: Option<Vec<String>> = rows.iter().map(value).collect();
        let what = format!("{key} from the configuration");
        of_row.map(|of_row| Classes { what, of_row })
    };
    varying
        .filter(|key| groups::orders_runs(key))
        .filter_map(of_key)
        .collect()
}

/// By words at one place of the names, counted from their beginnings and from their ends.
fn of_names(rows: &[&RunRow], labels: &[String], separators: &[char]) -> Vec<Classes> {
    let words_of = |row: &&RunRow| -> Vec<&str> { labels[row.member].split(separators).collect() };
    let names: Vec<Vec<&str>> = rows.iter().map(words_of).collect();
    let fewest = names.iter().map(Vec::len).min().unwrap_or(0);
    let places = (0..fewest).flat_map(|at| [(at, false), (at, true)]);
    let of_place = |(at, is_from_end): (usize, bool)| Classes {
        what: "a part of the names".to_owned(),
        of_row: names
            .iter()
            .map(|words| {
                words[if is_from_end {
                    words.len() - 1 - at
                } else {
                    at
                }]
                .to_owned()
            })
            .collect(),
    };
    places.map(of_place).collect()
}

/// Whether a word of a name says what a run is, not which repeat of it, and is no date.
fn is_word(word: &str) -> bool {
    const OF_REPEATS: [&str; 9] = [
        "seed", "fold", "rep", "run", "trial", "version", "exp", "s", "v",
    ];
    let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
    let lower = letters.to_lowercase();
    let is_repeat = |of: &&str| lower == **of || lower.ends_with(&format!("_{of}"));
    let mentions = |of: &str| lower.ends_with(of) && word.ends_with(|c: char| c.is_ascii_digit());
    !letters.is_empty()
        && !OF_REPEATS.iter().any(is_repeat)
        && !["seed", "fold"].iter().any(|of| mentions(of))
}

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether a few classes have several runs each, and names that say something.
fn is_usable(of_row: &[String], says_something: fn(&str) -> bool) -> bool {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for class in of_row {
        *counts.entry(class).or_default() += 1;
    }
    (2..=MOST_CLASSES).contains(&counts.len())
        && counts.values().all(|count| *count >= FEWEST_IN_CLASS)
        && counts.keys().all(|class| says_something(class))
}

/// The rank of each value.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at] = rank as f64;
    }
    ranks
}

/// The share of the variance that lies between the classes, adjusted for their number.
fn explained(values: &[f64], of_row: &[String]) -> f64 {
    let mut classes: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (value, class) in values.iter().zip(of_row) {
        classes.entry(class).or_default().push(*value);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let squares = |values: &[f64]| -> f64 {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum()
    };
    let within: f64 = classes.values().map(|values| squares(values)).sum();
    let (n, k) = (values.len() as f64, classes.len() as f64);
    if n <= k {
        return f64::NEG_INFINITY;
    }
    1.0 - within / squares(values).max(f64::MIN_POSITIVE) * (n - 1.0) / (n - k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn classes_have_several_runs_and_say_something() {
        assert!(is_usable(&classes(&["ppo", "ppo", "sac", "sac"]), is_word));
        assert!(!is_usable(&classes(&["ppo", "ppo", "sac"]), is_word));
        assert!(!is_usable(&classes(&["ppo", "ppo", "ppo"]), is_word));
        let numbers = classes(&["16", "16", "32", "32"]);
        assert!(!is_usable(&numbers, is_word) && is_usable(&numbers, is_number));
        for word in [
            "seed1",
            "fold_2",
            "history_fold_3",
            "run7",
            "v0",
            "2023",
            "version_1",
        ] {
            assert!(!is_word(word), "{word}");
        }
        for word in ["ppo", "Hopper-v4", "vitb16", "wd5pct", "td3"] {
            assert!(is_word(word), "{word}");
        }
    }

    #[test]
    fn the_classes_that_separate_the_values_explain_more() {
        let values = ranks(&[1.0, 1.1, 5.0, 5.2]);
        let good = explained(&values, &classes(&["a", "a", "b", "b"]));
        let bad = explained(&values, &classes(&["a", "b", "a", "b"]));
        assert!(good > 0.6 && bad < 0.0, "{good}, {bad}");
    }
}
