//! The steps of the rows of a table.

use trainscape_run::Step;

use crate::{
    batch::RowHead,
    columns::{is_own_of_evaluations, is_rank_of_epochs, is_warm_up},
    epochs::EpochAxis,
    row::Row,
};

/// Assigns steps to rows. The step column is the preferred one seen so far; a row without it takes the
/// last step, so that rows of two kinds (training, validation) do not mix two units.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepTracker {
    last: Option<Step>,
    rows: i64,
    /// Rank of the step column; 0 before one was seen.
    rank: u8,
    epochs: EpochAxis,
    /// True for the rows of a table, which has a column for each counter.
    is_table: bool,
}

/// A row whose step cannot be read: it is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnreadableStep;

impl StepTracker {
    pub(crate) fn head(&mut self, row: &Row) -> Result<RowHead, UnreadableStep> {
        let is_unreadable = |rank: u8| rank > 0 && (row.step_rank() == 0 || rank < row.step_rank());
        if is_unreadable(row.unreadable_rank()) {
            return Err(UnreadableStep);
        }
        let step = match (self.own_of_evaluation(row), row.evaluation().and(self.last)) {
            (Some(own), _) => own,
            // Its own step may count batches of the validation set.
            (None, Some(last)) => last,
            (None, None) => self.training_step(row),
        };
        Ok(RowHead {
            step,
            wall_time_secs: row.wall_time_secs(),
        })
    }

    /// The step that a row without one takes from those before it.
    pub(crate) fn taken_over(&self, row: &Row) -> Option<Step> {
        let has_own = row.step_rank() > 0 && row.step_rank() <= self.rank;
        let counts_apart = row.evaluation().is_some() && row.step_rank() > 0;
        self.last
            .filter(|_| self.rank > 0 && !has_own && !counts_apart)
    }

    /// True for a row that states no step and an epoch whose steps have not begun: its step may follow.
    pub(crate) fn waits(&self, row: &Row) -> bool {
        let Some(epoch) = row.epoch() else {
            return false;
        };
        let states_step = row.step_rank() > 0 && !is_rank_of_epochs(row.step_rank());
        let is_next = match self.rank {
            // The first row of a log.
            0 => self.rows == 0,
            rank => {
                !is_rank_of_epochs(rank) && self.epochs.current().is_some_and(|now| epoch > now)
            }
        };
        is_next && !states_step && row.evaluation().is_none() && row.unreadable_rank() == 0
    }

    /// The epoch of a row that states its step, too.
    pub(crate) fn begins_epoch(&self, row: &Row) -> Option<i64> {
        let is_step = row.step_rank() > 0 && !is_rank_of_epochs(row.step_rank());
        let is_training = is_step && row.evaluation().is_none();
        row.epoch().filter(|_| is_training)
    }

    /// Declares that the rows are those of a table: a step in it is never an epoch.
    pub(crate) fn read_table(&mut self) {
        self.is_table = true;
    }

    /// The step of a row that counts apart from the training (in a warm-up, or in rounds and episodes of its own), or that
    /// states the training's.
    fn own_of_evaluation(&self, row: &Row) -> Option<Step> {
        let is_unit_of_training = self.rank == 0 || self.rank == row.step_rank();
        let is_own = is_warm_up(row.evaluation()?)
            || is_unit_of_training
                && (is_own_of_evaluations(row.step_rank()) || self.is_of_training(row));
        row.step().filter(|_| is_own)
    }

    /// Whether the step of an evaluation is one of the training, and no count of the batches that were evaluated: those
    /// stand beside an epoch, and are fewer than the training has seen.
    fn is_of_training(&self, row: &Row) -> bool {
        let goes_on = || match (row.step(), self.last) {
            (Some(own), Some(last)) => !own.is_before(last),
            _ => false,
        };
        is_rank_of_epochs(row.step_rank())
            || self.epochs.is_plain() && (row.epoch().is_none() || goes_on())
    }

    fn training_step(&mut self, row: &Row) -> Step {
        let preferred = row.step_rank() > 0 && (self.rank == 0 || row.step_rank() <= self.rank);
        if preferred {
            self.rank = row.step_rank();
        }
        let step = row.step().filter(|_| preferred);
        let step = match (step, row.epoch()) {
            // A validation's row of mmengine: its step is the epoch.
            (Some(Step::Int(step)), None)
                if !self.is_table && self.epochs.is_epoch_of_step(step) =>
            {
                self.last
            }
            (Some(Step::Int(step)), Some(epoch)) => Some(Step::Int(self.epochs.step(epoch, step))),
            (Some(Step::Int(step)), None) => Some(Step::Int(self.epochs.within(step))),
            (step, _) => step,
        };
        self.step_or_default(step)
    }

    /// The step of the next row; without one the last step, or the row's index if there is none.
    fn step_or_default(&mut self, step: Option<Step>) -> Step {
        let row = self.rows;
        self.rows += 1;
        match step {
            Some(step) => {
                self.last = Some(step);
                step
            }
            None => self.last.unwrap_or(Step::Int(row)),
        }
    }

    /// True if no row has stated a step: their own numbers are their steps.
    pub(crate) fn counts_rows(&self) -> bool {
        self.rows > 0 && self.rank == 0 && self.last.is_none()
    }

    /// The rank that all rows of a piece must have so that it can be read without the rows before it.
    pub(crate) fn known_rank(&self) -> Option<u8> {
        (self.rank > 0 && self.epochs.is_plain()).then_some(self.rank)
    }

    /// The last step, if steps of the next rows must not be smaller.
    pub(crate) fn last_in_epoch(&self) -> Option<Step> {
        self.last
    }

    /// Counts rows that were read elsewhere and hold their own steps; `last` is the last one and its epoch.
    pub(crate) fn skip_rows(&mut self, rows: u64, last: Option<Step>, epoch: Option<i64>) {
        self.rows += rows as i64;
        self.last = last.or(self.last);
        if let (Some(Step::Int(step)), Some(epoch)) = (last, epoch) {
            self.epochs.step(epoch, step);
        }
    }
}
