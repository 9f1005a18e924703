//! Rows that say what their values are of: `{"step": 1, "type": "eval", "loss": 2}`, or a table `step,metric,value`.

use std::collections::{HashMap, HashSet};

use trainscape_run::{Role, role_of_key};

use crate::columns::{is_evaluation, is_phase, is_training, is_warm_up};

/// More kinds than this are texts.
const MOST_KINDS: usize = 64;
/// Rows of each kind on average, at least.
const ROWS_PER_KIND: usize = 2;
/// Of so many rows one may repeat another of its kind and step: a restart.
const ROWS_PER_REPEAT: usize = 20;
/// Names of a member that holds the value of what its row names.
const VALUES: [&str; 6] = ["value", "values", "val", "score", "result", "metric_value"];

/// The first rows of a log: the step, and the texts of each of its columns (empty where a row has none).
pub(crate) type TextRow = (f64, Vec<String>);

/// The column that tells apart rows at one step, if there is one. Without it, two things would be one series.
pub(crate) fn kind_of_rows(names: &[String], rows: &[TextRow]) -> Option<usize> {
    let is_part = |text: &String| is_training(text) || is_evaluation(text) || is_warm_up(text);
    let are_parts = |column: usize| {
        let mut texts = rows.iter().filter_map(|row| row.1.get(column));
        is_phase(&names[column]) && texts.all(is_part)
    };
    (0..names.len()).find(|&column| !are_parts(column) && is_kind(column, rows))
}

fn is_kind(column: usize, rows: &[TextRow]) -> bool {
    let text = |row: &'_ TextRow| row.1.get(column).cloned().unwrap_or_default();
    let kinds: HashSet<String> = rows.iter().map(text).collect();
    let is_few = kinds.len() <= MOST_KINDS && rows.len() >= ROWS_PER_KIND * kinds.len();
    if kinds.len() < 2 || kinds.contains("") || !is_few {
        return false;
    }
    let mut at_step: HashMap<u64, Vec<String>> = HashMap::new();
    let mut repeats = 0;
    for row in rows {
        let kinds = at_step.entry(row.0.to_bits()).or_default();
        let kind = text(row);
        match kinds.contains(&kind) {
            true => repeats += 1,
            false => kinds.push(kind),
        }
    }
    let shared = at_step.values().filter(|kinds| kinds.len() > 1).count();
    repeats * ROWS_PER_REPEAT <= rows.len() && 2 * shared >= at_step.len()
}

/// True for a member that holds the value of what its row names.
pub(crate) fn is_value_name(name: &str) -> bool {
    VALUES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// What a series is called that a row of `kind` logs under `name`: the training's own keep their names.
pub(crate) fn name_of_kind(kind: &str, name: &str) -> Option<String> {
    let holds_value = is_value_name(name);
    match (is_training(kind), holds_value) {
        (true, false) => None,
        (_, true) => Some(kind.to_owned()),
        // Norms of layers are named as loggers name them.
        (false, false) if role_of_key(name) == Some(Role::GradientNorm) => {
            Some(format!("{name}/{kind}"))
        }
        (false, false) => Some(format!("{kind}/{name}")),
    }
}

/// What is known of the kinds of rows of a log that grows.
#[derive(Debug, Default)]
pub(crate) struct RowKinds {
    /// The column that names them.
    pub(crate) column: Option<String>,
    /// Bytes of the log when it was examined last.
    len: u64,
    is_outdated: bool,
}

impl RowKinds {
    /// For a log of `len` bytes whose rows name their kinds in a column, or in none.
    pub(crate) fn new(column: Option<String>, len: u64) -> Self {
        Self {
            column,
            len,
            is_outdated: false,
        }
    }

    /// True once the log must be read again.
    pub(crate) fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Examines the beginning of a log again that has doubled without having shown kinds.
    pub(crate) fn note_end(&mut self, len: u64, examine: impl FnOnce() -> Option<String>) {
        let is_short = self.len < crate::limits::COUNTERS_EXAMINED.bytes;
        if self.column.is_none() && is_short && len >= self.len.saturating_mul(2).max(1) {
            self.len = len;
            self.is_outdated = examine().is_some();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(rows: &[(f64, &str)]) -> Option<usize> {
        let rows = rows
            .iter()
            .map(|(step, text)| (*step, vec![(*text).to_owned()]));
        kind_of_rows(&["what".to_owned()], &rows.collect::<Vec<_>>())
    }

    #[test]
    fn texts_that_differ_at_one_step_are_kinds() {
        let rows = [(0.0, "loss"), (0.0, "acc"), (1.0, "loss"), (1.0, "acc")];
        assert_eq!(column(&rows), Some(0));
        // A phase of the training has steps of its own.
        let phases = [
            (0.0, "warm-up"),
            (1.0, "warm-up"),
            (2.0, "decay"),
            (3.0, "decay"),
        ];
        assert_eq!(column(&phases), None);
        let remarks = [(0.0, "a"), (0.0, "b"), (1.0, "c"), (1.0, "d")];
        assert_eq!(column(&remarks), None);
    }

    #[test]
    fn values_are_named_after_their_kind() {
        assert_eq!(name_of_kind("acc", "value").as_deref(), Some("acc"));
        assert_eq!(name_of_kind("mnist", "loss").as_deref(), Some("mnist/loss"));
        assert_eq!(
            name_of_kind("fc1", "grad_norm").as_deref(),
            Some("grad_norm/fc1")
        );
        assert_eq!(name_of_kind("train", "loss"), None);
    }
}
