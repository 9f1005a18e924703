//! What the rows of a table say about its columns, before it is read.

use std::path::Path;

use super::cells::{delimiter_of, split_cells};
use crate::{
    columns::step_rank,
    encoding::decode_start,
    limits,
    long_rows::{IdRow, RunColumns, is_id_name},
    regular_file,
};

/// Text that is examined.
const MAX_BYTES: usize = limits::LONG_TABLE.bytes as usize;

/// Examines the table at `path`; without columns of ids nothing but its header is read.
pub(super) fn run_columns(path: &Path) -> RunColumns {
    let start = |bytes| Some(decode_start(regular_file::open(path).ok()?, bytes));
    let Some(text) = start(limits::LONG_TABLE_HEADER.bytes as usize) else {
        return RunColumns::default();
    };
    let Some(header) = header_of(&text) else {
        return RunColumns::default();
    };
    let columns = split_cells(header, delimiter_of(header));
    let has_ids = columns.iter().any(|column| is_id_name(column));
    if !has_ids || columns.iter().all(|column| step_rank(column) == 0) {
        return RunColumns::default();
    }
    start(MAX_BYTES).map_or_else(RunColumns::default, |text| of_text(&text))
}

fn of_text(text: &[u8]) -> RunColumns {
    let Some(header) = header_of(text) else {
        return RunColumns::default();
    };
    let delimiter = delimiter_of(header);
    let columns = split_cells(header, delimiter);
    let ranked = columns
        .iter()
        .enumerate()
        .filter(|(_, name)| step_rank(name) > 0);
    let Some((step, _)) = ranked.min_by_key(|(_, name)| step_rank(name)) else {
        return RunColumns::default();
    };
    let of_ids: Vec<usize> = (0..columns.len())
        .filter(|&column| is_id_name(&columns[column]))
        .collect();
    let mut rows: Vec<IdRow> = Vec::new();
    let complete = memchr::memrchr(b'\n', text).map_or(&text[..0], |end| &text[..end]);
    let lines = complete
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii);
    let below = lines.skip_while(|line| *line != header).skip(1);
    for line in below.filter(|line| !line.is_empty()) {
        let cells = split_cells(line, delimiter);
        let step = cells
            .get(step)
            .and_then(|cell| fast_float2::parse(cell).ok());
        let ids = of_ids.iter().map(|&column| cells.get(column).cloned());
        if let (Some(step), Some(ids)) = (step, ids.collect::<Option<Vec<String>>>()) {
            rows.push((step, ids));
        }
    }
    let names: Vec<String> = of_ids
        .iter()
        .map(|&column| columns[column].clone())
        .collect();
    RunColumns::of_rows(names, &rows)
}

/// The first line that is neither blank nor a comment.
pub(super) fn header_of(text: &[u8]) -> Option<&[u8]> {
    let end = memchr::memrchr(b'\n', text)?;
    let lines = text[..end]
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii);
    lines
        .into_iter()
        .find(|line| !line.is_empty() && !line.starts_with(b"#"))
}

/// The columns of ids, by their places.
#[derive(Debug)]
pub(super) struct IdCells {
    delimiter: u8,
    places: Option<Vec<usize>>,
}

impl IdCells {
    /// The columns `ids` of a header.
    pub(super) fn new(header: &[u8], ids: &[String]) -> Self {
        let delimiter = delimiter_of(header);
        let columns = split_cells(header, delimiter);
        let place = |id: &String| columns.iter().position(|column| column == id);
        Self {
            delimiter,
            places: ids.iter().map(place).collect(),
        }
    }

    /// Their values in a line; `None` if it has too few cells.
    pub(super) fn of(&self, line: &[u8]) -> Option<Vec<String>> {
        let cells = split_cells(line.trim_ascii_end(), self.delimiter);
        let places = self.places.as_ref()?.iter();
        places.map(|&at| cells.get(at).cloned()).collect()
    }
}
