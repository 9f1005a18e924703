//! Where the rows of a text log go.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    fields::Pair,
    names::push_text,
    words::{KeyKind, TrainingKeys},
};
use crate::{
    batch::RowHead,
    keys::{Keys, Slot},
    row_decoder::DecodedRows,
    text_number::Units,
};

/// So many rows of the same keys at advancing positions are a log.
const REGULAR_ROWS: usize = 20;

/// Rows of fewer keys may be sentences.
const MIN_REGULAR_KEYS: usize = 2;

/// Kinds of rows that are told apart.
const MAX_KINDS: usize = 64;

/// Appends rows to the output of one chunk.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    keys: &'a Keys,
    output: &'a mut DecodedRows,
    /// The name of the current pair.
    name: String,
    head: Option<RowHead>,
    is_started: bool,
    has_metric: bool,
    last_slot: Slot,
    /// Of the keys of the row, and how many they are; only for detection.
    row_keys: (u64, usize),
    /// What detection wants to know; `None` while reading.
    pub(super) tally: Option<Tally>,
}

/// What rows were found.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Rows with a metric.
    pub(super) rows: usize,
    /// True if these rows have different steps.
    pub(super) advances: bool,
    first: Option<RowHead>,
    training_keys: TrainingKeys,
    /// Rows without a metric, by a hash of their keys.
    others: HashMap<u64, Regular>,
}

/// Rows of the same keys.
#[derive(Debug)]
struct Regular {
    rows: usize,
    last: RowHead,
}

impl Tally {
    /// Counts a row whose keys are all unknown. Many rows of the same keys at one position after the other are rows of a
    /// log, whatever the keys mean.
    fn other_row(&mut self, keys: u64, head: RowHead) {
        if self.others.len() >= MAX_KINDS && !self.others.contains_key(&keys) {
            return;
        }
        let kind = self.others.entry(keys).or_insert(Regular {
            rows: 0,
            last: head,
        });
        if kind.rows > 0 && !kind.last.step.is_before(head.step) {
            return;
        }
        kind.rows += 1;
        kind.last = head;
        if kind.rows >= REGULAR_ROWS {
            self.rows += if kind.rows == REGULAR_ROWS {
                REGULAR_ROWS
            } else {
                1
            };
            self.advances = true;
        }
    }
}

impl<'a> Sink<'a> {
    pub(super) fn new(keys: &'a Keys, output: &'a mut DecodedRows) -> Self {
        Self {
            keys,
            output,
            name: String::new(),
            head: None,
            is_started: false,
            has_metric: false,
            last_slot: 0,
            row_keys: (0, 0),
            tally: None,
        }
    }

    pub(super) fn name(&mut self) -> &mut String {
        &mut self.name
    }

    /// Counts a row that is left out because its step cannot be read.
    pub(super) fn without_step(&mut self) {
        self.output.statistics.without_step += 1;
    }

    /// Counts values that are left out because they cannot be read, or because their key comes again on their line.
    pub(super) fn left_out(&mut self, values: u64) {
        self.output.statistics.unread_values += values;
    }

    /// Begins a row; without a value it leaves no trace.
    pub(super) fn start(&mut self, head: RowHead) {
        self.head = Some(head);
        self.is_started = false;
        self.has_metric = false;
        self.row_keys = (0, 0);
    }

    /// Adds the value and the mean of the pair whose name is the current one.
    pub(super) fn push_named(&mut self, pair: &Pair) {
        let mut name = std::mem::take(&mut self.name);
        self.push(&name, pair.value);
        if pair.units != Units::default() && self.head.is_some() {
            self.output.batch.add_units(self.last_slot, pair.units);
        }
        if let Some(mean) = pair.mean {
            let len = name.len();
            name.push_str(".avg");
            self.push(&name, mean);
            name.truncate(len);
        }
        self.name = name;
    }

    pub(super) fn push_text(&mut self, key: &[u8], value: f64) {
        let mut name = std::mem::take(&mut self.name);
        name.clear();
        push_text(&mut name, key);
        self.push(&name, value);
        self.name = name;
    }

    /// Adds a value whose key is the current name and `rest`.
    pub(super) fn push_behind(&mut self, rest: &[u8], value: f64) {
        let mut name = std::mem::take(&mut self.name);
        push_text(&mut name, rest);
        self.push(&name, value);
        self.name = name;
    }

    /// True if the current name is a key already and `placed` contains it.
    pub(super) fn is_placed(&self, placed: &[bool]) -> bool {
        let known = self.keys.get(&self.name).or_else(|| {
            let new = self.output.new_keys.get(&self.name)?;
            Some(self.keys.len() as Slot + new)
        });
        known.is_some_and(|slot| placed.get(slot as usize).copied().unwrap_or_default())
    }

    /// The slot of the last value.
    pub(super) fn last_slot(&self) -> Slot {
        self.last_slot
    }

    pub(super) fn push(&mut self, key: &str, value: f64) {
        let Some(head) = self.head else {
            return;
        };
        if !self.is_started {
            self.output.batch.start_row(head);
            self.is_started = true;
        }
        if let Some(tally) = &mut self.tally {
            self.has_metric |= tally.training_keys.kind(key) != KeyKind::Other;
            let mut hasher = DefaultHasher::new();
            (self.row_keys.0, key).hash(&mut hasher);
            self.row_keys = (hasher.finish(), self.row_keys.1 + 1);
        }
        let slot = self.output.slot(self.keys, key);
        self.output.batch.push(slot, value);
        self.last_slot = slot;
    }

    /// Adds a value of the current name at an earlier position, which turned out to count.
    pub(super) fn push_before(&mut self, head: RowHead, pair: &Pair) {
        let now = self.head.replace(head);
        self.is_started = false;
        self.push_named(pair);
        self.head = now;
        // The current row continues in a new one.
        self.is_started = false;
    }

    /// Ends the row. `is_metric` is true if its shape shows that it is one of training.
    pub(super) fn finish(&mut self, is_metric: bool) {
        if !self.is_started {
            return;
        }
        self.output.statistics.records += 1;
        match (&mut self.tally, self.head) {
            (Some(tally), Some(head)) if self.has_metric || is_metric => {
                tally.rows += 1;
                let first = *tally.first.get_or_insert(head);
                tally.advances |= first.step != head.step;
            }
            (Some(tally), Some(head)) if self.row_keys.1 >= MIN_REGULAR_KEYS => {
                tally.other_row(self.row_keys.0, head);
            }
            _ => {}
        }
        self.is_started = false;
    }
}
