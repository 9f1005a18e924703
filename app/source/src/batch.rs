use std::sync::Arc;

use trainscape_run::{Histogram, Point, Step};

use crate::{keys::Slot, text_number::Units};

/// The position that all values of one row share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowHead {
    pub(crate) step: Step,
    pub(crate) wall_time_secs: Option<f64>,
}

#[derive(Debug, Default)]
struct BatchColumn {
    rows: Vec<u32>,
    values: Vec<f64>,
    texts: ColumnTexts,
}

/// The texts of one column where numbers are expected.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnTexts {
    /// Texts that are not numbers.
    pub(crate) others: u64,
    /// Units of those that are numbers.
    pub(crate) units: Units,
}

impl ColumnTexts {
    pub(crate) fn merge(&mut self, later: Self) {
        self.others += later.others;
        self.units |= later.units;
    }
}

/// Decoded rows that have not been appended to a series yet. Each row's step is stored once, so that a
/// batch takes about a third of the memory of its points.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    heads: Vec<RowHead>,
    columns: Vec<BatchColumn>,
    used_slots: Vec<Slot>,
    /// Columns with texts, each possibly several times.
    text_slots: Vec<Slot>,
    histograms: Vec<(Slot, u32, Arc<Histogram>)>,
    points: usize,
}

impl Batch {
    pub(crate) fn start_row(&mut self, head: RowHead) {
        self.heads.push(head);
    }

    /// Adds a value to the current row. If a key occurs twice in a row, its last value counts, as in a
    /// Python dictionary.
    pub(crate) fn push(&mut self, slot: Slot, value: f64) {
        let row = self.heads.len() as u32 - 1;
        self.grow_to(slot);
        let column = &mut self.columns[slot as usize];
        match column.rows.last() {
            Some(&last) if last == row => {
                if let Some(previous) = column.values.last_mut() {
                    *previous = value;
                }
                return;
            }
            None => self.used_slots.push(slot),
            Some(_) => {}
        }
        column.rows.push(row);
        column.values.push(value);
        self.points += 1;
    }

    fn grow_to(&mut self, slot: Slot) {
        let index = slot as usize;
        if index >= self.columns.len() {
            self.columns.resize_with(index + 1, BatchColumn::default);
        }
    }

    /// Counts a text that is not a number.
    pub(crate) fn add_text(&mut self, slot: Slot) {
        self.grow_to(slot);
        let texts = &mut self.columns[slot as usize].texts;
        texts.others += 1;
        if texts.others == 1 {
            self.text_slots.push(slot);
        }
    }

    /// Notes the unit of a number that was written as text.
    pub(crate) fn add_units(&mut self, slot: Slot, units: Units) {
        self.grow_to(slot);
        let texts = &mut self.columns[slot as usize].texts;
        let before = texts.units;
        texts.units |= units;
        if texts.units != before {
            self.text_slots.push(slot);
        }
    }

    /// The columns with texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (Slot, ColumnTexts)> + '_ {
        let mut slots = self.text_slots.clone();
        slots.sort_unstable();
        slots.dedup();
        slots
            .into_iter()
            .map(|slot| (slot, self.columns[slot as usize].texts))
    }

    /// Adds a histogram to the current row.
    pub(crate) fn push_histogram(&mut self, slot: Slot, histogram: Histogram) {
        self.histograms
            .push((slot, self.heads.len() as u32 - 1, Arc::new(histogram)));
    }

    pub(crate) fn points(&self) -> usize {
        self.points
    }

    pub(crate) fn used_slots(&self) -> &[Slot] {
        &self.used_slots
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

    pub(crate) fn histograms(&self) -> impl Iterator<Item = (Slot, RowHead, &Arc<Histogram>)> + '_ {
        self.histograms
            .iter()
            .map(|(slot, row, histogram)| (*slot, self.heads[*row as usize], histogram))
    }

    /// Moves the columns from `base` on to the slots that their keys have in the shared table.
    pub(crate) fn renumber(&mut self, base: usize, slots: &[Slot]) {
        let moved = if base < self.columns.len() {
            self.columns.split_off(base)
        } else {
            Vec::new()
        };
        for (column, &slot) in moved.into_iter().zip(slots) {
            let index = slot as usize;
            if index >= self.columns.len() {
                self.columns.resize_with(index + 1, BatchColumn::default);
            }
            self.columns[index] = column;
        }
        let renumbered = |slot: Slot| match (slot as usize).checked_sub(base) {
            Some(new) => slots[new],
            None => slot,
        };
        for slot in self.used_slots.iter_mut().chain(&mut self.text_slots) {
            *slot = renumbered(*slot);
        }
        for (slot, _, _) in &mut self.histograms {
            *slot = renumbered(*slot);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.heads.clear();
        for slot in self.text_slots.drain(..) {
            self.columns[slot as usize].texts = ColumnTexts::default();
        }
        for slot in self.used_slots.drain(..) {
            let column = &mut self.columns[slot as usize];
            column.rows.clear();
            column.values.clear();
        }
        self.histograms.clear();
        self.points = 0;
    }
}
