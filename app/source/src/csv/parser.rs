use std::collections::HashMap;

use bytes::Bytes;
use trainscape_run::{ConfigValue, Step};

use super::cells::{CellVisitor, delimiter_of, each_cell, split_header};
use crate::{
    json::{Json, step_of},
    keys::{Keys, Slot},
    lines::{LineDecoder, LineReader},
    parse::{FatalError, Parser},
    row_decoder::RowDecoder,
    statistics::ReadStatistics,
    store::Store,
};

/// Reads a table: a header line, then rows of numbers.
///
/// An empty cell is not a point. Text in a cell is counted and skipped. A row with more or fewer cells
/// than the header is damaged. Cells contain no line ends, not even in quotation marks.
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
            let Some(end) = memchr::memchr(b'\n', &chunk[done..]) else {
                return Ok(done);
            };
            let line = &chunk[done..done + end];
            done += end + 1;
            self.header(line, store);
        }
        let Some(table) = &self.table else {
            return Ok(done);
        };
        store.set_provisional(None);
        let rest = chunk.slice(done..);
        Ok(done
            + self
                .lines
                .feed(table, &rest, offset + done as u64, store, statistics))
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
    fn header(&mut self, line: &[u8], store: &mut Store) {
        let line = line
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(line)
            .trim_ascii();
        if let Some(comment) = line.strip_prefix(b"#") {
            self.monitor_comment(comment, store);
            return;
        }
        if line.is_empty() {
            return;
        }
        let delimiter = delimiter_of(line);
        let monitor = self.clock_start_secs.is_some();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut columns = Vec::new();
        for name in split_header(line, delimiter) {
            let clock = monitor && name == "t";
            let count = seen.entry(name.clone()).or_default();
            // Equal names are distinguished as in pandas; a column without a name is an index.
            let key = if *count == 0 {
                name
            } else {
                format!("{name}.{count}")
            };
            *count += 1;
            columns.push((!key.is_empty()).then(|| TableColumn {
                slot: store.keys.add(&key),
                clock,
            }));
        }
        let clock_start_secs = self.clock_start_secs;
        self.table = Some(Table {
            delimiter,
            columns,
            clock_start_secs,
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
        let Ok(value) = fast_float2::parse::<f64, _>(cell) else {
            if !is_missing(cell) {
                decoder.output.statistics.text_cells += 1;
            }
            return;
        };
        decoder.number(column.slot, value, || {
            match std::str::from_utf8(cell).map(str::parse) {
                Ok(Ok(step)) => Some(Step::Int(step)),
                _ => step_of(value),
            }
        });
        if column.clock
            && let Some(start) = self.clock_start_secs
        {
            decoder.row.set_wall_time_secs(start + value);
        }
    }
}

/// Decodes the cells of one row.
struct RowCells<'a, 'd> {
    table: &'a Table,
    decoder: &'a mut RowDecoder<'d>,
    cells: usize,
    last_is_empty: bool,
    /// The count before this row.
    text_cells: u64,
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
        self.decoder.output.statistics.text_cells = self.text_cells;
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
        let mut row = RowCells {
            table: self,
            text_cells: decoder.output.statistics.text_cells,
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
