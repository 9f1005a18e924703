//! Results by the condition under which each was reached: the setting that tells most of them has a row for each of its values, and the
//! one that tells most of the rest has colours.

use std::collections::{BTreeMap, BTreeSet};

use trainscape_run::{Config, natural_cmp};
use trainscape_scene::{
    colour::{Colour, run_colour},
    scene::{LegendEntry, LegendMark},
};

use crate::{
    classes::{Classes, explained, of_config, ranks},
    groups,
    parameters::is_no_parameter,
    side::Side,
};

/// Fewer results are read one by one.
const FEWEST_RESULTS: usize = 13;
/// The largest number of rows, and of colours.
const MOST_ROWS: usize = 24;
const MOST_COLOURS: usize = 8;
/// A condition explains this part of the variance of the ranks, at least.
const LEAST_EXPLAINED: f64 = 0.15;
/// The part of the height of a row in which its colours stand beside each other.
const BAND: f64 = 0.7;

/// Where results stand.
pub(super) struct Conditions {
    /// The rows from the bottom.
    pub(super) names: Vec<String>,
    /// The row of each result, with the place of its colour within the row.
    pub(super) places: Vec<f64>,
    pub(super) colours: Vec<Colour>,
    pub(super) legend: Vec<LegendEntry>,
    /// What the rows are.
    pub(super) title: String,
    /// The caption's sentence.
    pub(super) note: String,
}

impl Conditions {
    /// The conditions of results, whose configurations and values are given; `None` where none tells of them, or they are few.
    pub(super) fn of(
        configs: &[&Config],
        values: &[f64],
        side: Side,
        repeats: Option<Vec<String>>,
    ) -> Option<Self> {
        if values.len() < FEWEST_RESULTS {
            return None;
        }
        let all = candidates(configs);
        let ranks = ranks(values);
        let repeats = repeats.map(|of_row| Classes::new("settings", of_row));
        let of_repeats = repeats
            .as_ref()
            .filter(|classes| is_usable(classes, MOST_ROWS));
        let rows = most_telling(&all, &ranks, MOST_ROWS, |classes| {
            is_named(configs, classes.key.as_deref())
        });
        // Repeats of each of a few settings are what was compared.
        let rows = of_repeats.or(rows)?;
        let means = means(&ranks, &rows.of_row);
        let rest: Vec<f64> = ranks
            .iter()
            .zip(&rows.of_row)
            .map(|(rank, row)| rank - means[row.as_str()])
            .collect();
        let colours = most_telling(&all, &rest, MOST_COLOURS, |classes| {
            rows.key.is_some() && classes.key != rows.key
        });
        let mut names: Vec<&str> = means.keys().copied().collect();
        // The best are at the top.
        names.sort_by(|a, b| {
            means[a]
                .total_cmp(&means[b])
                .then_with(|| natural_cmp(a, b))
        });
        if side == Side::Lowest {
            names.reverse();
        }
        let row_of = |name: &str| names.iter().position(|other| *other == name).unwrap_or(0);
        let rows_of_results = rows.of_row.iter().map(|name| row_of(name) as f64);
        let title = last_part(rows.key.as_deref().unwrap_or(&rows.what));
        let by_row = match &rows.key {
            Some(key) => format!("rows: {key} from the configuration"),
            None => "rows: runs that differ only in their seed".to_owned(),
        };
        Some(match &colours {
            None => Self {
                places: rows_of_results.collect(),
                colours: vec![run_colour(0); values.len()],
                legend: Vec::new(),
                note: by_row,
                names: names.into_iter().map(str::to_owned).collect(),
                title,
            },
            Some(colours) => {
                let distinct: BTreeSet<&String> = colours.of_row.iter().collect();
                let mut distinct: Vec<&String> = distinct.into_iter().collect();
                distinct.sort_by(|a, b| natural_cmp(a, b));
                let at = |name: &String| {
                    distinct
                        .iter()
                        .position(|other| *other == name)
                        .unwrap_or(0)
                };
                let middle = (distinct.len() - 1) as f64 / 2.0;
                let of_colour = |at: usize| (middle - at as f64) / distinct.len() as f64 * BAND;
                let key = colours.key.as_deref()?;
                let heading = LegendEntry {
                    label: last_part(key),
                    colour: None,
                    mark: LegendMark::None,
                };
                let entries = distinct.iter().enumerate().map(|(at, name)| LegendEntry {
                    label: (*name).clone(),
                    colour: Some(run_colour(at)),
                    mark: LegendMark::Dot,
                });
                Self {
                    places: rows_of_results
                        .zip(&colours.of_row)
                        .map(|(row, name)| row + of_colour(at(name)))
                        .collect(),
                    colours: colours
                        .of_row
                        .iter()
                        .map(|name| run_colour(at(name)))
                        .collect(),
                    legend: std::iter::once(heading).chain(entries).collect(),
                    note: format!("{by_row}; colours: {key}"),
                    names: names.into_iter().map(str::to_owned).collect(),
                    title,
                }
            }
        })
    }
}

/// Whether results are best drawn by their conditions: some setting with names tells much of them.
pub(crate) fn are_telling(configs: &[&Config], values: &[f64]) -> bool {
    Conditions::of(configs, values, Side::Highest, None).is_some()
}

/// The settings that all runs state and that take few values.
fn candidates(configs: &[&Config]) -> Vec<Classes> {
    let varying = groups::varying_keys(configs.iter().copied()).into_iter();
    varying
        .filter(|key| !is_no_parameter(key))
        .filter_map(|key| of_config(key, configs))
        .collect()
}

/// Whether a setting has names, or switches, for values.
fn is_named(configs: &[&Config], key: Option<&str>) -> bool {
    let values = || configs.iter().filter_map(|config| config.get(key?));
    values().next().is_some() && values().all(|value| value.as_f64().is_none())
}

/// The classes that explain most, weighted by what they say to a reader, if any explain enough.
fn most_telling<'a>(
    all: &'a [Classes],
    ranks: &[f64],
    most: usize,
    is_wanted: impl Fn(&Classes) -> bool,
) -> Option<&'a Classes> {
    let usable = all
        .iter()
        .filter(|classes| is_usable(classes, most) && is_wanted(classes));
    let rated = usable.filter_map(|classes| {
        let explained = explained(ranks, &classes.of_row);
        let weight = groups::weight_of_setting(classes.key.as_deref().unwrap_or_default());
        (explained > LEAST_EXPLAINED).then_some((explained * weight, classes))
    });
    // The first of equal ones.
    let best = rated.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, classes)| classes)
}

/// Whether results are of a few conditions, of several each on average.
fn is_usable(classes: &Classes, most: usize) -> bool {
    let distinct: BTreeSet<&String> = classes.of_row.iter().collect();
    (2..=most).contains(&distinct.len()) && 2 * distinct.len() <= classes.of_row.len()
}

fn means<'a>(ranks: &[f64], of_row: &'a [String]) -> BTreeMap<&'a str, f64> {
    let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for (rank, name) in ranks.iter().zip(of_row) {
        let (sum, count) = sums.entry(name).or_default();
        *sum += rank;
        *count += 1;
    }
    let means = sums.into_iter();
    means
        .map(|(name, (sum, count))| (name, sum / count as f64))
        .collect()
}

fn last_part(key: &str) -> String {
    let last = key.rsplit(['.', '/']).next();
    last.unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use trainscape_run::ConfigValue;

    use super::*;

    fn of(noise: bool) -> Option<Conditions> {
        let configs: Vec<Config> = (0..24)
            .map(|at| {
                let data = ["cora", "pubmed", "citeseer"][at % 3];
                let model = ["gcn", "sage"][at / 3 % 2];
                Config::from([
                    (
                        "data.dataset".to_owned(),
                        ConfigValue::Text(data.to_owned()),
                    ),
                    ("model".to_owned(), ConfigValue::Text(model.to_owned())),
                    ("seed".to_owned(), ConfigValue::Int(at as i64)),
                ])
            })
            .collect();
        let value = |at: usize| match noise {
            true => (at * 7 % 24) as f64,
            false => (at % 3) as f64 + 0.1 * (at / 3 % 2) as f64 + 0.001 * at as f64,
        };
        let values: Vec<f64> = (0..24).map(value).collect();
        let configs: Vec<&Config> = configs.iter().collect();
        Conditions::of(&configs, &values, Side::Highest, None)
    }

    #[test]
    fn the_setting_that_tells_most_has_rows_and_the_next_one_colours() {
        let found = of(false).unwrap();
        assert_eq!(found.names, ["cora", "pubmed", "citeseer"]);
        assert_eq!(found.title, "dataset");
        let legend: Vec<&str> = found.legend.iter().map(|entry| &*entry.label).collect();
        assert_eq!(legend, ["model", "gcn", "sage"]);
        // Two colours stand beside each other in the row.
        assert!(
            found.places[0] > 0.0 && found.places[3] < 0.0,
            "{:?}",
            found.places
        );
        assert_eq!(
            found.note,
            "rows: data.dataset from the configuration; colours: model"
        );
    }

    #[test]
    fn what_tells_nothing_has_no_rows() {
        assert!(of(true).is_none());
    }
}
