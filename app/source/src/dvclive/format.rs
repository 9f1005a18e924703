use std::path::{Path, PathBuf};

use super::{
    place::{is_summary, key_of_table, run_of_table},
    table::{Table, columns_of},
};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_file},
    line_points::LineParser,
    log_format::{Detection, LogFormat},
    reader::Reader,
    sample::Sample,
};

/// DVCLive's tables.
pub(crate) static DVCLIVE: DvcLive = DvcLive;

#[derive(Debug)]
pub(crate) struct DvcLive;

impl LogFormat for DvcLive {
    fn name(&self) -> &'static str {
        "dvclive"
    }

    fn title(&self) -> &'static str {
        "DVCLive"
    }

    fn rank(&self) -> u8 {
        24
    }

    fn is_certain_from_place(&self, path: &Path) -> bool {
        run_of_table(path).is_some() || is_summary(path)
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let Some(key) = key_of_table(sample.path()) else {
            return Detection::No;
        };
        let header = String::from_utf8_lossy(sample.text());
        match columns_of(header.lines().next().unwrap_or_default()) {
            Some(_) => Detection::Log(FirstRows::of_keys(vec![key])),
            None => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        Reader::Stream(Box::new(LineParser::new(Table {
            key: key_of_table(path).unwrap_or_default(),
            columns: None,
        })))
    }

    fn folder_of<'a>(&self, path: &'a Path) -> &'a Path {
        run_of_table(path).or(path.parent()).unwrap_or(path)
    }

    /// The summary repeats the last values.
    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let tables: Vec<FolderFile<'_>> = files
            .iter()
            .filter(|file| run_of_table(file.path).is_some())
            .copied()
            .collect();
        one_log_per_file(&tables)
    }

    fn config_file(&self, place: &Path) -> Option<PathBuf> {
        Some(run_of_table(place)?.join("params.yaml"))
    }
}
