//! Results by the condition under which each was reached: the setting that tells most of them has a row for each of its values, and
//! those that tell most of the rest divide the rows and have colours.

use std::collections::{BTreeMap, BTreeSet};

use trainscape_run::{Config, natural_cmp};
use trainscape_scene::{
    colour::{Colour, run_colour},
    scene::{LegendEntry, LegendMark},
};

use super::factors::{
    MOST_COLOURS, MOST_ROWS, NOT_STATED, OF_STUDIES, candidates, is_named, is_usable, means,
    telling,
};
use crate::{
    classes::{Classes, ranks},
    side::Side,
};

/// Fewer results are read one by one.
pub(super) const FEWEST_RESULTS: usize = 13;
/// The part of the height of a row in which its colours stand beside each other.
const BAND: f64 = 0.7;
/// More results at one place are spread over the part of the height that belongs to their colour.
const MOST_IN_LINE: usize = 8;
const SPREAD: f64 = 0.7;

/// Results that are divided by their conditions.
pub(super) struct Results<'a> {
    pub(super) configs: Vec<&'a Config>,
    /// The paths of the runs.
    pub(super) paths: Vec<String>,
    pub(super) values: Vec<f64>,
    pub(super) side: Side,
    /// The group of each result, where most are repeats of another.
    pub(super) repeats: Option<Vec<String>>,
}

/// Where results stand.
pub(super) struct Conditions {
    /// The rows from the bottom.
    pub(super) names: Vec<String>,
    /// The row of each result, with the place of its colour within the row.
    pub(super) places: Vec<f64>,
    /// How far the dot of each result is from its place, where many results have one place.
    pub(super) offsets: Vec<f64>,
    pub(super) colours: Vec<Colour>,
    /// The name of the colour of each result; empty where there are none.
    pub(super) of_colours: Vec<String>,
    /// The results that have their values as labels.
    pub(super) named: Vec<usize>,
    pub(super) legend: Vec<LegendEntry>,
    /// What the rows are.
    pub(super) title: String,
    /// The caption's sentence.
    pub(super) note: String,
}

impl Conditions {
    /// The conditions of results; `None` where none tells of them, or they are few.
    pub(super) fn of(results: &Results<'_>) -> Option<Self> {
        if results.values.len() < FEWEST_RESULTS {
            return None;
        }
        let ranks = ranks(&results.values);
        let of_repeats = results.repeats.clone();
        let of_repeats = of_repeats.map(|of_row| Classes::new("settings", of_row));
        // Repeats of each of a few settings are what was compared.
        if let Some(repeats) = of_repeats.filter(|of| is_usable(&of.of_row, MOST_ROWS)) {
            let note = "rows: runs that differ only in their seed".to_owned();
            return Some(Self::new(&[&repeats], None, (&ranks, results.side), note));
        }
        let all = candidates(&results.configs, &results.paths);
        let found = telling(&all, &ranks, |classes| is_named(&results.configs, classes));
        let (rows, colours) = match found.as_slice() {
            [] => return None,
            [rows] => (vec![*rows], None),
            [first, second] => match has_colours(second) {
                true => (vec![*first], Some(*second)),
                false if is_usable(&rows_of(&[first, second]), MOST_ROWS) => {
                    (vec![*first, *second], None)
                }
                false => (vec![*first], None),
            },
            [first, second, third, ..] => match is_usable(&rows_of(&[first, second]), MOST_ROWS) {
                true => (vec![*first, *second], Some(*third)),
                false if has_colours(second) => (vec![*first], Some(*second)),
                false => (vec![*first], Some(*third)),
            },
        };
        // A second setting of many values divides the rows.
        let rows_by: Vec<&str> = rows.iter().map(|classes| &*classes.what).collect();
        let rows_by = match rows_by.as_slice() {
            [first, second] => {
                let first = first
                    .strip_suffix(" from the configuration")
                    .unwrap_or(first);
                format!("rows: {first} and {second}")
            }
            _ => format!("rows: {}", rows_by.join(", ")),
        };
        // A search is for the best, and has no repeats.
        let is_search = rows[0].what == OF_STUDIES;
        let note = match colours {
            None => rows_by,
            Some(colours) => {
                let by = colours.key.as_deref().unwrap_or(&colours.what);
                format!("{rows_by}; colours: {by}")
            }
        };
        let mut found = Self::new(&rows, colours, (&ranks, results.side), note);
        if is_search {
            found.named = found.best(&results.values, results.side);
            found.note.push_str(", with the best value of each");
        }
        Some(found)
    }

    /// The best result of each row.
    fn best(&self, values: &[f64], side: Side) -> Vec<usize> {
        let is_better = |a: usize, b: usize| match side {
            Side::Highest => values[a] > values[b],
            Side::Lowest => values[a] < values[b],
        };
        let mut best: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, place) in self.places.iter().enumerate() {
            let row = place.round() as usize;
            let known = best.entry(row).or_insert(at);
            if is_better(at, *known) {
                *known = at;
            }
        }
        best.into_values().collect()
    }

    fn new(
        rows: &[&Classes],
        colours: Option<&Classes>,
        (ranks, side): (&[f64], Side),
        note: String,
    ) -> Self {
        let of_row = rows_of(rows);
        let names = in_order(rows, &of_row, ranks, side);
        let row_of = |name: &String| names.iter().position(|other| other == name).unwrap_or(0);
        let mut places: Vec<f64> = of_row.iter().map(|name| row_of(name) as f64).collect();
        let titles = rows.iter().map(|classes| title_of(classes));
        let title = titles.collect::<Vec<_>>().join(" and ");
        let Some(colours) = colours else {
            return Self {
                offsets: offsets(&places, BAND),
                colours: vec![run_colour(0); places.len()],
                of_colours: Vec::new(),
                named: Vec::new(),
                legend: Vec::new(),
                places,
                names,
                title,
                note,
            };
        };
        let distinct: BTreeSet<&String> = colours.of_row.iter().collect();
        let mut distinct: Vec<&String> = distinct.into_iter().collect();
        let is_last = |name: &str| name == NOT_STATED;
        distinct.sort_by(|a, b| is_last(a).cmp(&is_last(b)).then_with(|| natural_cmp(a, b)));
        let at = |name: &String| {
            let mut places = distinct.iter();
            places.position(|other| *other == name).unwrap_or(0)
        };
        let middle = (distinct.len() - 1) as f64 / 2.0;
        for (place, name) in places.iter_mut().zip(&colours.of_row) {
            *place += (middle - at(name) as f64) / distinct.len() as f64 * BAND;
        }
        let heading = LegendEntry {
            label: title_of(colours),
            colour: None,
            mark: LegendMark::None,
        };
        let entries = distinct.iter().enumerate().map(|(at, name)| LegendEntry {
            label: (*name).clone(),
            colour: Some(run_colour(at)),
            mark: LegendMark::Dot,
        });
        let of_row = colours.of_row.iter();
        Self {
            colours: of_row.map(|name| run_colour(at(name))).collect(),
            of_colours: colours.of_row.clone(),
            named: Vec::new(),
            legend: std::iter::once(heading).chain(entries).collect(),
            offsets: offsets(&places, BAND / distinct.len() as f64),
            places,
            names,
            title,
            note,
        }
    }
}

/// Whether results are best drawn by their conditions: some setting with names tells much of them.
pub(crate) fn are_telling(configs: &[&Config], values: &[f64]) -> bool {
    let results = Results {
        configs: configs.to_vec(),
        paths: vec![String::new(); configs.len()],
        values: values.to_vec(),
        side: Side::Highest,
        repeats: None,
    };
    Conditions::of(&results).is_some()
}

/// Whether a setting has so few values that colours tell them apart.
fn has_colours(classes: &Classes) -> bool {
    let distinct: BTreeSet<&String> = classes.of_row.iter().collect();
    distinct.len() <= MOST_COLOURS
}

/// The row of each result by all of the settings; results that do not state the first have one row.
fn rows_of(rows: &[&Classes]) -> Vec<String> {
    let of_result = |at: usize| {
        let first = &rows[0].of_row[at];
        if first == NOT_STATED {
            return first.clone();
        }
        let parts: Vec<&str> = rows.iter().map(|classes| &*classes.of_row[at]).collect();
        parts.join(", ")
    };
    (0..rows[0].of_row.len()).map(of_result).collect()
}

/// The rows from the bottom, the best at the top: by the mean ranks of the first setting, then of the rows.
fn in_order(rows: &[&Classes], of_row: &[String], ranks: &[f64], side: Side) -> Vec<String> {
    let of_first = means(ranks, &rows[0].of_row);
    let of_rows = means(ranks, of_row);
    let first: BTreeMap<&str, &str> = of_row
        .iter()
        .zip(&rows[0].of_row)
        .map(|(row, first)| (&**row, &**first))
        .collect();
    let mut names: Vec<&str> = of_rows.keys().copied().collect();
    names.sort_by(|a, b| {
        let by_first = of_first[first[a]].total_cmp(&of_first[first[b]]);
        by_first
            .then_with(|| of_rows[a].total_cmp(&of_rows[b]))
            .then_with(|| natural_cmp(a, b))
    });
    if side == Side::Lowest {
        names.reverse();
    }
    // The lowest row is of what is not known.
    names.sort_by_key(|name| *name != NOT_STATED);
    names.into_iter().map(str::to_owned).collect()
}

/// Places beside each other within a height, evenly filled in the order of the results by multiples of the golden ratio.
fn offsets(places: &[f64], height: f64) -> Vec<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for place in places {
        *counts.entry(place.to_bits()).or_default() += 1;
    }
    let mut before: BTreeMap<u64, usize> = BTreeMap::new();
    let offset = |place: &f64| {
        let at = before.entry(place.to_bits()).or_default();
        *at += 1;
        match counts[&place.to_bits()] > MOST_IN_LINE {
            true => ((*at as f64 * GOLDEN).fract() - 0.5) * height * SPREAD,
            false => 0.0,
        }
    };
    places.iter().map(offset).collect()
}

fn title_of(classes: &Classes) -> String {
    let Some(key) = classes.key.as_deref() else {
        return classes.what.clone();
    };
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
        Conditions::of(&Results {
            configs: configs.iter().collect(),
            paths: vec![String::new(); 24],
            values: (0..24).map(value).collect(),
            side: Side::Highest,
            repeats: None,
        })
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
    fn many_results_of_one_place_are_spread_and_few_are_not() {
        let places = [vec![0.0; 9], vec![1.0; 3]].concat();
        let offsets = offsets(&places, 0.5);
        assert!(offsets[..9].iter().all(|offset| offset.abs() <= 0.175));
        let distinct: BTreeSet<u64> = offsets[..9].iter().map(|of| of.to_bits()).collect();
        assert_eq!(distinct.len(), 9);
        assert_eq!(offsets[9..], [0.0; 3]);
    }

    #[test]
    fn what_tells_nothing_has_no_rows() {
        assert!(of(true).is_none());
    }
}
