//! Cells of one column of a catalog's table.

use std::{ops::Range, path::Path};

use parquet::{
    basic::Type,
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, DataType},
    errors::ParquetError,
};

use super::{
    error::CatalogError,
    file::{CatalogFile, OpenColumn},
    table::Table,
};

/// Rows that are decoded at a time: what is allocated follows what a file really holds.
const BATCH: usize = 8192;

/// Some rows of one row group.
pub(super) struct Rows<'a> {
    pub(super) file: &'a CatalogFile,
    pub(super) group: usize,
    pub(super) rows: Range<u64>,
}

impl Table for Rows<'_> {
    fn place(&self) -> &Path {
        self.file.path()
    }

    fn rows(&self) -> usize {
        usize::try_from(self.rows.end - self.rows.start).unwrap_or(usize::MAX)
    }

    fn texts(&self, name: &'static str) -> Result<Vec<Option<ByteArray>>, CatalogError> {
        let column = self.open(name)?;
        match column.reader {
            ColumnReader::ByteArrayColumnReader(reader) => self.cells(reader, column.full),
            other => Err(self.wrong_type(name, &other)),
        }
    }

    fn whole_numbers(&self, name: &'static str) -> Result<Vec<Option<i64>>, CatalogError> {
        let column = self.open(name)?;
        match column.reader {
            ColumnReader::Int64ColumnReader(reader) => self.cells(reader, column.full),
            other => Err(self.wrong_type(name, &other)),
        }
    }

    fn numbers(&self, name: &'static str) -> Result<Vec<Option<f64>>, CatalogError> {
        let column = self.open(name)?;
        match column.reader {
            ColumnReader::DoubleColumnReader(reader) => self.cells(reader, column.full),
            other => Err(self.wrong_type(name, &other)),
        }
    }

    fn lists(&self, name: &'static str) -> Result<Vec<Box<[f64]>>, CatalogError> {
        let column = self.open(name)?;
        if !column.is_list {
            return Err(self.missing(name));
        }
        match column.reader {
            ColumnReader::DoubleColumnReader(reader) => {
                let lists = lists(reader, column.full, &self.rows);
                self.whole(lists, Vec::len)
            }
            other => Err(self.wrong_type(name, &other)),
        }
    }
}

impl Rows<'_> {
    fn open(&self, name: &'static str) -> Result<OpenColumn, CatalogError> {
        let at = self.file.find(name).ok_or_else(|| self.missing(name))?;
        self.file.column(self.group, at)
    }

    fn cells<T: DataType>(
        &self,
        reader: ColumnReaderImpl<T>,
        full: i16,
    ) -> Result<Vec<Option<T::T>>, CatalogError> {
        self.whole(cells(reader, full, &self.rows), Vec::len)
    }

    /// What was read, if it is all that was asked for.
    fn whole<T>(
        &self,
        read: Result<T, ParquetError>,
        len: impl Fn(&T) -> usize,
    ) -> Result<T, CatalogError> {
        let read = read.map_err(|error| CatalogError::parquet(self.place(), &error))?;
        if len(&read) as u64 == self.rows.end - self.rows.start {
            return Ok(read);
        }
        let reason = "a column holds fewer rows than the table";
        Err(CatalogError::damaged(self.place(), reason))
    }

    fn wrong_type(&self, column: &'static str, reader: &ColumnReader) -> CatalogError {
        log::info!("{column} is a column of {}", type_of(reader));
        self.missing(column)
    }
}

fn type_of(reader: &ColumnReader) -> Type {
    match reader {
        ColumnReader::BoolColumnReader(_) => Type::BOOLEAN,
        ColumnReader::Int32ColumnReader(_) => Type::INT32,
        ColumnReader::Int64ColumnReader(_) => Type::INT64,
        ColumnReader::Int96ColumnReader(_) => Type::INT96,
        ColumnReader::FloatColumnReader(_) => Type::FLOAT,
        ColumnReader::DoubleColumnReader(_) => Type::DOUBLE,
        ColumnReader::ByteArrayColumnReader(_) => Type::BYTE_ARRAY,
        ColumnReader::FixedLenByteArrayColumnReader(_) => Type::FIXED_LEN_BYTE_ARRAY,
    }
}

/// Skips the rows before the range. Pages that hold nothing else are not read.
fn skip<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: &Range<u64>,
) -> Result<usize, ParquetError> {
    let before = usize::try_from(rows.start).unwrap_or(usize::MAX);
    if before > 0 {
        reader.skip_records(before)?;
    }
    Ok(usize::try_from(rows.end - rows.start).unwrap_or(usize::MAX))
}

fn cells<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    full: i16,
    rows: &Range<u64>,
) -> Result<Vec<Option<T::T>>, ParquetError> {
    let wanted = skip(&mut reader, rows)?;
    let mut cells = Vec::new();
    let mut levels: Vec<i16> = Vec::new();
    let mut values: Vec<T::T> = Vec::new();
    while cells.len() < wanted {
        levels.clear();
        values.clear();
        let batch = BATCH.min(wanted - cells.len());
        let (read, _, _) = reader.read_records(batch, Some(&mut levels), None, &mut values)?;
        if read == 0 {
            break;
        }
        if full == 0 {
            cells.extend(values.drain(..).map(Some));
            continue;
        }
        let mut values = values.drain(..);
        let present = levels.iter().map(|level| *level == full);
        cells.extend(present.map(|is_full| is_full.then(|| values.next()).flatten()));
    }
    Ok(cells)
}

fn lists<T: DataType<T = f64>>(
    mut reader: ColumnReaderImpl<T>,
    full: i16,
    rows: &Range<u64>,
) -> Result<Vec<Box<[f64]>>, ParquetError> {
    let wanted = skip(&mut reader, rows)?;
    let mut lists: Vec<Box<[f64]>> = Vec::new();
    while lists.len() < wanted {
        let (mut full_levels, mut starts, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let batch = (BATCH / 64).min(wanted - lists.len());
        let (read, _, _) = reader.read_records(
            batch,
            Some(&mut full_levels),
            Some(&mut starts),
            &mut values,
        )?;
        if read == 0 {
            break;
        }
        let mut values = values.into_iter();
        let mut list: Vec<f64> = Vec::new();
        for (at, (level, start)) in full_levels.iter().zip(&starts).enumerate() {
            if *start == 0 && at > 0 {
                lists.push(std::mem::take(&mut list).into());
            }
            if *level == full {
                list.extend(values.next());
            }
        }
        lists.push(list.into());
    }
    Ok(lists)
}
