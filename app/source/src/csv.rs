use std::collections::HashMap;

use bytes::Bytes;
use trainscape_run::{ConfigValue, Step};

use crate::{
    batch::{Scribe, Tally},
    json::{Json, step_of},
    keys::{Keys, Slot},
    lines::{LineFormat, LineReader},
    parse::{Fatal, Parser},
    row::Row,
    store::Store,
};

/// Reads a table: a header line, then rows of numbers.
///
/// An empty cell is no point. Text in a cell is counted and passed over. A row with more or fewer
/// cells than the header is damaged. A cell holds no line end, even in quotation marks.
#[derive(Debug, Default)]
pub(crate) struct CsvParser {
    table: Option<Table>,
    /// Start of the clock that a monitor file's `t` column runs on, in seconds since the Unix epoch.
    clock_start_secs: Option<f64>,
    lines: LineReader,
}

#[derive(Debug)]
struct Table {
    delimiter: u8,
    /// `None` for a column without a name.
    columns: Vec<Option<Column>>,
    clock_start_secs: Option<f64>,
}

#[derive(Debug)]
struct Column {
    slot: Slot,
    /// True for the `t` column of a monitor file: seconds since the clock's start.
    clock: bool,
}

impl Parser for CsvParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        tally: &mut Tally,
    ) -> Result<usize, Fatal> {
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
                .feed(table, &rest, offset + done as u64, store, tally))
    }

    /// A last line without its line end is shown where it has all its cells, but not taken: its last
    /// number may still grow.
    fn caught_up(
        &mut self,
        rest: &[u8],
        _offset: u64,
        store: &mut Store,
        _tally: &mut Tally,
    ) -> usize {
        let scribe = self.table.as_ref().and_then(|table| {
            let rest = rest.trim_ascii_end();
            (!rest.is_empty()).then(|| self.lines.provisional(table, rest, &store.keys))?
        });
        store.set_provisional(scribe);
        0
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        let rest = rest.trim_ascii_end();
        let whole = self.table.as_ref().is_some_and(|table| {
            self.lines
                .provisional(table, rest, &Keys::default())
                .is_some()
        });
        (!rest.is_empty() && !whole).then_some("the last line is not finished and left out")
    }
}

impl CsvParser {
    fn header(&mut self, line: &[u8], store: &mut Store) {
        let line = line
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(line)
            .trim_ascii();
        if let Some(comment) = line.strip_prefix(b"#") {
            self.monitor_facts(comment, store);
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
            // Equal names are told apart as pandas does it; a column without a name is an index.
            let key = if *count == 0 {
                name
            } else {
                format!("{name}.{count}")
            };
            *count += 1;
            columns.push((!key.is_empty()).then(|| Column {
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
    fn monitor_facts(&mut self, comment: &[u8], store: &mut Store) {
        if let Some(Json::Map(facts)) = Json::parse(comment) {
            for (key, value) in facts {
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

/// What separates the header's cells: tab, semicolon or comma, whichever the header holds first in
/// this order.
pub(crate) fn delimiter_of(header: &[u8]) -> u8 {
    let holds = |byte| memchr::memchr(byte, header).is_some();
    match () {
        () if holds(b'\t') => b'\t',
        () if holds(b';') && !holds(b',') => b';',
        () => b',',
    }
}

/// The header's names, without the blanks around them. An unnamed column keeps an empty name.
pub(crate) fn split_header(header: &[u8], delimiter: u8) -> Vec<String> {
    let mut names = Vec::new();
    each_cell(header, delimiter, &mut names);
    names
}

/// Gives each cell of a line to `visit`, without the quotation marks around it. The cells before the
/// first quotation mark are given anew once it is found.
fn each_cell(line: &[u8], delimiter: u8, visit: &mut impl Cells) {
    let mut start = 0;
    for end in memchr::memchr2_iter(delimiter, b'"', line) {
        if line[end] == b'"' {
            visit.start_over();
            return each_quoted_cell(line, delimiter, visit);
        }
        visit.cell(&line[start..end]);
        start = end + 1;
    }
    visit.cell(&line[start..]);
}

/// What takes the cells of a line.
trait Cells {
    fn cell(&mut self, cell: &[u8]);
    /// Forgets the cells so far: they come again.
    fn start_over(&mut self);
}

impl Cells for Vec<String> {
    fn cell(&mut self, cell: &[u8]) {
        self.push(String::from_utf8_lossy(cell.trim_ascii()).into_owned());
    }

    fn start_over(&mut self) {
        self.clear();
    }
}

fn each_quoted_cell(line: &[u8], delimiter: u8, visit: &mut impl Cells) {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let mut cells = vec![0; line.len() + 1];
    let mut ends = vec![0; line.len() + 2];
    let (mut input, mut written, mut ended) = (line, 0, 0);
    loop {
        let (result, read, wrote, closed) =
            reader.read_record(input, &mut cells[written..], &mut ends[ended..]);
        input = &input[read..];
        written += wrote;
        ended += closed;
        // The input used up, an empty one says that the line is over.
        if result != csv_core::ReadRecordResult::InputEmpty {
            break;
        }
    }
    let mut start = 0;
    for &end in &ends[..ended] {
        visit.cell(&cells[start..end]);
        start = end;
    }
}

impl Table {
    #[inline]
    fn cell(&self, index: usize, cell: &[u8], keys: &Keys, scribe: &mut Scribe, row: &mut Row) {
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
                scribe.tally.text_cells += 1;
            }
            return;
        };
        let slot = column.slot;
        // A header read for show only is not in the table of keys.
        let ranks = if (slot as usize) < keys.len() {
            keys.ranks(slot)
        } else {
            Default::default()
        };
        row.number(slot, ranks, value, || {
            match std::str::from_utf8(cell).map(str::parse) {
                Ok(Ok(step)) => Some(Step::Int(step)),
                _ => step_of(value),
            }
        });
        if column.clock
            && let Some(start) = self.clock_start_secs
        {
            row.set_wall_time_secs(start + value);
        }
    }
}

/// Reads the cells of one row.
struct RowReader<'a> {
    table: &'a Table,
    keys: &'a Keys,
    scribe: &'a mut Scribe,
    row: &'a mut Row,
    cells: usize,
    last_is_empty: bool,
    /// The count before this row.
    text_cells: u64,
}

impl Cells for RowReader<'_> {
    fn cell(&mut self, cell: &[u8]) {
        self.table
            .cell(self.cells, cell, self.keys, self.scribe, self.row);
        self.cells += 1;
        self.last_is_empty = cell.is_empty();
    }

    fn start_over(&mut self) {
        self.row.clear();
        self.cells = 0;
        self.scribe.tally.text_cells = self.text_cells;
    }
}

/// True for what table writers put where there is no value.
fn is_missing(cell: &[u8]) -> bool {
    matches!(
        cell,
        b"null" | b"None" | b"NA" | b"N/A" | b"<NA>" | b"-" | b"none" | b"NULL"
    )
}

impl LineFormat for Table {
    fn line(
        &self,
        line: &[u8],
        keys: &Keys,
        scribe: &mut Scribe,
        row: &mut Row,
    ) -> Result<bool, &'static str> {
        if line.is_empty() || line.trim_ascii().is_empty() && self.delimiter != b'\t' {
            return Ok(false);
        }
        let text_cells = scribe.tally.text_cells;
        let mut reader = RowReader {
            table: self,
            keys,
            scribe,
            row,
            cells: 0,
            last_is_empty: false,
            text_cells,
        };
        each_cell(line, self.delimiter, &mut reader);
        let RowReader {
            cells,
            last_is_empty,
            ..
        } = reader;
        let wanted = self.columns.len();
        // Some writers end each row with a delimiter.
        if cells == wanted || (cells == wanted + 1 && last_is_empty) {
            return Ok(true);
        }
        row.clear();
        Err(if cells < wanted {
            "it has too few cells"
        } else {
            "it has too many cells"
        })
    }
}
