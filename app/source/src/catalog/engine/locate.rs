//! Finds the runs and the points of an engine's rows, which have no order and no files.

use std::{collections::HashMap, sync::Arc};

use trainscape_run::StoredRows;

use crate::catalog::{
    error::CatalogError,
    runs_table::RunRow,
    series_table::{Locate, Located},
    table::Table,
};

/// The runs by their ids, and the keys, whose places are the numbers of their tables.
pub(super) struct EngineRows {
    runs: HashMap<Arc<str>, usize>,
    numbers: HashMap<Arc<str>, u32>,
    pub(super) keys: Vec<Arc<str>>,
}

impl EngineRows {
    pub(super) fn new(runs: &[RunRow]) -> Self {
        let ids = runs.iter().enumerate();
        Self {
            runs: ids.map(|(at, row)| (Arc::clone(&row.run.id), at)).collect(),
            numbers: HashMap::new(),
            keys: Vec::new(),
        }
    }
}

impl Locate for EngineRows {
    fn read(&mut self, _rows: &dyn Table) -> Result<(), CatalogError> {
        Ok(())
    }

    fn run(&mut self, id: &[u8], _runs: &[RunRow]) -> Option<usize> {
        self.runs.get(std::str::from_utf8(id).ok()?).copied()
    }

    fn points(&mut self, _row: usize, series: &Located<'_>) -> Option<StoredRows> {
        let table = match self.numbers.get(series.key) {
            Some(&table) => table,
            None => {
                let table = u32::try_from(self.keys.len()).ok()?;
                self.numbers.insert(Arc::clone(series.key), table);
                self.keys.push(Arc::clone(series.key));
                table
            }
        };
        Some(StoredRows {
            table,
            first_row: series.run as u64,
            rows: series.points,
        })
    }
}
