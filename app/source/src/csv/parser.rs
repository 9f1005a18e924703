use std::{borrow::Cow, path::Path};

use bytes::Bytes;
use trainscape_run::ConfigValue;

use super::{
    cells::{delimiter_of, split_cells},
    layout::Layout,
    quoted_lines::join_quoted_lines,
    runs::Runs,
    table::Table,
};
use crate::{
    config::value_of_text,
    json::Json,
    keys::Keys,
    lines::LineReader,
    long_lines::MAX_LINE,
    parse::{FatalError, Parser},
    statistics::ReadStatistics,
    store::Store,
};

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
    layout: Layout,
    /// The runs of a table of many.
    runs: Option<Runs>,
    header: Vec<u8>,
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
            let at = offset + done as u64;
            done += match &mut self.runs {
                Some(runs) => {
                    let (header, layout) = (&self.header, &self.layout);
                    let table = |part: &mut Store| Table::new(header, &rows, None, layout, part);
                    runs.feed(&rows, at, table, store, statistics)
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
        _offset: u64,
        store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> usize {
        if let Some(runs) = &mut self.runs {
            runs.show(rest.trim_ascii_end(), store);
            return 0;
        }
        let provisional = self.table.as_ref().and_then(|table| {
            let rest = rest.trim_ascii_end();
            (!rest.is_empty()).then(|| self.lines.provisional(table, rest, &store.keys))?
        });
        store.set_provisional(provisional);
        0
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        let rest = rest.trim_ascii_end();
        if let Some(runs) = &self.runs {
            let is_cut = !rest.is_empty() && !runs.is_whole(rest);
            return is_cut.then_some("the last line is incomplete and was skipped");
        }
        let whole = self.table.as_ref().is_some_and(|table| {
            self.lines
                .provisional(table, rest, &Keys::default())
                .is_some()
        });
        (!rest.is_empty() && !whole).then_some("the last line is incomplete and was skipped")
    }
}

impl CsvParser {
    /// For the table at `path`, whose rows may be those of many runs.
    pub(super) fn of_file(path: &Path) -> Self {
        Self {
            layout: Layout::of_file(path),
            ..Self::default()
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
        for (column, value) in &self.layout.constant {
            store.config.insert(column.clone(), value_of_text(value));
        }
        if !self.layout.runs.is_empty() {
            let delimiter = delimiter_of(line);
            let columns = split_cells(line, delimiter);
            self.runs = Some(Runs::new(self.layout.clone(), columns, delimiter));
            self.header = line.to_vec();
        }
        let clock = self.clock_start_secs;
        // Of many runs each has a table of its own.
        let own = &mut Store::default();
        let store = if self.runs.is_some() { own } else { store };
        self.table = Some(Table::new(line, rows, clock, &self.layout, store));
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
