//! What a training reached, in a JSON document of its own: a run whose points are the last ones.

use std::path::{Path, PathBuf};

use trainscape_run::{Config, ConfigValue, Role, Step, role_of_key};

use crate::{
    columns::{has_training_metric, is_epoch, step_rank},
    config::is_settings_key,
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
    text_log::is_training_key,
};

/// `summary.json` with the id of a run, the summary of a run of W&B without its records, and what trainers and
/// benchmarks write of their results.
pub(crate) static FINAL_VALUES: FinalValues = FinalValues;

#[derive(Debug)]
pub(crate) struct FinalValues;

const NAME: &str = "summary.json";
const OF_WANDB: &str = "wandb-summary.json";

/// Documents of results, which hold settings, too.
const RESULTS: &[&str] = &[
    "stats.json",
    "results.json",
    "metrics.json",
    "scores.json",
    "test_results.json",
    "eval_results.json",
    "train_results.json",
    "predict_results.json",
    "all_results.json",
];

/// Members of such a document that hold the values.
const MEASURES: &[&str] = &["metrics", "results", "scores"];

/// Last words of keys whose numbers are settings of a training.
const SETTINGS: &[&str] = &[
    "seed", "seeds", "fold", "split", "size", "epochs", "layers", "dim",
];

/// Keys of the run's name, without which a summary may be that of anything.
const RUN_KEYS: &[&str] = &["run_id", "run_name"];

/// Longest text that is taken for a setting: longer ones are descriptions.
const MAX_SETTING: usize = 200;

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
        let is_of_results = RESULTS.contains(&sample.name());
        let is_named = is_of_results || sample.name() == NAME || sample.name() == OF_WANDB;
        if !is_named || !sample.is_whole() {
            return Detection::No;
        }
        let Some(document) = Json::parse(sample.text()) else {
            return Detection::No;
        };
        if is_of_results {
            let found = Found::of_results(document);
            let mut keys = found.values.iter().map(|(key, _)| key);
            return match keys.any(|key| is_training_key(key)) {
                true => Detection::Log(FirstRows::of_keys(found.keys())),
                false => Detection::No,
            };
        }
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

    fn holds_last_values(&self) -> bool {
        true
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

/// The values without what W&B adds of its own (`_runtime`, `_wandb/runtime`), but for the step.
fn of_the_run(mut values: Vec<(String, f64)>) -> Vec<(String, f64)> {
    values.retain(|(key, _)| !key.starts_with('_') || key == "_step");
    values
}

/// What a document holds.
#[derive(Debug, Default)]
struct Found {
    values: Vec<(String, f64)>,
    config: Config,
}

impl Found {
    /// The values under a member that is called so, or beside the settings if there is none.
    fn of_results(document: Json) -> Self {
        let Json::Map(entries) = document else {
            return Self::default();
        };
        let measures = |key: &str, value: &Json| {
            MEASURES.contains(&key) && values(value).iter().any(|(key, _)| is_training_key(key))
        };
        let has_measures = entries.iter().any(|(key, value)| measures(key, value));
        let mut found = Self::default();
        for (mut key, value) in entries {
            match value {
                value if measures(&key, &value) => found.values.extend(values(&value)),
                Json::Map(_) if is_settings_key(&key) => {
                    value.flatten_config(&mut String::new(), &mut found.config);
                }
                Json::Map(_) if has_measures => {}
                Json::Map(_) => found.add_values(&key, &value),
                Json::Text(text) if text.len() <= MAX_SETTING => {
                    found.config.insert(key, ConfigValue::Text(text));
                }
                Json::Bool(_) => value.flatten_config(&mut key, &mut found.config),
                Json::Int(_) | Json::Float(_) if has_measures || is_setting(&key) => {
                    value.flatten_config(&mut key, &mut found.config);
                }
                value => found.add_values(&key, &value),
            }
        }
        found
    }

    fn add_values(&mut self, key: &str, value: &Json) {
        for (inner, number) in values(value) {
            let key = match inner.is_empty() {
                true => key.to_owned(),
                false => format!("{key}/{inner}"),
            };
            self.values.push((key, number));
        }
    }

    fn keys(self) -> Vec<String> {
        self.values.into_iter().map(|(key, _)| key).collect()
    }
}

/// True for a key of a number that is a setting, not a result.
fn is_setting(key: &str) -> bool {
    let last = key.rsplit(['_', '-', '.']).next().unwrap_or(key);
    let is_named = SETTINGS.iter().any(|word| last.eq_ignore_ascii_case(word));
    is_named || role_of_key(key) == Some(Role::LearningRate)
}

/// The step at which the values are, if one is stated.
fn step(values: &[(String, f64)], counts: impl Fn(&str) -> bool) -> Option<Step> {
    let ranked = values.iter().filter_map(|(key, value)| {
        let name = key.rsplit('/').next().unwrap_or(key);
        let rank = step_rank(name);
        (rank > 0 && value.fract() == 0.0 && counts(name)).then_some((rank, *value))
    });
    let best = ranked.min_by_key(|(rank, _)| *rank);
    best.map(|(_, step)| Step::Int(step as i64))
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
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let found = match RESULTS.contains(&&*name.to_lowercase()) {
            true => Found::of_results(document),
            false => Found {
                values: of_the_run(values(&document)),
                config: Config::new(),
            },
        };
        add(found, store, statistics);
        Ok(())
    }
}

fn add(found: Found, store: &mut Store, statistics: &mut ReadStatistics) {
    let Found { values, config } = found;
    statistics.records += 1;
    // Beside a log an epoch is no position among its steps.
    let stated = step(&values, |key| !is_epoch(key));
    store.is_at_end = stated.is_none();
    let step = stated.or_else(|| step(&values, |_| true));
    let mut points = Points::default();
    points.start_row(step.unwrap_or(Step::Int(0)), None);
    for (key, value) in &values {
        points.push(&store.keys, key, *value);
    }
    points.flush(store, statistics);
    store.config.extend(config);
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
        let found = Found {
            values: values(&document),
            config: Config::new(),
        };
        add(found, &mut store, &mut ReadStatistics::default());
        let (_, series, _) = store
            .series()
            .find(|(key, _, _)| ***key == *"last_eval/val_loss")
            .unwrap();
        let point = series.last().unwrap();
        assert_eq!((point.step, point.value), (500.into(), 3.5));
    }
}
