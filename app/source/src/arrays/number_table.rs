//! Tables of numbers as text: one row per line.

use std::{path::Path, sync::Arc};

use trainscape_run::{ElementBytes, Storage, TensorError};

use super::lazy::LazyElements;
use crate::{csv::delimiter_of, limits, regular_file, stamp::Stamp};

/// Largest table: a larger one should be saved as an array.
pub(super) const MAX_BYTES: u64 = limits::NUMBER_TABLE.bytes;

/// The numbers of a row; an empty cell is NaN. `None` if a cell is not a number.
pub(super) fn numbers(line: &[u8], delimiter: u8) -> Option<Vec<f64>> {
    // Many writers end each row with a delimiter.
    let line = line.strip_suffix(&[delimiter]).unwrap_or(line);
    line.split(|&byte| byte == delimiter)
        .map(|cell| match cell.trim_ascii() {
            b"" => Some(f64::NAN),
            cell => fast_float2::parse(cell).ok(),
        })
        .collect()
}

/// The lines of a text that are neither empty nor comments, with their numbers.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    text.split(|&byte| byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
}

/// Rows, columns and elements of a table of numbers.
pub(super) fn parse(path: &Path) -> Result<([usize; 2], Vec<u8>), String> {
    let content = regular_file::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let (mut rows, mut columns) = (0, 0);
    let mut delimiter = b',';
    let mut elements = Vec::new();
    for (number, line) in lines(&content) {
        if rows == 0 {
            delimiter = delimiter_of(line);
        }
        let Some(row) = numbers(line, delimiter) else {
            return Err(format!(
                "line {number} contains a cell that is not a number"
            ));
        };
        if rows == 0 {
            columns = row.len();
        } else if row.len() != columns {
            return Err(format!(
                "line {number} has {} numbers and the first row {columns}",
                row.len()
            ));
        }
        rows += 1;
        elements.extend(row.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(([rows, columns], elements))
}

/// The elements of the table at `path`, as little-endian `f64` in rows.
pub(super) fn storage(path: &Path, stamp: Stamp) -> Storage {
    Storage {
        bytes: Arc::new(Parsed(LazyElements::new(path.to_owned(), stamp))),
        fortran_order: false,
        big_endian: false,
    }
}

/// A table's elements, cached once they are needed.
#[derive(Debug)]
struct Parsed(LazyElements);

impl ElementBytes for Parsed {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        self.0
            .get("", || parse(&self.0.path).map(|(_, elements)| elements))
    }
}
