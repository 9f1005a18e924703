//! Appending points to a store without a table of rows.

use trainscape_run::{Histogram, Step};

use crate::{
    batch::RowHead, keys::Keys, row_decoder::DecodedRows, statistics::ReadStatistics, store::Store,
};

/// Points after which they are appended to their store.
const FLUSH: usize = 4096;

/// Points that have not been appended to their store yet.
#[derive(Debug, Default)]
pub(crate) struct Points {
    rows: DecodedRows,
    heads: usize,
}

impl Points {
    /// Starts a row: the points that follow have its step.
    pub(crate) fn start_row(&mut self, step: Step, wall_time_secs: Option<f64>) {
        self.rows.batch.start_row(RowHead {
            step,
            wall_time_secs,
        });
        self.heads += 1;
    }

    /// Adds a value to the current row.
    pub(crate) fn push(&mut self, keys: &Keys, key: &str, value: f64) {
        let slot = self.rows.slot(keys, key);
        self.rows.batch.push(slot, value);
    }

    /// Adds a histogram to the current row.
    pub(crate) fn push_histogram(&mut self, keys: &Keys, key: &str, histogram: Histogram) {
        let slot = self.rows.slot(keys, key);
        self.rows.batch.push_histogram(slot, histogram);
    }

    /// True if so much is held that it should be appended.
    pub(crate) fn is_full(&self) -> bool {
        self.heads >= FLUSH
    }

    /// Appends what is held to the store.
    pub(crate) fn flush(&mut self, store: &mut Store, statistics: &mut ReadStatistics) {
        store.absorb(std::slice::from_mut(&mut self.rows), statistics);
        self.heads = 0;
    }

    /// The points as rows that are shown although they may still change.
    pub(crate) fn into_rows(self) -> DecodedRows {
        self.rows
    }
}
