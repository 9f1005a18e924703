//! The settings that are columns of the table of runs.

use std::collections::{BTreeMap, BTreeSet};

use parquet::data_type::ByteArray;
use trainscape_run::{Config, ConfigValue};
use trainscape_source::catalog::SettingKind;

use crate::encode::{Cells, Column};

/// Most settings that are columns. All of them are in the column `config`.
const MOST_COLUMNS: usize = 500;

/// What the values of each setting are.
pub(crate) fn kinds<'a>(
    configs: impl Iterator<Item = &'a Config>,
) -> BTreeMap<String, SettingKind> {
    let mut kinds = BTreeMap::new();
    for (key, value) in configs.flatten() {
        add(&mut kinds, key, kind(value));
    }
    kinds
}

/// The kinds of all parts' settings.
pub(crate) fn merge<'a>(
    parts: impl Iterator<Item = &'a BTreeMap<String, SettingKind>>,
) -> BTreeMap<String, SettingKind> {
    let mut kinds = BTreeMap::new();
    for (key, &kind) in parts.flatten() {
        add(&mut kinds, key, kind);
    }
    kinds
}

fn add(kinds: &mut BTreeMap<String, SettingKind>, key: &str, kind: SettingKind) {
    match kinds.get_mut(key) {
        Some(known) => *known = both(*known, kind),
        None => {
            kinds.insert(key.to_owned(), kind);
        }
    }
}

fn both(a: SettingKind, b: SettingKind) -> SettingKind {
    use SettingKind::{Mixed, Number, Whole};
    match (a, b) {
        (a, b) if a == b => a,
        (Whole, Number) | (Number, Whole) => Number,
        _ => Mixed,
    }
}

fn kind(value: &ConfigValue) -> SettingKind {
    match value {
        ConfigValue::Bool(_) => SettingKind::Truth,
        ConfigValue::Int(_) => SettingKind::Whole,
        ConfigValue::Float(_) => SettingKind::Number,
        ConfigValue::Text(_) => SettingKind::Text,
    }
}

/// The columns of settings whose values are of one kind.
pub(crate) fn columns(kinds: &BTreeMap<String, SettingKind>, configs: &[&Config]) -> Vec<Column> {
    let columns = kinds.iter().filter_map(|(key, kind)| {
        let values = configs.iter().map(|config| config.get(key));
        let cells = match kind {
            SettingKind::Truth => Cells::Truths(values.map(truth).collect()),
            SettingKind::Whole => Cells::Whole(values.map(whole).collect()),
            SettingKind::Number => Cells::Numbers(values.map(number).collect()),
            SettingKind::Text => Cells::Texts(values.map(text).collect()),
            SettingKind::Mixed => return None,
        };
        Some(Column::new(format!("config.{key}"), cells))
    });
    columns.take(MOST_COLUMNS).collect()
}

/// The settings of each run that have no column of their own, as texts.
pub(crate) fn others(kinds: &BTreeMap<String, SettingKind>, configs: &[&Config]) -> Cells {
    let with_columns = kinds
        .iter()
        .filter(|(_, kind)| **kind != SettingKind::Mixed)
        .take(MOST_COLUMNS);
    let with_columns: BTreeSet<&str> = with_columns.map(|(key, _)| key.as_str()).collect();
    let others = configs.iter().map(|config| {
        let others = config.iter();
        let others = others.filter(|(key, _)| !with_columns.contains(key.as_str()));
        others
            .map(|(key, value)| (key.as_str().into(), value.to_string().as_str().into()))
            .collect()
    });
    Cells::Maps(others.collect())
}

fn truth(value: Option<&ConfigValue>) -> Option<bool> {
    match value? {
        ConfigValue::Bool(value) => Some(*value),
        _ => None,
    }
}

fn whole(value: Option<&ConfigValue>) -> Option<i64> {
    match value? {
        ConfigValue::Int(value) => Some(*value),
        _ => None,
    }
}

fn number(value: Option<&ConfigValue>) -> Option<f64> {
    value?.as_f64()
}

fn text(value: Option<&ConfigValue>) -> Option<ByteArray> {
    match value? {
        ConfigValue::Text(value) => Some(value.as_str().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_column_where_the_runs_agree() {
        let config = |lr: ConfigValue, batch: ConfigValue| {
            Config::from([("lr".to_owned(), lr), ("batch".to_owned(), batch)])
        };
        let configs = [
            config(ConfigValue::Int(1), ConfigValue::Int(8)),
            config(
                ConfigValue::Float(0.5),
                ConfigValue::Text("auto".to_owned()),
            ),
        ];
        let kinds = kinds(configs.iter());
        assert_eq!(kinds["lr"], SettingKind::Number);
        assert_eq!(kinds["batch"], SettingKind::Mixed);
        let configs: Vec<&Config> = configs.iter().collect();
        let configs_of_columns = configs.clone();
        let columns = columns(&kinds, &configs);
        let [
            Column {
                name,
                cells: Cells::Numbers(cells),
            },
        ] = columns.as_slice()
        else {
            panic!("one column of numbers");
        };
        assert_eq!(
            (name.as_str(), cells.as_slice()),
            ("config.lr", &[Some(1.0), Some(0.5)][..])
        );
        let Cells::Maps(others) = others(&kinds, &configs_of_columns) else {
            panic!("a column of maps");
        };
        let others: Vec<_> = others.iter().flatten().cloned().collect();
        let texts = |name: &str, value: &str| (ByteArray::from(name), ByteArray::from(value));
        assert_eq!(others, [texts("batch", "8"), texts("batch", "auto")]);
    }
}
