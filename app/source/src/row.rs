use trainscape_run::{Histogram, Step};

use crate::{
    batch::{Head, Scribe},
    columns::{StepState, plausible_wall_time_secs},
    keys::{Ranks, Slot},
};

/// One row on its way into a batch: its step may come after its values.
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

    /// Adds a number. `step` says what it is as a step, asked only where its key can hold one.
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

    /// Place of the step's key in the order of step keys; 0 where the row has none.
    pub(crate) fn step_rank(&self) -> u8 {
        self.step_rank
    }

    pub(crate) fn set_wall_time_secs(&mut self, secs: f64) {
        (self.wall_time_secs, self.time_rank) = (Some(secs), 1);
    }

    pub(crate) fn wall_time_secs(&self) -> Option<f64> {
        self.wall_time_secs
    }

    /// Moves the row into `scribe`'s batch under `head`, and empties it.
    pub(crate) fn commit(&mut self, head: Head, scribe: &mut Scribe) {
        if !self.values.is_empty() || !self.histograms.is_empty() {
            scribe.batch.start_row(head);
            for &(slot, value) in &self.values {
                scribe.batch.push(slot, value);
            }
            for (slot, histogram) in self.histograms.drain(..) {
                scribe.batch.push_histogram(slot, histogram);
            }
        }
        self.clear();
    }
}

/// Gives the rows of a table their steps. The step column is the best one seen so far; a row without
/// it takes the last step, so that rows of two kinds (training, evaluation) do not mix two units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stepper {
    state: StepState,
    rank: u8,
}

impl Stepper {
    pub(crate) fn head(&mut self, row: &Row) -> Head {
        let better = row.step_rank() > 0 && (self.rank == 0 || row.step_rank() <= self.rank);
        if better {
            self.rank = row.step_rank();
        }
        let step = self.state.of_row(if better { row.step() } else { None });
        Head {
            step,
            wall_time_secs: row.wall_time_secs(),
        }
    }

    /// The rank that all rows of a piece must have to be read without knowing the rows before it.
    pub(crate) fn settled(&self) -> Option<u8> {
        (self.rank > 0).then_some(self.rank)
    }

    /// Rows that were given their own steps elsewhere.
    pub(crate) fn skip_rows(&mut self, rows: u64, last: Option<Step>) {
        self.state.skip_rows(rows, last);
    }
}
