//! Reading a table of many runs: each run's rows go to a part of their own.

use std::collections::HashMap;

use bytes::Bytes;

use super::{
    cells::split_cells,
    layout::{Layout, LinesOfRuns},
    table::Table,
};
use crate::{
    config::value_of_text, lines::LineReader, long_rows::name_of_run, statistics::ReadStatistics,
    store::Store,
};

/// The runs of a table.
#[derive(Debug)]
pub(super) struct Runs {
    layout: Layout,
    /// Names of the columns, and of those that are shown as series.
    header: Vec<String>,
    delimiter: u8,
    /// The columns of ids, and those among them that name a run, by their place.
    ids: Vec<usize>,
    naming: Vec<usize>,
    readers: HashMap<String, RunReader>,
    provisional: Option<String>,
}

/// Reads the rows of one run.
#[derive(Debug)]
struct RunReader {
    table: Table,
    lines: LineReader,
}

impl Runs {
    pub(super) fn new(layout: Layout, header: Vec<String>, delimiter: u8) -> Self {
        let places = |names: &[String]| -> Vec<usize> {
            let place = |name: &String| header.iter().position(|column| column == name);
            names.iter().filter_map(place).collect()
        };
        Self {
            ids: places(&layout.ids),
            naming: places(&layout.runs),
            layout,
            header,
            delimiter,
            readers: HashMap::new(),
            provisional: None,
        }
    }

    /// Reads complete lines; `make_table` makes the table of a run.
    pub(super) fn feed(
        &mut self,
        text: &[u8],
        offset: u64,
        make_table: impl Fn(&mut Store) -> Table,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        store.hold_only_parts();
        self.forget_provisional(store);
        let mut of_runs = LinesOfRuns::default();
        let mut done = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            let line = &text[done..=end];
            if let Some((name, ids)) = self.run_of(line) {
                of_runs.add(name, ids, line, done);
            } else if !line.trim_ascii().is_empty() {
                statistics.add_damage(offset + done as u64, "it has too few cells");
            }
            done = end + 1;
        }
        for run in of_runs.runs {
            let part = store.part(&run.name);
            let reader = self.readers.entry(run.name).or_insert_with(|| {
                add_config(&self.layout, &run.ids, part);
                RunReader {
                    table: make_table(part),
                    lines: LineReader::default(),
                }
            });
            let lines = Bytes::from(run.lines);
            let at = offset + run.offset as u64;
            reader
                .lines
                .feed(&reader.table, &lines, at, part, statistics);
        }
        done
    }

    /// Shows a last line without its line end. Returns false if it is not whole.
    pub(super) fn show(&mut self, line: &[u8], store: &mut Store) -> bool {
        self.forget_provisional(store);
        let Some((name, _)) = self.run_of(line) else {
            return false;
        };
        let Some(reader) = self.readers.get(&name) else {
            return false;
        };
        let part = store.part(&name);
        let rows = reader.lines.provisional(&reader.table, line, &part.keys);
        let is_whole = rows.is_some();
        part.set_provisional(rows);
        self.provisional = Some(name);
        is_whole
    }

    /// True if a line has all its cells.
    pub(super) fn is_whole(&self, line: &[u8]) -> bool {
        split_cells(line.trim_ascii_end(), self.delimiter).len() >= self.header.len()
    }

    fn forget_provisional(&mut self, store: &mut Store) {
        if let Some(name) = self.provisional.take() {
            store.part(&name).set_provisional(None);
        }
    }

    /// The name of the run of a line, and the values of all columns of ids.
    fn run_of(&self, line: &[u8]) -> Option<(String, Vec<String>)> {
        let cells = split_cells(line.trim_ascii_end(), self.delimiter);
        let ids = self.naming.iter().map(|&at| {
            let value = cells.get(at)?;
            Some((self.header[at].as_str(), value.as_str()))
        });
        let ids: Vec<(&str, &str)> = ids.collect::<Option<_>>()?;
        let all = self.ids.iter().map(|&at| cells.get(at).cloned());
        Some((name_of_run(ids.into_iter()), all.collect::<Option<_>>()?))
    }
}

/// The ids of a run are its configuration.
fn add_config(layout: &Layout, ids: &[String], part: &mut Store) {
    for (column, value) in layout.ids.iter().zip(ids) {
        if !value.is_empty() {
            part.config.insert(column.clone(), value_of_text(value));
        }
    }
}
