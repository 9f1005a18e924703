use std::path::{Path, PathBuf};

use trainscape_run::{Source, SourceFormat, SourceState};

use crate::{
    batch::Tally,
    csv::CsvParser,
    jsonl::JsonlParser,
    parse::Parser,
    store::Store,
    tail::{Look, Tail},
    tensorboard::EventParser,
    wandb::WandbParser,
};

/// One log: a file, or all event files of a folder, and what they said.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) format: SourceFormat,
    files: Vec<LogFile>,
    pub(crate) store: Store,
    buffer: Option<usize>,
}

#[derive(Debug)]
struct LogFile {
    tail: Tail,
    parser: Box<dyn Parser>,
    tally: Tally,
    /// Why reading stopped for good, until the file is replaced.
    failed: Option<String>,
    gone: bool,
    /// True once everything that was there has been read.
    caught_up: bool,
}

/// What one turn of reading did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// Something that a snapshot shows has changed.
    pub(crate) changed: bool,
    /// There is more to read right away.
    pub(crate) more: bool,
}

impl Log {
    pub(crate) fn new(format: SourceFormat, buffer: Option<usize>) -> Self {
        Self {
            format,
            files: Vec::new(),
            store: Store::new(buffer),
            buffer,
        }
    }

    /// Adds a file unless it is there already; files are read in the order of their names.
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

    /// Reads one chunk of the first file that has something new.
    pub(crate) fn turn(&mut self) -> Turn {
        let mut turn = Turn::default();
        let mut index = 0;
        while let Some(file) = self.files.get_mut(index) {
            match file.turn(&mut self.store) {
                Step::Nothing => index += 1,
                Step::Changed => {
                    turn.changed = true;
                    index += 1;
                }
                Step::More => {
                    return Turn {
                        changed: true,
                        more: true,
                    };
                }
                Step::Restarted => {
                    self.restart();
                    turn.changed = true;
                    index = 0;
                }
            }
        }
        turn
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = Source> + '_ {
        self.files.iter().map(|file| file.source(self.format))
    }

    /// Bytes read and bytes there are.
    pub(crate) fn progress(&self) -> (u64, u64) {
        self.files.iter().fold((0, 0), |(done, total), file| {
            (
                done + file.tail.done(),
                total + file.tail.len().max(file.tail.done()),
            )
        })
    }
}

enum Step {
    Nothing,
    Changed,
    More,
    Restarted,
}

impl LogFile {
    fn new(path: PathBuf, format: SourceFormat) -> Self {
        let parser: Box<dyn Parser> = match format {
            SourceFormat::Wandb => Box::<WandbParser>::default(),
            SourceFormat::Tensorboard => Box::<EventParser>::default(),
            SourceFormat::Jsonl => Box::<JsonlParser>::default(),
            _ => Box::<CsvParser>::default(),
        };
        Self {
            tail: Tail::new(path),
            parser,
            tally: Tally::default(),
            failed: None,
            gone: false,
            caught_up: false,
        }
    }

    fn turn(&mut self, store: &mut Store) -> Step {
        let first = !self.caught_up && self.tail.done() == 0;
        match self.tail.look() {
            Look::Idle if first => {
                self.caught_up = true;
                Step::Changed
            }
            Look::Idle => Step::Nothing,
            Look::Restarted => Step::Restarted,
            Look::Gone if self.gone => Step::Nothing,
            Look::Gone => {
                self.gone = true;
                Step::Changed
            }
            Look::Failed(error) => {
                let reason = Some(format!("the file cannot be read: {error}"));
                if self.failed == reason {
                    Step::Nothing
                } else {
                    self.fail(reason)
                }
            }
            Look::Grown if self.failed.is_some() && self.tail.done() > 0 => Step::Nothing,
            Look::Grown => self.read(store),
        }
    }

    fn fail(&mut self, reason: Option<String>) -> Step {
        self.failed = reason;
        self.caught_up = true;
        Step::Changed
    }

    fn read(&mut self, store: &mut Store) -> Step {
        self.gone = false;
        let offset = self.tail.done();
        let chunk = match self.tail.read() {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Step::Nothing,
            Err(error) => return self.fail(Some(format!("the file cannot be read: {error}"))),
        };
        self.failed = None;
        let fed = self.parser.feed(&chunk, offset, store, &mut self.tally);
        let mut consumed = *fed.as_ref().unwrap_or(&chunk.len());
        self.caught_up = self.tail.caught_up();
        if self.caught_up && fed.is_ok() {
            let rest = &chunk[consumed..];
            let from = offset + consumed as u64;
            consumed += self.parser.caught_up(rest, from, store, &mut self.tally);
        }
        self.tail.give_back(chunk, consumed);
        match fed {
            Err(fatal) => self.fail(Some(fatal.0)),
            Ok(_) if self.caught_up => Step::Changed,
            Ok(_) => Step::More,
        }
    }

    fn source(&self, format: SourceFormat) -> Source {
        let mut notes = Vec::new();
        let unfinished = self.parser.unfinished(self.tail.unfinished());
        let state = if let Some(reason) = &self.failed {
            notes.push(reason.clone());
            SourceState::Failed
        } else {
            if self.gone {
                notes.push("the file is gone; what had been read is kept".to_owned());
            }
            if self.caught_up && self.tail.len() == 0 && !self.gone {
                notes.push("the file is empty".to_owned());
            }
            if self.tally.skipped > 0
                && let Some((offset, what)) = self.tally.first_damage
            {
                let records = if self.tally.skipped == 1 {
                    "1 damaged record was passed over".to_owned()
                } else {
                    format!(
                        "{} damaged records were passed over, the first",
                        self.tally.skipped
                    )
                };
                notes.push(format!("{records} at byte {offset}: {what}"));
            }
            if self.tally.text_cells > 0 {
                let cells = self.tally.text_cells;
                let plural = if cells == 1 { "cell" } else { "cells" };
                notes.push(format!(
                    "{cells} {plural} with text instead of a number left out"
                ));
            }
            if self.caught_up
                && let Some(what) = unfinished
            {
                notes.push(what.to_owned());
            }
            let whole =
                self.tally.skipped == 0 && !self.gone && (unfinished.is_none() || !self.caught_up);
            if whole && self.tail.len() > 0 {
                SourceState::Ok
            } else {
                SourceState::Partial
            }
        };
        Source {
            path: self.tail.path().to_owned(),
            format,
            bytes: self.tail.done(),
            state,
            records: self.tally.records,
            skipped: self.tally.skipped,
            note: notes.join("; "),
        }
    }
}
