//! Rows of JSON that say whose they are: `{"step": 1, "seed": 0, "reward": 5}`.

use std::path::Path;

use crate::{
    columns::step_rank,
    encoding::decode_start,
    json::Json,
    limits,
    long_rows::{IdRow, RunColumns, is_id_name},
    regular_file,
    row_kinds::{TextRow, kind_of_rows},
    text_number::{DecimalMark, text_number},
};

/// Examines the log at `path`; if its first rows say nothing of whose they are, no more than these are read.
pub(super) fn run_columns(path: &Path) -> RunColumns {
    let start = |bytes| Some(decode_start(regular_file::open(path).ok()?, bytes));
    let head = start(limits::LONG_TABLE_HEADER.bytes as usize);
    let first = head.as_deref().and_then(|head| rows_of(head).next());
    let Some((ids, step)) = first.as_ref().and_then(members) else {
        return RunColumns::default();
    };
    let Some(text) = start(limits::LONG_TABLE.bytes as usize) else {
        return RunColumns::default();
    };
    let mut rows: Vec<IdRow> = Vec::new();
    for object in rows_of(&text) {
        let Some(step) = object.get(&step).and_then(Json::as_f64) else {
            continue;
        };
        match values(&object, &ids) {
            Some(values) => rows.push((step, values)),
            // Rows of another kind: not all are those of some run.
            None => return RunColumns::default(),
        }
    }
    RunColumns::of_rows(ids, &rows)
}

/// The member whose texts say what the values of a row are of, as the first rows of the log at `path` show.
pub(super) fn kind_member(path: &Path) -> Option<String> {
    let file = regular_file::open(path).ok()?;
    let text = decode_start(file, limits::COUNTERS_EXAMINED.bytes as usize);
    let objects: Vec<Json> = rows_of(&text)
        .take(limits::COUNTERS_EXAMINED.items)
        .collect();
    let first = objects.first()?;
    let step = step_of(first)?;
    let Json::Map(members) = first else {
        return None;
    };
    let is_text = |value: &Json| match value {
        Json::Text(text) => text_number(text.as_bytes(), DecimalMark::Point).is_none(),
        _ => false,
    };
    let texts = members.iter().filter(|(_, value)| is_text(value));
    let names: Vec<String> = texts.map(|(key, _)| key.clone()).collect();
    let text = |row: &Json, name: &String| {
        let text = row.get(name).and_then(Json::as_text);
        text.unwrap_or_default().to_owned()
    };
    let rows: Vec<TextRow> = objects
        .iter()
        .filter_map(|row| {
            let step = row.get(step).and_then(Json::as_f64)?;
            Some((step, names.iter().map(|name| text(row, name)).collect()))
        })
        .collect();
    kind_of_rows(&names, &rows).map(|at| names[at].clone())
}

/// The values of the members `ids` of the row in a line.
pub(super) fn ids_of(line: &[u8], ids: &[String]) -> Option<Vec<String>> {
    values(&Json::parse(line.trim_ascii())?, ids)
}

/// The whole rows of a text that state a step.
fn rows_of(text: &[u8]) -> impl Iterator<Item = Json> + '_ {
    let complete = memchr::memrchr(b'\n', text).map_or(&text[..0], |end| &text[..end]);
    let lines = complete.split(|&byte| byte == b'\n');
    let rows = lines.filter_map(|line| Json::parse(line.trim_ascii()));
    rows.filter(|row| step_of(row).is_some())
}

fn step_of(row: &Json) -> Option<&str> {
    let Json::Map(members) = row else { return None };
    let numbers = members
        .iter()
        .filter(|(key, value)| step_rank(key) > 0 && value.as_f64().is_some());
    let step = numbers.min_by_key(|(key, _)| step_rank(key));
    step.map(|(key, _)| key.as_str())
}

/// The members of a row that may say whose it is, and its step; `None` without either.
fn members(row: &Json) -> Option<(Vec<String>, String)> {
    let Json::Map(members) = row else { return None };
    let ids = members.iter().map(|(key, _)| key.clone());
    let ids: Vec<String> = ids
        .filter(|key| is_id_name(key) && values(row, std::slice::from_ref(key)).is_some())
        .collect();
    let step = step_of(row)?;
    (!ids.is_empty()).then(|| (ids, step.to_owned()))
}

fn values(row: &Json, ids: &[String]) -> Option<Vec<String>> {
    let value = |id: &String| match row.get(id)? {
        Json::Text(text) => Some(text.clone()),
        Json::Int(number) => Some(number.to_string()),
        _ => None,
    };
    ids.iter().map(value).collect()
}
