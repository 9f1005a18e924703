use std::{collections::BTreeSet, path::Path};

use super::{parser::DocumentParser, prefix::completed, rows::rows_of};
use crate::{
    columns::{has_step, has_training_metric, step_rank},
    first_cells::cell_hashes,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, separate_by_shared_keys},
    json::Json,
    key_naming::KeyNaming,
    log_format::{Detection, LogFormat},
    reader::Reader,
    sample::Sample,
};

/// A JSON document of rows: `[{"step": 1, "loss": 2}, ...]`, `{"loss": [2, 1]}`, or one file an epoch.
pub(crate) static JSON_DOCUMENT: JsonDocument = JsonDocument;

/// Objects that are examined.
const MAX_ROWS: usize = 64;

/// So many rows of the same keys at advancing steps are a log, whatever the keys are.
const REGULAR_ROWS: usize = 20;

#[derive(Debug)]
pub(crate) struct JsonDocument;

impl LogFormat for JsonDocument {
    fn name(&self) -> &'static str {
        "json"
    }

    fn title(&self) -> &'static str {
        "JSON"
    }

    fn rank(&self) -> u8 {
        5
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let start = sample.text().trim_ascii_start();
        let is_json = matches!(sample.extension(), "json" | "txt" | "log" | "");
        if !is_json || !sample.is_readable() || !matches!(start.first(), Some(b'{' | b'[')) {
            return Detection::No;
        }
        let document = match sample.is_whole() {
            true => Json::parse(start),
            false => None,
        };
        let document = document.or_else(|| Json::parse(&completed(start)?));
        match document {
            Some(_) if is_sacred(sample) => Detection::Log(FirstRows::default()),
            Some(document) => detect(&document, sample),
            // It may be complete later.
            None if sample.is_whole() && sample.is_short() && sample.has_log_name() => {
                Detection::NotYet
            }
            None => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let parser = match epoch_of_name(&name.to_lowercase()) {
            Some(step) => DocumentParser::of_one_row(step),
            None => DocumentParser::default(),
        };
        Reader::Stream(Box::new(parser))
    }

    /// One file an epoch is one log; other documents are like tables.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let is_epoch = |file: &FolderFile<'_>| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            epoch_of_name(&name.to_lowercase()).is_some()
        };
        let (epochs, tables): (Vec<FolderFile<'_>>, Vec<FolderFile<'_>>) =
            files.iter().partition(|file| is_epoch(file));
        let mut logs = separate_by_shared_keys(&tables);
        if !epochs.is_empty() {
            logs.push(LogFiles {
                place: folder.to_owned(),
                files: epochs.iter().map(|file| file.path.to_owned()).collect(),
                run: None,
                naming: KeyNaming::default(),
                copies: Vec::new(),
            });
        }
        logs
    }
}

fn detect(document: &Json, sample: &Sample<'_>) -> Detection {
    if epoch_of_name(sample.name()).is_some() {
        let keys = keys_of(document);
        return match has_training_metric(&keys) {
            true => Detection::Log(FirstRows::of_keys(keys)),
            false => Detection::No,
        };
    }
    let mut keys: Vec<String> = Vec::new();
    let mut cells = Vec::new();
    let mut fractions: BTreeSet<u64> = BTreeSet::new();
    let mut is_all = sample.is_whole();
    let mut has_rows = false;
    for rows in rows_of(document) {
        has_rows |= rows.rows.len() > 0;
        is_all &= rows.rows.len() <= MAX_ROWS;
        for row in 0..rows.rows.len().min(MAX_ROWS) {
            let mut members = Vec::new();
            rows.rows.members(row, |key, value| {
                let number = value.as_f64().filter(|number| number.fract() != 0.0);
                fractions.extend(number.map(f64::to_bits));
                if !matches!(value, Json::List(_)) {
                    members.push((key.to_owned(), value.clone()));
                }
            });
            cells.push(cell_hashes(&Json::Map(members)));
        }
        for row in 0..rows.rows.len().min(MAX_ROWS) {
            rows.rows.members(row, |key, _| {
                let key = format!("{}{key}", rows.prefix);
                if !keys.contains(&key) {
                    keys.push(key);
                }
            });
        }
    }
    let has_values = has_step(&keys) && keys.len() > 1;
    // A list of steps that is longer than what is examined: values follow it.
    let has_long_list = !sample.is_whole() && has_step(&keys) && matches!(document, Json::Map(_));
    // Lists of positions and sizes are data, unless the name says that they are a log, or they are many rows.
    let is_log = has_rows
        && (has_training_metric(&keys)
            || has_long_list
            || has_values && (sample.has_log_name() || has_regular_rows(document)));
    match is_log {
        true => Detection::Log(FirstRows {
            cells,
            fractions: if is_all { fractions.len() } else { 0 },
            ..FirstRows::of_keys(keys)
        }),
        false => Detection::No,
    }
}

/// True for many objects of the same keys at one step after the other.
fn has_regular_rows(document: &Json) -> bool {
    rows_of(document).iter().any(|rows| {
        let mut first: Option<Vec<String>> = None;
        let mut last = f64::NEG_INFINITY;
        let mut advancing = 0;
        for row in 0..rows.rows.len().min(MAX_ROWS) {
            let (mut keys, mut step) = (Vec::new(), None);
            rows.rows.members(row, |key, value| {
                keys.push(key.to_owned());
                let own = value.as_f64().filter(|_| step_rank(key) > 0);
                step = step.or(own);
            });
            if first.get_or_insert_with(|| keys.clone()) != &keys {
                return false;
            }
            if let Some(step) = step {
                advancing += usize::from(step > last);
                last = step;
            }
        }
        advancing >= REGULAR_ROWS
    })
}

/// True for the metrics of Sacred, one object of lists a key: the lists may be longer than what is examined.
fn is_sacred(sample: &Sample<'_>) -> bool {
    let names = |name: &str| memchr::memmem::find(sample.text(), name.as_bytes()).is_some();
    sample.name() == "metrics.json" && names("\"steps\": [") && names("\"timestamps\": [")
        || sample.name() == "metrics.json" && names("\"steps\":[") && names("\"timestamps\":[")
}

fn keys_of(row: &Json) -> Vec<String> {
    let mut keys = Vec::new();
    row.flatten(&mut String::new(), &mut |key, _| keys.push(key.to_owned()));
    keys
}

/// The epoch of a file that holds one row: `metrics_epoch_12.json`, as AllenNLP writes them.
fn epoch_of_name(name: &str) -> Option<i64> {
    let stem = name.strip_suffix(".json")?;
    let (start, number) = stem.rsplit_once("epoch")?;
    let number = number.trim_start_matches(['_', '-', '=']);
    let names_metrics = ["metric", "result", "log", "stats", "eval", "train"];
    names_metrics
        .iter()
        .any(|word| start.contains(word))
        .then(|| number.parse().ok())?
}
