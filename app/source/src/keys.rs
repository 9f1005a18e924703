use std::{collections::HashMap, sync::Arc};

use crate::columns::{is_epoch, is_outcome, is_phase, step_rank, time_rank};

/// Index of a key in a [`Keys`] table.
pub(crate) type Slot = u32;

/// No slot.
pub(crate) const NONE: Slot = Slot::MAX;

/// The keys of one log, numbered in the order in which they were first seen.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    names: Vec<Arc<str>>,
    slots: HashMap<Arc<str>, Slot>,
    ranks: Vec<Ranks>,
}

/// Preference of a key as a table's step or wall time: 1 is best, 0 means that it is neither.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ranks {
    pub(crate) step: u8,
    pub(crate) time: u8,
    /// True if the key counts epochs: other step keys may count within one.
    pub(crate) epoch: bool,
    /// True if the key names the kind of the row: training or validation.
    pub(crate) phase: bool,
    /// True if the key names the outcome of an episode: `True` is 1.
    pub(crate) outcome: bool,
}

impl Ranks {
    /// True if a number of the key may be a part of its row's position.
    pub(crate) fn is_position(self) -> bool {
        self.step > 0 || self.time > 0 || self.epoch
    }
}

impl Keys {
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn name(&self, slot: Slot) -> &Arc<str> {
        &self.names[slot as usize]
    }

    /// The ranks of a key; those of a key that is not in the table are zero.
    pub(crate) fn ranks(&self, slot: Slot) -> Ranks {
        self.ranks.get(slot as usize).copied().unwrap_or_default()
    }

    pub(crate) fn get(&self, key: &str) -> Option<Slot> {
        self.slots.get(key).copied()
    }

    /// The slot of `key`, which is added if it is new and fewer than `most` are known.
    pub(crate) fn add_within(&mut self, key: &str, most: usize) -> Option<Slot> {
        self.get(key)
            .or_else(|| (self.len() < most).then(|| self.add(key)))
    }

    /// Declares that numbers of a key are no steps, whatever its name says.
    pub(crate) fn deny_steps(&mut self, slot: Slot) {
        if let Some(ranks) = self.ranks.get_mut(slot as usize) {
            ranks.step = 0;
        }
    }

    /// Declares that numbers of a key are steps, whatever its name says.
    pub(crate) fn allow_steps(&mut self, slot: Slot) {
        if let Some(ranks) = self.ranks.get_mut(slot as usize) {
            ranks.step = step_rank("step");
        }
    }

    /// Declares that the steps of another key begin again within each number of a key, as within an epoch.
    pub(crate) fn count_outside(&mut self, slot: Slot) {
        if let Some(ranks) = self.ranks.get_mut(slot as usize) {
            ranks.epoch = true;
        }
    }

    /// Declares that numbers of a key are steps that begin again within another counter.
    pub(crate) fn count_within(&mut self, slot: Slot) {
        self.allow_steps(slot);
        if let Some(ranks) = self.ranks.get_mut(slot as usize) {
            ranks.epoch = false;
        }
    }

    pub(crate) fn add(&mut self, key: &str) -> Slot {
        if let Some(slot) = self.get(key) {
            return slot;
        }
        let name: Arc<str> = key.into();
        let slot = self.names.len() as Slot;
        self.names.push(Arc::clone(&name));
        self.ranks.push(Ranks {
            step: step_rank(key),
            time: time_rank(key),
            epoch: is_epoch(key),
            phase: is_phase(key),
            outcome: is_outcome(key),
        });
        self.slots.insert(name, slot);
        slot
    }
}

/// Finds slots on the assumption that keys keep their order: loggers write the same keys in the same
/// order in every row, so one comparison nearly always replaces the hash lookup.
#[derive(Debug, Default)]
pub(crate) struct KeyCursor {
    /// The slot that followed each slot the last time.
    next: Vec<Slot>,
    last: Slot,
}

impl KeyCursor {
    /// The slot of `key` in `keys`, or in `new_keys` (numbered after those of `keys`) if it is new.
    pub(crate) fn slot(&mut self, keys: &Keys, new_keys: &mut Keys, key: &str) -> Slot {
        let base = keys.len();
        if let Some(&guess) = self.next.get(self.last as usize)
            && guess != NONE
        {
            let guessed = guess as usize;
            let name = if guessed < base {
                keys.names.get(guessed)
            } else {
                new_keys.names.get(guessed - base)
            };
            if name.is_some_and(|name| **name == *key) {
                self.last = guess;
                return guess;
            }
        }
        let slot = match keys.get(key) {
            Some(slot) => slot,
            None => base as Slot + new_keys.add(key),
        };
        let last = self.last as usize;
        if self.next.len() <= last.max(slot as usize) {
            self.next.resize(last.max(slot as usize) + 1, NONE);
        }
        self.next[last] = slot;
        self.last = slot;
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_guess_is_corrected() {
        let mut keys = Keys::default();
        keys.add("a");
        keys.add("b");
        let mut new_keys = Keys::default();
        let mut cursor = KeyCursor::default();
        let slots: Vec<Slot> = ["a", "b", "c", "a", "c", "a", "b", "d", "b"]
            .map(|key| cursor.slot(&keys, &mut new_keys, key))
            .to_vec();
        assert_eq!(slots, [0, 1, 2, 0, 2, 0, 1, 3, 1]);
    }
}
