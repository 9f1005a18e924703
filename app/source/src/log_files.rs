//! The files of a folder, and the logs that they are.

use std::path::{Path, PathBuf};

use crate::{first_rows::FirstRows, key_naming::KeyNaming};

/// A log file of a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FolderFile<'a> {
    pub(crate) path: &'a Path,
    pub(crate) first_rows: &'a FirstRows,
}

/// The files of one log.
#[derive(Debug)]
pub(crate) struct LogFiles {
    /// Identifies the log: its file, or the folder of its files.
    pub(crate) place: PathBuf,
    pub(crate) files: Vec<PathBuf>,
    /// The run's name in its folder, if the log is not of the run that the folder is. Logs with the same
    /// name are one run.
    pub(crate) run: Option<String>,
    /// How the keys are named in the run.
    pub(crate) naming: KeyNaming,
    /// Files with the bytes of one of these, which are not read, and which one.
    pub(crate) copies: Vec<(PathBuf, PathBuf)>,
}

impl LogFiles {
    /// A log of one file, in the run that the folder is.
    pub(crate) fn of_one_file(file: &FolderFile<'_>) -> Self {
        Self {
            place: file.path.to_owned(),
            files: vec![file.path.to_owned()],
            run: None,
            naming: KeyNaming::default(),
            copies: Vec::new(),
        }
    }

    /// A log of one file that is a run of its own, named after the file.
    pub(crate) fn separate(file: &FolderFile<'_>) -> Self {
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
        // MMDetection writes `1.log.json` beside `1.log`.
        let stem = stem.strip_suffix(".log").unwrap_or(&stem);
        Self {
            run: Some(stem.to_owned()),
            ..Self::of_one_file(file)
        }
    }
}
