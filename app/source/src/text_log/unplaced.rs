//! Rows of a text log that has stated no position yet: rows with the same keys are counted.

use std::collections::HashMap;

use trainscape_run::Step;

use super::{sink::Sink, words::is_training_key};
use crate::batch::RowHead;

/// Rows without a position that must have the same keys before they count.
const REPEATED_ROWS: usize = 3;

/// Sets of keys that are remembered before they count.
const MAX_CANDIDATES: usize = 4096;

/// The rows before the first position.
#[derive(Clone, Debug, Default)]
pub(super) struct Unplaced(HashMap<String, SameKeys>);

/// Rows with the same keys.
#[derive(Clone, Debug, Default)]
struct SameKeys {
    waiting: Vec<UnplacedRow>,
    rows: i64,
}

#[derive(Clone, Debug)]
struct UnplacedRow {
    wall_time_secs: Option<f64>,
    values: Vec<(String, f64)>,
}

impl Unplaced {
    /// Counts a row among those with the same keys; its step is their number, from 0.
    pub(super) fn row(
        &mut self,
        wall_time_secs: Option<f64>,
        values: Vec<(String, f64)>,
        sink: &mut Sink<'_>,
    ) {
        let keys: Vec<&str> = values.iter().map(|(key, _)| key.as_str()).collect();
        let keys = keys.join("\n");
        if self.0.len() >= MAX_CANDIDATES && !self.0.contains_key(&keys) {
            self.0.retain(|_, same| same.rows > 0);
        }
        let same = self.0.entry(keys).or_default();
        same.waiting.push(UnplacedRow {
            wall_time_secs,
            values,
        });
        if same.rows == 0 && same.waiting.len() < REPEATED_ROWS {
            return;
        }
        if same.rows == 0 && !same.varies() {
            same.waiting.remove(0);
            return;
        }
        for row in same.waiting.drain(..) {
            sink.start(RowHead {
                step: Step::Int(same.rows),
                wall_time_secs: row.wall_time_secs,
            });
            same.rows += 1;
            for (key, value) in row.values {
                sink.push(&key, value);
            }
            sink.finish(false);
        }
    }
}

impl SameKeys {
    /// True if the rows differ: a configuration that is printed again does not.
    fn varies(&self) -> bool {
        self.waiting.windows(2).any(|rows| {
            let (a, b) = (&rows[0].values, &rows[1].values);
            a.iter()
                .zip(b)
                .any(|(a, b)| a.1.to_bits() != b.1.to_bits() && is_training_key(&a.0))
        })
    }
}
