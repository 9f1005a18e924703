use std::sync::Arc;

use trainscape_run::{Histogram, Point, Step};

use crate::keys::{KeyCursor, Keys, Ranks, Slot};

/// What all values of one row share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) step: Step,
    pub(crate) wall_time_secs: Option<f64>,
}

#[derive(Debug, Default)]
struct Column {
    rows: Vec<u32>,
    values: Vec<f64>,
}

/// Decoded rows that no series holds yet. Each row's step is stored once, which makes a batch about
/// a third of the size of the points it becomes.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    heads: Vec<Head>,
    columns: Vec<Column>,
    touched: Vec<Slot>,
    histograms: Vec<(Slot, u32, Arc<Histogram>)>,
    points: usize,
}

impl Batch {
    pub(crate) fn start_row(&mut self, head: Head) {
        self.heads.push(head);
    }

    /// Adds a value to the row begun last. A key given twice in a row keeps its last value, as in a
    /// Python dictionary.
    pub(crate) fn push(&mut self, slot: Slot, value: f64) {
        let row = self.heads.len() as u32 - 1;
        let index = slot as usize;
        if index >= self.columns.len() {
            self.columns.resize_with(index + 1, Column::default);
        }
        let column = &mut self.columns[index];
        match column.rows.last() {
            Some(&last) if last == row => {
                if let Some(held) = column.values.last_mut() {
                    *held = value;
                }
                return;
            }
            None => self.touched.push(slot),
            Some(_) => {}
        }
        column.rows.push(row);
        column.values.push(value);
        self.points += 1;
    }

    /// Adds a histogram to the row begun last.
    pub(crate) fn push_histogram(&mut self, slot: Slot, histogram: Histogram) {
        self.histograms
            .push((slot, self.heads.len() as u32 - 1, Arc::new(histogram)));
    }

    pub(crate) fn points(&self) -> usize {
        self.points
    }

    pub(crate) fn touched(&self) -> &[Slot] {
        &self.touched
    }

    /// The points of one key in logged order.
    pub(crate) fn column(&self, slot: Slot) -> impl ExactSizeIterator<Item = Point> + '_ {
        let (rows, values): (&[u32], &[f64]) = match self.columns.get(slot as usize) {
            Some(column) => (&column.rows, &column.values),
            None => (&[], &[]),
        };
        rows.iter().zip(values).map(|(&row, &value)| {
            let head = self.heads[row as usize];
            Point {
                step: head.step,
                wall_time_secs: head.wall_time_secs,
                value,
            }
        })
    }

    pub(crate) fn histograms(&self) -> impl Iterator<Item = (Slot, Head, &Arc<Histogram>)> + '_ {
        self.histograms
            .iter()
            .map(|(slot, row, histogram)| (*slot, self.heads[*row as usize], histogram))
    }

    /// Moves the columns from `base` on to the slots that their keys got in the common table.
    pub(crate) fn renumber(&mut self, base: usize, slots: &[Slot]) {
        let moved = if base < self.columns.len() {
            self.columns.split_off(base)
        } else {
            Vec::new()
        };
        for (column, &slot) in moved.into_iter().zip(slots) {
            let index = slot as usize;
            if index >= self.columns.len() {
                self.columns.resize_with(index + 1, Column::default);
            }
            self.columns[index] = column;
        }
        let renumbered = |slot: Slot| match (slot as usize).checked_sub(base) {
            Some(fresh) => slots[fresh],
            None => slot,
        };
        for slot in &mut self.touched {
            *slot = renumbered(*slot);
        }
        for (slot, _, _) in &mut self.histograms {
            *slot = renumbered(*slot);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.heads.clear();
        for slot in self.touched.drain(..) {
            let column = &mut self.columns[slot as usize];
            column.rows.clear();
            column.values.clear();
        }
        self.histograms.clear();
        self.points = 0;
    }
}

/// Counts of what was read and what was passed over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Lines, rows or log records read.
    pub(crate) records: u64,
    /// Damaged records passed over.
    pub(crate) skipped: u64,
    /// Where the first damaged record begins (bytes from the start of the file) and what is wrong.
    pub(crate) first_damage: Option<(u64, &'static str)>,
    /// Cells with text where numbers are expected.
    pub(crate) text_cells: u64,
}

impl Tally {
    pub(crate) fn damage(&mut self, offset: u64, what: &'static str) {
        self.skipped += 1;
        self.first_damage.get_or_insert((offset, what));
    }

    pub(crate) fn add(&mut self, later: &Self) {
        self.records += later.records;
        self.skipped += later.skipped;
        self.first_damage = self.first_damage.or(later.first_damage);
        self.text_cells += later.text_cells;
    }
}

/// What one thread decodes into: rows, and keys that the common table does not hold yet.
#[derive(Debug, Default)]
pub(crate) struct Scribe {
    pub(crate) batch: Batch,
    pub(crate) fresh: Keys,
    pub(crate) cursor: KeyCursor,
    pub(crate) tally: Tally,
}

impl Scribe {
    pub(crate) fn slot(&mut self, keys: &Keys, key: &str) -> Slot {
        self.cursor.slot(keys, &mut self.fresh, key)
    }

    pub(crate) fn ranks(&self, keys: &Keys, slot: Slot) -> Ranks {
        match (slot as usize).checked_sub(keys.len()) {
            Some(fresh) => self.fresh.ranks(fresh as Slot),
            None => keys.ranks(slot),
        }
    }
}
