//! What the columns of a table are.

use parquet::schema::types::SchemaDescriptor;

use super::cells::{CellKind, kind};
use crate::{
    columns::{has_training_metric, is_phase, step_rank, time_rank},
    unique_names::UniqueNames,
};

/// Columns that name the run of a row, the preferred one first.
const RUN_COLUMNS: &[&str] = &["run_id", "run", "run_name", "trial_id", "trial"];

/// Columns that name the metric of a row, and columns with its value.
const KEY_COLUMNS: &[&str] = &["attribute_path", "metric", "metric_name", "key", "tag"];
const VALUE_COLUMNS: &[&str] = &["float_value", "value", "metric_value"];

/// Columns with the values of Neptune's attributes that are not series.
const INT_VALUE: &str = "int_value";
const TEXT_VALUE: &str = "string_value";

/// A column and what its cells are.
#[derive(Clone, Debug)]
pub(super) struct LayoutColumn {
    /// Position among the leaves of the schema.
    pub(super) at: usize,
    /// Names of nested columns are joined by dots.
    pub(super) name: String,
    pub(super) kind: CellKind,
}

/// The columns that are read.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) step: Option<LayoutColumn>,
    pub(super) time: Option<LayoutColumn>,
    pub(super) run: Option<LayoutColumn>,
    pub(super) values: Values,
}

/// Where the values are.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// A column for each metric, and one whose texts say whether a row is one of the training.
    Wide {
        columns: Vec<LayoutColumn>,
        phase: Option<LayoutColumn>,
    },
    /// A row for each value: the columns of the key, of the value, and of settings.
    Long {
        key: LayoutColumn,
        value: LayoutColumn,
        settings: Vec<LayoutColumn>,
    },
}

impl Values {
    /// The columns with values and settings; in a table of a row for each value, that column comes first.
    pub(super) fn columns(&self) -> impl Iterator<Item = &LayoutColumn> {
        let (value, others) = match self {
            Self::Wide { columns, .. } => (None, columns),
            Self::Long {
                value, settings, ..
            } => (Some(value), settings),
        };
        value.into_iter().chain(others)
    }
}

impl Layout {
    /// The layout of a log; `None` if the table is not one. `is_named_like_log` allows a table without steps.
    pub(super) fn of(schema: &SchemaDescriptor, is_named_like_log: bool) -> Option<Self> {
        let mut names = UniqueNames::default();
        let columns: Vec<LayoutColumn> = schema
            .columns()
            .iter()
            .enumerate()
            .filter_map(|(at, column)| {
                Some(LayoutColumn {
                    at,
                    name: names.unique(column.path().parts().join(".")),
                    kind: kind(column)?,
                })
            })
            .collect();
        let is_number = |column: &&LayoutColumn| matches!(column.kind, CellKind::Number(_));
        let step = best(&columns, |column| match is_number(&column) {
            true => step_rank(&column.name),
            false => 0,
        });
        let step = step.or_else(|| only_step(&columns));
        let time = best(&columns, |column| match column.kind {
            CellKind::Text => 0,
            _ => time_rank(&column.name),
        });
        let run = named(&columns, RUN_COLUMNS, is_run);
        let key = named(&columns, KEY_COLUMNS, |column| {
            column.kind == CellKind::Text
        });
        let value = named(&columns, VALUE_COLUMNS, |column| is_number(&column));
        let values = match (key, value) {
            (Some(key), Some(value)) => Values::Long {
                key,
                value,
                settings: columns
                    .iter()
                    .filter(|column| is_setting(column))
                    .cloned()
                    .collect(),
            },
            _ => {
                let run_at = run.as_ref().map(|run| run.at);
                let is_value =
                    |column: &&LayoutColumn| is_number(column) && Some(column.at) != run_at;
                let is_text = |column: &&LayoutColumn| column.kind == CellKind::Text;
                let mut texts = columns.iter().filter(is_text);
                Values::Wide {
                    columns: columns.iter().filter(is_value).cloned().collect(),
                    phase: texts.find(|column| is_phase(&column.name)).cloned(),
                }
            }
        };
        let is_log = match &values {
            Values::Long { .. } => step.is_some(),
            Values::Wide { columns, .. } => is_log(columns, step.as_ref(), is_named_like_log),
        };
        is_log.then_some(Self {
            step,
            time,
            run,
            values,
        })
    }

    /// The keys that the columns show.
    pub(super) fn keys(&self) -> Vec<String> {
        match &self.values {
            Values::Wide { columns, .. } => {
                columns.iter().map(|column| column.name.clone()).collect()
            }
            Values::Long { .. } => Vec::new(),
        }
    }
}

/// The column with the lowest rank above zero.
fn best(columns: &[LayoutColumn], rank: impl Fn(&LayoutColumn) -> u8) -> Option<LayoutColumn> {
    let ranked = columns.iter().filter(|column| rank(column) > 0);
    ranked.min_by_key(|column| rank(column)).cloned()
}

/// The only column of numbers whose name ends like that of a step: `episodic_step`.
fn only_step(columns: &[LayoutColumn]) -> Option<LayoutColumn> {
    let is_step = |column: &&LayoutColumn| {
        let name = column.name.to_ascii_lowercase();
        let is_named = ["_step", "_steps", "/step", ".step"]
            .iter()
            .any(|ending| name.ends_with(ending));
        is_named && matches!(column.kind, CellKind::Number(_))
    };
    let mut steps = columns.iter().filter(is_step);
    match (steps.next(), steps.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

/// The column with the first of these names that suits.
fn named(
    columns: &[LayoutColumn],
    names: &[&str],
    suits: impl Fn(&LayoutColumn) -> bool,
) -> Option<LayoutColumn> {
    let of_name = |name: &&str| {
        columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name) && suits(column))
    };
    names.iter().find_map(of_name).cloned()
}

/// Runs are named, trials are often numbered.
fn is_run(column: &LayoutColumn) -> bool {
    let is_trial = column.name.to_ascii_lowercase().starts_with("trial");
    match column.kind {
        CellKind::Text => true,
        CellKind::Number(_) => is_trial,
        CellKind::Time(_) => false,
    }
}

fn is_setting(column: &LayoutColumn) -> bool {
    match column.kind {
        CellKind::Text => column.name == TEXT_VALUE,
        CellKind::Number(_) => column.name == INT_VALUE,
        CellKind::Time(_) => false,
    }
}

/// A table of a metric and a step, or of training metrics without steps in a file that is named like a log.
fn is_log(values: &[LayoutColumn], step: Option<&LayoutColumn>, is_named_like_log: bool) -> bool {
    let step_at = step.map(|step| step.at);
    let keys: Vec<String> = values
        .iter()
        .filter(|column| Some(column.at) != step_at)
        .map(|column| column.name.clone())
        .filter(|name| step_rank(name) == 0 && time_rank(name) == 0)
        .collect();
    match step {
        Some(_) => !keys.is_empty(),
        None => is_named_like_log && has_training_metric(&keys),
    }
}
