//! Opening a database so that neither it nor its writer is disturbed.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig, limits::Limit};

use trainscape_temporary::TemporaryFolder;

use super::error::SqliteError;
use crate::{limits, regular_file, stamp::Stamp};

/// Begins every database.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Position in the file of the version that a reader must support, and its value for a write-ahead log.
const READ_VERSION_AT: usize = 19;
const WRITE_AHEAD_LOG: u8 = 2;

/// Notes about a database that was read without its write-ahead log.
const WITHOUT_LOG: &str =
    "the newest changes are missing: the write-ahead log cannot be read; check its permissions";
const NO_FILE_BESIDE: &str = "changes that its writer has not finished are not seen: what has the name of its journal, write-ahead log or index is no \
                              regular file";
const TOO_LARGE: &str = "the newest changes are missing: the database is too large to be copied together with its write-ahead \
                         log, which SQLite needs to read that; open it once with the program that wrote it";
const NOT_COPIED: &str = "the newest changes are missing: the database cannot be copied to the temporary folder together with \
                          its write-ahead log, which SQLite needs to read that; free some space there";

/// Largest database that is copied with its write-ahead log.
const MAX_COPIED: u64 = limits::COPIED_DATABASE.bytes;

/// An open database.
pub(super) struct Database {
    pub(super) connection: Connection,
    /// True if the file is taken as it is, without locks and without a write-ahead log.
    pub(super) is_immutable: bool,
    pub(super) note: Option<&'static str>,
    /// Where the copy is that is read; dropped after the connection.
    _copy: Option<TemporaryFolder>,
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

/// Whether a pipe, a device or a folder has the name of a file that SQLite opens beside the database: a pipe would keep it
/// waiting.
fn is_beside_what_is_no_file(path: &Path) -> bool {
    ["-wal", "-journal", "-shm"].iter().any(|ending| {
        let metadata = fs::metadata(beside(path, ending));
        metadata.is_ok_and(|there| !there.is_file())
    })
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Opens a database for reading; `wait` is how long to wait each time that its writer has locked it.
///
/// A reader of a database with a write-ahead log would create that log and its index, and leave them
/// behind. If there is no such log, the file is complete and is read without them. If there is a log and an index, a
/// writer may be at work, and the index is read as it is. A log without an index was copied or left: no writer is there,
/// and a private copy of the database is read, in whose folder the index is created.
pub(super) fn open(path: &Path, wait: Duration) -> Result<Database, SqliteError> {
    if is_beside_what_is_no_file(path) {
        return immutable(path, Some(NO_FILE_BESIDE));
    }
    let has_log = has_write_ahead_log(path);
    if uses_write_ahead_log(path) && !has_log {
        return immutable(path, None);
    }
    if has_log && !beside(path, "-shm").exists() {
        return copied(path, wait);
    }
    match shared(path, wait) {
        Err(SqliteError::Closed(_)) if has_log => immutable(path, Some(WITHOUT_LOG)),
        opened => opened,
    }
}

/// Opens a private copy of a database and its write-ahead log.
fn copied(path: &Path, wait: Duration) -> Result<Database, SqliteError> {
    let log = write_ahead_log(path);
    let stamps = || [Stamp::at(path).ok(), Stamp::at(&log).ok()];
    let before = stamps();
    let bytes = before.iter().flatten().map(|stamp| stamp.len).sum::<u64>();
    if bytes > MAX_COPIED {
        return immutable(path, Some(TOO_LARGE));
    }
    let copy = || -> io::Result<TemporaryFolder> {
        let folder = TemporaryFolder::create("sqlite")?;
        let database = folder.path().join("copy.db");
        copy_file(path, &database)?;
        copy_file(&log, &write_ahead_log(&database))?;
        Ok(folder)
    };
    let copied = copy();
    if stamps() != before {
        return Err(SqliteError::Locked);
    }
    let Ok(folder) = copied else {
        return immutable(path, Some(NOT_COPIED));
    };
    let mut database = with_parameters(&folder.path().join("copy.db"), "mode=ro", wait)?;
    database._copy = Some(folder);
    Ok(database)
}

/// Copies a regular file, without its permissions: SQLite creates files that have those of the database.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, mut to) = (regular_file::open(from)?, File::create(to)?);
    io::copy(&mut from, &mut to).map(drop)
}

fn uses_write_ahead_log(path: &Path) -> bool {
    let mut head = [0; READ_VERSION_AT + 1];
    let read = regular_file::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head[READ_VERSION_AT] == WRITE_AHEAD_LOG
}

/// How every database is opened.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_URI);

/// Opens the database beside its writer.
fn shared(path: &Path, wait: Duration) -> Result<Database, SqliteError> {
    with_parameters(path, "mode=ro&readonly_shm=1", wait)
}

fn with_parameters(path: &Path, parameters: &str, wait: Duration) -> Result<Database, SqliteError> {
    let connection = Connection::open_with_flags(uri(path, parameters), FLAGS)?;
    connection.busy_timeout(wait)?;
    check(&connection)?;
    Ok(Database {
        connection,
        is_immutable: false,
        note: None,
        _copy: None,
    })
}

/// Opens the file as it is, whatever its writer is doing: enough to find out what it holds.
pub(super) fn open_without_locks(path: &Path) -> Result<Database, SqliteError> {
    immutable(path, None)
}

fn immutable(path: &Path, note: Option<&'static str>) -> Result<Database, SqliteError> {
    let connection = Connection::open_with_flags(uri(path, "immutable=1"), FLAGS)?;
    check(&connection)?;
    Ok(Database {
        connection,
        is_immutable: true,
        note,
        _copy: None,
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

/// The URI of a file, with parameters.
fn uri(path: &Path, parameters: &str) -> String {
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
    uri + "?" + parameters
}
