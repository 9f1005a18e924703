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
    let mut statement = connection.prepare(&format!(
        "SELECT rowid, {columns} FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT {SLICE}"
    ))?;
    let mut last = after;
    let mut total = 0;
    let bytes = size_in_bytes(connection)?;
    loop {
        let mut read = 0;
        let mut rows = statement.query([last])?;
        while let Some(row) = rows.next()? {
            last = last.max(row.get(0)?);
            visit(Cells(row));
            read += 1;
        }
        if read < SLICE {
            return Ok(last);
        }
        // The pages of a damaged table may form a circle.
        total += read;
        if total > bytes {
            let reason = format!("table {table} has more rows than the file has bytes");
            return Err(SqliteError::Damaged(reason));
        }
    }
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
