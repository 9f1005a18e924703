use std::path::{Path, PathBuf};

use trainscape_run::{Source, SourceFormat, SourceState};

use crate::{
    log_format::LogFormat,
    parse::Parser,
    statistics::ReadStatistics,
    store::Store,
    tail::{FileState, Tail},
};

/// One log and its content. It consists of one file, or of several that are read in the order of their
/// names.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) format: &'static dyn LogFormat,
    files: Vec<LogFile>,
    pub(crate) store: Store,
    buffer: Option<usize>,
}

#[derive(Debug)]
struct LogFile {
    tail: Tail,
    parser: Box<dyn Parser>,
    statistics: ReadStatistics,
    /// Why the file cannot be read any further, until it is replaced.
    failed: Option<String>,
    removed: bool,
    /// True once the whole file has been read.
    caught_up: bool,
}

/// The result of reading one chunk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReadOutcome {
    /// Something that a snapshot shows has changed.
    pub(crate) changed: bool,
    /// More can be read immediately.
    pub(crate) more: bool,
}

impl Log {
    pub(crate) fn new(format: &'static dyn LogFormat, buffer: Option<usize>) -> Self {
        Self {
            format,
            files: Vec::new(),
            store: Store::new(buffer),
            buffer,
        }
    }

    /// Adds a file unless it was added before.
    pub(crate) fn add_file(&mut self, path: &Path) -> bool {
        match self
            .files
            .binary_search_by(|file| file.tail.path().cmp(path))
        {
            Ok(_) => false,
            Err(at) => {
                let in_the_middle = at < self.files.len();
                self.files
                    .insert(at, LogFile::new(path.to_owned(), self.format));
                if in_the_middle {
                    self.restart();
                }
                true
            }
        }
    }

    fn restart(&mut self) {
        self.store = Store::new(self.buffer);
        for file in &mut self.files {
            let path = file.tail.path().to_owned();
            *file = LogFile::new(path, self.format);
        }
    }

    /// Reads one chunk of the first file with unread content.
    pub(crate) fn read_chunk(&mut self) -> ReadOutcome {
        let mut outcome = ReadOutcome::default();
        let mut index = 0;
        while let Some(file) = self.files.get_mut(index) {
            match file.read_chunk(&mut self.store) {
                FileOutcome::Unchanged => index += 1,
                FileOutcome::Changed => {
                    outcome.changed = true;
                    index += 1;
                }
                FileOutcome::More => {
                    return ReadOutcome {
                        changed: true,
                        more: true,
                    };
                }
                FileOutcome::Restarted => {
                    self.restart();
                    outcome.changed = true;
                    index = 0;
                }
            }
        }
        outcome
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = Source> + '_ {
        let format = self.format.source_format();
        self.files.iter().map(move |file| file.source(format))
    }

    /// Bytes read and total bytes.
    pub(crate) fn progress(&self) -> (u64, u64) {
        self.files.iter().fold((0, 0), |(done, total), file| {
            (
                done + file.tail.done(),
                total + file.tail.len().max(file.tail.done()),
            )
        })
    }
}

enum FileOutcome {
    Unchanged,
    Changed,
    More,
    Restarted,
}

impl LogFile {
    fn new(path: PathBuf, format: &dyn LogFormat) -> Self {
        Self {
            tail: Tail::new(path),
            parser: format.parser(),
            statistics: ReadStatistics::default(),
            failed: None,
            removed: false,
            caught_up: false,
        }
    }

    fn read_chunk(&mut self, store: &mut Store) -> FileOutcome {
        let first = !self.caught_up && self.tail.done() == 0;
        match self.tail.check() {
            FileState::Unchanged if first => {
                self.caught_up = true;
                FileOutcome::Changed
            }
            FileState::Unchanged => FileOutcome::Unchanged,
            FileState::Restarted => FileOutcome::Restarted,
            FileState::Removed if self.removed => FileOutcome::Unchanged,
            FileState::Removed => {
                self.removed = true;
                FileOutcome::Changed
            }
            FileState::Failed(error) => {
                let reason = Some(format!("the file cannot be read: {error}"));
                if self.failed == reason {
                    FileOutcome::Unchanged
                } else {
                    self.fail(reason)
                }
            }
            FileState::Grown if self.failed.is_some() && self.tail.done() > 0 => {
                FileOutcome::Unchanged
            }
            FileState::Grown => self.read(store),
        }
    }

    fn fail(&mut self, reason: Option<String>) -> FileOutcome {
        self.failed = reason;
        self.caught_up = true;
        FileOutcome::Changed
    }

    fn read(&mut self, store: &mut Store) -> FileOutcome {
        self.removed = false;
        let offset = self.tail.done();
        let chunk = match self.tail.read() {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return FileOutcome::Unchanged,
            Err(error) => return self.fail(Some(format!("the file cannot be read: {error}"))),
        };
        self.failed = None;
        let fed = self
            .parser
            .feed(&chunk, offset, store, &mut self.statistics);
        let mut consumed = *fed.as_ref().unwrap_or(&chunk.len());
        self.caught_up = self.tail.caught_up();
        if self.caught_up && fed.is_ok() {
            let rest = &chunk[consumed..];
            let from = offset + consumed as u64;
            consumed += self
                .parser
                .caught_up(rest, from, store, &mut self.statistics);
        }
        self.tail.give_back(chunk, consumed);
        match fed {
            Err(fatal) => self.fail(Some(fatal.0)),
            Ok(_) if self.caught_up => FileOutcome::Changed,
            Ok(_) => FileOutcome::More,
        }
    }

    fn source(&self, format: SourceFormat) -> Source {
        let incomplete = self.parser.unfinished(self.tail.unfinished());
        let incomplete = incomplete.filter(|_| self.caught_up);
        let (state, note) = match &self.failed {
            Some(reason) => (SourceState::Failed, reason.clone()),
            None => {
                let is_whole =
                    self.statistics.skipped == 0 && !self.removed && incomplete.is_none();
                let state = if is_whole && self.tail.len() > 0 {
                    SourceState::Ok
                } else {
                    SourceState::Partial
                };
                (state, self.notes(incomplete).join("; "))
            }
        };
        Source {
            path: self.tail.path().to_owned(),
            format,
            bytes: self.tail.done(),
            state,
            records: self.statistics.records,
            skipped: self.statistics.skipped,
            note,
        }
    }

    /// What was skipped or is missing, one sentence each.
    fn notes(&self, incomplete: Option<&str>) -> Vec<String> {
        let mut notes = Vec::new();
        if self.removed {
            notes.push("the file was removed; what had been read is kept".to_owned());
        }
        if self.caught_up && self.tail.len() == 0 && !self.removed {
            notes.push("the file is empty".to_owned());
        }
        if let Some((offset, reason)) = self.statistics.first_damage {
            let records = match self.statistics.skipped {
                1 => "1 damaged record was skipped".to_owned(),
                skipped => format!("{skipped} damaged records were skipped, the first"),
            };
            notes.push(format!("{records} at byte {offset}: {reason}"));
        }
        if self.statistics.text_cells > 0 {
            let cells = self.statistics.text_cells;
            let plural = if cells == 1 { "cell" } else { "cells" };
            notes.push(format!(
                "{cells} {plural} with text instead of a number skipped"
            ));
        }
        notes.extend(incomplete.map(str::to_owned));
        notes
    }
}
