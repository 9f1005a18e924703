//! The table of runs: the configuration values that differ and the last values of metrics, sorted and filtered.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use trainscape_expression::{RunFilter, filter_names};
use trainscape_run::{ConfigValue, Role, Run, Snapshot, natural_cmp};

use crate::number_format::six_digits;

/// Roles whose last value has a column.
const METRICS: [Role; 4] = [
    Role::Loss,
    Role::ValidationLoss,
    Role::Reward,
    Role::Accuracy,
];
/// Most configuration values that have a column.
const MOST_VALUES: usize = 24;

/// The value of a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TableCell {
    Missing,
    Number(f64),
    Text(String),
}

impl TableCell {
    fn of(value: Option<&ConfigValue>) -> Self {
        match value {
            None => Self::Missing,
            Some(value) => match value.as_f64() {
                Some(number) => Self::Number(number),
                None => Self::Text(value.to_string()),
            },
        }
    }

    /// Numbers first, then texts, then nothing.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => natural_cmp(a, b),
            (Self::Number(_), _) | (Self::Text(_), Self::Missing) => Ordering::Less,
            (_, Self::Number(_)) | (Self::Missing, Self::Text(_)) => Ordering::Greater,
            (Self::Missing, Self::Missing) => Ordering::Equal,
        }
    }
}

impl std::fmt::Display for TableCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Number(number) => f.write_str(&six_digits(*number)),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A column next to the name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableColumn {
    pub(crate) title: String,
    pub(crate) cells: Vec<TableCell>,
}

/// The table.
#[derive(Default)]
pub(crate) struct RunTable {
    generation: Option<u64>,
    pub(crate) columns: Vec<TableColumn>,
    /// TableColumn sorted by, counted from the name as 0, and whether the largest comes first.
    pub(crate) sorted: Option<(usize, bool)>,
    /// Filter and order that `rows` was made with.
    filtered: Option<(String, Option<(usize, bool)>)>,
    /// Indices of the runs that are listed, in order.
    pub(crate) rows: Vec<usize>,
    /// What is wrong with the filter.
    pub(crate) error: Option<String>,
    /// Names that a filter can have.
    names: Vec<String>,
}

/// Names that are offered at once.
const MOST_OFFERED: usize = 10;

/// Where the last word of a filter begins.
fn last_word(filter: &str) -> usize {
    if let Some((before, _)) = filter
        .rsplit_once('{')
        .filter(|(_, key)| !key.contains('}'))
    {
        return before.len();
    }
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    filter.trim_end_matches(is_of_word).len()
}

impl RunTable {
    /// The names that the last word of a filter can become, those that begin with it first.
    pub(crate) fn completions(&self, filter: &str) -> Vec<&str> {
        let plain = |text: &str| text.trim_matches(['{', '}']).to_lowercase();
        let word = &filter[last_word(filter)..];
        let wanted = plain(word);
        let is_start = filter.trim().is_empty();
        if wanted.is_empty() && !is_start || word.parse::<f64>().is_ok() {
            return Vec::new();
        }
        let names = || self.names.iter().map(String::as_str);
        let begins = names().filter(|name| plain(name).starts_with(&wanted));
        let contains = names().filter(|name| {
            let name = plain(name);
            name.contains(&wanted) && !name.starts_with(&wanted)
        });
        let found: Vec<&str> = begins.chain(contains).take(MOST_OFFERED).collect();
        // A name that is complete needs no list.
        match found.as_slice() {
            [first, ..] if *first == word => Vec::new(),
            _ => found,
        }
    }

    /// A filter with a name in place of its last word.
    pub(crate) fn completed(filter: &str, name: &str) -> String {
        format!("{}{name} ", &filter[..last_word(filter)])
    }

    /// Updates the columns.
    pub(crate) fn update(&mut self, snapshot: &Snapshot) {
        if self.generation == Some(snapshot.generation) {
            return;
        }
        self.generation = Some(snapshot.generation);
        self.filtered = None;
        let runs = &snapshot.runs;
        self.names = filter_names(runs);
        // Runs are compared by their last metrics, so those come first.
        self.columns = METRICS
            .into_iter()
            .map(|role| TableColumn {
                title: format!("Final {}", role.name().replace('_', " ")),
                cells: runs.iter().map(|run| last_value(run, role)).collect(),
            })
            .filter(|column| column.cells.iter().any(|cell| *cell != TableCell::Missing))
            .collect();
        let values = varying(runs).into_iter().take(MOST_VALUES);
        self.columns.extend(values.map(|key| {
            TableColumn {
                cells: runs
                    .iter()
                    .map(|run| TableCell::of(run.config.get(key)))
                    .collect(),
                title: key.to_owned(),
            }
        }));
    }

    /// Updates the rows that match the filter, sorted; with an invalid filter they stay as they were.
    pub(crate) fn filter(&mut self, runs: &[Arc<Run>], filter: &str) {
        let wanted = (filter.to_owned(), self.sorted);
        if self.filtered.as_ref() == Some(&wanted) {
            return;
        }
        self.filtered = Some(wanted);
        match matching(runs, filter) {
            Ok(rows) => {
                self.rows = rows;
                self.error = None;
            }
            Err(error) => {
                self.error = Some(error);
                if self.rows.iter().any(|row| *row >= runs.len()) || self.rows.is_empty() {
                    self.rows = (0..runs.len()).collect();
                }
            }
        }
        if let Some((column, descending)) = self.sorted {
            let columns = &self.columns;
            self.rows.sort_by(|a, b| {
                let order = match column.checked_sub(1).and_then(|at| columns.get(at)) {
                    Some(column) => {
                        let (a, b) = (&column.cells[*a], &column.cells[*b]);
                        let order = a.compare(b);
                        // Missing values come last in both orders.
                        if descending && *a != TableCell::Missing && *b != TableCell::Missing {
                            order.reverse()
                        } else {
                            order
                        }
                    }
                    None => {
                        let order = natural_cmp(&runs[*a].id, &runs[*b].id);
                        if descending { order.reverse() } else { order }
                    }
                };
                order.then(a.cmp(b))
            });
        } else {
            self.rows.sort_unstable();
        }
    }

    /// Sorts by a column: ascending, the second time descending, the third time not at all.
    pub(crate) fn sort_by(&mut self, column: usize) {
        self.sorted = match self.sorted {
            Some((at, false)) if at == column => Some((column, true)),
            Some((at, true)) if at == column => None,
            _ => Some((column, false)),
        };
    }
}

fn matching(runs: &[Arc<Run>], filter: &str) -> Result<Vec<usize>, String> {
    if filter.trim().is_empty() {
        return Ok((0..runs.len()).collect());
    }
    let filter = RunFilter::parse(filter, runs).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        if filter.matches(run).map_err(|error| error.to_string())? {
            rows.push(index);
        }
    }
    Ok(rows)
}

/// The configuration keys whose values differ between runs, in natural order.
fn varying(runs: &[Arc<Run>]) -> Vec<&str> {
    let mut first: BTreeMap<&str, (&ConfigValue, usize, bool)> = BTreeMap::new();
    for run in runs {
        for (key, value) in run.config.iter() {
            let entry = first.entry(key).or_insert((value, 0, false));
            entry.1 += 1;
            entry.2 |= entry.0 != value;
        }
    }
    let mut keys: Vec<&str> = first
        .into_iter()
        .filter(|(_, (_, count, differs))| *differs || *count < runs.len())
        .map(|(key, _)| key)
        .collect();
    keys.sort_by(|a, b| natural_cmp(a, b));
    keys
}

fn last_value(run: &Run, role: Role) -> TableCell {
    let series = run.series_with_role(role);
    let last = series.first().and_then(|series| series.last());
    last.map_or(TableCell::Missing, |point| TableCell::Number(point.value))
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Series};

    use super::*;

    fn runs() -> Arc<Snapshot> {
        let run = |id: &str, lr: f64, name: &str, loss: Option<f64>| {
            let mut run = Run::new(id, id, id.into());
            run.config = Arc::new(
                [
                    ("lr".to_owned(), ConfigValue::Float(lr)),
                    ("optimizer".to_owned(), ConfigValue::Text(name.to_owned())),
                    ("layers".to_owned(), ConfigValue::Int(8)),
                ]
                .into(),
            );
            if let Some(value) = loss {
                let mut series = Series::new("loss");
                series.push(Point {
                    step: 0.into(),
                    wall_time_secs: None,
                    value,
                });
                run.series.insert("loss".into(), Arc::new(series));
                run.roles.insert("loss".into(), Role::Loss);
            }
            Arc::new(run)
        };
        Arc::new(Snapshot {
            runs: vec![
                run("run-10", 0.1, "adam", Some(3.0)),
                run("run-2", 0.01, "muon", None),
                run("run-1", 0.2, "adam", Some(2.0)),
            ],
            generation: 1,
            ..Snapshot::default()
        })
    }

    #[test]
    fn columns_are_last_metrics_and_differing_values() {
        let (snapshot, mut table) = (runs(), RunTable::default());
        table.update(&snapshot);
        let titles: Vec<&str> = table.columns.iter().map(|column| &*column.title).collect();
        assert_eq!(titles, ["Final loss", "lr", "optimizer"]);
    }

    #[test]
    fn rows_are_sorted_by_value_and_missing_ones_come_last() {
        let (snapshot, mut table) = (runs(), RunTable::default());
        table.update(&snapshot);
        for (clicks, wanted) in [(1, [2, 0, 1]), (2, [0, 2, 1]), (3, [0, 1, 2])] {
            table.sort_by(1);
            table.filter(&snapshot.runs, "");
            assert_eq!(table.rows, wanted, "after {clicks} clicks");
        }
        table.sort_by(0);
        table.filter(&snapshot.runs, "");
        assert_eq!(table.rows, [2, 1, 0], "names in natural order");
    }

    #[test]
    fn the_last_word_is_completed() {
        let (snapshot, mut table) = (runs(), RunTable::default());
        table.update(&snapshot);
        assert_eq!(table.completions("lr > 0.1 && last_l"), ["last_loss"]);
        assert_eq!(table.completions("OPTIM"), ["optimizer"]);
        assert!(table.completions("lr > 0.05").is_empty());
        assert!(table.completions("optimizer").is_empty());
        assert!(table.completions("lr > ").is_empty());
        assert!(table.completions("").contains(&"steps"));
        let completed = RunTable::completed("lr > 0.1 && last_l", "last_loss");
        assert_eq!(completed, "lr > 0.1 && last_loss ");
        assert_eq!(RunTable::completed("{val/", "{val/loss}"), "{val/loss} ");
    }

    #[test]
    fn an_expression_filters_rows_and_an_error_is_reported() {
        let (snapshot, mut table) = (runs(), RunTable::default());
        table.update(&snapshot);
        table.filter(&snapshot.runs, "lr > 0.05");
        assert_eq!(table.rows, [0, 2]);
        table.filter(&snapshot.runs, "lr > 0.05 &&");
        assert!(table.error.is_some());
        assert_eq!(table.rows, [0, 2], "the rows stay");
    }
}
