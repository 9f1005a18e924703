use std::{collections::HashSet, sync::Arc};

use trainscape_run::{Config, Role, Step, role_of_key};

use crate::{
    batch::{Batch, RowHead},
    columns::is_evaluation,
    json::{Json, Leaf, non_finite, step_of},
    keys::{KeyCursor, Keys, Ranks, Slot},
    row::Row,
    row_kinds::name_of_kind,
    row_layout::RowLayout,
    statistics::ReadStatistics,
    text_number::{DecimalMark, text_number, text_step},
};

/// What one thread decoded: rows, and keys that the shared table does not contain yet.
#[derive(Debug, Default)]
pub(crate) struct DecodedRows {
    pub(crate) batch: Batch,
    pub(crate) new_keys: Keys,
    pub(crate) cursor: KeyCursor,
    /// The layout of the last row of JSON; its keys are in the shared table.
    pub(crate) layout: RowLayout,
    pub(crate) statistics: ReadStatistics,
    /// Settings that stand among the rows.
    pub(crate) settings: Config,
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

/// The outcome of an episode that is written as `True` or `False`: 1 or 0, whose mean is the rate of success.
fn outcome(text: &[u8]) -> Option<f64> {
    match text {
        b"True" | b"true" => Some(1.0),
        b"False" | b"false" => Some(0.0),
        _ => None,
    }
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

    pub(crate) fn ranks(&self, slot: Slot) -> Ranks {
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

    /// Adds a text that may be a number.
    pub(crate) fn text(&mut self, slot: Slot, text: &[u8], mark: DecimalMark) {
        let ranks = self.ranks(slot);
        if let Some(number) = text_number(text, mark) {
            self.row.unit(slot, number.units);
            let step = || step_of(number.value);
            self.row.number(slot, ranks, number.value, step);
        } else if ranks.step > 0 {
            match text_step(text, mark) {
                Some(value) => self.row.number(slot, ranks, value, || step_of(value)),
                None => self.no_number(slot),
            }
        } else if let Some(outcome) = outcome(text).filter(|_| ranks.outcome) {
            self.row.number(slot, ranks, outcome, || None);
        } else {
            self.row.text(slot);
        }
    }

    /// Notes a text that is no number.
    pub(crate) fn no_number(&mut self, slot: Slot) {
        self.no_step(slot);
        self.row.text(slot);
    }

    /// Notes what cannot be a step, if its key holds steps.
    pub(crate) fn no_step(&mut self, slot: Slot) {
        let ranks = self.ranks(slot);
        if ranks.step > 0 {
            self.row.unreadable_step(ranks);
        }
    }

    /// Adds the numbers of a list as `key[0]`, `key[1]` and so on.
    pub(crate) fn numbers(&mut self, slot: Slot, values: &[f64]) {
        self.no_step(slot);
        for (index, value) in values.iter().enumerate() {
            let name = format!("{}[{index}]", self.name(slot));
            let slot = self.slot(&name);
            self.row.number(slot, Ranks::default(), *value, || None);
        }
    }

    /// Adds the numbers of a list of objects that name them, as those of a nested object.
    pub(crate) fn named(&mut self, slot: Slot, values: &[(String, f64)]) {
        self.no_step(slot);
        for (name, value) in values {
            let key = format!("{}.{name}", self.name(slot));
            let slot = self.slot(&key);
            self.row.number(slot, Ranks::default(), *value, || None);
        }
    }

    /// Notes a list that is left out.
    pub(crate) fn long_list(&mut self, slot: Slot) {
        self.no_step(slot);
        let name = Arc::clone(self.name(slot));
        self.output.statistics.add_lists_as_values(&name);
    }

    /// True if the object under the key holds the configuration, as the first record of a log may.
    pub(crate) fn is_settings(&self, slot: Slot) -> bool {
        matches!(
            &**self.name(slot),
            "_meta" | "meta" | "hparams" | "hyperparameters"
        )
    }

    /// True if texts under the key name the kind of the row.
    pub(crate) fn is_phase(&self, slot: Slot) -> bool {
        self.ranks(slot).phase
    }

    /// Gives the numbers of a validation's row names of their own (`val/loss`) where the training has them,
    /// too. `known` is the number of keys before this row.
    pub(crate) fn separate_evaluation(&mut self, known: usize, own: &mut HashSet<Slot>) {
        let Some(phase) = self.row.evaluation().map(str::to_owned) else {
            return;
        };
        let mut slots: Vec<Slot> = self.row.slots_mut().map(|slot| *slot).collect();
        for slot in &mut slots {
            // The training will have a loss, too, where it has not come yet.
            let is_loss = || role_of_key(self.name(*slot)) == Some(Role::Loss);
            if !own.contains(slot) && ((*slot as usize) < known || is_loss()) {
                let name = format!("{phase}/{}", self.name(*slot));
                *slot = self.slot(&name);
            }
            own.insert(*slot);
        }
        for (slot, separate) in self.row.slots_mut().zip(slots) {
            *slot = separate;
        }
    }

    /// Names the numbers of a row that says what they are of: `mnist/loss`.
    pub(crate) fn name_after_kind(&mut self) {
        let Some(kind) = self.row.take_kind() else {
            return;
        };
        let mut slots: Vec<Slot> = self.row.slots().collect();
        for slot in &mut slots {
            if !self.ranks(*slot).is_position()
                && let Some(name) = name_of_kind(&kind, self.name(*slot))
            {
                *slot = self.slot(&name);
            }
        }
        for (slot, named) in self.row.slots_mut().zip(slots) {
            *slot = named;
        }
    }

    /// Number of keys so far.
    pub(crate) fn key_count(&self) -> usize {
        self.keys.len() + self.output.new_keys.len()
    }

    /// Adds the members of a row's object: numbers, texts that are numbers, nested objects.
    pub(crate) fn object(&mut self, path: &mut String, object: &Json) {
        let Json::Map(entries) = object else { return };
        for (key, value) in entries {
            self.member(path, key, value);
        }
    }

    /// Adds one member of a row's object.
    pub(crate) fn member(&mut self, path: &mut String, key: &str, value: &Json) {
        let length = path.len();
        path.push_str(key);
        match value {
            Json::Text(text) if non_finite(text).is_none() => {
                let slot = self.slot(path);
                match self.is_phase(slot) {
                    true if is_evaluation(text) => self.row.set_evaluation(text),
                    true => {}
                    false => self.text(slot, text.as_bytes(), DecimalMark::Point),
                }
            }
            _ => self.nested_at(path, value, Json::as_step),
        }
        path.truncate(length);
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

    /// Reads a row of JSON that has the layout of the one before. Returns false if it has another one.
    #[inline]
    pub(crate) fn read_as_before(&mut self, text: &[u8]) -> bool {
        let (keys, row) = (self.keys, &mut *self.row);
        let same = self.output.layout.read(text, |slot, value, number| {
            row.number(slot, keys.ranks(slot), value, || {
                whole_or_float(number, value)
            });
        });
        if !same {
            row.clear();
        }
        same
    }

    /// Remembers the layout of a row of JSON that was read.
    pub(crate) fn remember_layout(&mut self, text: &[u8]) {
        let keys = self.keys;
        self.output.layout.learn(text, |key| keys.get(key));
    }

    /// Adds a number written as `text`.
    #[inline]
    pub(crate) fn plain_number(&mut self, slot: Slot, value: f64, text: &[u8]) {
        self.number(slot, value, || whole_or_float(text, value));
    }

    /// Ends the row.
    pub(crate) fn commit(&mut self, head: RowHead) {
        self.row.commit(head, &mut self.output.batch);
    }
}

/// The step that a number is: all digits of an integer count.
fn whole_or_float(text: &[u8], value: f64) -> Option<Step> {
    match std::str::from_utf8(text).map(str::parse) {
        Ok(Ok(step)) => Some(Step::Int(step)),
        _ => step_of(value),
    }
}
