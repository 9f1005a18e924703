use std::{borrow::Cow, path::PathBuf};

use serde::{Serialize, Serializer};

/// The format of one source file. Every format is described by the code that reads it; nothing here
/// has to change for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceFormat {
    /// The name that `inspect` prints: `wandb`, `npz`.
    pub name: &'static str,
    /// The content of a file of this format.
    pub content: SourceContent,
}

/// The content of a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceContent {
    /// Log records: lines, rows or messages.
    Records,
    /// Any number of named arrays.
    Arrays,
    /// A single array, named after the file.
    OneArray,
    /// A figure or a point cloud.
    Figure,
}

impl Serialize for SourceFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// How far a source could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// The whole file could be read.
    Ok,
    /// Something was skipped or is incomplete; `note` describes it.
    Partial,
    /// The file cannot be read any further; `note` is the reason.
    Failed,
}

/// Written by the reader of W&B's records where these end within a record and the run's summary says more.
pub const CUT_BESIDE_SUMMARY: &str = "the last record is incomplete; single values at the last step are from files/wandb-summary.json";

/// One file that a run was read from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// The file.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// Its format.
    pub format: SourceFormat,
    /// Bytes read so far.
    pub bytes: u64,
    /// How far it could be read.
    pub state: SourceState,
    /// Records read so far (lines, rows or log records).
    pub records: u64,
    /// Damaged records that were skipped.
    pub skipped: u64,
    /// What was skipped or went wrong, in one sentence; otherwise empty.
    pub note: String,
    /// What its steps count, where that is known and no series shows it: `epoch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_count: Option<Cow<'static, str>>,
    /// The last row has no line end, so that its last number may still grow.
    #[serde(skip)]
    pub has_open_row: bool,
}
