//! Which runs of a sweep make one surface: those that share their place only with repeats, runs that differ in nothing
//! but their seed.

use std::collections::{BTreeMap, BTreeSet};

use trainscape_run::{Config, ConfigValue};

use super::row::{SweepRow, is_same_place};
use crate::{groups, run_rows::RunSeries};

/// Factors that a label names.
const MOST_NAMED: usize = 2;

/// The sheets of a sweep.
#[derive(Debug, PartialEq)]
pub(super) struct Sheets {
    /// Indices of the rows of each sheet, by rising second coordinate.
    pub(super) sheets: Vec<Sheet>,
    /// What else the runs of one place differ in, for a caption; `None` if they are repeats.
    pub(super) factor: Option<String>,
    /// How many configuration keys that is.
    pub(super) factors: usize,
}

impl Sheets {
    /// Whether each run is a sheet by itself.
    pub(super) fn are_single_runs(&self) -> bool {
        self.sheets.len() > 1 && self.sheets.iter().all(|sheet| sheet.rows.len() == 1)
    }
}

/// Runs that make one surface.
#[derive(Debug, PartialEq)]
pub(super) struct Sheet {
    pub(super) rows: Vec<usize>,
    /// The values of the other factors.
    pub(super) label: String,
}

/// The sheets of rows in the order of their second coordinate, which `y_key` of the configuration has.
pub(super) fn sheets(rows: &[SweepRow], members: &[RunSeries], y_key: Option<&str>) -> Sheets {
    let config = |row: usize| &*members[rows[row].row.member].run.config;
    let factors = factors(rows, &config, y_key);
    let Factors::Keys(keys) = factors else {
        let is_unknown = factors == Factors::Unknown;
        let all: Vec<usize> = (0..rows.len()).collect();
        let sheet = |rows: Vec<usize>, label: String| Sheet { rows, label };
        return Sheets {
            factors: 0,
            factor: is_unknown.then(|| "the run (they have no configuration)".to_owned()),
            sheets: if is_unknown {
                let name = |row: usize| members[rows[row].row.member].run.name.to_string();
                all.into_iter()
                    .map(|row| sheet(vec![row], name(row)))
                    .collect()
            } else {
                vec![sheet(all, String::new())]
            },
        };
    };
    let mut by_label: BTreeMap<Vec<Option<String>>, Vec<usize>> = BTreeMap::new();
    for row in 0..rows.len() {
        let value = |key: &&str| config(row).get(*key).map(ConfigValue::to_string);
        by_label
            .entry(keys.iter().map(value).collect())
            .or_default()
            .push(row);
    }
    let sheets = by_label.into_iter().map(|(values, rows)| {
        let parts = keys.iter().zip(values).take(MOST_NAMED);
        let parts = parts.map(|(key, value)| {
            format!(
                "{} {}",
                short(key),
                value.unwrap_or_else(|| "unset".to_owned())
            )
        });
        Sheet {
            rows,
            label: parts.collect::<Vec<_>>().join(", "),
        }
    });
    Sheets {
        sheets: sheets.collect(),
        factor: Some(named(&keys)),
        factors: keys.len(),
    }
}

/// What runs at one place differ in.
#[derive(Debug, PartialEq)]
enum Factors<'a> {
    /// Nothing but a seed.
    Repeats,
    /// These keys of their configurations.
    Keys(Vec<&'a str>),
    /// Runs without a configuration cannot be known to be repeats.
    Unknown,
}

fn factors<'a>(
    rows: &[SweepRow],
    config: &impl Fn(usize) -> &'a Config,
    y_key: Option<&str>,
) -> Factors<'a> {
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    let mut ordered: Vec<&str> = Vec::new();
    for place in places(rows) {
        if place.len() < 2 {
            continue;
        }
        if place.iter().any(|row| config(*row).is_empty()) {
            return Factors::Unknown;
        }
        for key in groups::varying_keys(place.iter().map(|row| config(*row))) {
            if Some(key) != y_key && keys.insert(key) {
                ordered.push(key);
            }
        }
    }
    if ordered.is_empty() {
        Factors::Repeats
    } else {
        Factors::Keys(ordered)
    }
}

/// The rows of each place.
fn places(rows: &[SweepRow]) -> Vec<Vec<usize>> {
    let mut places: Vec<Vec<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match places.last_mut() {
            Some(place) if is_same_place(rows[place[0]].y, row.y) => place.push(index),
            _ => places.push(vec![index]),
        }
    }
    places
}

fn short(key: &str) -> &str {
    key.rsplit(['.', '/']).next().unwrap_or(key)
}

fn named(keys: &[&str]) -> String {
    let mut names: Vec<&str> = keys.iter().take(MOST_NAMED).map(|key| short(key)).collect();
    names.dedup();
    match keys.len() - names.len() {
        0 => names.join(" and "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// What the runs differ in beside the second coordinate, its copies and their seeds.
pub(super) fn other_factors(
    rows: &[SweepRow],
    members: &[RunSeries],
    y_key: Option<&str>,
) -> Option<String> {
    let config = |row: &SweepRow| &*members[row.row.member].run.config;
    let varying = groups::varying_keys(rows.iter().map(config));
    let follows_y = |key: &str| {
        // Rows are in the order of the second coordinate: a copy of it changes exactly where that does.
        rows.windows(2).all(|pair| {
            let is_same = config(&pair[0]).get(key) == config(&pair[1]).get(key);
            is_same == is_same_place(pair[0].y, pair[1].y)
        })
    };
    let others = varying
        .into_iter()
        .filter(|key| Some(*key) != y_key && !follows_y(key));
    let others: Vec<&str> = others.collect();
    (!others.is_empty()).then(|| named(&others))
}
