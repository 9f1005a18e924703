use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    contents::{ArrayEntry, Contents},
    format::FileFormat,
};
use crate::stamp::{CLOCK_RESOLUTION, Stamp};

/// One file of arrays, or one figure, as it was at the last check.
#[derive(Debug)]
pub(crate) struct ArrayFile {
    pub(super) path: PathBuf,
    pub(super) format: FileFormat,
    /// State of the opened file; `None` before it was opened and if it does not exist.
    opened: Option<Stamp>,
    /// True if an unchanged stamp means an unchanged file.
    is_reliable: bool,
    result: Result<Contents, String>,
}

impl ArrayFile {
    pub(super) fn new(path: &Path, format: FileFormat) -> Self {
        Self {
            path: path.to_owned(),
            format,
            opened: None,
            is_reliable: false,
            result: Ok(Contents::default()),
        }
    }

    pub(super) fn of(path: &Path, format: FileFormat, stamp: Stamp, contents: Contents) -> Self {
        Self {
            opened: Some(stamp),
            result: Ok(contents),
            ..Self::new(path, format)
        }
    }

    pub(super) fn result(&self) -> Result<&Contents, &str> {
        self.result.as_ref().map_err(String::as_str)
    }

    pub(super) fn contents(&self) -> Option<&Contents> {
        self.result.as_ref().ok()
    }

    pub(super) fn entries(&self) -> &[ArrayEntry] {
        self.contents().map_or(&[], |contents| &contents.entries)
    }

    pub(super) fn len(&self) -> u64 {
        self.opened.map_or(0, |stamp| stamp.len)
    }

    pub(super) fn is_stale(&self) -> bool {
        !self.is_reliable || Stamp::at(&self.path).ok() != self.opened
    }

    /// Reads the headers again if the file changed; true if that changed the arrays.
    pub(super) fn refresh(&mut self) -> bool {
        let now = match Stamp::at(&self.path) {
            Ok(now) => now,
            Err(error) => {
                let reason = match error.kind() {
                    std::io::ErrorKind::NotFound => "the file was removed".to_owned(),
                    _ => format!("the file cannot be read: {error}"),
                };
                let changed = self.result.as_ref().err() != Some(&reason);
                self.opened = None;
                self.is_reliable = true;
                self.result = Err(reason);
                return changed;
            }
        };
        let age = now
            .modified
            .and_then(|modified| SystemTime::now().duration_since(modified).ok());
        self.is_reliable = age.is_some_and(|age| age > CLOCK_RESOLUTION);
        let result = self.format.open(&self.path, now);
        let same = self.opened == Some(now)
            && match (&self.result, &result) {
                (Ok(before), Ok(after)) => before.describes_as(after),
                (Err(before), Err(after)) => before == after,
                _ => false,
            };
        // Unchanged arrays stay the same objects for those that use them.
        if !same {
            self.result = result;
        }
        self.opened = Some(now);
        !same
    }
}
