use std::path::Path;

use super::{
    metric::{Metric, point},
    place::{META, describes_run, is_deleted, key_of_metric, read_small, run_of_metric},
    settings::Settings,
};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_file},
    line_points::LineParser,
    log_format::{Detection, LogFormat},
    reader::Reader,
    sample::Sample,
    search::Search,
};

/// Folders of a run that hold no metrics; `artifacts` is never searched.
const WITHOUT_METRICS: &[&str] = &["params", "tags", "inputs", "outputs", "traces"];

/// MLflow's file store.
pub(crate) static MLFLOW: Mlflow = Mlflow;

#[derive(Debug)]
pub(crate) struct Mlflow;

impl LogFormat for Mlflow {
    fn name(&self) -> &'static str {
        "mlflow"
    }

    fn title(&self) -> &'static str {
        "MLflow"
    }

    fn rank(&self) -> u8 {
        23
    }

    /// A metric's name may end in anything. Models have folders like those of runs.
    fn is_certain_from_place(&self, path: &Path) -> bool {
        let is_meta = path.file_name().is_some_and(|name| name == META);
        let folder = match is_meta {
            true => path.parent(),
            false => run_of_metric(path),
        };
        let meta = folder.and_then(|folder| read_small(&folder.join(META)));
        meta.is_some_and(|text| describes_run(&text))
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let path = sample.path();
        let is_meta = path.file_name().is_some_and(|name| name == META);
        if is_meta || run_of_metric(path).is_none() {
            return Detection::No;
        }
        let Ok(text) = std::str::from_utf8(sample.text()) else {
            return Detection::No;
        };
        match text.split_once('\n') {
            Some((first, _)) if is_metric(first) => Detection::Log(FirstRows::of_keys(
                key_of_metric(path).into_iter().collect(),
            )),
            None if sample.is_empty() && sample.extension().is_empty() => Detection::NotYet,
            _ => Detection::No,
        }
    }

    /// MLflow keeps the files of a deleted run.
    fn why_left_out(&self, path: &Path) -> Option<&'static str> {
        let is_deleted =
            path.ends_with(META) && read_small(path).is_some_and(|text| is_deleted(&text));
        is_deleted.then_some(
            "its run was deleted in MLflow: restore it with `MlflowClient().restore_run(ID)`",
        )
    }

    fn reader(&self, path: &Path) -> Reader {
        match key_of_metric(path) {
            Some(key) => Reader::Stream(Box::new(LineParser::new(Metric::new(key)))),
            None => Reader::Whole(Box::new(Settings)),
        }
    }

    fn folder_of<'a>(&self, path: &'a Path) -> &'a Path {
        run_of_metric(path).or(path.parent()).unwrap_or(path)
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        match files
            .iter()
            .any(|file| self.why_left_out(file.path).is_some())
        {
            true => Vec::new(),
            false => one_log_per_file(files),
        }
    }

    fn search_in(&self, parent: &Path, name: &str) -> Option<Search> {
        let is_settings = WITHOUT_METRICS.contains(&name) && parent.join(META).is_file();
        is_settings.then_some(Search::Nothing)
    }
}

/// True if the line is one of a metric with a step, and its time is in milliseconds since 1970.
fn is_metric(line: &str) -> bool {
    let mut fields = line.split_ascii_whitespace();
    let has_time = fields
        .next()
        .is_some_and(|time| time.len() == 13 && time.starts_with(['1', '2', '3']));
    has_time && fields.count() >= 2 && point(line).is_some()
}
