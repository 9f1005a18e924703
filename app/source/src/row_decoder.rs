use std::sync::Arc;

use trainscape_run::Step;

use crate::{
    batch::{Batch, RowHead},
    json::{Json, Leaf},
    keys::{KeyCursor, Keys, Ranks, Slot},
    row::Row,
    statistics::ReadStatistics,
};

/// What one thread decoded: rows, and keys that the shared table does not contain yet.
#[derive(Debug, Default)]
pub(crate) struct DecodedRows {
    pub(crate) batch: Batch,
    pub(crate) new_keys: Keys,
    pub(crate) cursor: KeyCursor,
    pub(crate) statistics: ReadStatistics,
}

impl DecodedRows {
    pub(crate) fn slot(&mut self, keys: &Keys, key: &str) -> Slot {
        self.cursor.slot(keys, &mut self.new_keys, key)
    }
}

/// Decodes one row at a time. The text formats and W&B's records share it.
#[derive(Debug)]
pub(crate) struct RowDecoder<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) output: &'a mut DecodedRows,
    pub(crate) row: &'a mut Row,
}

impl RowDecoder<'_> {
    pub(crate) fn slot(&mut self, key: &str) -> Slot {
        self.output.slot(self.keys, key)
    }

    fn name(&self, slot: Slot) -> &Arc<str> {
        match (slot as usize).checked_sub(self.keys.len()) {
            Some(new) => self.output.new_keys.name(new as Slot),
            None => self.keys.name(slot),
        }
    }

    fn ranks(&self, slot: Slot) -> Ranks {
        match (slot as usize).checked_sub(self.keys.len()) {
            Some(new) => self.output.new_keys.ranks(new as Slot),
            None => self.keys.ranks(slot),
        }
    }

    /// Adds a number. `step` converts it to a step and is called only if its key can hold one.
    pub(crate) fn number(&mut self, slot: Slot, value: f64, step: impl FnOnce() -> Option<Step>) {
        let ranks = self.ranks(slot);
        self.row.number(slot, ranks, value, step);
    }

    /// Adds the numbers and histograms of a nested object, keys joined by dots after that of `slot`.
    pub(crate) fn nested(&mut self, slot: Slot, json: &Json, step: impl Fn(&Json) -> Option<Step>) {
        let mut path = self.name(slot).to_string();
        self.nested_at(&mut path, json, step);
    }

    /// Like [`RowDecoder::nested`], below a key that is not in the table.
    pub(crate) fn nested_at(
        &mut self,
        path: &mut String,
        json: &Json,
        step: impl Fn(&Json) -> Option<Step>,
    ) {
        json.flatten(path, &mut |key, leaf| {
            let slot = self.slot(key);
            match leaf {
                Leaf::Number(value, json) => self.number(slot, value, || step(json)),
                Leaf::Histogram(json) => {
                    if let Some(histogram) = json.histogram() {
                        self.row.histogram(slot, histogram);
                    }
                }
            }
        });
    }

    /// Ends the row.
    pub(crate) fn commit(&mut self, head: RowHead) {
        self.row.commit(head, &mut self.output.batch);
    }
}
