//! Opening a database so that neither it nor its writer is disturbed.

use std::{
    ffi::OsString,
    fs::{self},
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig, limits::Limit};

use super::error::SqliteError;
use crate::{limits, regular_file};

/// Begins every database.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Position in the file of the version that a reader must support, and its value for a write-ahead log.
const READ_VERSION_AT: usize = 19;
const WRITE_AHEAD_LOG: u8 = 2;

/// A note about a database that was read without its write-ahead log.
const WITHOUT_LOG: &str = "the newest changes are missing: the folder is read-only, so that the write-ahead log cannot be read";

/// An open database.
pub(super) struct Database {
    pub(super) connection: Connection,
    /// True if the file is taken as it is, without locks and without a write-ahead log.
    pub(super) is_immutable: bool,
    pub(super) note: Option<&'static str>,
}

/// The files beside a database in which its writer keeps changes.
pub(super) fn write_ahead_log(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

pub(super) fn journal(path: &Path) -> PathBuf {
    beside(path, "-journal")
}

pub(super) fn has_write_ahead_log(path: &Path) -> bool {
    fs::metadata(write_ahead_log(path)).is_ok_and(|log| log.len() > 0)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Opens a database for reading; `wait` is how long to wait each time that its writer has locked it.
///
/// A reader of a database with a write-ahead log would create that log and its index, and leave them
/// behind. If there is no such log, the file is complete and is read without them.
pub(super) fn open(path: &Path, wait: Duration) -> Result<Database, SqliteError> {
    let has_log = has_write_ahead_log(path);
    if uses_write_ahead_log(path) && !has_log {
        return immutable(path, None);
    }
    match shared(path, wait) {
        Err(SqliteError::Closed(_)) if has_log => immutable(path, Some(WITHOUT_LOG)),
        opened => opened,
    }
}

fn uses_write_ahead_log(path: &Path) -> bool {
    let mut head = [0; READ_VERSION_AT + 1];
    let read = regular_file::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head[READ_VERSION_AT] == WRITE_AHEAD_LOG
}

/// Opens the database beside its writer.
fn shared(path: &Path, wait: Duration) -> Result<Database, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(wait)?;
    check(&connection)?;
    Ok(Database {
        connection,
        is_immutable: false,
        note: None,
    })
}

/// Opens the file as it is, whatever its writer is doing: enough to find out what it holds.
pub(super) fn open_without_locks(path: &Path) -> Result<Database, SqliteError> {
    immutable(path, None)
}

fn immutable(path: &Path, note: Option<&'static str>) -> Result<Database, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri(path), flags)?;
    check(&connection)?;
    Ok(Database {
        connection,
        is_immutable: true,
        note,
    })
}

/// Opening reads nothing yet: the first query finds out whether the file can be read. What its schema defines
/// is not trusted.
fn check(connection: &Connection) -> Result<(), SqliteError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, limits::CELL.bytes as i32)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(())
}

/// The URI of a file that does not change while it is read.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    let bytes = path.as_os_str().as_encoded_bytes();
    if !bytes.starts_with(b"/") && cfg!(windows) {
        uri.push_str("///");
    }
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(byte));
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            b':' if cfg!(windows) => uri.push(':'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}
