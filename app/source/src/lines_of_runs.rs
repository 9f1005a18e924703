//! Logs whose lines are the rows of many runs: the lines of each run go to a part of their own.

use std::collections::HashMap;

use bytes::Bytes;

use crate::{
    config::value_of_text,
    lines::{LineDecoder, LineReader},
    long_rows::RunColumns,
    statistics::ReadStatistics,
    store::Store,
};

/// How often a growing log is examined again before it must have doubled.
const LOOKS: u32 = 16;

/// The rows of each run in some lines of a log, in the order in which the runs begin.
#[derive(Debug, Default)]
struct Sorted {
    indices: HashMap<String, usize>,
    runs: Vec<LinesOfRun>,
}

/// Lines of one run.
#[derive(Debug)]
struct LinesOfRun {
    name: String,
    /// Values of all columns of ids.
    ids: Vec<String>,
    lines: Vec<u8>,
    /// Where the first of them is.
    offset: usize,
}

impl Sorted {
    fn add(&mut self, name: String, ids: Vec<String>, line: &[u8], offset: usize) {
        let index = *self.indices.entry(name).or_insert_with_key(|name| {
            self.runs.push(LinesOfRun {
                name: name.clone(),
                ids,
                lines: Vec::new(),
                offset,
            });
            self.runs.len() - 1
        });
        self.runs[index].lines.extend_from_slice(line);
    }
}

/// The runs of a log.
#[derive(Debug)]
pub(crate) struct LinesOfRuns<D> {
    columns: RunColumns,
    readers: HashMap<String, RunReader<D>>,
    provisional: Option<String>,
    /// True once rows of one run say different things in a column that names none.
    is_contradicted: bool,
}

/// Reads the rows of one run.
#[derive(Debug)]
struct RunReader<D> {
    ids: Vec<String>,
    decoder: D,
    lines: LineReader,
}

/// Lines of a log: their text, and where it begins in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) offset: u64,
    /// Why a line that does not say whose row it is is damaged.
    pub(crate) without_ids: &'static str,
}

impl<D: LineDecoder> LinesOfRuns<D> {
    pub(crate) fn new(columns: RunColumns) -> Self {
        Self {
            columns,
            readers: HashMap::new(),
            provisional: None,
            is_contradicted: false,
        }
    }

    /// True once rows of one run differ in what should be the same in all of them.
    pub(crate) fn is_contradicted(&self) -> bool {
        self.is_contradicted
    }

    /// Reads complete lines. `ids` finds the values of the columns of ids in a line, and `make` the decoder of a run.
    pub(crate) fn feed(
        &mut self,
        lines: Lines<'_>,
        ids: impl Fn(&[u8]) -> Option<Vec<String>>,
        make: impl Fn(&mut Store) -> D,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        store.hold_only_parts();
        self.forget_provisional(store);
        let mut sorted = Sorted::default();
        let mut done = 0;
        for end in memchr::memchr_iter(b'\n', lines.text) {
            let line = &lines.text[done..=end];
            // The first cell of a blank line would be an id without a value.
            let is_blank = line.trim_ascii().is_empty();
            match ids(line).filter(|_| !is_blank) {
                Some(ids) => sorted.add(self.columns.name_of(&ids), ids, line, done),
                None if is_blank => {}
                None => statistics.add_damage(lines.offset + done as u64, lines.without_ids),
            }
            done = end + 1;
        }
        for run in sorted.runs {
            let part = store.part(&run.name);
            let reader = self.readers.entry(run.name).or_insert_with(|| {
                add_config(&self.columns, &run.ids, part);
                RunReader {
                    ids: run.ids.clone(),
                    decoder: make(part),
                    lines: LineReader::default(),
                }
            });
            self.is_contradicted |= reader.ids != run.ids;
            let text = Bytes::from(run.lines);
            let at = lines.offset + run.offset as u64;
            reader
                .lines
                .feed(&reader.decoder, &text, at, part, statistics);
        }
        done
    }

    /// Shows a last line without its line end.
    pub(crate) fn show(&mut self, line: &[u8], ids: Option<&[String]>, store: &mut Store) {
        self.forget_provisional(store);
        let Some(name) = ids.map(|ids| self.columns.name_of(ids)) else {
            return;
        };
        let Some(reader) = self.readers.get(&name) else {
            return;
        };
        let part = store.part(&name);
        let rows = reader.lines.provisional(&reader.decoder, line, part);
        part.set_provisional(rows);
        self.provisional = Some(name);
    }

    fn forget_provisional(&mut self, store: &mut Store) {
        if let Some(name) = self.provisional.take() {
            store.part(&name).set_provisional(None);
        }
    }
}

/// The ids of a run are its configuration.
fn add_config(columns: &RunColumns, ids: &[String], part: &mut Store) {
    for (column, value) in columns.ids.iter().zip(ids) {
        if !value.is_empty() {
            part.config.insert(column.clone(), value_of_text(value));
        }
    }
}

/// Notices when a log that grows holds rows of other runs than were known when it was examined.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    /// Bytes when it was examined last, and how often it was.
    len: u64,
    looks: u32,
    /// The ids of the last row then.
    last: Option<Vec<String>>,
    is_outdated: bool,
}

impl Growth {
    /// True once the columns that were known are no longer what the rows say: the log must be read again.
    pub(crate) fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Notes the end of the log at `len`, with the ids of its last row. Where these are news, `examine` finds out what
    /// all rows say.
    pub(crate) fn note_end(
        &mut self,
        len: u64,
        last: Vec<String>,
        known: &RunColumns,
        is_contradicted: bool,
        examine: impl FnOnce() -> RunColumns,
    ) {
        let Some(before) = self.last.replace(last) else {
            self.len = len;
            return;
        };
        let is_open = known.runs.is_empty() && known.constant.is_empty();
        let differs = known.runs.is_empty() && self.last.as_ref() != Some(&before);
        let may_look = self.looks < LOOKS || len >= self.len.saturating_mul(2);
        if len <= self.len || !(is_open || differs || is_contradicted) {
            return;
        }
        if !may_look {
            // Still news the next time.
            self.last = Some(before);
            return;
        }
        self.len = len;
        self.looks += 1;
        self.is_outdated = examine() != *known;
    }
}
