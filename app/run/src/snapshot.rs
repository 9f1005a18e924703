use std::sync::Arc;

use crate::Run;

/// How far opening has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes_done: u64,
    /// Bytes there are, as far as discovery knows.
    pub bytes_total: u64,
    /// Files found.
    pub files: usize,
    /// True once everything that was there at the start has been read.
    pub caught_up: bool,
}

/// All runs at one moment. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The runs, in the order in which they were first found: colours depend on it.
    pub runs: Vec<Arc<Run>>,
    /// What was left out while looking for runs, one sentence each.
    pub warnings: Vec<String>,
    /// How far opening has got.
    pub progress: Progress,
    /// Grows with every published change.
    pub generation: u64,
}
