use std::{path::PathBuf, sync::Arc};

use serde::Serialize;

use crate::Run;

/// A file that looks like a log, an array or a checkpoint, and was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// The file.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// What it looks like: `log`, `array`, `checkpoint`, `archive`, or [`Self::COPY`].
    pub kind: &'static str,
    /// Why it was not read and what to do, in one sentence.
    pub why: String,
}

impl Unread {
    /// The kind of files that are not read because a file that is read has the same bytes: nothing is missing.
    pub const COPY: &'static str = "copy";
}

/// Progress of reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes_done: u64,
    /// Bytes of all files found so far.
    pub bytes_total: u64,
    /// Files found.
    pub files: usize,
    /// True once everything that existed at the start has been read.
    pub caught_up: bool,
}

/// All runs at one point in time. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The runs, in the order in which they were first found: colours depend on it.
    pub runs: Vec<Arc<Run>>,
    /// What was skipped while searching for runs, one sentence each.
    pub warnings: Vec<String>,
    /// Files that look like logs, arrays or checkpoints and were not read, by path.
    pub unread: Arc<[Unread]>,
    /// Progress of reading.
    pub progress: Progress,
    /// Increases with every published change.
    pub generation: u64,
}
