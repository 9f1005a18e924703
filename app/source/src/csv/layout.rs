//! What the rows of a table say about its columns, before it is read.

use std::{collections::BTreeSet, path::Path};

use super::cells::{delimiter_of, is_missing, split_cells};
use crate::{
    columns::{is_phase, step_rank},
    encoding::decode_start,
    limits,
    long_rows::{IdRow, RunColumns, is_id_name},
    regular_file,
    row_kinds::{TextRow, is_value_name, kind_of_rows},
    text_number::{DecimalMark, text_number},
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
    if columns.iter().all(|column| step_rank(column) == 0) {
        return RunColumns::default();
    }
    let has_ids = columns.iter().any(|column| is_id_name(column));
    let has_texts = || {
        let first = rows_below(&text, header, delimiter_of(header)).next();
        let cells = first.into_iter().flatten().zip(&columns);
        cells
            .into_iter()
            .any(|(cell, column)| may_name_runs(column) && is_text(cell.as_bytes()))
    };
    if !has_ids && !has_texts() {
        return RunColumns::default();
    }
    start(MAX_BYTES).map_or_else(RunColumns::default, |text| of_text(&text))
}

/// Whether texts in a column may say whose the rows are, if runs stand one after the other: not what of a run a row holds.
fn may_name_runs(column: &str) -> bool {
    const OF_A_RUN: [&str; 22] = [
        "metric",
        "metrics",
        "metric_name",
        "name",
        "key",
        "tag",
        "variable",
        "series",
        "layer",
        "layer_name",
        "module",
        "param",
        "parameter",
        "class",
        "class_name",
        "label",
        "timestamp",
        "time",
        "date",
        "datetime",
        "event",
        "message",
    ];
    let is_of_a_run = OF_A_RUN
        .iter()
        .any(|known| known.eq_ignore_ascii_case(column));
    !column.is_empty() && !is_of_a_run && !is_phase(column) && step_rank(column) == 0
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
    let all: Vec<Vec<String>> = rows_below(text, header, delimiter).collect();
    let of = |is_id: &dyn Fn(usize) -> bool| -> (Vec<String>, Vec<IdRow>) {
        let of_ids: Vec<usize> = (0..columns.len()).filter(|&at| is_id(at)).collect();
        let row = |cells: &Vec<String>| {
            let ids = of_ids.iter().map(|&column| cells.get(column).cloned());
            Some((number(cells, step)?, ids.collect::<Option<Vec<String>>>()?))
        };
        let names = of_ids.iter().map(|&column| columns[column].clone());
        (names.collect(), all.iter().filter_map(row).collect())
    };
    let is_known = |at: usize| is_id_name(&columns[at]);
    let (names, rows) = of(&is_known);
    let known = match names.is_empty() {
        true => RunColumns::default(),
        false => RunColumns::of_rows(names, &rows),
    };
    // Columns of other names say so only where their runs stand one after the other.
    let is_text_column = |at: usize| {
        may_name_runs(&columns[at])
            && all
                .iter()
                .all(|cells| cells.get(at).is_some_and(|cell| is_text(cell.as_bytes())))
    };
    let texts: Vec<usize> = (0..columns.len())
        .filter(|&at| is_text_column(at))
        .collect();
    let has_value = columns.iter().any(|column| is_value_name(column));
    if texts.iter().all(|&at| is_known(at)) || has_value {
        return known;
    }
    let (names, rows) = of(&|at| is_known(at) || texts.contains(&at));
    let with_texts = RunColumns::of_rows(names, &rows);
    let are_more = with_texts.runs.len() > known.runs.len();
    match are_more && are_blocks(&rows) {
        true => with_texts,
        false => known,
    }
}

/// Whether the rows of each combination of ids follow each other.
fn are_blocks(rows: &[IdRow]) -> bool {
    let mut blocks: Vec<&[String]> = rows.iter().map(|row| &*row.1).collect();
    blocks.dedup();
    let distinct: BTreeSet<&[String]> = blocks.iter().copied().collect();
    blocks.len() == distinct.len()
}

/// The cells of each whole row below a header.
fn rows_below<'a>(
    text: &'a [u8],
    header: &'a [u8],
    delimiter: u8,
) -> impl Iterator<Item = Vec<String>> + 'a {
    let complete = memchr::memrchr(b'\n', text).map_or(&text[..0], |end| &text[..end]);
    let lines = complete
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii);
    let below = lines.skip_while(move |line| *line != header).skip(1);
    let rows = below.filter(|line| !line.is_empty());
    rows.map(move |line| split_cells(line, delimiter))
}

fn number(cells: &[String], column: usize) -> Option<f64> {
    fast_float2::parse(cells.get(column)?).ok()
}

/// The text of the first whole rows of the table at `path` below its header, and where they end; `None` if another line is
/// its header.
pub(super) fn first_rows(path: &Path, header: &[u8]) -> Option<(Vec<u8>, u64)> {
    let file = regular_file::open(path).ok()?;
    let text = decode_start(file, limits::COUNTERS_EXAMINED.bytes as usize);
    let found = header_of(&text).filter(|found| *found == header)?;
    let at = found.as_ptr() as usize - text.as_ptr() as usize + found.len();
    let end = memchr::memrchr(b'\n', &text)?;
    Some((text.get(at..=end)?.to_vec(), end as u64 + 1))
}

/// The column whose texts say what the values of a row are of, as the first rows of the table at `path` show.
pub(super) fn kind_column(path: &Path) -> Option<String> {
    let file = regular_file::open(path).ok()?;
    let text = decode_start(file, limits::COUNTERS_EXAMINED.bytes as usize);
    let header = header_of(&text)?;
    let delimiter = delimiter_of(header);
    let columns = split_cells(header, delimiter);
    let ranked = (0..columns.len()).filter(|&at| step_rank(&columns[at]) > 0);
    let step = ranked.min_by_key(|&at| step_rank(&columns[at]))?;
    let rows: Vec<Vec<String>> = rows_below(&text, header, delimiter)
        .take(limits::COUNTERS_EXAMINED.items)
        .filter(|cells| cells.len() == columns.len())
        .collect();
    let is_text = |&column: &usize| {
        !rows.is_empty() && rows.iter().all(|cells| is_text(cells[column].as_bytes()))
    };
    let texts: Vec<usize> = (0..columns.len()).filter(is_text).collect();
    let of_texts = |cells: &Vec<String>| texts.iter().map(|&at| cells[at].clone()).collect();
    let rows: Vec<TextRow> = rows
        .iter()
        .filter_map(|cells| Some((number(cells, step)?, of_texts(cells))))
        .collect();
    let names: Vec<String> = texts.iter().map(|&at| columns[at].clone()).collect();
    kind_of_rows(&names, &rows).map(|at| names[at].clone())
}

/// True for a cell that holds neither a number nor nothing.
fn is_text(cell: &[u8]) -> bool {
    !is_missing(cell) && text_number(cell, DecimalMark::Point).is_none()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<String> {
        of_text(text.replace(' ', "\n").as_bytes()).runs
    }

    #[test]
    fn texts_name_runs_that_stand_one_after_the_other() {
        let blocks = "penalty,gate,iteration,loss a,x,1,3 a,x,2,2 a,y,1,3 a,y,2,1 b,x,1,2 b,x,2,1 ";
        assert_eq!(runs(blocks), ["penalty", "gate"]);
        for other in [
            "penalty,iteration,loss a,1,3 b,1,2 a,2,2 b,2,1 ",
            "metric,step,val a,1,3 a,2,2 b,1,3 b,2,1 ",
            "what,step,value a,1,3 a,2,2 b,1,3 b,2,1 ",
            "note,step,loss good,1,3 good,2,2 bad,3,3 bad,4,1 ",
        ] {
            assert!(runs(other).is_empty(), "{other}");
        }
        let seeds = "seed,step,loss 0,1,3 0,2,2 1,1,3 1,2,1 ";
        assert_eq!(runs(seeds), ["seed"]);
    }
}
