use std::path::Path;

use super::{events::EventParser, nesting, record::starts_with_event, tags::first_tags};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_folder},
    key_naming::KeyNaming,
    log_format::{Detection, LogFormat, NestedLog, Writer},
    reader::Reader,
    sample::Sample,
    search::Search,
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
            Detection::Log(FirstRows::of_keys(first_tags(sample.text())))
        } else {
            Detection::No
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Stream(Box::<EventParser>::default())
    }

    /// W&B copies the event files that it synchronises into its run's folder `files`.
    fn is_read_within(&self, search: Search, name: &str) -> bool {
        search == Search::MediaFolder && self.is_certain_from_name(name)
    }

    fn folder_of<'a>(&self, path: &'a Path) -> &'a Path {
        let folder = path.parent().unwrap_or(path);
        let name = |folder: &Path| {
            folder
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        match folder.parent() {
            Some(run)
                if name(folder).as_deref() == Some("files")
                    && run.parent().and_then(name).as_deref() == Some("wandb") =>
            {
                run
            }
            _ => folder,
        }
    }

    fn naming_in_run_above(&self, nested: &NestedLog<'_>) -> Option<KeyNaming> {
        nesting::naming(nested)
    }

    /// `events.out.tfevents.1737129570.host.12632.1`: when it was begun, the machine, the process and a counter.
    fn writer(&self, path: &Path) -> Option<Writer> {
        let name = path.file_name()?.to_str()?;
        let (_, file) = name.split_once("tfevents.")?;
        let file = file.strip_suffix(".v2").unwrap_or(file);
        let (begun, process) = file.split_once('.')?;
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let host = process.trim_end_matches(is_number);
        Some(Writer {
            host: if host.is_empty() { process } else { host }.to_owned(),
            process: process.to_owned(),
            file: file.to_owned(),
            begun_secs: begun.parse().ok(),
        })
    }

    fn accompanies(&self) -> bool {
        true
    }

    /// A writer that is restarted, and every process of a distributed run, begins another file.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_log_per_folder(folder, files)
    }
}
