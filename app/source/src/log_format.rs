use std::{
    fmt::Debug,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

use trainscape_run::{SourceContent, SourceFormat};

use crate::{
    grouping::{FolderFile, LogFiles},
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

    /// True if the file is of this format by its name (in lower case) alone, regardless of its content: its
    /// parser reports errors.
    fn is_certain_from_name(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// True if the file is of this format by its place among other files of the logger, whatever other
    /// format its content has.
    fn is_certain_from_place(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// Detects the format from the file's name and first bytes.
    fn detect(&self, sample: &Sample<'_>) -> Detection;

    /// A new reader of the file at `path`.
    fn reader(&self, path: &Path) -> Reader;

    /// The folder whose run the file belongs to; [`LogFormat::group`] is called for each.
    fn folder_of<'a>(&self, path: &'a Path) -> &'a Path {
        path.parent().unwrap_or(path)
    }

    /// Sorts the files of this format in one folder into logs and runs.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles>;

    /// The run's folder, if `folder` is one that the logger creates for its files inside the run's folder.
    fn run_folder<'a>(&self, folder: &'a Path) -> Option<&'a Path> {
        let _ = folder;
        None
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

/// What the first rows of a table hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FirstRows {
    /// The keys of their numbers; for events, the tags.
    pub(crate) keys: Vec<String>,
    /// Hashes of the step, the key and the value of the numbers, row by row.
    pub(crate) cells: Vec<Vec<u64>>,
}

impl FirstRows {
    pub(crate) fn of_keys(keys: Vec<String>) -> Self {
        Self {
            keys,
            cells: Vec::new(),
        }
    }
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
