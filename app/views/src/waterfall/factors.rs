//! The settings that tell of results: the one that tells most for the question it asks, then those that tell of the rest.

use std::collections::{BTreeMap, BTreeSet};

use trainscape_run::Config;

use crate::{
    classes::{Classes, explained, is_word, of_config},
    groups,
    parameters::is_no_parameter,
};

/// The largest number of classes of a setting that has rows.
pub(super) const MOST_ROWS: usize = 30;
/// The largest number of classes of a setting that has colours.
pub(super) const MOST_COLOURS: usize = 8;
/// The largest number of settings that rows and colours show.
const MOST_FACTORS: usize = 3;
/// A setting explains this part of the variance of what is left of the ranks, at least.
const LEAST_EXPLAINED: f64 = 0.15;
/// A setting that names methods does so from this part on.
const LEAST_OF_METHODS: f64 = 0.02;
/// A setting that one in so many runs does not state may divide them.
const FEW_WITHOUT: usize = 50;
/// The key of the study of a trial of Optuna.
const STUDY: &str = "optuna.study";
/// What its rows are.
pub(super) const OF_STUDIES: &str = "study";
/// The class of runs that do not state a setting.
pub(super) const NOT_STATED: &str = "not stated";

/// What may tell of results: settings of the configurations, and the folders or files that hold the runs.
pub(super) fn candidates(configs: &[&Config], paths: &[String]) -> Vec<Classes> {
    let varying = groups::varying_keys(configs.iter().copied()).into_iter();
    let of_settings = varying
        .filter(|key| !is_no_parameter(key))
        .filter_map(|key| of_config(key, configs).or_else(|| of_most(key, configs)));
    let of_study =
        of_config(STUDY, configs).map(|classes| Classes::new(OF_STUDIES, classes.of_row));
    let of_files = of_study.is_none().then(|| of_file(paths)).flatten();
    let of_files = of_files.into_iter();
    of_files.chain(of_study).chain(of_settings).collect()
}

/// By the values of a key that nearly all runs state.
fn of_most(key: &str, configs: &[&Config]) -> Option<Classes> {
    let without = configs.iter().filter(|config| config.get(key).is_none());
    if without.count() > configs.len() / FEW_WITHOUT {
        return None;
    }
    let value = |config: &&Config| match config.get(key) {
        Some(value) => value.to_string(),
        None => NOT_STATED.to_owned(),
    };
    Some(Classes::of_setting(
        key,
        configs.iter().map(value).collect(),
    ))
}

/// By the first part of the runs' paths that differs, where it is a word in each of them.
fn of_file(paths: &[String]) -> Option<Classes> {
    let part = |at: usize| -> Option<Vec<String>> {
        // The last part names the run.
        let part = |path: &String| {
            let mut parts = path.split('/').skip(at);
            let part = parts.next()?.to_owned();
            parts.next().map(|_| part)
        };
        paths.iter().map(part).collect()
    };
    let parts = (0..).map_while(part);
    let differ = |of_row: &Vec<String>| of_row.iter().any(|part| *part != of_row[0]);
    let of_row = parts.into_iter().find(differ)?;
    let says_something = of_row.iter().all(|part| is_word(part));
    says_something.then(|| Classes::new("file", of_row))
}

/// Whether a setting has names, or switches, for values.
pub(super) fn is_named(configs: &[&Config], classes: &Classes) -> bool {
    let Some(key) = classes.key.as_deref() else {
        return true;
    };
    let values = || configs.iter().filter_map(|config| config.get(key));
    values().next().is_some() && values().all(|value| value.as_f64().is_none())
}

/// The settings that tell of the ranks, the most telling first; each tells of what those before it leave.
pub(super) fn telling<'a>(
    all: &'a [Classes],
    ranks: &[f64],
    is_first: impl Fn(&Classes) -> bool,
) -> Vec<&'a Classes> {
    let mut found: Vec<&Classes> = Vec::new();
    let mut rest = ranks.to_vec();
    let mut cells = vec![String::new(); ranks.len()];
    while found.len() < MOST_FACTORS {
        let most = if found.len() < 2 {
            MOST_ROWS
        } else {
            MOST_COLOURS
        };
        let usable = all
            .iter()
            .filter(|classes| is_usable(&classes.of_row, most))
            .filter(|classes| !found.is_empty() || is_first(classes));
        let joined = usable.filter_map(|classes| {
            let joined = joined(&cells, &classes.of_row);
            is_usable(&joined, MOST_ROWS * MOST_COLOURS).then_some((classes, joined))
        });
        let rated = joined.filter_map(|(classes, joined)| {
            let explained = explained(&rest, &joined);
            // The folders of runs say as much as the model does.
            let weight = classes
                .key
                .as_deref()
                .map_or(1.0, groups::weight_of_setting);
            let rating = explained * weight / entropy_bits(&classes.of_row);
            // Beside the first, methods that make little difference are what a reader looks for.
            let is_method = !found.is_empty() && classes.key.as_deref().is_none_or(is_method);
            let least = if is_method {
                LEAST_OF_METHODS
            } else {
                LEAST_EXPLAINED
            };
            (explained > least).then_some((rating, classes, joined))
        });
        // The first of equal ones.
        let Some((_, best, joined)) =
            rated.reduce(|best, next| if next.0 > best.0 { next } else { best })
        else {
            break;
        };
        let means = means(ranks, &joined);
        rest = ranks
            .iter()
            .zip(&joined)
            .map(|(rank, cell)| rank - means[cell.as_str()])
            .collect();
        cells = joined;
        found.push(best);
    }
    found
}

fn is_method(key: &str) -> bool {
    groups::rank_of_setting(key) == 0
}

/// How much a division asks, in bits: that which tells most has the most classes, and one for each result tells all. The share
/// it explains by this is the gain ratio of decision trees (Quinlan, Induction of Decision Trees, 1986).
fn entropy_bits(of_row: &[String]) -> f64 {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for class in of_row {
        *counts.entry(class).or_default() += 1;
    }
    let all = of_row.len() as f64;
    let parts = counts.values().map(|count| *count as f64 / all);
    parts.map(|part| -part * part.log2()).sum()
}

fn joined(cells: &[String], of_row: &[String]) -> Vec<String> {
    let pairs = cells.iter().zip(of_row);
    pairs
        .map(|(cell, class)| format!("{cell}\n{class}"))
        .collect()
}

/// Whether results are of a few conditions, of several each on average.
pub(super) fn is_usable(of_row: &[String], most: usize) -> bool {
    let distinct: BTreeSet<&String> = of_row.iter().collect();
    (2..=most).contains(&distinct.len()) && 2 * distinct.len() <= of_row.len()
}

/// The mean of each class.
pub(super) fn means<'a>(values: &[f64], of_row: &'a [String]) -> BTreeMap<&'a str, f64> {
    let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for (value, name) in values.iter().zip(of_row) {
        let (sum, count) = sums.entry(name).or_default();
        *sum += value;
        *count += 1;
    }
    let means = sums.into_iter();
    means
        .map(|(name, (sum, count))| (name, sum / count as f64))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(key: &str, of_row: impl Iterator<Item = String>) -> Classes {
        Classes::of_setting(key, of_row.collect())
    }

    #[test]
    fn a_setting_that_asks_less_comes_before_the_command_that_joins_all() {
        let ranks: Vec<f64> = (0..60)
            .map(|at| f64::from(at % 3 * 20 + at / 3 % 2 * 5) + 0.01 * f64::from(at))
            .collect();
        let data = |at: u32| at % 3;
        let model = |at: u32| at / 3 % 2;
        let all = [
            classes(
                "operation",
                (0..60).map(|at| format!("{}{}", data(at), model(at))),
            ),
            classes("dataset", (0..60).map(|at| data(at).to_string())),
            classes("model", (0..60).map(|at| model(at).to_string())),
            classes("noise", (0..60).map(|at| (at / 7 % 2).to_string())),
        ];
        let found = telling(&all, &ranks, |_| true);
        let keys: Vec<_> = found.iter().filter_map(|found| found.key.clone()).collect();
        assert_eq!(keys, ["dataset", "model"]);
    }

    #[test]
    fn folders_tell_of_results_and_runs_in_no_folder_have_none() {
        let paths = |of: &[&str]| -> Vec<String> { of.iter().map(|&of| of.to_owned()).collect() };
        let found = of_file(&paths(&["gcn/1", "gcn/2", "gat/1"])).unwrap();
        assert_eq!(found.of_row, ["gcn", "gcn", "gat"]);
        let found = of_file(&paths(&["out/gcn/1", "out/gat/1"])).unwrap();
        assert_eq!(found.of_row, ["gcn", "gat"]);
        assert!(of_file(&paths(&["a", "b"])).is_none());
        assert!(of_file(&paths(&["seed1/a", "seed2/a"])).is_none());
    }

    #[test]
    fn a_setting_that_few_do_not_state_divides_the_runs() {
        use trainscape_run::ConfigValue;
        let with: Config = [("data".to_owned(), ConfigValue::Text("cora".into()))].into();
        let without = Config::new();
        let mut configs = vec![&with; 99];
        configs.push(&without);
        let found = of_most("data", &configs).unwrap();
        assert_eq!(found.of_row[99], NOT_STATED);
        configs.extend([&without; 2]);
        assert!(of_most("data", &configs).is_none());
    }
}
