//! What the rows of a table say about its columns, before it is read.

use std::{collections::HashMap, path::Path};

use super::cells::{delimiter_of, split_cells};
use crate::{
    columns::step_rank,
    encoding::decode_start,
    limits,
    long_rows::{IdRow, Ids, ids_of_rows, is_id_name},
    regular_file,
};

/// Text that is examined.
const MAX_BYTES: usize = limits::LONG_TABLE.bytes as usize;

/// The columns that say whose the rows are, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// Columns that tell the runs apart; empty if the table is that of one run.
    pub(super) runs: Vec<String>,
    /// Columns of ids with the same value in all rows: configuration.
    pub(super) constant: Vec<(String, String)>,
    /// All columns of ids.
    pub(super) ids: Vec<String>,
}

impl Layout {
    pub(super) fn is_constant(&self, column: &str) -> bool {
        self.constant.iter().any(|(known, _)| known == column)
    }

    /// Examines a table; without columns of ids nothing but its header is read.
    pub(super) fn of_file(path: &Path) -> Self {
        let open = || regular_file::open(path).ok();
        let Some(start) =
            open().map(|file| decode_start(file, limits::LONG_TABLE_HEADER.bytes as usize))
        else {
            return Self::default();
        };
        let Some(header) = header_of(&start) else {
            return Self::default();
        };
        let columns = split_cells(header, delimiter_of(header));
        let has_ids = columns.iter().any(|column| is_id_name(column));
        if !has_ids || columns.iter().all(|column| step_rank(column) == 0) {
            return Self::default();
        }
        open().map_or_else(Self::default, |file| {
            Self::of_text(&decode_start(file, MAX_BYTES))
        })
    }

    fn of_text(text: &[u8]) -> Self {
        let Some(header) = header_of(text) else {
            return Self::default();
        };
        let delimiter = delimiter_of(header);
        let columns = split_cells(header, delimiter);
        let ranked = columns
            .iter()
            .enumerate()
            .filter(|(_, name)| step_rank(name) > 0);
        let Some((step, _)) = ranked.min_by_key(|(_, name)| step_rank(name)) else {
            return Self::default();
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
        let Ids { runs, constant } = ids_of_rows(&names, &rows);
        Self {
            runs: runs.into_iter().map(|at| names[at].clone()).collect(),
            constant: constant
                .into_iter()
                .map(|at| (names[at].clone(), rows[0].1[at].clone()))
                .collect(),
            ids: names,
        }
    }
}

/// The first line that is neither blank nor a comment.
fn header_of(text: &[u8]) -> Option<&[u8]> {
    let end = memchr::memrchr(b'\n', text)?;
    let lines = text[..end]
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii);
    lines
        .into_iter()
        .find(|line| !line.is_empty() && !line.starts_with(b"#"))
}

/// The rows of each run in some lines of a table, in the order in which the runs begin.
#[derive(Debug, Default)]
pub(super) struct LinesOfRuns {
    indices: HashMap<String, usize>,
    pub(super) runs: Vec<LinesOfRun>,
}

/// Lines of one run.
#[derive(Debug)]
pub(super) struct LinesOfRun {
    pub(super) name: String,
    /// Values of all columns of ids.
    pub(super) ids: Vec<String>,
    pub(super) lines: Vec<u8>,
    /// Where the first of them is.
    pub(super) offset: usize,
}

impl LinesOfRuns {
    pub(super) fn add(&mut self, name: String, ids: Vec<String>, line: &[u8], offset: usize) {
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
