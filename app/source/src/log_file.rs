use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Instant,
};

use regex::Regex;
use trainscape_run::{Source, SourceFormat, SourceState};

use crate::{
    damaged_region::DamagedRegion,
    encoding::{self, CUT_STREAM},
    left_out::LeftOut,
    limits,
    log_format::LogFormat,
    reader::{Reader, WholeReader},
    regular_file,
    rotation::reading_order,
    stamp::Stamp,
    statistics::ReadStatistics,
    store::Store,
    tail::{FileState, Tail},
    writers::Writers,
};

/// Bytes of a log that are read at once after it was replaced or rewritten: it takes about a second.
const READ_AGAIN_AT_ONCE: u64 = 256 << 20;

/// One log and its content. It consists of one file, or of several that are read in the order of their
/// names.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) format: &'static dyn LogFormat,
    files: Vec<LogFile>,
    pub(crate) store: Store,
    /// Whose run each of several files is.
    writers: Writers,
    /// What the log leaves out, summed over its runs when it is first asked for after a change.
    left_out: OnceLock<LeftOut>,
    buffer: Option<usize>,
    /// The user's pattern of lines.
    pattern: Option<Arc<Regex>>,
    /// True if a last line without its line end is not shown: its last number may still grow.
    only_whole_lines: bool,
}

#[derive(Debug)]
struct LogFile {
    tail: Tail,
    reader: Reader,
    /// The state of a file that is read as a whole, and of its companions, when it was read last.
    read_at: Vec<Option<Stamp>>,
    statistics: ReadStatistics,
    /// Bytes that the points of a compressed file take so far.
    point_bytes: u64,
    /// Why the file cannot be read any further, until it is replaced or changes where it failed.
    failed: Option<String>,
    damaged: Option<DamagedRegion>,
    /// What is wrong at the end of a compressed file that is read as a whole.
    defect: Option<String>,
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
    pub(crate) fn new(
        format: &'static dyn LogFormat,
        buffer: Option<usize>,
        pattern: Option<Arc<Regex>>,
        only_whole_lines: bool,
    ) -> Self {
        Self {
            pattern,
            only_whole_lines,
            format,
            files: Vec::new(),
            store: Store::new(buffer),
            writers: Writers::default(),
            left_out: OnceLock::new(),
            buffer,
        }
    }

    /// Adds a file unless it was added before.
    pub(crate) fn add_file(&mut self, path: &Path) -> bool {
        match self
            .files
            .binary_search_by(|file| reading_order(file.tail.path(), path))
        {
            Ok(_) => false,
            Err(at) => {
                let in_the_middle = at < self.files.len();
                self.files.insert(
                    at,
                    LogFile::new(path.to_owned(), self.format, self.pattern.as_deref()),
                );
                let files: Vec<&Path> = self.files.iter().map(|file| file.tail.path()).collect();
                let is_other = self.writers.assign(&files, self.format);
                if in_the_middle || is_other {
                    self.restart();
                }
                true
            }
        }
    }

    /// Forgets the files and what was read from them.
    pub(crate) fn close(&mut self) {
        self.store = Store::new(self.buffer);
        self.left_out = OnceLock::new();
        self.files = Vec::new();
        self.writers = Writers::default();
    }

    /// True if what was read of a file is to be compared with it, because it changed.
    pub(crate) fn is_suspect(&self) -> bool {
        self.files.iter().any(|file| file.tail.is_suspect())
    }

    /// Compares what was read with the files, until `deadline`. Returns true if one of them was rewritten in place: all
    /// are read again.
    pub(crate) fn find_rewritten(&mut self, deadline: Instant) -> bool {
        let mut suspects = self.files.iter_mut().filter(|file| file.tail.is_suspect());
        suspects.any(|file| file.tail.find_rewritten(deadline))
    }

    fn restart(&mut self) {
        self.store = Store::new(self.buffer);
        self.left_out = OnceLock::new();
        self.writers.forget_points();
        for file in &mut self.files {
            let path = file.tail.path().to_owned();
            *file = LogFile::new(path, self.format, self.pattern.as_deref());
        }
    }

    /// Reads one chunk of the first file with unread content.
    pub(crate) fn read_chunk(&mut self) -> ReadOutcome {
        let outcome = self.read_next();
        self.left_out = OnceLock::new();
        if self.only_whole_lines {
            self.store.set_provisional(None);
        }
        outcome
    }

    fn read_next(&mut self) -> ReadOutcome {
        let mut outcome = self.read_files(false);
        while outcome.changed && !outcome.more && self.files.len() > 1 {
            let files: Vec<&Path> = self.files.iter().map(|file| file.tail.path()).collect();
            if !self.writers.divide(&files, self.format, &self.store) {
                break;
            }
            self.restart();
            outcome = ReadOutcome {
                changed: true,
                ..self.read_files(true)
            };
        }
        outcome
    }

    fn read_files(&mut self, mut is_restarted: bool) -> ReadOutcome {
        let mut outcome = ReadOutcome::default();
        let mut index = 0;
        while index < self.files.len() {
            match self.read_file(index) {
                FileOutcome::Unchanged => index += 1,
                FileOutcome::Changed => {
                    outcome.changed = true;
                    index += 1;
                }
                // What is shown already would be gone until it is read again.
                FileOutcome::More if is_restarted && self.progress().0 < READ_AGAIN_AT_ONCE => {}
                FileOutcome::More => {
                    return ReadOutcome {
                        changed: true,
                        more: true,
                    };
                }
                FileOutcome::Restarted => {
                    self.writers = Writers::default();
                    self.restart();
                    is_restarted = true;
                    outcome.changed = true;
                    index = 0;
                }
            }
        }
        outcome
    }

    /// Reads one chunk of a file into the run to which it belongs.
    fn read_file(&mut self, index: usize) -> FileOutcome {
        let are_several = self.files.len() > 1;
        let file = &mut self.files[index];
        let path = file.tail.path().to_owned();
        let store = match self.writers.part(&path) {
            Some(part) => self.store.part(part),
            None => &mut self.store,
        };
        if !are_several || self.format.writer(&path).is_none() {
            return file.read_chunk(store);
        }
        let before = store.lens();
        let outcome = file.read_chunk(store);
        self.writers.note(&path, &before, store);
        outcome
    }

    /// The files of the log's own run.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Source> + '_ {
        self.sources_of(None)
    }

    /// The files of a run inside the log.
    pub(crate) fn sources_of_part(&self, part: &str) -> Vec<Source> {
        let of_files = self.writers.has_part(part).then_some(part);
        self.sources_of(of_files).collect()
    }

    fn sources_of<'a>(&'a self, part: Option<&'a str>) -> impl Iterator<Item = Source> + 'a {
        let format = self.format.source_format();
        let left_out = *self.left_out.get_or_init(|| self.store.left_out());
        let is_of_part = move |file: &&LogFile| self.writers.part(file.tail.path()) == part;
        let files = self.files.iter().filter(is_of_part);
        // What the log leaves out is not counted by file: its first file tells.
        files.enumerate().map(move |(index, file)| {
            let left_out = if index == 0 {
                left_out
            } else {
                LeftOut::default()
            };
            let source = file.source(format, left_out, self.store.has_provisional());
            let of_store = self.store.steps_count.map(Cow::Borrowed);
            Source {
                steps_count: source.steps_count.or(of_store),
                ..source
            }
        })
    }

    /// All files that are read, and the companions whose changes matter.
    pub(crate) fn watched(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.files.iter().flat_map(|file| {
            let path = file.tail.path();
            let companions = match &file.reader {
                Reader::Whole(reader) => reader.companions(path),
                Reader::Stream(_) => Vec::new(),
            };
            companions.into_iter().chain([path.to_owned()])
        })
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

/// The states of a file that is read as a whole, and of its companions.
fn stamps(reader: &dyn WholeReader, path: &Path) -> Vec<Option<Stamp>> {
    let companions = reader.companions(path);
    std::iter::once(path)
        .chain(companions.iter().map(PathBuf::as_path))
        .map(|path| Stamp::at(path).ok())
        .collect()
}

/// What is told of a compressed file whose points take more than `most` bytes, after `records` of them.
fn points_beyond(most: u64, records: u64) -> String {
    format!(
        "its points take more than {} MB of memory, which is implausible for a compressed log of its size: the first \
         {records} records were read; decompress it to read all",
        most / 1_000_000
    )
}

/// What is wrong at the end of a file, if it is compressed: its reader took what could be decoded for the whole.
fn defect_of_compressed(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    if encoding::without_compression(name) == name {
        return None;
    }
    let file = regular_file::open(path).ok()?;
    encoding::defect_of_stream(file, limits::DECOMPRESSED.bytes)
}

enum FileOutcome {
    Unchanged,
    Changed,
    More,
    Restarted,
}

impl LogFile {
    fn new(path: PathBuf, format: &dyn LogFormat, pattern: Option<&Regex>) -> Self {
        let of_pattern = pattern.and_then(|pattern| format.reader_of_pattern(pattern));
        Self {
            reader: of_pattern.unwrap_or_else(|| format.reader(&path)),
            read_at: Vec::new(),
            tail: Tail::new(path),
            statistics: ReadStatistics::default(),
            point_bytes: 0,
            failed: None,
            damaged: None,
            defect: None,
            removed: false,
            caught_up: false,
        }
    }

    fn read_chunk(&mut self, store: &mut Store) -> FileOutcome {
        match self.reader {
            Reader::Stream(_) => self.read_stream(store),
            Reader::Whole(_) => self.read_whole(store),
        }
    }

    /// Reads a file that changes in place, if it changed.
    fn read_whole(&mut self, store: &mut Store) -> FileOutcome {
        let Reader::Whole(reader) = &mut self.reader else {
            return FileOutcome::Unchanged;
        };
        let path = self.tail.path().to_owned();
        let now = stamps(reader.as_ref(), &path);
        match self.tail.check() {
            FileState::Removed if self.removed => return FileOutcome::Unchanged,
            FileState::Removed => {
                self.removed = true;
                self.read_at.clear();
                return FileOutcome::Changed;
            }
            _ if self.read_at == now => return FileOutcome::Unchanged,
            _ => {}
        }
        let is_same_file = match (self.read_at.first(), now.first()) {
            (Some(Some(before)), Some(Some(now))) => before.identity == now.identity,
            _ => false,
        };
        let is_known = self.failed.is_none() && is_same_file;
        let updated = match is_known {
            true => reader.update(&path, store, &mut self.statistics),
            false => Ok(false),
        };
        let result = match updated {
            Ok(false) => {
                let mut statistics = ReadStatistics::default();
                let mut content = Store::new(store.buffer());
                let result = reader.read(&path, &mut content, &mut statistics);
                if result.is_ok() {
                    *store = content;
                    self.statistics = statistics;
                }
                result
            }
            updated => updated.map(|_| ()),
        };
        // Without a known state it is read again although nothing changed.
        self.read_at = match reader.must_retry() {
            true => Vec::new(),
            false => now,
        };
        self.tail.skip_to_end();
        self.removed = false;
        self.defect = defect_of_compressed(&path);
        match result {
            Err(fatal) if self.failed.as_ref() == Some(&fatal.0) => FileOutcome::Unchanged,
            result => self.fail(result.err().map(|fatal| fatal.0)),
        }
    }

    fn read_stream(&mut self, store: &mut Store) -> FileOutcome {
        let first = !self.caught_up && self.tail.done() == 0;
        let state = self.tail.check();
        let (path, stamp) = (self.tail.path(), self.tail.stamp());
        let damaged = self.damaged.as_mut();
        if damaged.is_some_and(|region| region.has_changed(path, stamp)) {
            return FileOutcome::Restarted;
        }
        match state {
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
        let Reader::Stream(parser) = &mut self.reader else {
            return FileOutcome::Unchanged;
        };
        let offset = self.tail.position();
        let (starts_at, skipped) = (self.tail.done(), self.statistics.skipped);
        let chunk = match self.tail.read() {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return FileOutcome::Unchanged,
            Err(error) => return self.fail(Some(format!("the file cannot be read: {error}"))),
        };
        self.failed = None;
        let most = self.tail.most_point_bytes();
        let before = most.map_or(0, |_| store.memory());
        let fed = parser.feed(&chunk, offset, store, &mut self.statistics);
        let mut consumed = *fed.as_ref().unwrap_or(&chunk.len());
        self.caught_up = self.tail.caught_up();
        if self.caught_up && fed.is_ok() {
            let rest = &chunk[consumed..];
            let from = offset + consumed as u64;
            consumed += parser.caught_up(rest, from, store, &mut self.statistics);
        }
        if parser.must_restart() {
            return FileOutcome::Restarted;
        }
        if self.tail.is_plain() && (fed.is_err() || self.statistics.skipped > skipped) {
            let stamp = self.tail.stamp();
            self.damaged = Some(DamagedRegion::new(starts_at, &chunk, stamp));
        }
        self.tail.give_back(chunk, consumed);
        if let Some(most) = most {
            self.point_bytes += store.memory().saturating_sub(before);
            if self.point_bytes > most {
                return self.fail(Some(points_beyond(most, self.statistics.records)));
            }
        }
        match fed {
            Err(fatal) => self.fail(Some(fatal.0)),
            Ok(_) if self.caught_up => FileOutcome::Changed,
            Ok(_) => FileOutcome::More,
        }
    }

    fn source(&self, format: SourceFormat, left_out: LeftOut, has_open_row: bool) -> Source {
        let incomplete = match &self.reader {
            Reader::Stream(parser) => parser.unfinished(self.tail.unfinished()),
            Reader::Whole(_) => None,
        };
        // A stream that is cut leaves an incomplete line, too: the cut is the reason.
        let incomplete = match self.tail.is_cut() {
            true => Some(CUT_STREAM),
            false => incomplete
                .filter(|_| self.caught_up)
                .or(self.defect.as_deref()),
        };
        let steps_count = match &self.reader {
            Reader::Stream(parser) => parser.steps_count(),
            Reader::Whole(_) => None,
        };
        let (state, note) = match &self.failed {
            Some(reason) => (SourceState::Failed, reason.clone()),
            None => {
                let is_whole = self.statistics.is_whole()
                    && !left_out.exceeds_keys()
                    && !self.removed
                    && incomplete.is_none();
                let state = if is_whole && self.tail.len() > 0 {
                    SourceState::Ok
                } else {
                    SourceState::Partial
                };
                (state, self.notes(incomplete, left_out).join("; "))
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
            steps_count,
            has_open_row: has_open_row && !self.tail.unfinished().trim_ascii().is_empty(),
        }
    }

    /// What was skipped or is missing, one sentence each.
    fn notes(&self, incomplete: Option<&str>, left_out: LeftOut) -> Vec<String> {
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
        if self.statistics.unchecked > 0 {
            let records = match self.statistics.unchecked {
                1 => "1 record was".to_owned(),
                records => format!("{records} records were"),
            };
            notes.push(format!("{records} read although the checksum is missing"));
        }
        if self.statistics.without_step > 0 {
            let rows = match self.statistics.without_step {
                1 => "1 row was left out: its".to_owned(),
                rows => format!("{rows} rows were left out: their"),
            };
            notes.push(format!("{rows} step is missing or cannot be read"));
        }
        notes.extend(self.statistics.left_out());
        notes.extend(left_out.notes());
        notes.extend(incomplete.map(str::to_owned));
        if let Reader::Whole(reader) = &self.reader {
            notes.extend(reader.note().map(str::to_owned));
        }
        notes
    }
}
