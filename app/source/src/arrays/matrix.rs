//! A table of numbers without a header: one row per line. It is parsed for its shape when it is found, and for its
//! elements when they are needed.

use std::path::Path;

use trainscape_run::Dtype;

use super::{
    contents::{ArrayEntry, Contents, stem},
    format::ArrayFormat,
    number_table::{self, MAX_BYTES, numbers, parse},
};
use crate::{csv::delimiter_of, sample::Sample, stamp::Stamp};

/// Rows that must be of equal length in a matrix.
const MIN_ROWS: usize = 3;

/// Columns of a matrix at least: a table with fewer is a list.
const MIN_COLUMNS: usize = 3;

/// A table of numbers without names.
pub(crate) static MATRIX: Matrix = Matrix;

#[derive(Debug)]
pub(crate) struct Matrix;

impl ArrayFormat for Matrix {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn endings(&self) -> &'static [&'static str] {
        &[]
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        let has_tabs = || memchr::memchr(b'\t', sample.head()).is_some();
        let is_table = match sample.extension() {
            "csv" | "tsv" => true,
            "txt" => !sample.starts_with_object() && has_tabs(),
            _ => false,
        };
        is_table && is_matrix(sample.text(), sample.is_whole())
    }

    fn is_one_array(&self) -> bool {
        true
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, &stem(path), stamp)
    }
}

/// True if a file that begins with `head` is a matrix: rows of equal length, and no names.
fn is_matrix(head: &[u8], whole: bool) -> bool {
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
        if rows == MIN_ROWS {
            return true;
        }
    }
    // A row longer than `head` cannot be judged.
    false
}

fn open(path: &Path, key: &str, stamp: Stamp) -> Result<Contents, String> {
    if stamp.len > MAX_BYTES {
        return Err(format!(
            "is a table of {} bytes without a header: save it as an array (npy)",
            stamp.len
        ));
    }
    let (shape, _) = parse(path)?;
    let mut contents = Contents::default();
    contents.entries.push(ArrayEntry {
        key: key.into(),
        shape: shape.as_slice().into(),
        dtype: Dtype::F64,
        storage: number_table::storage(path, stamp),
    });
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn rows_of_numbers_are_a_matrix_and_tables_with_names_are_not() {
        let matrix = |text: &str| is_matrix(text.as_bytes(), true);
        assert!(matrix("5.3,5.2,5.1\n1,2,3\n1,nan,-1e35\n"));
        assert!(matrix("# alpha x beta\n1;2;3\n4;;6\n7;8;9"));
        assert!(matrix("1,2,3,\n4,5,6,\n7,8,9,\n"));
        assert!(!matrix("step,loss,lr\n1,2,3\n1,2,3\n1,2,3\n"));
        assert!(!matrix("1,2,3\n1,2\n1,2,3\n"));
        assert!(!matrix("1,2\n1,2\n1,2\n"));
        assert!(!matrix("1,2,3\n1,2,3\n"));
        assert!(!is_matrix(b"1,2,3\n1,2,3\n1,2,3", false));
    }

    #[test]
    fn errors_name_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grid.csv");
        fs::write(&path, "1,2,3\n4,5,6\n\n7,8\n").unwrap();
        let error = open(&path, "grid", Stamp::at(&path).unwrap()).unwrap_err();
        assert_eq!(error, "line 4 has 2 numbers and the first row 3");
        fs::write(&path, "1,2,3\n4,x,6\n").unwrap();
        let error = open(&path, "grid", Stamp::at(&path).unwrap()).unwrap_err();
        assert_eq!(error, "line 2 contains a cell that is not a number");
    }
}
