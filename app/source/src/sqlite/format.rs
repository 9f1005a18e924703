use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::{
    error::SqliteError,
    open::{
        Database, MAGIC, has_write_ahead_log, journal, open, open_without_locks, write_ahead_log,
    },
    tables::{has_row, table_names},
};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    log_format::{Detection, LogFormat},
    parse::FatalError,
    reader::{Reader, WholeReader},
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// Begins the definition of a table.
const CREATE_TABLE: &str = "CREATE TABLE ";

/// How long to wait for a writer. Other logs are not read meanwhile, so that the wait is short if the database
/// was locked the last time.
const LONG_WAIT: Duration = Duration::from_secs(1);
const SHORT_WAIT: Duration = Duration::from_millis(100);

/// Adds the runs of a database to the store, or what is new in them.
type ReadRuns =
    fn(&Connection, &mut Progress, &mut Store, &mut ReadStatistics) -> Result<Outcome, SqliteError>;

/// The result of reading.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All of it was read; with a note on what was left out.
    Read(Option<String>),
    /// What was read earlier changed: everything must be read again.
    Outdated,
}

/// How much of a database was read.
#[derive(Debug)]
pub(super) struct Progress {
    /// The number of the last row of metrics.
    pub(super) last_row: i64,
    /// The ids of the runs in the store, by the logger's ids.
    pub(super) ids: RunIds,
    /// Number of deleted runs.
    pub(super) deleted: usize,
    /// True if rows were left out that may belong to a run that was created meanwhile.
    pub(super) is_incomplete: bool,
    /// Number of runs with a configuration.
    pub(super) configured: usize,
    /// Number of rows whose step or values cannot be read.
    pub(super) unreadable: u64,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            last_row: i64::MIN,
            ids: RunIds::default(),
            deleted: 0,
            is_incomplete: false,
            configured: 0,
            unreadable: 0,
        }
    }
}

/// Runs that a logger stores in an SQLite database.
#[derive(Debug)]
pub(crate) struct SqliteFormat {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) rank: u8,
    /// Tables that only this logger's databases have, all of them.
    pub(super) tables: &'static [&'static str],
    /// The table whose rows never change once they are written; `None` if all of them may.
    pub(super) appended: Option<&'static str>,
    pub(super) read: ReadRuns,
}

impl LogFormat for SqliteFormat {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn rank(&self) -> u8 {
        self.rank
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if !sample.head().starts_with(MAGIC) {
            let may_become_one = matches!(sample.extension(), "db" | "sqlite" | "sqlite3");
            return match may_become_one && sample.is_empty() {
                true => Detection::NotYet,
                false => Detection::No,
            };
        }
        let path = sample.path();
        match open_without_locks(path).and_then(|database| self.has_tables(&database)) {
            Ok(true) => return Detection::Log(FirstRows::default()),
            // Reading it tells the damage.
            Err(SqliteError::Damaged(_)) if self.mentions_tables(sample.head()) => {
                return Detection::Log(FirstRows::default());
            }
            // New tables may be in the write-ahead log only.
            _ if !has_write_ahead_log(path) => {}
            _ => {
                let tables = open(path, SHORT_WAIT).and_then(|database| self.has_tables(&database));
                if tables.unwrap_or(false) {
                    return Detection::Log(FirstRows::default());
                }
            }
        }
        match sample.is_short() {
            true => Detection::NotYet,
            false => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(DatabaseReader {
            appended: self.appended,
            read: self.read,
            progress: Progress::default(),
            note: None,
            is_locked: false,
        }))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }
}

impl SqliteFormat {
    /// Whether the first pages of a database that cannot be opened define the tables.
    fn mentions_tables(&self, head: &[u8]) -> bool {
        let begins_with = |rest: &[u8], text: &str| {
            let start = rest.get(..text.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(text.as_bytes()))
        };
        let defined: Vec<&[u8]> = (0..head.len())
            .filter(|&at| begins_with(&head[at..], CREATE_TABLE))
            .map(|at| head[at + CREATE_TABLE.len()..].trim_ascii_start())
            .map(|name| name.strip_prefix(b"\"").unwrap_or(name))
            .collect();
        self.tables.iter().all(|table| {
            let mut defined = defined.iter();
            defined.any(|name| {
                let after = name.get(table.len());
                let is_whole =
                    after.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
                begins_with(name, table) && is_whole
            })
        })
    }

    fn has_tables(&self, database: &Database) -> Result<bool, SqliteError> {
        let tables = table_names(&database.connection)?;
        Ok(self.tables.iter().all(|table| tables.contains(*table)))
    }
}

#[derive(Debug)]
struct DatabaseReader {
    appended: Option<&'static str>,
    read: ReadRuns,
    progress: Progress,
    note: Option<String>,
    is_locked: bool,
}

impl WholeReader for DatabaseReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        store.hold_only_parts();
        self.progress = Progress::default();
        let result = self.runs(path, store, statistics);
        self.told(result).map(|_| ())
    }

    fn update(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<bool, FatalError> {
        if self.appended.is_none() {
            return Ok(false);
        }
        let result = self.runs(path, store, statistics);
        self.told(result)
    }

    fn companions(&self, path: &Path) -> Vec<PathBuf> {
        vec![write_ahead_log(path), journal(path)]
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    fn must_retry(&self) -> bool {
        self.is_locked
    }
}

impl DatabaseReader {
    /// Reads what is new. Returns false if everything must be read again.
    fn runs(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<bool, SqliteError> {
        let wait = match self.is_locked {
            true => SHORT_WAIT,
            false => LONG_WAIT,
        };
        let database = open(path, wait)?;
        let connection = &database.connection;
        if self.progress.is_incomplete {
            return Ok(false);
        }
        let last = self.progress.last_row;
        if let Some(table) = self.appended
            && last != i64::MIN
            && !has_row(connection, table, last)?
        {
            return Ok(false);
        }
        let result = (self.read)(connection, &mut self.progress, store, statistics);
        // A writer that came meanwhile may have changed the file while it was read without locks.
        if database.is_immutable && database.note.is_none() && has_write_ahead_log(path) {
            return Err(SqliteError::Locked);
        }
        let note = match result? {
            Outcome::Read(note) => note,
            Outcome::Outdated => return Ok(false),
        };
        let unreadable = match self.progress.unreadable {
            0 => None,
            1 => Some("1 row that cannot be read was left out".to_owned()),
            rows => Some(format!("{rows} rows that cannot be read were left out")),
        };
        let notes: Vec<String> = [database.note.map(str::to_owned), note, unreadable]
            .into_iter()
            .flatten()
            .collect();
        self.note = (!notes.is_empty()).then(|| notes.join("; "));
        Ok(true)
    }

    fn told(&mut self, result: Result<bool, SqliteError>) -> Result<bool, FatalError> {
        self.is_locked = matches!(&result, Err(error) if error.is_temporary());
        result.map_err(|error| FatalError(error.to_string()))
    }
}

/// Ids of runs that are unique and stay the same while runs are added: the name, and for a later run of
/// the same name a part of the logger's id.
#[derive(Debug, Default)]
pub(super) struct RunIds {
    used: HashSet<String>,
    /// By the logger's id.
    ids: HashMap<String, String>,
}

impl RunIds {
    /// The id of the run with this name and id of its logger.
    pub(super) fn id(&mut self, name: &str, logger_id: &str) -> &str {
        if !self.ids.contains_key(logger_id) {
            let id = self.unused(name, logger_id);
            self.used.insert(id.clone());
            self.ids.insert(logger_id.to_owned(), id);
        }
        &self.ids[logger_id]
    }

    fn unused(&self, name: &str, logger_id: &str) -> String {
        if name.is_empty() {
            return logger_id.to_owned();
        }
        let short: String = logger_id.chars().take(8).collect();
        let candidates = [name.to_owned(), format!("{name}-{short}")];
        let unused = candidates.into_iter().find(|id| !self.used.contains(id));
        unused.unwrap_or_else(|| format!("{name}-{logger_id}"))
    }
}
