//! The paths of a command: files and folders, `-` for standard input, and URLs, whose content is brought to the cache.

use std::path::PathBuf;

use super::{
    remote::Copies,
    standard_input::{CopyError, StandardInput},
};

/// What stands in the place of the paths of a command. It must outlive what is read from them.
pub(super) struct Inputs {
    pub(super) paths: Vec<PathBuf>,
    standard_input: StandardInput,
    pub(super) copies: Copies,
}

impl Inputs {
    /// Copies standard input to its end and brings what URLs name.
    pub(super) fn read_to_end(paths: &[PathBuf], quiet: bool) -> anyhow::Result<Self> {
        let standard_input = StandardInput::read_to_end(paths)?;
        let (copies, paths) = Copies::bring(&standard_input.paths, quiet)?;
        Ok(Self {
            paths,
            standard_input,
            copies,
        })
    }

    /// Copies standard input while it goes on, and keeps the copies of what URLs name up to date.
    pub(super) fn follow(paths: &[PathBuf], quiet: bool) -> anyhow::Result<Self> {
        // The command that reads it tells a failure, once it has ended.
        let standard_input = StandardInput::follow(paths, |_| ())?;
        let (copies, paths) = Copies::bring(&standard_input.paths, quiet)?;
        Ok(Self {
            paths,
            standard_input,
            copies: copies.follow()?,
        })
    }

    /// How standard input ended; `None` while more may come, or if it is not read.
    pub(super) fn ended(&self) -> Option<Result<(), CopyError>> {
        self.standard_input.ended()
    }
}
