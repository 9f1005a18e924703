use std::path::Path;

use super::parser::JsonlParser;
use crate::{
    columns::{has_step, has_training_metric, step_rank},
    data_splits::naming_of_folder,
    first_cells::cell_hashes,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, separate_by_shared_keys},
    json::Json,
    key_naming::KeyNaming,
    log_format::{Detection, LogFormat, NestedLog},
    reader::Reader,
    sample::Sample,
    text_number::{DecimalMark, text_number},
};

/// Objects that are examined, and keys that are collected from them.
const MAX_OBJECTS: usize = 64;
const MAX_KEYS: usize = 4096;

/// One damaged line at the start must not hide a log.
const MAX_DAMAGED_LINES: usize = 8;

/// Members that hold what a model was asked or answered.
const ANSWERS: [&str; 14] = [
    "prompt",
    "prompts",
    "question",
    "query",
    "instruction",
    "messages",
    "completion",
    "completions",
    "response",
    "generation",
    "answer",
    "output",
    "prediction",
    "judge_reason",
];

/// One JSON object per line.
pub(crate) static JSONL: Jsonl = Jsonl;

#[derive(Debug)]
pub(crate) struct Jsonl;

/// Bytes of a part of a long file that are examined for rows.
const LAST_BYTES: usize = 4 << 10;

impl LogFormat for Jsonl {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn title(&self) -> &'static str {
        "JSONL"
    }

    fn rank(&self) -> u8 {
        1
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if is_debug_log_of_wandb(sample.path()) {
            return Detection::No;
        }
        let extension = sample.extension();
        let detection = match extension {
            "jsonl" | "ndjson" if !sample.is_readable() => Detection::Log(FirstRows::default()),
            _ if !sample.is_readable() => Detection::No,
            "jsonl" | "ndjson" => match objects(sample, sample.text(), false) {
                // Rows may follow many other objects.
                Detection::No if !sample.is_whole() => {
                    let parts = sample.parts(1);
                    let mut found = parts.iter().map(|part| {
                        let part = &part[part.len().saturating_sub(LAST_BYTES)..];
                        let start = memchr::memchr(b'\n', part).unwrap_or(part.len());
                        objects(sample, &part[start..], false)
                    });
                    found
                        .find(|found| matches!(found, Detection::Log(_)))
                        .unwrap_or(Detection::No)
                }
                found => found,
            },
            "json" => objects(sample, sample.text(), true),
            "txt" | "log" | "" if sample.starts_with_object() => {
                objects(sample, sample.text(), true)
            }
            "txt" | "log" if sample.is_empty() => Detection::NotYet,
            _ => Detection::No,
        };
        match detection {
            Detection::No if matches!(extension, "jsonl" | "json") && sample.is_short() => {
                Detection::NotYet
            }
            detection => detection,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        Reader::Stream(Box::new(JsonlParser::of_file(path)))
    }

    fn naming_in_run_above(&self, nested: &NestedLog<'_>) -> Option<KeyNaming> {
        naming_of_folder(nested.folder, nested.beside)
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        separate_by_shared_keys(files)
    }
}

/// True for what W&B's own processes log of themselves.
fn is_debug_log_of_wandb(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    matches!(name, Some("debug-internal.log" | "debug-core.log"))
}

/// Detects a log by its first objects. `strict` is for files whose ending does not promise one object
/// per line.
/// What the objects in a part of a file, `head`, make it.
fn objects(sample: &Sample<'_>, head: &[u8], strict: bool) -> Detection {
    let mut keys = Vec::new();
    let mut cells = Vec::new();
    let mut objects = 0;
    let mut answers = 0;
    let mut lines = 0;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        let ended = line.ends_with(b"\n");
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        lines += 1;
        let object = match Json::parse(line) {
            Some(json @ Json::Map(_)) => json,
            _ if !ended => break,
            _ if lines < MAX_DAMAGED_LINES && !strict => continue,
            _ => break,
        };
        // A `.json` file with one object and no line end is not a table of rows.
        if strict && !ended {
            break;
        }
        if objects == 0 && is_followed_record(&object) {
            return Detection::No;
        }
        objects += 1;
        answers += usize::from(is_answer(&object));
        add_keys(&object, &mut keys);
        cells.push(cell_hashes(&object));
        if objects == MAX_OBJECTS {
            break;
        }
    }
    let has_log_name = !strict && sample.has_log_name();
    if objects == 0 {
        let start = head.trim_ascii_start();
        let may_become_object =
            start.is_empty() || (start.starts_with(b"{") && lines <= 1 && sample.is_whole());
        return match () {
            () if has_log_name => Detection::Log(FirstRows::default()),
            () if may_become_object => Detection::NotYet,
            () => Detection::No,
        };
    }
    let has_steps = has_step(&keys) && keys.iter().any(|key| step_rank(key) == 0);
    // Rows of an evaluation are no steps of a training.
    if !has_steps && answers == objects {
        return Detection::No;
    }
    let is_log =
        has_steps || !strict && has_training_metric(&keys) || has_log_name && !keys.is_empty();
    if is_log {
        Detection::Log(FirstRows {
            cells,
            ..FirstRows::of_keys(keys)
        })
    } else {
        Detection::No
    }
}

/// True for a record that `trainscape follow --json` printed: reading it would print it again, forever.
fn is_followed_record(object: &Json) -> bool {
    let Json::Map(entries) = object else {
        return false;
    };
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys == ["key", "run", "step", "time", "value"]
        && ["key", "run"]
            .iter()
            .all(|key| object.get(key).and_then(Json::as_text).is_some())
}

/// Whether an object holds a text that a model was asked or answered.
fn is_answer(object: &Json) -> bool {
    let holds_text = |key: &str| {
        let value = object.get(key);
        value.is_some_and(|value| value.as_text().is_some() || matches!(value, Json::List(_)))
    };
    ANSWERS.into_iter().any(holds_text)
}

fn add_keys(object: &Json, keys: &mut Vec<String>) {
    let mut add = |key: &str| {
        if !keys.iter().any(|known| known == key) && keys.len() < MAX_KEYS {
            keys.push(key.to_owned());
        }
    };
    object.flatten(&mut String::new(), &mut |key, _| add(key));
    let Json::Map(entries) = object else { return };
    for (key, value) in entries {
        let text = value.as_text().map(str::as_bytes);
        if text.is_some_and(|text| text_number(text, DecimalMark::Point).is_some()) {
            add(key);
        }
    }
}
