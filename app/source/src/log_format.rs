use std::{
    fmt::Debug,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

use regex::Regex;
use trainscape_run::{SourceContent, SourceFormat};

use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles},
    key_naming::KeyNaming,
    reader::Reader,
    sample::Sample,
    search::Search,
};

/// A format of logs. A new one takes a file with its implementation and a line in
/// [`LOG_FORMATS`](crate::formats::LOG_FORMATS).
pub(crate) trait LogFormat: Debug + Sync {
    /// The name that `inspect` prints; unique among all formats.
    fn name(&self) -> &'static str;

    /// The name in messages.
    fn title(&self) -> &'static str;

    /// If two logs of a run contain equally many points of a key, the log of the lower rank is used: its
    /// format is more complete (wall time, full precision).
    fn rank(&self) -> u8;

    /// True if the format's logs only complete others: they print what another logger of the run records, too.
    fn is_fallback(&self) -> bool {
        false
    }

    /// True if the format's logs hold what a training reached and nothing of how it went.
    fn holds_last_values(&self) -> bool {
        false
    }

    /// True if the file is of this format by its name (in lower case) alone, regardless of its content: its
    /// parser reports errors.
    fn is_certain_from_name(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// True if a file of a certain name is no log before its first rows are there: until then, the one that it replaces is.
    fn waits_for_rows(&self, _path: &Path) -> bool {
        false
    }

    /// True if the file is of this format by its place among other files of the logger, whatever other
    /// format its content has.
    fn is_certain_from_place(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// True if the files are tables, which may hold results of trainings as well as trainings.
    fn is_of_tables(&self) -> bool {
        false
    }

    /// True if several logs of a folder may hold the same runs: what they hold of one is one run.
    fn has_parts_of_others(&self) -> bool {
        false
    }

    /// Detects the format from the file's name and first bytes.
    fn detect(&self, sample: &Sample<'_>) -> Detection;

    /// Detects a log in a file of arrays, which is read as arrays in any case.
    fn detect_in_arrays(&self, path: &Path) -> Detection {
        let _ = path;
        Detection::No
    }

    /// Why a log is left out although its format is known: another file holds the same, its run was deleted. `None` if it
    /// is not.
    fn why_left_out(&self, path: &Path) -> Option<&'static str> {
        let _ = path;
        None
    }

    /// A new reader of the file at `path`.
    fn reader(&self, path: &Path) -> Reader;

    /// Detects a log whose lines match the user's pattern.
    fn detect_pattern(&self, sample: &Sample<'_>, pattern: &Regex) -> Detection {
        let _ = (sample, pattern);
        Detection::No
    }

    /// A new reader of lines that match the user's pattern.
    fn reader_of_pattern(&self, pattern: &Regex) -> Option<Reader> {
        let _ = pattern;
        None
    }

    /// The folder whose run the file belongs to; [`LogFormat::group`] is called for each.
    fn folder_of<'a>(&self, path: &'a Path) -> &'a Path {
        path.parent().unwrap_or(path)
    }

    /// True if the file `name` is read even in folders that are searched for something else.
    fn is_read_within(&self, search: Search, name: &str) -> bool {
        let _ = (search, name);
        false
    }

    /// Who wrote the file, if the logger names that: files of one log that were written at the same time may be those of
    /// several trainings.
    fn writer(&self, path: &Path) -> Option<Writer> {
        let _ = path;
        None
    }

    /// The id of the run that wrote the file, if the logger gives runs ids: files with one id are one run.
    fn run_id(&self, path: &Path) -> Option<RunId> {
        let _ = path;
        None
    }

    /// How the keys of a folder's log are named in the run of the folder above, if it is a part of that run.
    fn naming_in_run_above(&self, nested: &NestedLog<'_>) -> Option<KeyNaming> {
        let _ = nested;
        None
    }

    /// Sorts the files of this format in one folder into logs and runs.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles>;

    /// The run's folder, if `folder` is one that the logger creates for its files inside the run's folder.
    fn run_folder<'a>(&self, folder: &'a Path) -> Option<&'a Path> {
        let _ = folder;
        None
    }

    /// What the folder at `below`, a path from that of the log, holds of the same trainer; `None` if it is none of its.
    fn companion(&self, below: &Path) -> Option<Companion> {
        let _ = below;
        None
    }

    /// True for a folder in which the logger keeps what a run printed: the run has the name of the folder above.
    fn is_output_folder(&self, folder: &Path) -> bool {
        let _ = folder;
        false
    }

    /// True if trainers write logs of this format beside others of their own.
    fn accompanies(&self) -> bool {
        false
    }

    /// The configuration file that the logger writes for the log at `place`.
    fn config_file(&self, place: &Path) -> Option<PathBuf> {
        let _ = place;
        None
    }

    /// What to search for in the folder `name` inside `parent`, if the logger creates such folders.
    fn search_in(&self, parent: &Path, name: &str) -> Option<Search> {
        let _ = (parent, name);
        None
    }
}

/// The result of detecting one format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Detection {
    /// A log of the format.
    Log(FirstRows),
    /// It may become a log of the format: detect again when it has grown.
    NotYet,
    /// Not a log of the format.
    No,
}

/// What a folder of a trainer below that of a run holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Companion {
    /// What the run printed, in whatever format.
    Output,
    /// Events of one start: those of the last one are the run's.
    LastStart,
    /// Events of a training: several such folders are several runs.
    OnlyStart,
}

/// What the name of a file says of its writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Writer {
    /// The machine.
    pub(crate) host: String,
    /// The machine and the process.
    pub(crate) process: String,
    /// These, and when the file was begun.
    pub(crate) file: String,
    /// When the file was begun, since the Unix epoch.
    pub(crate) begun_secs: Option<u64>,
}

/// The id of a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunId {
    pub(crate) id: String,
    /// The folder in which the id is unique; `None` if it is everywhere.
    pub(crate) scope: Option<PathBuf>,
}

/// A log in a folder below that of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NestedLog<'a> {
    /// Path of the folder below that of the run; mostly one name.
    pub(crate) folder: &'a str,
    /// Keys of the log's first rows.
    pub(crate) keys: &'a [String],
    /// True if the folder above has a log of the format.
    pub(crate) has_log_above: bool,
    /// Names of the folders beside it that have logs of the format.
    pub(crate) beside: &'a [&'a str],
}

impl dyn LogFormat {
    pub(crate) fn source_format(&self) -> SourceFormat {
        SourceFormat {
            name: self.name(),
            content: SourceContent::Records,
        }
    }
}

impl PartialEq for dyn LogFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for dyn LogFormat {}

impl Hash for dyn LogFormat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}
