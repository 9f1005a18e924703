//! The rows that a JSON document holds.

use crate::{
    columns::step_rank,
    config::is_settings_key,
    episode_lengths::length_column,
    json::{Json, step_of},
    limits,
};

/// Objects that hold the rows of a log are nested at most this deep.
const MAX_DEPTH: usize = 4;

/// Lists with fewer steps must have as many values.
const FEWEST_STEPS: usize = 8;

/// Rows of one kind, and the prefix of their keys.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    /// `train/` where several lists of rows are in one document.
    pub(super) prefix: String,
    pub(super) rows: RowList<'a>,
    /// Steps of rows that do not state it: the index in a list, the number of a key.
    pub(super) steps: Option<Vec<f64>>,
    pub(super) wall_times_secs: Option<Vec<f64>>,
    /// What the document holds beside the rows.
    pub(super) other: Vec<(&'a str, &'a Json)>,
    /// Keys beside the rows whose lists hold numbers and are no series.
    pub(super) not_numbers: Vec<&'a str>,
    /// Entries among the rows that are none.
    pub(super) damaged: usize,
}

/// Rows as the document holds them; none is copied.
#[derive(Debug)]
pub(super) enum RowList<'a> {
    Objects(Vec<&'a Json>),
    /// Lists of values: a row is what they have at one index.
    Columns(Vec<(&'a str, &'a [Json])>),
    /// The values of one key.
    Column(&'a str, Vec<&'a Json>),
}

impl RowList<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Objects(rows) => rows.len(),
            Self::Columns(columns) => columns
                .iter()
                .map(|(_, items)| items.len())
                .max()
                .unwrap_or(0),
            Self::Column(_, values) => values.len(),
        }
    }

    /// The key of the rows that holds how long each episode was.
    pub(super) fn length_key(&self) -> Option<&str> {
        let Self::Objects(rows) = self else {
            return None;
        };
        let Some(Json::Map(first)) = rows.first() else {
            return None;
        };
        let keys = first.iter().map(|(key, _)| key.as_str());
        let number = |row: usize, column: usize| rows[row].get(&first[column].0)?.as_f64();
        let examined = rows.len().min(limits::COUNTERS_EXAMINED.items);
        let column = length_column(&keys, examined, number)?;
        Some(&first[column].0)
    }

    /// Visits the keys and values of a row.
    pub(super) fn members(&self, row: usize, mut visit: impl FnMut(&str, &Json)) {
        match self {
            Self::Objects(rows) => {
                if let Some(Json::Map(entries)) = rows.get(row) {
                    for (key, value) in entries {
                        visit(key, value);
                    }
                }
            }
            Self::Columns(columns) => {
                for (key, items) in columns {
                    if let Some(value) = items.get(row) {
                        visit(key, value);
                    }
                }
            }
            Self::Column(key, values) => {
                if let Some(value) = values.get(row) {
                    visit(key, value);
                }
            }
        }
    }
}

/// All rows of a document.
pub(super) fn rows_of(document: &Json) -> Vec<Rows<'_>> {
    let mut found = Vec::new();
    collect(document, "", 0, &mut found);
    // A single list of rows needs no name.
    if let [only] = found.as_mut_slice() {
        only.prefix.clear();
    }
    for rows in &mut found {
        if !rows.prefix.is_empty() && rows.steps.is_none() {
            rows.steps = own_steps(&rows.rows);
        }
    }
    found
}

/// The steps that rows state under a key of theirs, if they never go back: behind a prefix the key is no longer that of steps.
fn own_steps(rows: &RowList<'_>) -> Option<Vec<f64>> {
    let step = |row: usize| {
        let mut best: Option<(u8, f64)> = None;
        rows.members(row, |key, value| {
            let rank = step_rank(key);
            if rank > 0 && best.is_none_or(|(known, _)| rank < known) {
                best = value.as_f64().map(|number| (rank, number)).or(best);
            }
        });
        best
    };
    let ranked: Vec<(u8, f64)> = (0..rows.len()).map(step).collect::<Option<_>>()?;
    let goes_on = |pair: &[(u8, f64)]| pair[0].0 == pair[1].0 && pair[0].1 <= pair[1].1;
    let steps = ranked.windows(2).all(goes_on);
    steps.then(|| ranked.into_iter().map(|(_, step)| step).collect())
}

fn collect<'a>(value: &'a Json, path: &str, depth: usize, found: &mut Vec<Rows<'a>>) {
    match value {
        Json::List(items) => found.extend(row_objects(items, path)),
        Json::Map(entries) => {
            let of_object = numbered(entries, path).or_else(|| lists(entries, path));
            if let Some(rows) = of_object {
                found.push(rows);
                return;
            }
            if let Some(series) = stepped_series(entries, path) {
                found.extend(series);
                return;
            }
            if depth == MAX_DEPTH {
                return;
            }
            let before = found.len();
            for (key, inner) in entries.iter().filter(|(key, _)| !is_settings_key(key)) {
                collect(inner, &join(path, key), depth + 1, found);
            }
            if let Some(first) = found.get_mut(before) {
                let is_other = |(key, value): &&(String, Json)| match value {
                    Json::Map(_) => is_settings_key(key),
                    value => !matches!(value, Json::List(_)),
                };
                let other = entries.iter().filter(is_other);
                first
                    .other
                    .extend(other.map(|(key, value)| (key.as_str(), value)));
            }
        }
        _ => {}
    }
}

fn join(path: &str, key: &str) -> String {
    match path.is_empty() {
        true => key.to_owned(),
        false => format!("{path}/{key}"),
    }
}

fn prefix(path: &str) -> String {
    match path.is_empty() {
        true => String::new(),
        false => format!("{path}/"),
    }
}

/// `[{"step": 1, "loss": 2}, ...]`
fn row_objects<'a>(items: &'a [Json], path: &str) -> Option<Rows<'a>> {
    let is_row = |item: &Json| matches!(item, Json::Map(entries) if !entries.is_empty());
    let rows: Vec<&Json> = items.iter().filter(|item| is_row(item)).collect();
    // A `null` where a row was lost; a list of something else has no rows but by chance.
    let damaged = items.len() - rows.len();
    if damaged >= rows.len() {
        return None;
    }
    Some(Rows {
        prefix: prefix(path),
        rows: RowList::Objects(rows),
        steps: None,
        wall_times_secs: None,
        other: Vec::new(),
        not_numbers: Vec::new(),
        damaged,
    })
}

/// `{"1": {"loss": 2}, "2": {"loss": 1}}`, `{"epoch_1": {...}, ...}`
fn numbered<'a>(entries: &'a [(String, Json)], path: &str) -> Option<Rows<'a>> {
    if entries.len() < 2 || names_repetitions(path) {
        return None;
    }
    let mut rows: Vec<(f64, &Json)> = Vec::new();
    for (key, value) in entries {
        let number = key.trim_start_matches(|c: char| !c.is_ascii_digit());
        if names_repetitions(&key[..key.len() - number.len()]) {
            return None;
        }
        let holds_number = |value: &Json| matches!(value, Json::Int(_) | Json::Float(_));
        match value {
            Json::Map(inner) if inner.iter().any(|(_, value)| holds_number(value)) => {
                rows.push((number.parse().ok()?, value));
            }
            _ => return None,
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (steps, rows) = rows.into_iter().unzip();
    Some(Rows {
        prefix: prefix(path),
        rows: RowList::Objects(rows),
        steps: Some(steps),
        wall_times_secs: None,
        other: Vec::new(),
        not_numbers: Vec::new(),
        damaged: 0,
    })
}

/// True for the name of what is numbered and no step: repetitions of a training.
fn names_repetitions(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    ["seed", "fold", "trial"]
        .iter()
        .any(|word| name.contains(word))
}

/// `{"loss": [2, 1], "val_loss": [3, 2]}`: one list of numbers a key, by epoch.
fn lists<'a>(entries: &'a [(String, Json)], path: &str) -> Option<Rows<'a>> {
    let numbers = |value: &'a Json| -> Option<&'a [Json]> {
        let Json::List(items) = value else {
            return None;
        };
        let is_number = |item: &Json| matches!(item, Json::Null) || item.as_f64().is_some();
        (!items.is_empty() && items.iter().all(is_number)).then_some(items)
    };
    let columns: Vec<(&str, &[Json])> = entries
        .iter()
        .filter_map(|(key, value)| Some((key.as_str(), numbers(value)?)))
        .collect();
    if columns.is_empty() {
        return None;
    }
    let steps = columns.iter().filter(|(key, _)| step_rank(key) > 0);
    let steps = steps.min_by_key(|(key, _)| step_rank(key));
    let len = steps.map(|(_, steps)| steps.len());
    let (columns, unpaired): (Vec<_>, Vec<_>) = columns
        .into_iter()
        .partition(|(_, items)| len.is_none_or(|len| are_paired(items.len(), len)));
    let other = entries
        .iter()
        .filter(|(_, value)| !matches!(value, Json::List(_)))
        .map(|(key, value)| (key.as_str(), value));
    Some(Rows {
        prefix: prefix(path),
        rows: RowList::Columns(columns),
        steps: None,
        wall_times_secs: None,
        other: other.collect(),
        not_numbers: entries
            .iter()
            .filter(|(_, value)| numbers(value).is_none() && is_list_with_numbers(value))
            .map(|(key, _)| key.as_str())
            .chain(unpaired.into_iter().map(|(key, _)| key))
            .collect(),
        damaged: 0,
    })
}

/// Whether so many values are those of so many steps: of a training that was stopped, one list may be ahead by one.
fn are_paired(values: usize, steps: usize) -> bool {
    values == steps || values.abs_diff(steps) == 1 && steps >= FEWEST_STEPS
}

/// True for a list that holds numbers, or lists of numbers: a series in a form that is not read, or a damaged one. Lists of
/// names are settings.
fn is_list_with_numbers(value: &Json) -> bool {
    let is_number = |item: &Json| matches!(item, Json::Int(_) | Json::Float(_));
    let Json::List(items) = value else {
        return false;
    };
    items.iter().any(|item| match item {
        Json::List(inner) => inner.iter().any(is_number),
        item => is_number(item),
    })
}

/// `{"loss": {"steps": [1, 2], "values": [2, 1], "timestamps": [...]}}`, as Sacred writes its metrics, and
/// `{"loss": [{"step": 1, "value": 2}, ...]}`: each series has steps of its own.
fn stepped_series<'a>(entries: &'a [(String, Json)], path: &str) -> Option<Vec<Rows<'a>>> {
    let mut found = Vec::new();
    for (key, value) in entries {
        found.push(series_with_steps(key, value, path)?);
    }
    (!found.is_empty()).then_some(found)
}

fn series_with_steps<'a>(key: &'a str, value: &'a Json, path: &str) -> Option<Rows<'a>> {
    let (values, steps, times): (Vec<&Json>, Vec<f64>, _) = match value {
        Json::List(items) => {
            let column = |name: &'static str| items.iter().map(move |item| item.get(name));
            let steps = column("step")
                .map(|step| step?.as_f64())
                .collect::<Option<_>>()?;
            (column("value").collect::<Option<_>>()?, steps, None)
        }
        _ => {
            let (Json::List(values), Json::List(steps)) =
                (value.get("values")?, value.get("steps")?)
            else {
                return None;
            };
            let steps = steps.iter().map(Json::as_f64).collect::<Option<_>>()?;
            (
                values.iter().collect(),
                steps,
                value.get("timestamps").and_then(times),
            )
        }
    };
    if values.len() != steps.len() || values.is_empty() {
        return None;
    }
    // Sacred wraps NumPy's numbers: {"dtype": "float64", "py/object": ..., "value": 0.5}.
    let unwrapped = values
        .into_iter()
        .map(|value| value.get("value").unwrap_or(value));
    Some(Rows {
        prefix: prefix(path),
        rows: RowList::Column(key, unwrapped.collect()),
        steps: Some(steps),
        wall_times_secs: times.filter(|times| !times.is_empty()),
        other: Vec::new(),
        not_numbers: Vec::new(),
        damaged: 0,
    })
}

/// Times as seconds since the Unix epoch, from numbers or from ISO 8601 texts (in UTC, as Sacred writes them).
fn times(value: &Json) -> Option<Vec<f64>> {
    let Json::List(items) = value else {
        return None;
    };
    items
        .iter()
        .map(|item| match item.as_text() {
            Some(text) => crate::time_text::unix_secs(text),
            None => item.as_f64(),
        })
        .collect()
}

/// The step of the row at `index`, if the document states it.
pub(super) fn step_at(rows: &Rows<'_>, index: usize) -> Option<trainscape_run::Step> {
    rows.steps
        .as_ref()
        .and_then(|steps| step_of(*steps.get(index)?))
}
