use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::{
    error::SqliteError,
    open::{MAGIC, has_write_ahead_log, journal, open, write_ahead_log},
    tables::table_names,
};
use crate::{
    grouping::{FolderFile, LogFiles, one_run_per_file},
    log_format::{Detection, FirstRows, LogFormat},
    parse::FatalError,
    reader::{Reader, WholeReader},
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// Adds the runs of a database to the store. Returns a note on what was left out.
type ReadRuns =
    fn(&Connection, &mut Store, &mut ReadStatistics) -> Result<Option<String>, SqliteError>;

/// Runs that a logger stores in an SQLite database.
#[derive(Debug)]
pub(crate) struct SqliteFormat {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) rank: u8,
    /// Tables that only this logger's databases have, all of them.
    pub(super) tables: &'static [&'static str],
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
        let tables = open(sample.path()).and_then(|database| table_names(&database.connection));
        match tables {
            Ok(tables) if self.tables.iter().all(|table| tables.contains(*table)) => {
                Detection::Log(FirstRows::default())
            }
            Ok(_) if sample.is_short() => Detection::NotYet,
            Err(error) if error.is_temporary() => Detection::NotYet,
            _ => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(DatabaseReader {
            read: self.read,
            note: None,
            is_locked: false,
        }))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }
}

#[derive(Debug)]
struct DatabaseReader {
    read: ReadRuns,
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
        let result = self.runs(path, store, statistics);
        self.is_locked = matches!(&result, Err(error) if error.is_temporary());
        result.map_err(|error| FatalError(error.to_string()))
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
    fn runs(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), SqliteError> {
        let database = open(path)?;
        let result = (self.read)(&database.connection, store, statistics);
        // A writer that came meanwhile may have changed the file while it was read without locks.
        if database.is_immutable && database.note.is_none() && has_write_ahead_log(path) {
            return Err(SqliteError::Locked);
        }
        let note = result?;
        let notes: Vec<String> = [database.note.map(str::to_owned), note]
            .into_iter()
            .flatten()
            .collect();
        self.note = (!notes.is_empty()).then(|| notes.join("; "));
        Ok(())
    }
}

/// Ids of runs that are unique and stay the same while runs are added: the name, and for a later run of
/// the same name a part of the logger's id.
#[derive(Debug, Default)]
pub(super) struct RunIds {
    used: HashSet<String>,
}

impl RunIds {
    pub(super) fn id(&mut self, name: &str, logger_id: &str) -> String {
        if name.is_empty() {
            return logger_id.to_owned();
        }
        let short: String = logger_id.chars().take(8).collect();
        let candidates = [
            name.to_owned(),
            format!("{name}-{short}"),
            format!("{name}-{logger_id}"),
        ];
        for id in candidates {
            if self.used.insert(id.clone()) {
                return id;
            }
        }
        logger_id.to_owned()
    }
}
