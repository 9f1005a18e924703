use std::{fmt::Debug, path::Path};

use trainscape_run::{Plot, SourceContent, SourceFormat};

use crate::{
    json::Json,
    limits::{FIGURE, Limits},
};

/// A format of figures. A new one takes a file with its implementation and a line in
/// [`MEDIA_FORMATS`](super::formats::MEDIA_FORMATS).
pub(crate) trait MediaFormat: Debug + Sync {
    /// The name that `inspect` prints.
    fn name(&self) -> &'static str;

    /// Ending of the files' names, in lower case and with the dot.
    fn ending(&self) -> &'static str;

    /// The folder below `media` in which W&B stores such files, in lower case.
    fn folder(&self) -> &'static str;

    /// Largest file that is read.
    fn limits(&self) -> Limits {
        FIGURE
    }

    /// True if files of this ending are figures only in W&B's folder of them, or where the user names one: elsewhere they are
    /// what was exported from runs.
    fn is_only_in_its_folder(&self) -> bool {
        false
    }

    /// Whether the file is of this format, from its first bytes; if it is not, a reason that continues its name.
    fn check(&self, path: &Path) -> Result<(), String> {
        let _ = path;
        Ok(())
    }

    /// Reads a figure from the bytes of its file.
    fn read(&self, file: &[u8]) -> Result<Plot, String>;
}

/// The JSON in a file.
pub(super) fn json_of(file: &[u8]) -> Result<Json, String> {
    Json::parse(file).ok_or_else(|| "is not JSON: it is incomplete or damaged".to_owned())
}

impl dyn MediaFormat {
    pub(crate) fn source_format(&self) -> SourceFormat {
        SourceFormat {
            name: self.name(),
            content: SourceContent::Figure,
        }
    }
}
