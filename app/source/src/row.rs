use trainscape_run::{Histogram, Step};

use crate::{
    batch::{Batch, RowHead},
    columns::plausible_wall_time_secs,
    keys::{Ranks, Slot},
};

/// One partially decoded row: its step may come after its values.
#[derive(Debug, Default)]
pub(crate) struct Row {
    values: Vec<(Slot, f64)>,
    histograms: Vec<(Slot, Histogram)>,
    step: Option<Step>,
    step_rank: u8,
    wall_time_secs: Option<f64>,
    time_rank: u8,
}

impl Row {
    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.histograms.clear();
        (self.step, self.step_rank) = (None, 0);
        (self.wall_time_secs, self.time_rank) = (None, 0);
    }

    /// Adds a number. `step` converts it to a step and is called only if its key can hold one.
    pub(crate) fn number(
        &mut self,
        slot: Slot,
        ranks: Ranks,
        value: f64,
        step: impl FnOnce() -> Option<Step>,
    ) {
        if ranks.step > 0
            && (self.step_rank == 0 || ranks.step <= self.step_rank)
            && let Some(step) = step()
        {
            (self.step, self.step_rank) = (Some(step), ranks.step);
        }
        if ranks.time > 0
            && (self.time_rank == 0 || ranks.time <= self.time_rank)
            && let Some(secs) = plausible_wall_time_secs(value)
        {
            (self.wall_time_secs, self.time_rank) = (Some(secs), ranks.time);
        }
        self.values.push((slot, value));
    }

    pub(crate) fn histogram(&mut self, slot: Slot, histogram: Histogram) {
        self.histograms.push((slot, histogram));
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
        if !self.values.is_empty() || !self.histograms.is_empty() {
            batch.start_row(head);
            for &(slot, value) in &self.values {
                batch.push(slot, value);
            }
            for (slot, histogram) in self.histograms.drain(..) {
                batch.push_histogram(slot, histogram);
            }
        }
        self.clear();
    }
}
