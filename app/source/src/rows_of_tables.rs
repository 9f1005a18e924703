//! Tables with a row a run, beside the logs of these runs.

use std::collections::{HashMap, HashSet};

use trainscape_run::Config;

use crate::{
    key_naming::KeyNaming,
    log_file::Log,
    log_format::LogFormat as _,
    run_table::RUN_TABLE,
    store::{RunPart, Store},
};

/// The rows of tables of runs that name runs of other logs of the folder: their settings are those of these runs.
pub(crate) struct RowsOfTables<'a>(HashMap<&'a str, &'a Store>);

impl<'a> RowsOfTables<'a> {
    pub(crate) fn of(logs: &[(&'a Log, &KeyNaming)]) -> Self {
        let (tables, others): (Vec<_>, Vec<_>) = logs.iter().partition(|(log, _)| is_table(log));
        let names = others.iter().flat_map(|(log, _)| log.store.parts());
        let names: HashSet<&str> = names.map(|part| part.id.as_str()).collect();
        let rows = tables.iter().flat_map(|(log, _)| log.store.parts());
        let named = rows.filter_map(|row| Some((row.store.display_name.as_deref()?, &row.store)));
        Self(named.filter(|(name, _)| names.contains(name)).collect())
    }

    /// True for a row that belongs to a run of another log.
    pub(crate) fn is_in_other(&self, log: &Log, part: &RunPart) -> bool {
        let name = part.store.display_name.as_deref();
        is_table(log) && name.is_some_and(|name| self.0.contains_key(name))
    }

    /// The configuration of a run inside a log.
    pub(crate) fn config(&self, log: &Log, part: &RunPart, config: &Config) -> Config {
        let mut config = config.clone();
        if let Some(row) = self.0.get(part.id.as_str()).filter(|_| !is_table(log)) {
            let of_row = row.config.iter();
            config.extend(of_row.map(|(key, value)| (key.clone(), value.clone())));
        }
        config
    }
}

fn is_table(log: &Log) -> bool {
    log.format.name() == RUN_TABLE.name()
}
