use std::fmt::Debug;

use trainscape_run::{Plot, SourceContent, SourceFormat};

use crate::json::Json;

/// A format of figures. A new one takes a file with its implementation and a line in
/// [`MEDIA_FORMATS`](super::formats::MEDIA_FORMATS).
pub(crate) trait MediaFormat: Debug + Sync {
    /// The name that `inspect` prints.
    fn name(&self) -> &'static str;

    /// Ending of the files' names, in lower case and with the dot.
    fn ending(&self) -> &'static str;

    /// The folder below `media` in which W&B stores such files, in lower case.
    fn folder(&self) -> &'static str;

    /// Reads a figure from its JSON.
    fn read(&self, json: &Json) -> Result<Plot, String>;
}

impl dyn MediaFormat {
    pub(crate) fn source_format(&self) -> SourceFormat {
        SourceFormat {
            name: self.name(),
            content: SourceContent::Figure,
        }
    }
}
