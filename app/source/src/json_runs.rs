//! Rows of JSON of which each is a training: its settings and what it reached.

use std::{collections::BTreeSet, path::Path};

use trainscape_run::Step;

use crate::{
    columns::step_rank,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    json::{Json, Leaf},
    limits,
    log_format::{Detection, LogFormat},
    parse::FatalError,
    points::Points,
    reader::{Reader, WholeReader},
    run_table::{is_result, text_of},
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// Tables of runs as JSON, an object a line.
pub(crate) static JSON_RUNS: JsonRuns = JsonRuns;

#[derive(Debug)]
pub(crate) struct JsonRuns;

/// Members that hold the settings of a row.
const SETTINGS: [&str; 9] = [
    "config",
    "cfg",
    "configuration",
    "params",
    "hyperparameters",
    "hyperparams",
    "hparams",
    "args",
    "settings",
];
/// Members that name a row.
const NAMES: [&str; 5] = ["name", "run", "run_name", "run_id", "experiment"];
/// A text that is longer is no setting: it is what a model was asked, or what it answered.
const LONGEST_SETTING: usize = 80;
/// Rows without an object of settings are trainings if they are so many, ...
const FEWEST_ROWS: usize = 6;
/// ... and this share of them has settings that no other has.
const DISTINCT: f64 = 0.9;

impl LogFormat for JsonRuns {
    fn name(&self) -> &'static str {
        "json_runs"
    }

    fn title(&self) -> &'static str {
        "tables of runs as JSON"
    }

    fn rank(&self) -> u8 {
        13
    }

    fn is_of_tables(&self) -> bool {
        true
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if !matches!(sample.extension(), "jsonl" | "ndjson") || !sample.is_readable() {
            return Detection::No;
        }
        let lines = sample.text().split_inclusive(|&byte| byte == b'\n');
        let complete = lines.filter(|line| line.ends_with(b"\n"));
        let lines = complete
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty());
        let rows: Option<Vec<Row>> = lines.map(|line| Row::of(Json::parse(line)?)).collect();
        match rows.is_some_and(|rows| are_trainings(&rows)) {
            true => Detection::Log(FirstRows::default()),
            false => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(JsonRunsReader))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        // Rows have the same numbers in each.
        one_run_per_file(files)
    }
}

/// A line.
struct Row {
    name: Option<String>,
    /// The member of the settings, where there is one.
    settings: Option<Json>,
    /// The other members.
    members: Vec<(String, Json)>,
}

impl Row {
    /// `None` of what is no object.
    fn of(json: Json) -> Option<Self> {
        let Json::Map(mut members) = json else {
            return None;
        };
        let is_settings = |(key, value): &(String, Json)| {
            let is_known = SETTINGS.iter().any(|known| known.eq_ignore_ascii_case(key));
            is_known && matches!(value, Json::Map(entries) if !entries.is_empty())
        };
        let at = members.iter().position(is_settings);
        let settings = at.map(|at| members.remove(at).1);
        let name = NAMES.iter().find_map(|name| {
            let at = members.iter().position(|(key, _)| key == name)?;
            members[at].1.as_text().is_some().then_some(at)
        });
        let name = name.and_then(|at| match members.remove(at).1 {
            Json::Text(name) => Some(name),
            _ => None,
        });
        Some(Self {
            name,
            settings,
            members,
        })
    }

    /// The numbers that the row reached.
    fn results(&self) -> Vec<(String, f64)> {
        let mut results = Vec::new();
        for (key, value) in &self.members {
            let is_stated = self.settings.is_some() || is_result(key);
            if is_stated && !matches!(value, Json::Text(_)) {
                value.flatten(&mut key.clone(), &mut |key, leaf| {
                    if let Leaf::Number(value, _) = leaf {
                        results.push((key.to_owned(), value));
                    }
                });
            }
        }
        results
    }

    /// The settings of a row, as a text; `None` where texts are too long to be some.
    fn settings_text(&self) -> Option<String> {
        let mut text = self
            .settings
            .as_ref()
            .map_or(String::new(), Json::to_string);
        for (key, value) in self.others() {
            let value = value.to_string();
            if value.len() > LONGEST_SETTING {
                return None;
            }
            text.push_str(&format!("\n{key} {value}"));
        }
        Some(text)
    }

    /// The members that are settings beside or without an object of these.
    fn others(&self) -> impl Iterator<Item = &(String, Json)> {
        self.members.iter().filter(|(key, value)| match value {
            Json::Text(_) | Json::Bool(_) => true,
            Json::Int(_) | Json::Float(_) => self.settings.is_none() && !is_result(key),
            _ => false,
        })
    }
}

/// Whether each row is a training: with settings of its own and without a step that goes on from row to row.
fn are_trainings(rows: &[Row]) -> bool {
    let texts: Option<Vec<String>> = rows.iter().map(Row::settings_text).collect();
    let Some(texts) = texts else { return false };
    let distinct = texts.iter().collect::<BTreeSet<_>>().len();
    let have_objects = rows.iter().all(|row| row.settings.is_some());
    let are_distinct = match have_objects {
        true => rows.len() > 1 && distinct > 1,
        false => {
            rows.len() >= FEWEST_ROWS
                && distinct as f64 >= DISTINCT * rows.len() as f64
                && has_repeated_name(rows)
        }
    };
    are_distinct && !have_steps(rows) && rows.iter().all(|row| !row.results().is_empty())
}

/// Whether rows have a word or a switch in common with others and not with all: a setting that was varied.
fn has_repeated_name(rows: &[Row]) -> bool {
    let named = rows[0].others();
    let mut named = named.filter(|(_, value)| matches!(value, Json::Text(_) | Json::Bool(_)));
    named.any(|(key, _)| {
        let value = |row: &Row| {
            let member = row.members.iter().find(|(other, _)| other == key);
            member.map(|(_, value)| value.to_string())
        };
        let values: BTreeSet<Option<String>> = rows.iter().map(value).collect();
        values.len() > 1 && 2 * values.len() <= rows.len()
    })
}

/// Whether some step goes on from row to row.
fn have_steps(rows: &[Row]) -> bool {
    let steps = rows[0].members.iter().filter(|(key, _)| step_rank(key) > 0);
    let mut steps = steps.map(|(key, _)| {
        let value = |row: &Row| {
            let member = row.members.iter().find(|(other, _)| other == key);
            member.and_then(|(_, value)| value.as_f64())
        };
        rows.iter().filter_map(value).collect::<Vec<f64>>()
    });
    steps.any(|values| {
        let advancing = values.windows(2).filter(|pair| pair[0] < pair[1]);
        2 * advancing.count() > values.len()
    })
}

#[derive(Debug)]
struct JsonRunsReader;

impl WholeReader for JsonRunsReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let text = text_of(path)?;
        store.hold_only_parts();
        read(&text, store, statistics);
        Ok(())
    }
}

fn read(text: &[u8], store: &mut Store, statistics: &mut ReadStatistics) {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.is_empty());
    for (index, line) in lines.enumerate() {
        let row = Json::parse(line).and_then(Row::of);
        let Some(row) = row.filter(|_| index < limits::RUNS_OF_TABLE.items) else {
            statistics.skipped += 1;
            continue;
        };
        statistics.records += 1;
        let part = store.part(&format!("row {}", index + 1));
        part.display_name.clone_from(&row.name);
        let mut points = Points::default();
        points.start_row(Step::Int(0), None);
        for (key, value) in row.results() {
            points.push(&part.keys, &key, value);
        }
        for (key, value) in row.others() {
            value
                .clone()
                .flatten_config(&mut key.clone(), &mut part.config);
        }
        if let Some(settings) = row.settings {
            settings.flatten_config(&mut String::new(), &mut part.config);
        }
        points.flush(part, statistics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are(text: &str) -> bool {
        let rows = text
            .lines()
            .map(|line| Row::of(Json::parse(line.as_bytes())?));
        rows.collect::<Option<Vec<_>>>()
            .is_some_and(|rows| are_trainings(&rows))
    }

    #[test]
    fn rows_with_an_object_of_settings_are_trainings_and_those_of_one_training_are_not() {
        let row = |lr: f64, acc: f64| format!(r#"{{"config": {{"lr": {lr}}}, "accuracy": {acc}}}"#);
        assert!(are(&format!("{}\n{}\n", row(0.1, 0.5), row(0.2, 0.6))));
        assert!(!are(&format!("{}\n{}\n", row(0.1, 0.5), row(0.1, 0.6))));
        let step =
            |step: i64| format!(r#"{{"config": {{"lr": {step}}}, "step": {step}, "loss": 1.0}}"#);
        assert!(!are(&format!("{}\n{}\n{}\n", step(1), step(2), step(3))));
    }

    #[test]
    fn flat_rows_are_trainings_where_words_among_their_settings_repeat() {
        let rows = |row: &dyn Fn(usize) -> String| -> String { (0..12).map(row).collect() };
        let grid = rows(&|at| {
            let data = ["cifar10", "svhn"][at % 2];
            format!(
                "{{\"dataset\": \"{data}\", \"train_epochs\": {}, \"acc\": 0.5}}\n",
                at / 2
            )
        });
        assert!(are(&grid));
        // The rows of one training, and the answers of a model.
        assert!(!are(&rows(&|at| format!(
            "{{\"phase\": \"train\", \"loss\": {at}.5}}\n"
        ))));
        assert!(!are(&rows(&|at| format!(
            "{{\"id\": \"q{at}\", \"score\": {at}.5}}\n"
        ))));
    }

    #[test]
    fn a_row_is_a_run() {
        let mut store = Store::default();
        let mut statistics = ReadStatistics::default();
        let text = b"{\"name\": \"a\", \"config\": {\"lr\": 0.1, \"net\": {\"depth\": 2}}, \"accuracy\": 0.5}\nbroken\n";
        read(text, &mut store, &mut statistics);
        let [part] = store.parts() else {
            panic!("{} runs", store.parts().len())
        };
        assert_eq!(part.store.display_name.as_deref(), Some("a"));
        let config = part.store.config.iter();
        let config: Vec<String> = config
            .map(|(key, value)| format!("{key} {value}"))
            .collect();
        assert_eq!(config, ["lr 0.1", "net.depth 2"]);
        assert_eq!((statistics.records, statistics.skipped), (1, 1));
    }
}
