//! Rows of a text log that has stated no position yet: rows with the same keys are counted.

use std::collections::HashMap;

use trainscape_run::Step;

use super::{sink::Sink, words::is_training_key};
use crate::batch::RowHead;

/// Rows without a position that must have the same keys before they count.
const REPEATED_ROWS: usize = 3;

/// Sets of keys that are remembered before they count.
const MAX_CANDIDATES: usize = 4096;

/// Words before numbers that say of what a row is, and are no time: lines such as `Subject: 3  valid_acc: 0.84`.
const CASES: &[&str] = &["subject", "fold", "patient", "participant", "client"];

/// The rows before the first position.
#[derive(Clone, Debug, Default)]
pub(super) struct Unplaced {
    by_keys: HashMap<String, SameKeys>,
    /// What the steps of the rows count.
    counts: Option<&'static str>,
}

/// Rows with the same keys.
#[derive(Clone, Debug, Default)]
struct SameKeys {
    waiting: Vec<UnplacedRow>,
    rows: i64,
    /// What the first number of each row says it is of.
    case: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct UnplacedRow {
    wall_time_secs: Option<f64>,
    values: Vec<(String, f64)>,
}

impl Unplaced {
    /// What the steps of the rows are; `None` where there are none.
    pub(super) fn counts(&self) -> Option<&'static str> {
        self.counts
    }

    /// Counts a row among those with the same keys; its step is their number, from 0, or that of its case.
    pub(super) fn row(
        &mut self,
        wall_time_secs: Option<f64>,
        values: Vec<(String, f64)>,
        sink: &mut Sink<'_>,
    ) {
        let keys: Vec<&str> = values.iter().map(|(key, _)| key.as_str()).collect();
        let keys = keys.join("\n");
        if self.by_keys.len() >= MAX_CANDIDATES && !self.by_keys.contains_key(&keys) {
            self.by_keys.retain(|_, same| same.rows > 0);
        }
        let same = self.by_keys.entry(keys).or_default();
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
        if same.rows == 0 {
            same.case = same.case_of_rows();
            self.counts = match self.counts {
                Some(other) if Some(other) != same.case => Some("row"),
                _ => same.case.or(Some("row")),
            };
        }
        for row in same.waiting.drain(..) {
            let of_case = || row.values.first().map(|(_, number)| *number as i64);
            sink.start(RowHead {
                step: Step::Int(same.case.and_then(|_| of_case()).unwrap_or(same.rows)),
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
    /// The word before the first number of all rows, if it says of what a row is, and these numbers go up.
    fn case_of_rows(&self) -> Option<&'static str> {
        let firsts = self.waiting.iter().map(|row| row.values.first());
        let firsts: Vec<&(String, f64)> = firsts.collect::<Option<_>>()?;
        let (key, _) = firsts.first()?;
        let case = CASES.iter().find(|case| case.eq_ignore_ascii_case(key))?;
        let are_cases = firsts.iter().all(|(_, number)| number.fract() == 0.0);
        (are_cases && firsts.is_sorted_by(|a, b| a.1 < b.1)).then_some(*case)
    }

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
