//! Tables that hold the rows of many runs, with columns that say whose each row is: `env, seed, step, reward`.

use std::collections::{HashMap, HashSet};

use crate::limits;

/// Columns that say whose a row is, those that name a run best first.
const ID_NAMES: &[&str] = &[
    "env",
    "env_id",
    "env_name",
    "environment",
    "environment_name",
    "task",
    "algo",
    "algorithm",
    "agent",
    "agent_id",
    "method",
    "model",
    "variant",
    "seed",
    "fold",
    "exp",
    "exp_name",
    "exp_id",
    "experiment",
    "experiment_id",
    "experiment_name",
    "trial",
    "trial_id",
    "run",
    "run_name",
    "run_id",
    "training_run",
];

/// More runs than this are rows.
const MAX_RUNS: usize = limits::RUNS_OF_TABLE.items;

/// Rows that each run has on average, at least.
const ROWS_PER_RUN: usize = 2;

/// Of so many rows of a run one may go back: it was restarted.
const ROWS_PER_RESTART: usize = 20;

/// True if the values of a column may say whose the rows are.
pub(crate) fn is_id_name(column: &str) -> bool {
    rank(column).is_some()
}

fn rank(column: &str) -> Option<usize> {
    ID_NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(column))
}

/// A row: its step, and what the columns of [`is_id_name`] hold.
pub(crate) type IdRow = (f64, Vec<String>);

/// What the columns of ids say, by their indices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    /// Columns that tell the runs apart; empty if the rows are those of one run.
    pub(crate) runs: Vec<usize>,
    /// Columns with the same value in all rows.
    pub(crate) constant: Vec<usize>,
}

/// The columns that say whose the rows are, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunColumns {
    /// Columns that tell the runs apart; empty if the rows are those of one run.
    pub(crate) runs: Vec<String>,
    /// Columns of ids with the same value in all rows: configuration.
    pub(crate) constant: Vec<(String, String)>,
    /// All columns of ids.
    pub(crate) ids: Vec<String>,
}

impl RunColumns {
    /// What the columns `names` of ids say in `rows`.
    pub(crate) fn of_rows(names: Vec<String>, rows: &[IdRow]) -> Self {
        let Ids { runs, constant } = ids_of_rows(&names, rows);
        let value = |at: usize| rows.first().map(|row| row.1[at].clone());
        let constant = constant.into_iter();
        Self {
            runs: runs.into_iter().map(|at| names[at].clone()).collect(),
            constant: constant
                .filter_map(|at| Some((names[at].clone(), value(at)?)))
                .collect(),
            ids: names,
        }
    }

    pub(crate) fn is_constant(&self, column: &str) -> bool {
        self.constant.iter().any(|(known, _)| known == column)
    }

    /// True if a column is no series.
    pub(crate) fn is_id(&self, column: &str) -> bool {
        self.is_constant(column) || !self.runs.is_empty() && self.ids.iter().any(|id| id == column)
    }

    /// The name of the run of a row with these ids.
    pub(crate) fn name_of(&self, ids: &[String]) -> String {
        let values = self.runs.iter().filter_map(|column| {
            let at = self.ids.iter().position(|id| id == column)?;
            Some((column.as_str(), ids.get(at)?.as_str()))
        });
        name_of_run(values)
    }
}

/// The rows of one run so far.
struct Progress {
    rows: usize,
    last: f64,
    goes_back: usize,
    /// Steps that come again: of another column, or episodes of one evaluation.
    repeats: usize,
}

/// Finds out whether rows are those of many runs: then the steps begin again from run to run, and go on within each.
pub(crate) fn ids_of_rows(columns: &[String], rows: &[IdRow]) -> Ids {
    let is_whole = |text: &str| match text.parse::<f64>() {
        Ok(number) => number.fract() == 0.0,
        Err(_) => true,
    };
    let values = |column: usize| rows.iter().map(move |(_, values)| values[column].as_str());
    let usable: Vec<usize> = (0..columns.len())
        .filter(|&column| values(column).all(is_whole))
        .collect();
    let is_constant = |&column: &usize| {
        let mut values = values(column);
        let first = values.next();
        values.all(|value| Some(value) == first)
    };
    if rows.len() < 2 {
        return Ids::default();
    }
    let (constant, varying): (Vec<usize>, Vec<usize>) =
        usable.iter().partition(|column| is_constant(column));
    let is_known = |column: &usize| !rows[0].1[*column].is_empty();
    Ids {
        constant: constant.into_iter().filter(is_known).collect(),
        runs: match are_runs(&varying, rows) {
            true => naming(varying, columns, rows),
            false => Vec::new(),
        },
    }
}

fn key<'a>(columns: &[usize], row: &'a IdRow) -> Vec<&'a str> {
    columns
        .iter()
        .map(|&column| row.1[column].as_str())
        .collect()
}

fn are_runs(columns: &[usize], rows: &[IdRow]) -> bool {
    let mut runs: HashMap<Vec<&str>, Progress> = HashMap::new();
    let mut overlapping = HashSet::new();
    let mut last = f64::NEG_INFINITY;
    let mut blocks = 0;
    let mut previous: Option<Vec<&str>> = None;
    for row in rows {
        let run = key(columns, row);
        if previous.as_ref() != Some(&run) {
            blocks += 1;
            previous = Some(run.clone());
        }
        if last >= row.0 {
            overlapping.insert(run.clone());
        }
        last = row.0;
        let progress = runs.entry(run).or_insert(Progress {
            rows: 0,
            last: f64::NEG_INFINITY,
            goes_back: 0,
            repeats: 0,
        });
        progress.rows += 1;
        progress.goes_back += usize::from(progress.last > row.0);
        progress.repeats += usize::from(progress.last.total_cmp(&row.0).is_eq());
        progress.last = row.0;
        if runs.len() > MAX_RUNS {
            return false;
        }
    }
    // A step that comes again belongs to another column: a layer, a benchmark. In runs one after the other it may be that
    // of several episodes.
    let are_blocks = blocks == runs.len();
    let goes_back = |run: &Progress| match are_blocks {
        true => run.goes_back,
        false => run.goes_back + run.repeats,
    };
    let goes_back: usize = runs.values().map(goes_back).sum();
    // A run whose seed changed where it was continued has other steps.
    let begin_again = overlapping.len() * 2 >= runs.len();
    runs.len() > 1
        && rows.len() >= runs.len() * ROWS_PER_RUN
        && goes_back * ROWS_PER_RESTART <= rows.len()
        && begin_again
}

/// The fewest columns that tell the runs apart: environment and seed, and an opaque id only if it is needed.
fn naming(mut columns: Vec<usize>, names: &[String], rows: &[IdRow]) -> Vec<usize> {
    let count = |columns: &[usize]| {
        let runs: HashSet<Vec<&str>> = rows.iter().map(|row| key(columns, row)).collect();
        runs.len()
    };
    let all = count(&columns);
    columns.sort_by_key(|&column| rank(&names[column]));
    let mut at = columns.len();
    while at > 0 {
        at -= 1;
        let mut fewer = columns.clone();
        fewer.remove(at);
        if !fewer.is_empty() && count(&fewer) == all {
            columns = fewer;
        }
    }
    columns
}

/// The name of a run: its texts, and its numbers with their columns.
pub(crate) fn name_of_run<'a>(ids: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let parts: Vec<String> = ids
        .map(|(column, value)| match value.parse::<f64>() {
            Ok(_) => format!("{column}={value}"),
            Err(_) => value.to_owned(),
        })
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(columns: &[&str], rows: &[(i64, &[&str])]) -> (Vec<usize>, Vec<usize>) {
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        let rows: Vec<IdRow> = rows
            .iter()
            .map(|(step, values)| {
                let values = values.iter().map(|&value| value.to_owned());
                (*step as f64, values.collect())
            })
            .collect();
        let Ids { runs, constant } = ids_of_rows(&columns, &rows);
        (runs, constant)
    }

    #[test]
    fn runs_one_after_the_other_and_interleaved() {
        let blocks: &[(i64, &[&str])] = &[(1, &["0"]), (2, &["0"]), (1, &["1"]), (2, &["1"])];
        assert_eq!(ids(&["seed"], blocks).0, [0]);
        let interleaved: &[(i64, &[&str])] = &[(1, &["0"]), (1, &["1"]), (2, &["0"]), (2, &["1"])];
        assert_eq!(ids(&["seed"], interleaved).0, [0]);
    }

    #[test]
    fn episodes_of_one_evaluation_have_its_step() {
        let blocks: &[(i64, &[&str])] = &[
            (1, &["0"]),
            (1, &["0"]),
            (2, &["0"]),
            (2, &["0"]),
            (1, &["1"]),
            (1, &["1"]),
            (2, &["1"]),
        ];
        assert_eq!(ids(&["seed"], blocks).0, [0]);
        let layers: &[(i64, &[&str])] = &[(1, &["0"]), (1, &["1"]), (1, &["0"]), (1, &["1"])];
        assert!(ids(&["seed"], layers).0.is_empty());
    }

    #[test]
    fn the_name_needs_no_opaque_id() {
        let rows: &[(i64, &[&str])] = &[
            (1, &["a1", "Hopper", "0", "sac"]),
            (2, &["a1", "Hopper", "0", "sac"]),
            (1, &["b2", "Hopper", "1", "sac"]),
            (2, &["b2", "Hopper", "1", "sac"]),
            (1, &["c3", "Walker", "0", "sac"]),
            (2, &["c3", "Walker", "0", "sac"]),
        ];
        let found = ids(&["run_id", "env", "seed", "agent"], rows);
        assert_eq!(found, (vec![1, 2], vec![3]));
    }

    #[test]
    fn other_columns_name_no_runs() {
        let continued: &[(i64, &[&str])] = &[(1, &["0"]), (2, &["0"]), (3, &["1"]), (4, &["1"])];
        assert!(ids(&["seed"], continued).0.is_empty());
        let each_row: &[(i64, &[&str])] = &[(1, &["5"]), (2, &["9"]), (3, &["7"])];
        assert!(ids(&["seed"], each_row).0.is_empty());
        let fractions: &[(i64, &[&str])] =
            &[(1, &["0.5"]), (2, &["0.5"]), (1, &["1"]), (2, &["1"])];
        assert!(ids(&["run"], fractions).0.is_empty());
        let one: &[(i64, &[&str])] = &[(1, &["3"]), (2, &["3"])];
        assert_eq!(ids(&["seed"], one), (Vec::new(), vec![0]));
    }
}
