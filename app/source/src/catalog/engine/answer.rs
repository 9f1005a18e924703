//! A piece of an engine's answer.

use std::path::{Path, PathBuf};

use parquet::data_type::ByteArray;

use crate::catalog::{error::CatalogError, table::Table};

/// The cells of a column; `None` where there is no value.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Texts.
    Texts(Vec<Option<String>>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Numbers.
    Numbers(Vec<Option<f64>>),
    /// Lists of numbers.
    Lists(Vec<Box<[f64]>>),
    /// Cells without a value and without a type.
    Nothing,
}

/// Some rows of an answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    place: PathBuf,
    rows: usize,
    bytes: u64,
    columns: Vec<(String, Cells)>,
}

impl Answer {
    /// An answer of `place` with so many rows, whose columns came in `bytes` bytes.
    #[must_use]
    pub fn new(place: &Path, rows: usize, bytes: u64, columns: Vec<(String, Cells)>) -> Self {
        Self {
            place: place.to_owned(),
            rows,
            bytes,
            columns,
        }
    }

    /// The same with a column more.
    #[must_use]
    pub fn with(mut self, name: &str, cells: Cells) -> Self {
        self.columns.push((name.to_owned(), cells));
        self
    }

    /// True if nothing came since the last piece.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn column(&self, name: &'static str) -> Result<&Cells, CatalogError> {
        // Some engines return names in capitals.
        let mut columns = self.columns.iter();
        let found = columns.find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, cells) = found.ok_or_else(|| self.missing(name))?;
        Ok(cells)
    }
}

impl Table for Answer {
    fn place(&self) -> &Path {
        &self.place
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn texts(&self, name: &'static str) -> Result<Vec<Option<ByteArray>>, CatalogError> {
        match self.column(name)? {
            Cells::Texts(cells) => {
                let cells = cells.iter();
                Ok(cells
                    .map(|cell| cell.as_deref().map(ByteArray::from))
                    .collect())
            }
            Cells::Nothing => Ok(vec![None; self.rows]),
            _ => Err(self.missing(name)),
        }
    }

    fn whole_numbers(&self, name: &'static str) -> Result<Vec<Option<i64>>, CatalogError> {
        match self.column(name)? {
            Cells::Whole(cells) => Ok(cells.clone()),
            Cells::Nothing => Ok(vec![None; self.rows]),
            _ => Err(self.missing(name)),
        }
    }

    fn numbers(&self, name: &'static str) -> Result<Vec<Option<f64>>, CatalogError> {
        match self.column(name)? {
            Cells::Numbers(cells) => Ok(cells.clone()),
            Cells::Nothing => Ok(vec![None; self.rows]),
            _ => Err(self.missing(name)),
        }
    }

    fn lists(&self, name: &'static str) -> Result<Vec<Box<[f64]>>, CatalogError> {
        match self.column(name)? {
            Cells::Lists(cells) => Ok(cells.clone()),
            _ => Err(self.missing(name)),
        }
    }
}
