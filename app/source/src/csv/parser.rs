use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use trainscape_run::ConfigValue;

use super::{
    cells::{delimiter_of, split_cells},
    layout::{IdCells, first_rows, kind_column, run_columns},
    older_header::older_header,
    quoted_lines::join_quoted_lines,
    table::{KnownColumns, Reading, Table},
};
use crate::{
    config::value_of_text,
    json::Json,
    limits,
    lines::LineReader,
    lines_of_runs::{Growth, Lines, LinesOfRuns},
    long_lines::MAX_LINE,
    long_rows::RunColumns,
    parse::{FatalError, Parser},
    row_kinds::RowKinds,
    statistics::ReadStatistics,
    store::Store,
};

/// Reads a table: a header line, then rows of numbers.
///
/// An empty cell is not a point. Text that is a number with a unit or separated thousands is read, other text
/// in a column of numbers is counted and skipped. A line that begins as the header did and holds no number is
/// a header for the rows after it. A row with more cells than the header is damaged, and one with fewer, unless rows of its
/// length recur.
#[derive(Debug, Default)]
pub(crate) struct CsvParser {
    table: Option<Table>,
    /// Zero of a monitor file's `t` column, in seconds since the Unix epoch.
    clock_start_secs: Option<f64>,
    lines: LineReader,
    /// The file, which is examined for columns that say whose the rows are.
    path: Option<PathBuf>,
    run_columns: RunColumns,
    growth: Growth,
    kinds: RowKinds,
    /// Bytes of the file of which its first rows were examined.
    examined: u64,
    /// True once more rows have shown that those before must be read in another way.
    is_misread: bool,
    /// The runs of a table of many.
    runs: Option<LinesOfRuns<Table>>,
    header: Vec<u8>,
    /// The last whole row, if there are columns of ids.
    last_row: Vec<u8>,
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
                    let reason = "the first line is longer than 16 MiB, so it is not a header";
                    return Err(FatalError(reason.to_owned()));
                }
                return Ok(done);
            };
            let line = &chunk[done..done + end];
            let path = self.path.as_ref().filter(|_| done == 0 && offset == 0);
            if let Some(header) = path.and_then(|path| older_header(path, line)) {
                self.header(&header, chunk, store);
                break;
            }
            done += end + 1;
            let rows = &chunk[done..];
            self.header(line, rows, store);
        }
        store.set_provisional(None);
        loop {
            let Some(table) = &mut self.table else {
                return Ok(done);
            };
            table.short_rows.read_recurring();
            let table = &*table;
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
            let at = offset + done as u64;
            if !self.run_columns.ids.is_empty() {
                note_last_row(&rows, &mut self.last_row);
            }
            done += match &mut self.runs {
                Some(runs) => {
                    let (header, columns) = (&self.header, &self.run_columns);
                    let known = KnownColumns {
                        of_runs: columns,
                        kind: None,
                    };
                    let make = |part: &mut Store| Table::new(header, &rows, None, known, part);
                    let cells = IdCells::new(header, &columns.ids);
                    let ids = |line: &[u8]| cells.of(line);
                    let lines = Lines {
                        text: &rows,
                        offset: at,
                        without_ids: "it has too few cells",
                    };
                    runs.feed(lines, ids, make, store, statistics)
                }
                None => self.lines.feed(table, &rows, at, store, statistics),
            };
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
        offset: u64,
        store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> usize {
        self.note_end(offset);
        if let Some(runs) = &mut self.runs {
            let rest = rest.trim_ascii_end();
            let ids = IdCells::new(&self.header, &self.run_columns.ids).of(rest);
            runs.show(rest, ids.as_deref(), store);
            return 0;
        }
        let provisional = self.table.as_ref().and_then(|table| {
            let rest = rest.trim_ascii_end();
            table
                .has_all_cells(rest)
                .then(|| self.lines.provisional(table, rest, store))
                .flatten()
                .or_else(|| self.lines.waiting(table, store))
        });
        store.set_provisional(provisional);
        0
    }

    fn steps_count(&self) -> Option<Cow<'static, str>> {
        let of_column = self
            .table
            .as_ref()
            .and_then(|table| table.reading.steps_count());
        let of_column = of_column.map(|name| Cow::Owned(name.to_owned()));
        of_column.or_else(|| self.lines.steps_count().map(Cow::Borrowed))
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        let rest = rest.trim_ascii_end();
        if self.runs.is_some() {
            let delimiter = delimiter_of(&self.header);
            let cells = |line: &[u8]| split_cells(line, delimiter).len();
            let is_cut = !rest.is_empty() && cells(rest) < cells(&self.header);
            return is_cut.then_some("the last line is incomplete and was skipped");
        }
        let whole = self.table.as_ref().is_some_and(|table| {
            table.has_all_cells(rest)
                && self
                    .lines
                    .provisional(table, rest, &Store::default())
                    .is_some()
        });
        (!rest.is_empty() && !whole).then_some("the last line is incomplete and was skipped")
    }

    fn must_restart(&self) -> bool {
        self.growth.is_outdated() || self.kinds.is_outdated() || self.is_misread
    }
}

/// Keeps the last line of `rows` that is not blank.
fn note_last_row(rows: &[u8], last_row: &mut Vec<u8>) {
    let mut lines = rows.rsplit(|&byte| byte == b'\n');
    if let Some(line) = lines.find(|line| !line.trim_ascii().is_empty()) {
        last_row.clear();
        last_row.extend_from_slice(line);
    }
}

impl CsvParser {
    /// For the table at `path`, whose rows may be those of many runs.
    pub(super) fn of_file(path: &Path) -> Self {
        Self {
            path: Some(path.to_owned()),
            lines: LineReader::with_epochs(),
            ..Self::default()
        }
    }

    /// Examines the table again at its end, if its last row is that of another run.
    fn note_end(&mut self, len: u64) {
        if let Some(path) = self.path.as_ref().filter(|_| self.runs.is_none()) {
            self.kinds.note_end(len, || kind_column(path));
            let is_short = self.examined < limits::COUNTERS_EXAMINED.bytes;
            if let Some(table) = self
                .table
                .as_ref()
                .filter(|_| is_short && len > self.examined)
            {
                self.examined = len;
                let rows = first_rows(path, &self.header);
                let differs = |rows: &[u8]| Reading::of(&self.header, rows) != table.reading;
                self.is_misread = rows.is_some_and(|(rows, _)| differs(&rows));
            }
        }
        let Some(path) = self.path.as_ref().filter(|_| !self.last_row.is_empty()) else {
            return;
        };
        let is_contradicted = self.runs.as_ref().is_some_and(LinesOfRuns::is_contradicted);
        let cells = IdCells::new(&self.header, &self.run_columns.ids);
        if let Some(last) = cells.of(&self.last_row) {
            let examine = || run_columns(path);
            self.growth
                .note_end(len, last, &self.run_columns, is_contradicted, examine);
        }
    }

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
        if let Some(path) = self.path.as_ref().filter(|_| self.table.is_none()) {
            self.run_columns = run_columns(path);
            if self.run_columns.runs.is_empty() {
                self.kinds = RowKinds::new(kind_column(path), rows.len() as u64);
            }
        }
        for (column, value) in &self.run_columns.constant {
            store.config.insert(column.clone(), value_of_text(value));
        }
        self.header = line.to_vec();
        let of_file = self.path.as_ref().filter(|_| self.table.is_none());
        let first_rows = of_file.and_then(|path| first_rows(path, line));
        let rows = match &first_rows {
            Some((first, end)) => {
                self.examined = *end;
                first
            }
            None => rows,
        };
        if !self.run_columns.runs.is_empty() {
            self.runs = Some(LinesOfRuns::new(self.run_columns.clone()));
        }
        let clock = self.clock_start_secs;
        // Of many runs each has a table of its own.
        let own = &mut Store::default();
        let store = if self.runs.is_some() { own } else { store };
        let known = KnownColumns {
            of_runs: &self.run_columns,
            kind: self.kinds.column.as_deref(),
        };
        self.table = Some(Table::new(line, rows, clock, known, store));
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
