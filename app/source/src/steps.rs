//! The steps of the rows of a table.

use trainscape_run::Step;

use crate::{batch::RowHead, row::Row};

/// Assigns steps to rows. The step column is the preferred one seen so far; a row without it takes the
/// last step, so that rows of two kinds (training, evaluation) do not mix two units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepTracker {
    last: Option<Step>,
    rows: i64,
    /// Rank of the step column; 0 before one was seen.
    rank: u8,
}

impl StepTracker {
    pub(crate) fn head(&mut self, row: &Row) -> RowHead {
        let preferred = row.step_rank() > 0 && (self.rank == 0 || row.step_rank() <= self.rank);
        if preferred {
            self.rank = row.step_rank();
        }
        RowHead {
            step: self.step_or_default(if preferred { row.step() } else { None }),
            wall_time_secs: row.wall_time_secs(),
        }
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

    /// The rank that all rows of a piece must have so that it can be read without the rows before it.
    pub(crate) fn known_rank(&self) -> Option<u8> {
        (self.rank > 0).then_some(self.rank)
    }

    /// Counts rows that were read elsewhere and hold their own steps; `last` is the last one.
    pub(crate) fn skip_rows(&mut self, rows: u64, last: Option<Step>) {
        self.rows += rows as i64;
        self.last = last.or(self.last);
    }
}
