use std::sync::Arc;

use trainscape_run::{Histogram, Point, Positions, Series, Step};

use crate::{
    keys::{NONE, Slot},
    text_number::Units,
};

/// The position that all values of one row share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowHead {
    pub(crate) step: Step,
    pub(crate) wall_time_secs: Option<f64>,
}

#[derive(Debug, Default)]
struct BatchColumn {
    /// The rows of the values; empty while each row so far has one.
    rows: Vec<u32>,
    values: Vec<f64>,
    texts: ColumnTexts,
}

impl BatchColumn {
    /// Adds a value, or replaces that of the same row. Returns false if it was replaced.
    #[inline]
    fn push(&mut self, row: usize, value: f64) -> bool {
        if self.rows.is_empty() && self.values.len() == row {
            self.values.push(value);
            return true;
        }
        self.push_sparse(row, value)
    }

    fn push_sparse(&mut self, row: usize, value: f64) -> bool {
        if self.rows.is_empty() {
            self.rows.extend(0..self.values.len() as u32);
        }
        if let (Some(&last), Some(previous)) = (self.rows.last(), self.values.last_mut())
            && last == row as u32
        {
            *previous = value;
            return false;
        }
        self.rows.push(row as u32);
        self.values.push(value);
        true
    }

    fn row(&self, index: usize) -> usize {
        self.rows.get(index).map_or(index, |&row| row as usize)
    }
}

/// The texts of one column where numbers are expected.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnTexts {
    /// Texts that are not numbers.
    pub(crate) others: u64,
    /// Units of those that are numbers.
    pub(crate) units: Units,
    /// How many of them are numbers.
    pub(crate) numbers: u64,
}

impl ColumnTexts {
    pub(crate) fn merge(&mut self, later: Self) {
        self.others += later.others;
        self.units |= later.units;
        self.numbers += later.numbers;
    }
}

/// Decoded rows that have not been appended to a series yet. Each row's step is stored once, so that a
/// batch takes about a third of the memory of its points.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    heads: Positions,
    columns: Vec<BatchColumn>,
    used_slots: Vec<Slot>,
    /// Columns with texts, each possibly several times.
    text_slots: Vec<Slot>,
    histograms: Vec<(Slot, u32, Arc<Histogram>)>,
    points: usize,
}

impl Batch {
    #[inline]
    pub(crate) fn start_row(&mut self, head: RowHead) {
        self.heads.push(head.step, head.wall_time_secs);
    }

    /// Adds a value to the current row. If a key occurs twice in a row, its last value counts, as in a
    /// Python dictionary.
    #[inline]
    pub(crate) fn push(&mut self, slot: Slot, value: f64) {
        let row = self.heads.len() - 1;
        self.grow_to(slot);
        let column = &mut self.columns[slot as usize];
        if column.values.is_empty() {
            self.used_slots.push(slot);
        }
        self.points += usize::from(column.push(row, value));
    }

    /// Adds the values of the current row.
    #[inline]
    pub(crate) fn push_all(&mut self, values: &[(Slot, f64)]) {
        let row = self.heads.len() - 1;
        for &(slot, value) in values {
            match self.columns.get_mut(slot as usize) {
                // The usual case: the column has a value in each row so far.
                Some(column) if row > 0 && column.values.len() == row && column.rows.is_empty() => {
                    column.values.push(value);
                    self.points += 1;
                }
                _ => self.push(slot, value),
            }
        }
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
        texts.units |= units;
        texts.numbers += 1;
        if texts.numbers == 1 {
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

    /// Appends the points of one key to its series.
    pub(crate) fn append_column(&self, slot: Slot, series: &mut Series) {
        let Some(column) = self.columns.get(slot as usize) else {
            return;
        };
        if column.rows.is_empty() && column.values.len() == self.heads.len() {
            series.extend_rows(&self.heads, &column.values);
            return;
        }
        series.extend(column.values.iter().enumerate().map(|(index, &value)| {
            let head = self.head(column.row(index));
            Point {
                step: head.step,
                wall_time_secs: head.wall_time_secs,
                value,
            }
        }));
    }

    /// The step of the last value of a key.
    pub(crate) fn last_step(&self, slot: Slot) -> Option<Step> {
        let column = self.columns.get(slot as usize)?;
        let last = column.values.len().checked_sub(1)?;
        Some(self.head(column.row(last)).step)
    }

    /// True if one key has no points.
    pub(crate) fn is_empty(&self, slot: Slot) -> bool {
        let column = self.columns.get(slot as usize);
        column.is_none_or(|column| column.values.is_empty())
    }

    fn head(&self, row: usize) -> RowHead {
        let (step, wall_time_secs) = self.heads.get(row);
        RowHead {
            step,
            wall_time_secs,
        }
    }

    pub(crate) fn histograms(&self) -> impl Iterator<Item = (Slot, RowHead, &Arc<Histogram>)> + '_ {
        self.histograms
            .iter()
            .map(|(slot, row, histogram)| (*slot, self.head(*row as usize), histogram))
    }

    /// Moves the columns from `base` on to the slots that their keys have in the shared table. Those without a slot
    /// are dropped; returns their number of values.
    pub(crate) fn renumber(&mut self, base: usize, slots: &[Slot]) -> u64 {
        let moved = if base < self.columns.len() {
            self.columns.split_off(base)
        } else {
            Vec::new()
        };
        let mut dropped = 0;
        for (column, &slot) in moved.into_iter().zip(slots) {
            if slot == NONE {
                dropped += column.values.len();
                continue;
            }
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
        if slots.contains(&NONE) {
            self.used_slots.retain(|&slot| slot != NONE);
            self.text_slots.retain(|&slot| slot != NONE);
            self.histograms.retain(|&(slot, _, _)| slot != NONE);
            self.points -= dropped;
        }
        dropped as u64
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
