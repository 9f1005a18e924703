//! Rows with fewer cells than there are columns: a row that was cut off is damaged, but writers leave the last columns out, and
//! their rows have the same length again and again.

use std::sync::atomic::{AtomicU32, Ordering};

use super::cells::split_cells;

/// So many rows of one length were not cut off.
const FEWEST: u32 = 3;
/// Rows of fewer cells hold no value beside their step, rows of more are not told apart by their length.
const CELLS: std::ops::Range<usize> = 2..64;

/// The lengths of rows that leave the last columns out.
#[derive(Debug)]
pub(super) struct ShortRows {
    columns: usize,
    /// The bits of the lengths that are read.
    read: u64,
    /// How many rows of each length were not read.
    seen: Vec<AtomicU32>,
}

impl ShortRows {
    /// Of a table of so many columns, as its first rows show it.
    pub(super) fn of(delimiter: u8, rows: &[u8], columns: usize) -> Self {
        let mut short = Self {
            columns,
            read: 0,
            seen: CELLS.map(|_| AtomicU32::new(0)).collect(),
        };
        let whole = memchr::memrchr(b'\n', rows).map_or(&rows[..0], |end| &rows[..end]);
        for line in whole
            .split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii_end)
        {
            if !line.is_empty() {
                short.note(split_cells(line, delimiter).len());
            }
        }
        short.read_recurring();
        short
    }

    /// Whether rows of so many cells are read.
    pub(super) fn has(&self, cells: usize) -> bool {
        CELLS.contains(&cells) && self.read >> cells & 1 == 1
    }

    /// Notes a row that was not read.
    pub(super) fn note(&self, cells: usize) {
        if cells < self.columns && CELLS.contains(&cells) {
            self.seen[cells - CELLS.start].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads the lengths that recur from now on.
    pub(super) fn read_recurring(&mut self) {
        for (cells, seen) in CELLS.zip(&self.seen) {
            if seen.load(Ordering::Relaxed) >= FEWEST {
                self.read |= 1 << cells;
            }
        }
    }
}
