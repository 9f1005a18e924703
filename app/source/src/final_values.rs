//! What a training reached, in a JSON document of its own: a run whose points are the last ones.

use std::path::{Path, PathBuf};

use trainscape_run::Step;

use crate::{
    columns::{has_training_metric, step_rank},
    encoding::decode_start,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_file},
    json::{Json, Leaf},
    limits,
    log_format::{Detection, LogFormat},
    parse::FatalError,
    points::Points,
    reader::{Reader, WholeReader},
    regular_file,
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// `summary.json` with the id of a run, and the summary of a run of W&B without its records.
pub(crate) static FINAL_VALUES: FinalValues = FinalValues;

#[derive(Debug)]
pub(crate) struct FinalValues;

const NAME: &str = "summary.json";
const OF_WANDB: &str = "wandb-summary.json";

/// Keys of the run's name, without which a summary may be that of anything.
const RUN_KEYS: &[&str] = &["run_id", "run_name"];

impl LogFormat for FinalValues {
    fn name(&self) -> &'static str {
        "summary"
    }

    fn title(&self) -> &'static str {
        "summaries of runs"
    }

    fn rank(&self) -> u8 {
        41
    }

    fn is_fallback(&self) -> bool {
        true
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let is_named = sample.name() == NAME || sample.name() == OF_WANDB;
        if !is_named || !sample.is_whole() {
            return Detection::No;
        }
        let Some(document) = Json::parse(sample.text()) else {
            return Detection::No;
        };
        let names_run = RUN_KEYS.iter().any(|key| document.get(key).is_some());
        let is_only = match sample.name() == OF_WANDB {
            true => !has_records(sample.path()),
            false => names_run,
        };
        let keys: Vec<String> = values(&document).into_iter().map(|(key, _)| key).collect();
        match is_only && has_training_metric(&keys) {
            true => Detection::Log(FirstRows::of_keys(keys)),
            false => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(FinalValuesReader))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_log_per_file(files)
    }

    fn config_file(&self, place: &Path) -> Option<PathBuf> {
        let beside = place.parent()?.join("metadata.json");
        beside.is_file().then_some(beside)
    }
}

/// True if the folder of the run above `files` has the records of the run.
fn has_records(summary: &Path) -> bool {
    let run = summary.parent().and_then(Path::parent);
    let entries = run.and_then(|run| std::fs::read_dir(run).ok());
    let mut paths = entries.into_iter().flatten().flatten();
    paths.any(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "wandb")
    })
}

/// The numbers of a document, nested keys joined by slashes.
fn values(document: &Json) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    document.flatten(&mut String::new(), &mut |key, leaf| {
        if let Leaf::Number(value, _) = leaf {
            found.push((key.replace('.', "/"), value));
        }
    });
    found
}

/// The step at which the values are; 0 if none is stated.
fn step(values: &[(String, f64)]) -> Step {
    let ranked = values.iter().filter_map(|(key, value)| {
        let rank = step_rank(key.rsplit('/').next().unwrap_or(key));
        (rank > 0 && value.fract() == 0.0).then_some((rank, *value))
    });
    let best = ranked.min_by_key(|(rank, _)| *rank);
    Step::Int(best.map_or(0, |(_, step)| step as i64))
}

#[derive(Debug)]
struct FinalValuesReader;

impl WholeReader for FinalValuesReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let file = regular_file::open(path).map_err(|error| FatalError(error.to_string()))?;
        let text = decode_start(file, limits::FINAL_VALUES.bytes as usize);
        let Some(document) = Json::parse(&text) else {
            return Err(FatalError("the document is incomplete".to_owned()));
        };
        add(&document, store, statistics);
        Ok(())
    }
}

fn add(document: &Json, store: &mut Store, statistics: &mut ReadStatistics) {
    let values = values(document);
    statistics.records += 1;
    let mut points = Points::default();
    points.start_row(step(&values), None);
    for (key, value) in &values {
        points.push(&store.keys, key, *value);
    }
    points.flush(store, statistics);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_at_the_step_of_the_last_evaluation() {
        let text =
            r#"{"run_id": "a", "last_eval": {"step": 500, "max_steps": 900, "val_loss": 3.5}}"#;
        let mut store = Store::default();
        let document = Json::parse(text.as_bytes()).unwrap();
        add(&document, &mut store, &mut ReadStatistics::default());
        let (_, series, _) = store
            .series()
            .find(|(key, _, _)| ***key == *"last_eval/val_loss")
            .unwrap();
        let point = series.last().unwrap();
        assert_eq!((point.step, point.value), (500.into(), 3.5));
    }
}
