use std::sync::Arc;

use crate::Run;

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
    /// Progress of reading.
    pub progress: Progress,
    /// Increases with every published change.
    pub generation: u64,
}
