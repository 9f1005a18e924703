//! Lists of rows that hold those of many runs: `{"env_step": 0, "rew": 1, "Agent": "PPO"}`.

use std::collections::BTreeMap;

use trainscape_run::Config;

use super::rows::{RowList, Rows};
use crate::{
    columns::step_rank,
    config::value_of_text,
    json::Json,
    long_rows::{IdRow, Ids, ids_of_rows, is_id_name, name_of_run},
};

/// The rows of one run.
#[derive(Debug, Default)]
pub(super) struct RowsOfRun {
    pub(super) name: String,
    pub(super) config: Config,
    pub(super) rows: Vec<usize>,
}

/// The runs whose rows a list holds; `None` if they are those of one run.
pub(super) fn runs_of(rows: &Rows<'_>) -> Option<Vec<RowsOfRun>> {
    let RowList::Objects(objects) = &rows.rows else {
        return None;
    };
    let Some(Json::Map(first)) = objects.first() else {
        return None;
    };
    let keys: Vec<String> = first.iter().map(|(key, _)| key.clone()).collect();
    let columns: Vec<String> = keys.iter().filter(|key| is_id_name(key)).cloned().collect();
    let length = rows.rows.length_key();
    let is_step = |key: &&String| step_rank(key) > 0 && Some(key.as_str()) != length;
    let ranked = keys.iter().filter(is_step);
    let step = ranked.min_by_key(|key| step_rank(key))?;
    if columns.is_empty() {
        return None;
    }
    let id = |object: &Json, column: &String| match object.get(column)? {
        Json::Text(text) => Some(text.clone()),
        Json::Int(number) => Some(number.to_string()),
        _ => None,
    };
    let row = |object: &&Json| -> Option<IdRow> {
        let ids = columns.iter().map(|column| id(object, column));
        Some((object.get(step)?.as_f64()?, ids.collect::<Option<_>>()?))
    };
    let all: Vec<IdRow> = objects.iter().map(row).collect::<Option<_>>()?;
    let Ids { runs, .. } = ids_of_rows(&columns, &all);
    if runs.is_empty() {
        return None;
    }
    let mut order: Vec<RowsOfRun> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (index, (_, values)) in all.iter().enumerate() {
        let ids = runs
            .iter()
            .map(|&at| (columns[at].as_str(), values[at].as_str()));
        let name = name_of_run(ids);
        let at = *known.entry(name.clone()).or_insert_with(|| {
            let settings = columns.iter().zip(values);
            order.push(RowsOfRun {
                name,
                config: settings
                    .map(|(column, value)| (column.clone(), value_of_text(value)))
                    .collect(),
                rows: Vec::new(),
            });
            order.len() - 1
        });
        order[at].rows.push(index);
    }
    Some(order)
}
