//! Reading tables in short steps.

use std::collections::HashSet;

use rusqlite::{Connection, Row, types::ValueRef};

use super::error::SqliteError;

/// Rows that are read at a time, in about 0.1 s. While rows are read, the writer of a database without a
/// write-ahead log has to wait, and gives up after some seconds.
const SLICE: i64 = 100_000;

/// The names of all tables.
pub(super) fn table_names(connection: &Connection) -> Result<HashSet<String>, SqliteError> {
    let mut statement =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The names of a table's columns; none if there is no such table.
pub(super) fn column_names(
    connection: &Connection,
    table: &str,
) -> Result<HashSet<String>, SqliteError> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Visits the rows of a table in the order in which they were inserted, with these columns.
pub(super) fn each_row(
    connection: &Connection,
    table: &str,
    columns: &str,
    visit: impl FnMut(Cells<'_, '_>),
) -> Result<(), SqliteError> {
    each_row_after(connection, table, columns, i64::MIN, visit)?;
    Ok(())
}

/// Like [`each_row`], without the rows up to the one with the number `after`. Returns the number of the last
/// row.
pub(super) fn each_row_after(
    connection: &Connection,
    table: &str,
    columns: &str,
    after: i64,
    mut visit: impl FnMut(Cells<'_, '_>),
) -> Result<i64, SqliteError> {
    refuse_computed_columns(connection, table)?;
    let mut statement = connection.prepare(&format!(
        "SELECT rowid, {columns} FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT {SLICE}"
    ))?;
    let damaged = |what: &str| SqliteError::Damaged(format!("table {table} {what}"));
    let mut last = after;
    let mut left_bytes = size_in_bytes(connection)?;
    loop {
        let mut read = 0;
        let mut rows = statement.query([last])?;
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            // The pages of a damaged table may form a circle, and its cells may be one and the same.
            if number <= last {
                return Err(damaged(
                    "has rows that are not in the order of their numbers",
                ));
            }
            last = number;
            let cells = Cells(row);
            left_bytes -= 1 + cells.len_in_bytes();
            if left_bytes < 0 {
                return Err(damaged("has more content than the file has bytes"));
            }
            visit(cells);
            read += 1;
        }
        if read < SLICE {
            return Ok(last);
        }
    }
}

/// Refuses a table with columns that are computed: no logger has any, and each row may compute a gigabyte.
fn refuse_computed_columns(connection: &Connection, table: &str) -> Result<(), SqliteError> {
    let mut statement =
        connection.prepare("SELECT 1 FROM pragma_table_xinfo(?1) WHERE hidden IN (2, 3)")?;
    if statement.exists([table])? {
        let reason = format!("table {table} has computed columns, which no logger writes");
        return Err(SqliteError::Damaged(reason));
    }
    Ok(())
}

fn size_in_bytes(connection: &Connection) -> Result<i64, SqliteError> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// True if the table has a row with this number.
pub(super) fn has_row(
    connection: &Connection,
    table: &str,
    number: i64,
) -> Result<bool, SqliteError> {
    let mut statement = connection.prepare(&format!("SELECT 1 FROM {table} WHERE rowid = ?1"))?;
    Ok(statement.exists([number])?)
}

/// The cells of a row, in the order of the columns. SQLite stores any type in any column.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a, 's>(&'a Row<'s>);

impl<'a> Cells<'a, '_> {
    fn cell(&self, column: usize) -> ValueRef<'a> {
        self.0.get_ref(column + 1).unwrap_or(ValueRef::Null)
    }

    /// Bytes of the texts and blobs of the row.
    fn len_in_bytes(&self) -> i64 {
        let cells = (0..self.0.as_ref().column_count()).filter_map(|at| self.0.get_ref(at).ok());
        let len = |cell: ValueRef<'_>| match cell {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len() as i64,
            _ => 0,
        };
        cells.map(len).sum()
    }

    pub(super) fn number(&self, column: usize) -> Option<f64> {
        match self.cell(column) {
            ValueRef::Integer(value) => Some(value as f64),
            ValueRef::Real(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn integer(&self, column: usize) -> Option<i64> {
        match self.cell(column) {
            ValueRef::Integer(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn bytes(&self, column: usize) -> Option<&'a [u8]> {
        match self.cell(column) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text of a cell; empty if it holds none.
    pub(super) fn text(&self, column: usize) -> &'a str {
        let bytes = self.bytes(column).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}
