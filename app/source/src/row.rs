use trainscape_run::{Histogram, Step};

use crate::{
    batch::{Batch, RowHead},
    columns::plausible_wall_time_secs,
    keys::{Ranks, Slot},
    text_number::Units,
};

/// Numbers of epochs are below this.
const MAX_EPOCH: f64 = 1e9;

/// One partially decoded row: its step may come after its values.
#[derive(Debug, Default)]
pub(crate) struct Row {
    values: Vec<(Slot, f64)>,
    histograms: Vec<(Slot, Histogram)>,
    /// Keys that hold text instead of a number.
    texts: Vec<Slot>,
    /// Units of the numbers that were written as text.
    units: Vec<(Slot, Units)>,
    step: Option<Step>,
    step_rank: u8,
    epoch: Option<i64>,
    /// Rank of the best step column whose content is not a step.
    unreadable_rank: u8,
    /// The kind of the row, if it is not one of the training: `val`.
    evaluation: Option<String>,
    /// What the values are of, where the rows say so.
    kind: Option<String>,
    wall_time_secs: Option<f64>,
    time_rank: u8,
    /// Rank of a key whose numbers are no steps in these rows, whatever its name says; 0 if there is none.
    denied_rank: u8,
}

impl Row {
    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.histograms.clear();
        self.texts.clear();
        self.units.clear();
        (self.step, self.step_rank) = (None, 0);
        (self.epoch, self.unreadable_rank) = (None, 0);
        self.evaluation = None;
        self.kind = None;
        (self.wall_time_secs, self.time_rank) = (None, 0);
    }

    /// Adds a number. `step` converts it to a step and is called only if its key can hold one.
    #[inline]
    pub(crate) fn number(
        &mut self,
        slot: Slot,
        ranks: Ranks,
        value: f64,
        step: impl FnOnce() -> Option<Step>,
    ) {
        if ranks.is_position() {
            self.position(ranks, value, step);
        }
        self.values.push((slot, value));
    }

    /// Declares that numbers of the key with this rank are no steps; it stays so when the row is emptied.
    pub(crate) fn deny_steps(&mut self, rank: u8) {
        self.denied_rank = rank;
    }

    /// Notes the part of the row's position that a number is.
    fn position(&mut self, ranks: Ranks, value: f64, step: impl FnOnce() -> Option<Step>) {
        let may_be_step = ranks.step > 0 && ranks.step != self.denied_rank;
        if may_be_step && (self.step_rank == 0 || ranks.step <= self.step_rank) {
            match step() {
                Some(step) => (self.step, self.step_rank) = (Some(step), ranks.step),
                None => self.unreadable_step(ranks),
            }
        }
        if ranks.epoch && value.fract() == 0.0 && value.abs() < MAX_EPOCH {
            self.epoch = Some(value as i64);
        }
        if ranks.time > 0
            && (self.time_rank == 0 || ranks.time <= self.time_rank)
            && let Some(secs) = plausible_wall_time_secs(value)
        {
            (self.wall_time_secs, self.time_rank) = (Some(secs), ranks.time);
        }
    }

    /// Notes that a key holds text instead of a number.
    pub(crate) fn text(&mut self, slot: Slot) {
        self.texts.push(slot);
    }

    /// Notes that a number of the row was written as text.
    pub(crate) fn unit(&mut self, slot: Slot, units: Units) {
        self.units.push((slot, units));
    }

    /// Notes that a step column holds something that is not a step.
    pub(crate) fn unreadable_step(&mut self, ranks: Ranks) {
        if self.unreadable_rank == 0 || ranks.step < self.unreadable_rank {
            self.unreadable_rank = ranks.step;
        }
    }

    /// Rank of the best step column whose content is not a step; 0 if there is none.
    pub(crate) fn unreadable_rank(&self) -> u8 {
        self.unreadable_rank
    }

    /// The epoch, if the row states a whole one.
    pub(crate) fn epoch(&self) -> Option<i64> {
        self.epoch
    }

    /// Marks the row as one of a validation or test.
    pub(crate) fn set_evaluation(&mut self, phase: &str) {
        self.evaluation = Some(phase.to_owned());
    }

    /// Notes what the values of the row are of.
    pub(crate) fn set_kind(&mut self, kind: &str) {
        self.kind = Some(kind.to_owned());
    }

    pub(crate) fn take_kind(&mut self) -> Option<String> {
        self.kind.take()
    }

    pub(crate) fn evaluation(&self) -> Option<&str> {
        self.evaluation.as_deref()
    }

    /// The slots of the row's numbers.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.values.iter().map(|(slot, _)| *slot)
    }

    /// The slots of the row's numbers, to be replaced.
    pub(crate) fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.values.iter_mut().map(|(slot, _)| slot)
    }

    pub(crate) fn histogram(&mut self, slot: Slot, histogram: Histogram) {
        self.histograms.push((slot, histogram));
    }

    /// Sets the step of a row whose format states it apart from the keys.
    pub(crate) fn set_step(&mut self, step: Step) {
        (self.step, self.step_rank) = (Some(step), 1);
    }

    pub(crate) fn step(&self) -> Option<Step> {
        self.step
    }

    /// Position of the step's key among the step keys; 0 if the row has no step.
    pub(crate) fn step_rank(&self) -> u8 {
        self.step_rank
    }

    pub(crate) fn set_wall_time_secs(&mut self, secs: f64) {
        (self.wall_time_secs, self.time_rank) = (Some(secs), 1);
    }

    pub(crate) fn wall_time_secs(&self) -> Option<f64> {
        self.wall_time_secs
    }

    /// Moves the row into `batch` under `head`, and empties it.
    pub(crate) fn commit(&mut self, head: RowHead, batch: &mut Batch) {
        for slot in self.texts.drain(..) {
            batch.add_text(slot);
        }
        for (slot, units) in self.units.drain(..) {
            batch.add_units(slot, units);
        }
        if !self.values.is_empty() || !self.histograms.is_empty() {
            batch.start_row(head);
            batch.push_all(&self.values);
            for (slot, histogram) in self.histograms.drain(..) {
                batch.push_histogram(slot, histogram);
            }
        }
        self.clear();
    }
}
