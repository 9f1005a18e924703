//! Values that are printed before the line that states their position: the evaluation at step 250 above `step 250`.

use std::collections::HashMap;

use trainscape_run::Step;

/// Keys that are remembered.
const MAX_KEYS: usize = 1024;

/// Values of keys that stand before their position. A key is one of these if it was printed once before the first
/// position of all, and that is step 0: there is no earlier step that it could belong to.
#[derive(Clone, Debug, Default)]
pub(super) struct Leads {
    /// The values before the first position; `None` for a key that was printed several times.
    first: HashMap<String, Option<HeldValue>>,
    is_decided: bool,
    /// True if the first position is step 1, or what a trainer states: what was printed before it is at 0, and no later
    /// value waits.
    is_before_training: bool,
    /// Values that wait for the next position.
    held: Vec<HeldValue>,
}

/// A value that waits for its position.
#[derive(Clone, Debug)]
pub(super) struct HeldValue {
    pub(super) key: String,
    pub(super) value: f64,
    pub(super) wall_time_secs: Option<f64>,
    /// `None` until the next position is known.
    pub(super) step: Option<Step>,
}

impl HeldValue {
    pub(super) fn new(key: &str, value: f64, wall_time_secs: Option<f64>) -> Self {
        Self {
            key: key.to_owned(),
            value,
            wall_time_secs,
            step: None,
        }
    }
}

impl Leads {
    /// Notes a value before the first position.
    pub(super) fn before_first(&mut self, value: HeldValue) {
        if self.is_decided {
            return;
        }
        if let Some(known) = self.first.get_mut(&value.key) {
            *known = None;
        } else if self.first.len() < MAX_KEYS {
            self.first.insert(value.key.clone(), Some(value));
        }
    }

    /// Notes a position; `is_step` is true if it counts steps and not epochs.
    pub(super) fn position(&mut self, step: Step, is_step: bool) {
        if std::mem::replace(&mut self.is_decided, true) {
            return;
        }
        self.is_before_training = is_step && step == Step::Int(1);
        let is_first_step = is_step && step == Step::Int(0) || self.is_before_training;
        self.first
            .retain(|_, value| is_first_step && value.is_some());
    }

    /// Notes the epoch of a trainer's dictionary, which is that of the training so far.
    pub(super) fn epoch_of_trainer(&mut self, epoch: f64) {
        if !self.is_decided && epoch > 0.0 {
            self.is_decided = true;
            self.is_before_training = true;
            self.first.retain(|_, value| value.is_some());
        }
    }

    /// Keeps a value until the next position if its key is one of these. Returns false for other keys.
    pub(super) fn hold(&mut self, key: &str, value: f64, wall_time_secs: Option<f64>) -> bool {
        if !self.is_decided || self.is_before_training {
            return false;
        }
        let Some(first) = self.first.get_mut(key) else {
            return false;
        };
        if let Some(mut first) = first.take() {
            first.step = Some(Step::Int(0));
            self.held.push(first);
        }
        self.held.push(HeldValue::new(key, value, wall_time_secs));
        true
    }

    /// Keeps a value until the next position, whatever its key is.
    pub(super) fn wait(&mut self, value: HeldValue) {
        if self.held.len() < MAX_KEYS {
            self.held.push(value);
        }
    }

    /// Whether values from before the training are left.
    pub(super) fn has_before_training(&self) -> bool {
        self.is_before_training && !self.first.is_empty()
    }

    /// The value of a key before the training, whose first position says that there is one.
    pub(super) fn before_training(&mut self, key: &str) -> Option<HeldValue> {
        self.has_before_training()
            .then(|| self.first.remove(key))??
    }

    /// The values that waited for a position.
    pub(super) fn take(&mut self) -> Vec<HeldValue> {
        std::mem::take(&mut self.held)
    }
}
