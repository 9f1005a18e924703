//! A table: its columns, and how its lines are read.

use std::ops::Range;

use super::{
    cells::{CellVisitor, delimiter_of, each_cell, is_missing, split_cells},
    counters::Counters,
    decimal_marks::decimal_marks,
    first_column,
    short_rows::ShortRows,
};
use crate::{
    columns::{has_step, is_evaluation, is_warm_up},
    keys::Slot,
    lines::LineDecoder,
    long_rows::RunColumns,
    row_decoder::RowDecoder,
    store::Store,
    text_number::DecimalMark,
    unique_names::UniqueNames,
};

/// What the steps of a column without a name are called.
const INDEX: &str = "index";

/// Bytes of the first rows that show how decimals are written.
const DECIMALS_EXAMINED: usize = 64 << 10;

/// How a table is read, as its first rows show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    marks: Vec<DecimalMark>,
    /// What the first column is called, where it holds the steps without the name of one.
    steps_count: Option<String>,
    counters: Counters,
}

impl Reading {
    /// Of the `rows` below a header.
    pub(super) fn of(header: &[u8], rows: &[u8]) -> Self {
        let delimiter = delimiter_of(header);
        let first_rows = &rows[..rows.len().min(DECIMALS_EXAMINED)];
        let header_cells = split_cells(header, delimiter);
        let cells: Vec<Vec<String>> = whole_lines(first_rows)
            .map(|line| split_cells(line.trim_ascii_end(), delimiter))
            .collect();
        let steps_count = match () {
            () if has_index_of_steps(&header_cells, first_rows, delimiter) => Some(INDEX),
            () if first_column::counts(&header_cells, &cells) => Some(&*header_cells[0]),
            () => None,
        };
        Self {
            marks: decimal_marks(first_rows, delimiter, header_cells.len()),
            steps_count: steps_count.map(str::to_owned),
            counters: Counters::of(header, rows),
        }
    }

    /// What the steps count, where they are those of the first column, or count on over what another column counts.
    pub(super) fn steps_count(&self) -> Option<&str> {
        let within = self.counters.outer.as_ref().map(|(_, step)| step.as_str());
        self.steps_count.as_deref().or(within)
    }
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) delimiter: u8,
    /// What the rows showed that there were when it began.
    pub(super) reading: Reading,
    /// `None` for a column without a name.
    columns: Vec<Option<TableColumn>>,
    clock_start_secs: Option<f64>,
    /// True if all columns have decimal points.
    has_points: bool,
    has_own_warm_ups: bool,
    /// Rows that leave the last columns out.
    pub(super) short_rows: ShortRows,
    /// The first cells of the header, by which a repeated one is found.
    start: Vec<u8>,
}

#[derive(Debug)]
struct TableColumn {
    slot: Slot,
    mark: DecimalMark,
    /// True for the `t` column of a monitor file: seconds since `clock_start_secs`.
    clock: bool,
    /// True if its texts say what the values of their rows are of.
    names_kind: bool,
}

/// What the rows of a table say about their columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownColumns<'a> {
    pub(super) of_runs: &'a RunColumns,
    /// The column that says what the values of a row are of.
    pub(super) kind: Option<&'a str>,
}

impl Table {
    /// The table below a header; `rows` follow it.
    pub(super) fn new(
        header: &[u8],
        rows: &[u8],
        clock_start_secs: Option<f64>,
        known: KnownColumns<'_>,
        store: &mut Store,
    ) -> Self {
        let delimiter = delimiter_of(header);
        let monitor = clock_start_secs.is_some();
        let reading = Reading::of(header, rows);
        let Reading {
            marks,
            steps_count,
            counters,
        } = reading.clone();
        let counts_first = steps_count.is_some();
        let mut names = UniqueNames::default();
        let first_rows = &rows[..rows.len().min(DECIMALS_EXAMINED)];
        let header_cells = split_cells(header, delimiter);
        let mut columns = Vec::new();
        for (name, &mark) in header_cells.into_iter().zip(&marks) {
            let clock = monitor && name == "t";
            // A column without a name is an index; those that say whose the rows are are configuration.
            let names_kind = known.kind == Some(name.as_str());
            let is_length = counters.length.as_ref() == Some(&name);
            let outer = counters.outer.as_ref();
            let is_outer = outer.is_some_and(|(outer, _)| *outer == name);
            let is_within = outer.is_some_and(|(_, step)| *step == name);
            let slot = match () {
                () if name.is_empty() && columns.is_empty() && counts_first => {
                    store.add_column(INDEX)
                }
                // A column of numbers that lost its name.
                () if name.is_empty() && holds_number(first_rows, delimiter, columns.len()) => {
                    let number = columns.len() + 1;
                    store.add_column(&names.unique(format!("column {number}")))
                }
                () if name.is_empty() || known.of_runs.is_id(&name) => None,
                () => store.add_column(&names.unique(name)),
            };
            if let Some(slot) = slot.filter(|_| counts_first && columns.is_empty()) {
                store.keys.allow_steps(slot);
            }
            if let Some(slot) = slot.filter(|_| is_outer) {
                store.keys.count_outside(slot);
            }
            if let Some(slot) = slot.filter(|_| is_within) {
                store.keys.count_within(slot);
            }
            if let Some(slot) = slot.filter(|_| is_length) {
                store.keys.deny_steps(slot);
            }
            columns.push(slot.map(|slot| TableColumn {
                slot,
                mark,
                clock,
                names_kind,
            }));
        }
        Self {
            delimiter,
            clock_start_secs,
            has_points: marks.iter().all(|mark| *mark == DecimalMark::Point),
            short_rows: ShortRows::of(delimiter, first_rows, columns.len()),
            has_own_warm_ups: counters.has_own_warm_ups,
            start: header_start(header, delimiter).to_vec(),
            columns,
            reading,
        }
    }

    /// Reads a line of plain numbers and empty cells, one in each column. Returns false, perhaps after some
    /// numbers, if it is something else.
    #[inline]
    fn plain_numbers(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> bool {
        // Any number of spaces is one delimiter.
        if !self.has_points || self.clock_start_secs.is_some() || self.delimiter == b' ' {
            return false;
        }
        let mut rest = line;
        let mut columns = self.columns.iter();
        for column in columns.by_ref() {
            let is_empty = rest.first().is_none_or(|&next| next == self.delimiter);
            if !is_empty {
                let Ok((value, len)) = fast_float2::parse_partial::<f64, _>(rest) else {
                    return false;
                };
                let (cell, after) = rest.split_at(len);
                if let Some(column) = column {
                    decoder.plain_number(column.slot, value, cell);
                }
                rest = after;
            }
            match rest.split_first() {
                Some((&next, after)) if next == self.delimiter => rest = after,
                Some(_) => return false,
                None => return columns.next().is_none(),
            }
        }
        false
    }

    #[inline]
    fn cell(&self, index: usize, cell: &[u8], decoder: &mut RowDecoder<'_>) {
        let Some(Some(column)) = self.columns.get(index) else {
            return;
        };
        let cell = match cell {
            [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => cell.trim_ascii(),
            _ => cell,
        };
        if cell.is_empty() {
            return;
        }
        let value = match column.mark {
            DecimalMark::Point => fast_float2::parse::<f64, _>(cell).ok(),
            // `1.000` has separated thousands.
            DecimalMark::Comma => None,
        };
        let Some(value) = value else {
            self.text(column, cell, decoder);
            return;
        };
        decoder.plain_number(column.slot, value, cell);
        if column.clock
            && let Some(start) = self.clock_start_secs
        {
            decoder.row.set_wall_time_secs(start + value);
        }
    }
}

impl Table {
    /// A cell that is no plain number.
    fn text(&self, column: &TableColumn, cell: &[u8], decoder: &mut RowDecoder<'_>) {
        let slot = column.slot;
        if is_missing(cell) {
            return;
        }
        if column.names_kind {
            decoder.row.set_kind(&String::from_utf8_lossy(cell));
            return;
        }
        if decoder.is_phase(slot) {
            if let Ok(phase) = std::str::from_utf8(cell)
                && (is_evaluation(phase) || self.has_own_warm_ups && is_warm_up(phase))
            {
                decoder.row.set_evaluation(phase);
            }
            return;
        }
        decoder.text(slot, cell, column.mark);
    }

    /// Whether a line that has not ended holds a cell of each column: one with fewer was cut off.
    pub(super) fn has_all_cells(&self, line: &[u8]) -> bool {
        !line.is_empty() && split_cells(line, self.delimiter).len() >= self.columns.len()
    }

    /// The range of the next line in `rows` that is a header and not a row: it begins as the header did, and
    /// none of its cells is a number.
    pub(super) fn next_header(&self, rows: &[u8]) -> Option<Range<usize>> {
        if self.start.is_empty() {
            return None;
        }
        memchr::memmem::find_iter(rows, &self.start)
            .filter(|&at| at == 0 || matches!(rows[at - 1], b'\n' | b'\r'))
            .find_map(|at| {
                let len = memchr::memchr2(b'\n', b'\r', &rows[at..])?;
                let cells = split_cells(rows[at..at + len].trim_ascii(), self.delimiter);
                let is_header = cells
                    .iter()
                    .all(|cell| fast_float2::parse::<f64, _>(cell.as_bytes()).is_err());
                is_header.then_some(at..at + len + 1)
            })
    }
}

/// The lines that have ended and are not blank.
fn whole_lines(rows: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = rows.split_inclusive(|&byte| byte == b'\n');
    lines.filter(|line| line.ends_with(b"\n") && !line.trim_ascii().is_empty())
}

/// Whether the first column has no name, as pandas writes an index, and counts something else than the rows: steps, where
/// no other column holds them.
fn has_index_of_steps(header: &[String], rows: &[u8], delimiter: u8) -> bool {
    if header.first().is_none_or(|name| !name.is_empty()) || has_step(header) {
        return false;
    }
    let first_cells = whole_lines(rows).map(|line| line.split(|&byte| byte == delimiter).next());
    let counts = first_cells.map(|cell| std::str::from_utf8(cell?).ok()?.trim().parse().ok());
    let Some(counts) = counts.collect::<Option<Vec<i64>>>() else {
        return false;
    };
    let counts_rows = counts.iter().zip(0..).all(|(count, row)| *count == row);
    counts.len() > 1 && !counts_rows && counts.is_sorted_by(|a, b| a < b)
}

/// Whether the first row has a number in a column that is not the first one.
fn holds_number(rows: &[u8], delimiter: u8, column: usize) -> bool {
    let mut lines = rows.split(|&byte| matches!(byte, b'\n' | b'\r'));
    let row = lines.find(|line| !line.is_empty());
    let cells = row
        .map(|row| split_cells(row, delimiter))
        .unwrap_or_default();
    let cell = cells.get(column).filter(|_| column > 0);
    cell.is_some_and(|cell| fast_float2::parse::<f64, _>(cell.as_bytes()).is_ok())
}

/// The header's first cell that is not empty, with the delimiters around it.
fn header_start(header: &[u8], delimiter: u8) -> &[u8] {
    let name = header.iter().position(|&c| c != delimiter).unwrap_or(0);
    let end = memchr::memchr(delimiter, &header[name..]);
    end.map_or(header, |end| &header[..=name + end])
}

/// Decodes the cells of one row.
struct RowCells<'a, 'd> {
    table: &'a Table,
    decoder: &'a mut RowDecoder<'d>,
    cells: usize,
    last_is_empty: bool,
}

impl CellVisitor for RowCells<'_, '_> {
    fn cell(&mut self, cell: &[u8]) {
        self.table.cell(self.cells, cell, self.decoder);
        self.cells += 1;
        self.last_is_empty = cell.is_empty();
    }

    fn start_over(&mut self) {
        self.decoder.row.clear();
        self.cells = 0;
    }
}

impl LineDecoder for Table {
    const IS_TABLE: bool = true;

    fn decode(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> Result<bool, &'static str> {
        if line.is_empty() || line.trim_ascii().is_empty() && self.delimiter != b'\t' {
            return Ok(false);
        }
        if self.plain_numbers(line, decoder) {
            return Ok(true);
        }
        decoder.row.clear();
        let mut row = RowCells {
            table: self,
            decoder,
            cells: 0,
            last_is_empty: false,
        };
        each_cell(line, self.delimiter, &mut row);
        let RowCells {
            cells,
            last_is_empty,
            ..
        } = row;
        let wanted = self.columns.len();
        // Some writers end each row with a delimiter, some leave the last columns out.
        if cells == wanted || cells == wanted + 1 && last_is_empty || self.short_rows.has(cells) {
            decoder.name_after_kind();
            return Ok(true);
        }
        decoder.row.clear();
        self.short_rows.note(cells);
        Err(if cells < wanted {
            "it has too few cells"
        } else {
            "it has too many cells"
        })
    }
}
