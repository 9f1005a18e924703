use std::{fmt::Debug, path::Path};

use trainscape_run::{SourceContent, SourceFormat};

use super::contents::Contents;
use crate::{
    by_ranges::take_failure,
    media::{MediaFormat, plot_file},
    regular_file,
    sample::Sample,
    stamp::Stamp,
};

/// A format of array files. A new one takes a file with its implementation and a line in
/// [`ARRAY_FORMATS`](super::formats::ARRAY_FORMATS).
pub(crate) trait ArrayFormat: Debug + Sync {
    /// The name that `inspect` prints.
    fn name(&self) -> &'static str;

    /// The name in messages.
    fn title(&self) -> &'static str {
        self.name()
    }

    /// Endings of file names, in lower case and without the dot.
    fn endings(&self) -> &'static [&'static str];

    /// True if the file is of this format by its name (in lower case) and ending. A format whose endings other
    /// programs use, too, examines the file.
    fn is_named(&self, path: &Path, name: &str, ending: &str) -> bool {
        let _ = (path, name);
        self.endings().contains(&ending)
    }

    /// True if a file of this name (in lower case) and ending may be of this format, where its content is not known.
    fn may_be_named(&self, name: &str, ending: &str) -> bool {
        let _ = name;
        self.endings().contains(&ending)
    }

    /// True if a file whose name has none of the endings is of this format by its content.
    fn matches(&self, sample: &Sample<'_>) -> bool {
        let _ = sample;
        false
    }

    /// True if a file holds a single array, which is named after the file.
    fn is_one_array(&self) -> bool {
        false
    }

    /// True if what is not drawn of a file is not read: a file that lies elsewhere is read by ranges.
    fn reads_ranges(&self) -> bool {
        false
    }

    /// Reads a file's headers.
    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String>;
}

impl dyn ArrayFormat {
    pub(crate) fn source_format(&self) -> SourceFormat {
        SourceFormat {
            name: self.name(),
            content: match self.is_one_array() {
                true => SourceContent::OneArray,
                false => SourceContent::Arrays,
            },
        }
    }
}

/// Largest pointer of Git LFS.
const MAX_POINTER: u64 = 1024;

/// True if a repository's clone has a pointer instead of the file.
fn is_git_lfs_pointer(path: &Path, stamp: Stamp) -> bool {
    stamp.len <= MAX_POINTER
        && regular_file::read(path)
            .is_ok_and(|content| content.starts_with(b"version https://git-lfs"))
}

/// The format of a file that is opened by its headers and read when it is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileFormat {
    Array(&'static dyn ArrayFormat),
    Figure(&'static dyn MediaFormat),
}

impl FileFormat {
    pub(crate) fn is_figure(self) -> bool {
        matches!(self, Self::Figure(_))
    }

    /// True if the file has the name of a figure, and is another program's file.
    pub(crate) fn is_foreign(self, path: &Path) -> bool {
        match self {
            Self::Array(_) => false,
            Self::Figure(format) => format.check(path).is_err(),
        }
    }

    /// True if what is not drawn of a file is not read.
    pub(crate) fn reads_ranges(self) -> bool {
        match self {
            Self::Array(format) => format.reads_ranges(),
            Self::Figure(_) => false,
        }
    }

    pub(super) fn source_format(self) -> SourceFormat {
        match self {
            Self::Array(format) => format.source_format(),
            Self::Figure(format) => format.source_format(),
        }
    }

    /// Reads a file's headers.
    pub(super) fn open(self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        if stamp.len == 0 {
            return Err("the file is empty".to_owned());
        }
        if is_git_lfs_pointer(path, stamp) {
            return Err(
                "is a pointer of Git LFS and not the file itself: fetch it with `git lfs pull`"
                    .to_owned(),
            );
        }
        match self {
            Self::Array(format) => {
                let _earlier = take_failure(path);
                let found = format.open(path, stamp);
                // What was read of a header whose rest did not come is none.
                take_failure(path).map_or(found, Err)
            }
            Self::Figure(format) => {
                format.check(path)?;
                Ok(Contents {
                    plot: Some(plot_file(format, path)),
                    ..Contents::default()
                })
            }
        }
    }
}
