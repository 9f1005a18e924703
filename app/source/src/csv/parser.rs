use std::{borrow::Cow, ops::Range};

use bytes::Bytes;
use trainscape_run::ConfigValue;

use super::{
    cells::{CellVisitor, delimiter_of, each_cell, split_cells},
    quoted_lines::join_quoted_lines,
};
use crate::{
    columns::is_evaluation,
    json::Json,
    keys::{Keys, Slot},
    lines::{LineDecoder, LineReader},
    long_lines::MAX_LINE,
    parse::{FatalError, Parser},
    row_decoder::RowDecoder,
    statistics::ReadStatistics,
    store::Store,
    text_number::DecimalMark,
    unique_names::UniqueNames,
};

/// Bytes of the first rows that show how decimals are written.
const DECIMALS_EXAMINED: usize = 64 << 10;

/// Reads a table: a header line, then rows of numbers.
///
/// An empty cell is not a point. Text that is a number with a unit or separated thousands is read, other text
/// in a column of numbers is counted and skipped. A line that begins as the header did and holds no number is
/// a header for the rows after it. A row with more or fewer cells
/// than the header is damaged.
#[derive(Debug, Default)]
pub(crate) struct CsvParser {
    table: Option<Table>,
    /// Zero of a monitor file's `t` column, in seconds since the Unix epoch.
    clock_start_secs: Option<f64>,
    lines: LineReader,
}

#[derive(Debug)]
struct Table {
    delimiter: u8,
    /// `None` for a column without a name.
    columns: Vec<Option<TableColumn>>,
    clock_start_secs: Option<f64>,
    decimal_mark: DecimalMark,
    /// The first cells of the header, by which a repeated one is found.
    start: Vec<u8>,
}

#[derive(Debug)]
struct TableColumn {
    slot: Slot,
    /// True for the `t` column of a monitor file: seconds since `clock_start_secs`.
    clock: bool,
}

impl Parser for CsvParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        let mut done = 0;
        while self.table.is_none() {
            let Some(end) = memchr::memchr2(b'\n', b'\r', &chunk[done..]) else {
                if chunk.len() - done > MAX_LINE {
                    let reason = "the first line is longer than 64 MiB, so it is not a header";
                    return Err(FatalError(reason.to_owned()));
                }
                return Ok(done);
            };
            let line = &chunk[done..done + end];
            done += end + 1;
            let rows = &chunk[done..];
            self.header(line, rows, store);
        }
        store.set_provisional(None);
        loop {
            let Some(table) = &self.table else {
                return Ok(done);
            };
            let rest = chunk.slice(done..);
            let next_header = table.next_header(&rest);
            let until = next_header.as_ref().map_or(rest.len(), |range| range.start);
            let rows = rest.slice(..until);
            let quoted = join_quoted_lines(&rows, table.delimiter);
            let complete = quoted.complete;
            let rows = match quoted.text {
                Cow::Borrowed(_) => rows.slice(..complete),
                Cow::Owned(text) => Bytes::from(text).slice(..complete),
            };
            let read = self
                .lines
                .feed(table, &rows, offset + done as u64, store, statistics);
            done += read;
            let Some(header) = next_header.filter(|_| complete == until) else {
                return Ok(done);
            };
            self.header(&rest[header.clone()], &rest[header.end..], store);
            done += header.len();
        }
    }

    /// A last line without its line end is shown if it has all its cells, but not consumed: its last
    /// number may still grow.
    fn caught_up(
        &mut self,
        rest: &[u8],
        _offset: u64,
        store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> usize {
        let provisional = self.table.as_ref().and_then(|table| {
            let rest = rest.trim_ascii_end();
            (!rest.is_empty()).then(|| self.lines.provisional(table, rest, &store.keys))?
        });
        store.set_provisional(provisional);
        0
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        let rest = rest.trim_ascii_end();
        let whole = self.table.as_ref().is_some_and(|table| {
            self.lines
                .provisional(table, rest, &Keys::default())
                .is_some()
        });
        (!rest.is_empty() && !whole).then_some("the last line is incomplete and was skipped")
    }
}

impl CsvParser {
    /// Reads a header; `rows` follow it.
    fn header(&mut self, line: &[u8], rows: &[u8], store: &mut Store) {
        let line = line.trim_ascii();
        if let Some(comment) = line.strip_prefix(b"#") {
            self.monitor_comment(comment, store);
            return;
        }
        if line.is_empty() {
            return;
        }
        let delimiter = delimiter_of(line);
        let monitor = self.clock_start_secs.is_some();
        let mut names = UniqueNames::default();
        let mut columns = Vec::new();
        for name in split_cells(line, delimiter) {
            let clock = monitor && name == "t";
            // A column without a name is an index.
            let slot = match name.is_empty() {
                true => None,
                false => store.add_column(&names.unique(name)),
            };
            columns.push(slot.map(|slot| TableColumn { slot, clock }));
        }
        self.table = Some(Table {
            delimiter,
            columns,
            clock_start_secs: self.clock_start_secs,
            decimal_mark: decimal_mark(delimiter, rows),
            start: header_start(line, delimiter).to_vec(),
        });
    }

    /// Stable-Baselines3's monitor files begin with a comment in JSON.
    fn monitor_comment(&mut self, comment: &[u8], store: &mut Store) {
        if let Some(Json::Map(entries)) = Json::parse(comment) {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("t_start", value) => self.clock_start_secs = value.as_f64(),
                    ("env_id", Json::Text(name)) => {
                        store.config.insert(key, ConfigValue::Text(name));
                    }
                    _ => {}
                }
            }
        }
    }
}

impl Table {
    /// Reads a line of plain numbers and empty cells, one in each column. Returns false, perhaps after some
    /// numbers, if it is something else.
    #[inline]
    fn plain_numbers(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> bool {
        if self.decimal_mark != DecimalMark::Point || self.clock_start_secs.is_some() {
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
        let value = match self.decimal_mark {
            DecimalMark::Point => fast_float2::parse::<f64, _>(cell).ok(),
            // `1.000` has separated thousands.
            DecimalMark::Comma => None,
        };
        let Some(value) = value else {
            self.text(column.slot, cell, decoder);
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
    fn text(&self, slot: Slot, cell: &[u8], decoder: &mut RowDecoder<'_>) {
        if is_missing(cell) {
            return;
        }
        if decoder.is_phase(slot) {
            if let Ok(phase) = std::str::from_utf8(cell)
                && is_evaluation(phase)
            {
                decoder.row.set_evaluation(phase);
            }
            return;
        }
        decoder.text(slot, cell, self.decimal_mark);
    }

    /// The range of the next line in `rows` that is a header and not a row: it begins as the header did, and
    /// none of its cells is a number.
    fn next_header(&self, rows: &[u8]) -> Option<Range<usize>> {
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

/// The header's first cell that is not empty, with the delimiters around it.
fn header_start(header: &[u8], delimiter: u8) -> &[u8] {
    let name = header.iter().position(|&c| c != delimiter).unwrap_or(0);
    let end = memchr::memchr(delimiter, &header[name..]);
    end.map_or(header, |end| &header[..=name + end])
}

/// How decimals are written: with a comma in tables that are separated by semicolons and hold commas between
/// digits.
fn decimal_mark(delimiter: u8, rows: &[u8]) -> DecimalMark {
    let rows = &rows[..rows.len().min(DECIMALS_EXAMINED)];
    let has_comma = memchr::memchr_iter(b',', rows).any(|at| {
        let digit = |at: usize| rows.get(at).is_some_and(u8::is_ascii_digit);
        at > 0 && digit(at - 1) && digit(at + 1)
    });
    match delimiter == b';' && has_comma {
        true => DecimalMark::Comma,
        false => DecimalMark::Point,
    }
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

/// True for the texts that table writers use for a missing value.
fn is_missing(cell: &[u8]) -> bool {
    matches!(
        cell,
        b"null" | b"None" | b"NA" | b"N/A" | b"<NA>" | b"-" | b"none" | b"NULL"
    )
}

impl LineDecoder for Table {
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
        // Some writers end each row with a delimiter.
        if cells == wanted || (cells == wanted + 1 && last_is_empty) {
            return Ok(true);
        }
        decoder.row.clear();
        Err(if cells < wanted {
            "it has too few cells"
        } else {
            "it has too many cells"
        })
    }
}
