//! A table of numbers without a header: one row a line. Parsed when it is found, for its shape, and at the
//! first look, for its elements.

use std::{fs, path::Path, sync::Arc};

use trainscape_run::{Bytes, Dtype, Storage, TensorError};

use super::{Contents, Entry, once::Once};
use crate::{csv::delimiter_of, stamp::Stamp};

/// A longer table is better kept as an array.
const MAX_BYTES: u64 = 256 << 20;

/// Rows that must look alike before a table counts as a matrix.
const ROWS_LOOKED_AT: usize = 3;

/// Columns from which on a table without names is a matrix rather than a list.
const MIN_COLUMNS: usize = 3;

/// Whether a file that begins with `head` is a matrix: rows of equally many numbers, and no names.
pub(crate) fn looks_like_matrix(head: &[u8], whole: bool) -> bool {
    let mut columns = None;
    let mut rows = 0;
    let lines: Vec<&[u8]> = head.split_inclusive(|&byte| byte == b'\n').collect();
    for line in lines {
        if !line.ends_with(b"\n") && !whole {
            break;
        }
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let Some(row) = numbers(line, delimiter_of(line)) else {
            return false;
        };
        if row.len() < MIN_COLUMNS || columns.is_some_and(|columns| columns != row.len()) {
            return false;
        }
        columns = Some(row.len());
        rows += 1;
        if rows == ROWS_LOOKED_AT {
            return true;
        }
    }
    // A single row longer than what was looked at cannot be judged.
    false
}

/// The numbers of a row; an empty cell is NaN. `None` where a cell is no number.
fn numbers(line: &[u8], delimiter: u8) -> Option<Vec<f64>> {
    // Many writers end each row with a delimiter.
    let line = line.strip_suffix(&[delimiter]).unwrap_or(line);
    line.split(|&byte| byte == delimiter)
        .map(|cell| match cell.trim_ascii() {
            b"" => Some(f64::NAN),
            cell => fast_float2::parse(cell).ok(),
        })
        .collect()
}

/// Rows, columns and elements.
fn parse(path: &Path) -> Result<([usize; 2], Vec<u8>), String> {
    let content = fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&content);
    let (mut rows, mut columns) = (0, 0);
    let mut delimiter = b',';
    let mut elements = Vec::new();
    for (index, line) in content.split(|&byte| byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if rows == 0 {
            delimiter = delimiter_of(line);
        }
        let Some(row) = numbers(line, delimiter) else {
            return Err(format!(
                "line {} holds something that is no number",
                index + 1
            ));
        };
        if rows == 0 {
            columns = row.len();
        } else if row.len() != columns {
            return Err(format!(
                "line {} has {} numbers and the first row {columns}",
                index + 1,
                row.len()
            ));
        }
        rows += 1;
        elements.extend(row.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(([rows, columns], elements))
}

pub(super) fn open(path: &Path, key: &str, stamp: Stamp) -> Result<Contents, String> {
    if stamp.len > MAX_BYTES {
        return Err(format!(
            "is a table of {} bytes without a header: save it as an array (npy) to see it",
            stamp.len
        ));
    }
    let (shape, _) = parse(path)?;
    let mut contents = Contents::default();
    contents.entries.push(Entry {
        key: key.into(),
        shape: shape.as_slice().into(),
        dtype: Dtype::F64,
        storage: Storage {
            bytes: Arc::new(Parsed(Once::new(path.to_owned(), stamp))),
            fortran_order: false,
            big_endian: false,
        },
    });
    Ok(contents)
}

/// A table's elements as little-endian `f64`, kept once somebody has looked at them.
#[derive(Debug)]
struct Parsed(Once);

impl Bytes for Parsed {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        self.0
            .get("", || parse(&self.0.path).map(|(_, elements)| elements))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_numbers_are_a_matrix_and_tables_with_names_are_none() {
        let matrix = |text: &str| looks_like_matrix(text.as_bytes(), true);
        assert!(matrix("5.3,5.2,5.1\n1,2,3\n1,nan,-1e35\n"));
        assert!(matrix("# alpha x beta\n1;2;3\n4;;6\n7;8;9"));
        assert!(matrix("1,2,3,\n4,5,6,\n7,8,9,\n"));
        assert!(!matrix("step,loss,lr\n1,2,3\n1,2,3\n1,2,3\n"));
        assert!(!matrix("1,2,3\n1,2\n1,2,3\n"));
        assert!(!matrix("1,2\n1,2\n1,2\n"));
        assert!(!matrix("1,2,3\n1,2,3\n"));
        assert!(!looks_like_matrix(b"1,2,3\n1,2,3\n1,2,3", false));
    }

    #[test]
    fn a_ragged_table_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grid.csv");
        fs::write(&path, "1,2,3\n4,5,6\n\n7,8\n").unwrap();
        let error = open(&path, "grid", Stamp::at(&path).unwrap()).unwrap_err();
        assert_eq!(error, "line 4 has 2 numbers and the first row 3");
        fs::write(&path, "1,2,3\n4,x,6\n").unwrap();
        let error = open(&path, "grid", Stamp::at(&path).unwrap()).unwrap_err();
        assert_eq!(error, "line 2 holds something that is no number");
    }
}
