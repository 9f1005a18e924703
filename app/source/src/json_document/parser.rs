use std::collections::HashSet;

use bytes::Bytes;
use trainscape_run::ConfigValue;

use super::{
    rows::{Rows, rows_of, step_at},
    runs::runs_of,
};
use crate::{
    batch::RowHead,
    columns::step_rank,
    config::is_settings_key,
    json::{Json, TOO_DEEP, is_nested_too_deep},
    keys::Slot,
    limits,
    parse::{FatalError, Parser},
    row::Row,
    row_decoder::{DecodedRows, RowDecoder},
    statistics::ReadStatistics,
    steps::{StepTracker, UnreadableStep},
    store::Store,
};

/// Larger documents are not read: they are held in memory as a whole.
const MAX_BYTES: usize = limits::JSON_DOCUMENT.bytes as usize;

/// The same for values, of which each takes more memory than text. Lists of rows are held as text.
const MAX_VALUES: usize = limits::JSON_DOCUMENT.items;

/// Configuration values of one document.
const MAX_CONFIG: usize = limits::KEYS.items;

/// Rows that are decoded before they are added to their series.
const ROWS_AT_ONCE: usize = 64 << 10;

/// Reads a JSON document once it is complete.
#[derive(Debug, Default)]
pub(super) struct DocumentParser {
    document: Vec<u8>,
    steps: StepTracker,
    /// Keys of the rows of validations.
    of_evaluations: HashSet<Slot>,
    /// The step of a document that is one row: the number in its file's name.
    step_of_file: Option<i64>,
    /// Keys beside the rows that are no configuration.
    counters: &'static [&'static str],
}

impl DocumentParser {
    /// For documents in which `counters` stand beside the configuration.
    pub(super) fn with_counters(counters: &'static [&'static str]) -> Self {
        Self {
            counters,
            ..Self::default()
        }
    }

    /// For documents that are one row each.
    pub(super) fn of_one_row(step: i64) -> Self {
        Self {
            step_of_file: Some(step),
            ..Self::default()
        }
    }
}

impl Parser for DocumentParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        _offset: u64,
        _store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        if self.document.len() + chunk.len() > MAX_BYTES {
            return Err(FatalError(format!(
                "the document has more than {} MiB, which would have to be held in memory: write one JSON \
                 object per line instead",
                MAX_BYTES >> 20
            )));
        }
        self.document.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn caught_up(
        &mut self,
        _rest: &[u8],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        if self.document.trim_ascii().is_empty() {
            return 0;
        }
        if self.document.trim_ascii_start().starts_with(b"{")
            && memchr::memchr_iter(b',', &self.document).count() > MAX_VALUES
        {
            self.document = Vec::new();
            let reason = "the document has more values than can be held in memory: write one JSON object per line instead";
            statistics.add_damage(offset, reason);
            return 0;
        }
        let Some(json) = Json::parse(&self.document) else {
            if is_nested_too_deep(&self.document) {
                self.document = Vec::new();
                statistics.add_damage(offset, TOO_DEEP);
            }
            return 0;
        };
        self.document = Vec::new();
        let mut decoded = DecodedRows::default();
        match self.step_of_file {
            Some(step) => self.one_row(&json, step, store, &mut decoded),
            None => {
                let found = rows_of(&json);
                if found.is_empty() {
                    statistics.add_damage(offset, "it holds no rows of numbers");
                }
                for rows in &found {
                    add_config(rows, self.counters, store);
                    for key in &rows.not_numbers {
                        statistics.add_lists_as_values(&format!("{}{key}", rows.prefix));
                    }
                    for _ in 0..rows.damaged {
                        statistics.add_damage(0, "an entry among the rows is no object");
                    }
                    // Lists of rows have steps of their own.
                    self.steps = StepTracker::default();
                    self.of_evaluations.clear();
                    let Some(runs) = runs_of(rows) else {
                        self.all_rows(rows, store, statistics);
                        continue;
                    };
                    store.hold_only_parts();
                    for run in runs {
                        let part = store.part(&run.name);
                        part.config.extend(run.config);
                        self.steps = StepTracker::default();
                        self.of_evaluations.clear();
                        let mut decoded = DecodedRows::default();
                        self.rows(rows, run.rows.into_iter(), part, &mut decoded);
                        part.absorb(std::slice::from_mut(&mut decoded), statistics);
                    }
                }
            }
        }
        store.absorb(std::slice::from_mut(&mut decoded), statistics);
        0
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        let is_complete = self.document.trim_ascii().is_empty() && rest.is_empty();
        (!is_complete).then_some("the document is incomplete")
    }
}

impl DocumentParser {
    fn all_rows(&mut self, rows: &Rows<'_>, store: &mut Store, statistics: &mut ReadStatistics) {
        let mut decoded = DecodedRows::default();
        for start in (0..rows.rows.len()).step_by(ROWS_AT_ONCE) {
            let end = rows.rows.len().min(start + ROWS_AT_ONCE);
            self.rows(rows, start..end, store, &mut decoded);
            store.absorb(std::slice::from_mut(&mut decoded), statistics);
        }
    }

    fn rows(
        &mut self,
        rows: &Rows<'_>,
        range: impl Iterator<Item = usize>,
        store: &Store,
        output: &mut DecodedRows,
    ) {
        let mut row = Row::default();
        if rows.prefix.is_empty() {
            row.deny_steps(rows.rows.length_key().map_or(0, step_rank));
        }
        for index in range {
            let mut decoder = RowDecoder {
                keys: &store.keys,
                output,
                row: &mut row,
            };
            decoder.row.clear();
            let known = decoder.key_count();
            let mut path = rows.prefix.clone();
            rows.rows.members(index, |key, value| {
                decoder.member(&mut path, key, value);
            });
            decoder.output.statistics.records += 1;
            decoder.separate_evaluation(known, &mut self.of_evaluations);
            let times = rows.wall_times_secs.as_ref();
            if let Some(secs) = times.and_then(|times| times.get(index)) {
                decoder.row.set_wall_time_secs(*secs);
            }
            let head = match step_at(rows, index) {
                Some(step) => Ok(RowHead {
                    step,
                    wall_time_secs: decoder.row.wall_time_secs(),
                }),
                None => self.steps.head(decoder.row),
            };
            match head {
                Ok(head) => decoder.commit(head),
                Err(UnreadableStep) => decoder.output.statistics.without_step += 1,
            }
        }
    }

    fn one_row(&mut self, json: &Json, step: i64, store: &Store, output: &mut DecodedRows) {
        let mut row = Row::default();
        let mut decoder = RowDecoder {
            keys: &store.keys,
            output,
            row: &mut row,
        };
        decoder.object(&mut String::new(), json);
        decoder.output.statistics.records += 1;
        let own = decoder.row.step();
        decoder.commit(RowHead {
            step: own.unwrap_or(step.into()),
            wall_time_secs: None,
        });
    }
}

/// What a document holds beside its rows is configuration.
fn add_config(rows: &Rows<'_>, counters: &[&str], store: &mut Store) {
    store.leave_out_values(rows.other.len().saturating_sub(MAX_CONFIG) as u64);
    let settings = rows.other.iter().take(MAX_CONFIG);
    for (key, value) in settings.filter(|(key, _)| !counters.contains(key)) {
        let value = match value {
            Json::Bool(value) => ConfigValue::Bool(*value),
            Json::Int(value) => ConfigValue::Int(*value),
            Json::Float(value) => ConfigValue::Float(*value),
            Json::Text(value) => ConfigValue::Text(value.clone()),
            Json::Map(_) if is_settings_key(key) => {
                Json::clone(value).flatten_config(&mut String::new(), &mut store.config);
                continue;
            }
            Json::Null | Json::List(_) | Json::Map(_) => continue,
        };
        store.config.insert((*key).to_owned(), value);
    }
}
