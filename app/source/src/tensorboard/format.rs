use std::path::Path;

use super::{events::EventParser, record::starts_with_event};
use crate::{
    grouping::{FolderFile, LogFiles, one_log_per_folder},
    log_format::{Detection, FirstRows, LogFormat},
    reader::Reader,
    sample::Sample,
};

/// TensorBoard's event files.
pub(crate) static TENSORBOARD: Tensorboard = Tensorboard;

#[derive(Debug)]
pub(crate) struct Tensorboard;

impl LogFormat for Tensorboard {
    fn name(&self) -> &'static str {
        "tensorboard"
    }

    fn title(&self) -> &'static str {
        "TensorBoard"
    }

    fn rank(&self) -> u8 {
        3
    }

    fn is_certain_from_name(&self, name: &str) -> bool {
        name.contains("tfevents")
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if starts_with_event(sample.text()) {
            Detection::Log(FirstRows::default())
        } else {
            Detection::No
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Stream(Box::<EventParser>::default())
    }

    /// A writer that is restarted, and every process of a distributed run, begins another file.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_log_per_folder(folder, files)
    }
}
