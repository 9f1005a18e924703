//! One history record: what a `wandb.log` call wrote.

use std::borrow::Cow;

use trainscape_run::Step;

use super::proto::{History, Item};
use crate::{
    batch::{Head, Scribe},
    json::{Json, Leaf},
    keys::Keys,
    row::Row,
};

/// Reads one history record into `scribe`. `num` numbers the record, for rows without a step.
pub(crate) fn read(history: &History, num: i64, keys: &Keys, scribe: &mut Scribe, row: &mut Row) {
    row.clear();
    let mut step = history.step.as_ref().map(|step| step.num);
    let typed = typed_prefixes(history);
    let mut path = String::new();
    for item in &history.item {
        let key: Cow<'_, str> = match item.nested_key.as_slice() {
            [] => String::from_utf8_lossy(&item.key),
            [only] => String::from_utf8_lossy(only),
            parts => {
                if typed.iter().any(|(prefix, _)| parts.starts_with(prefix)) {
                    continue;
                }
                item.write_path(&mut path);
                Cow::Owned(path.clone())
            }
        };
        match number(&item.value_json) {
            Some(value) => {
                if key == "_step"
                    && let Ok(Ok(whole)) = std::str::from_utf8(&item.value_json).map(str::parse)
                {
                    step = Some(whole);
                }
                let slot = scribe.slot(keys, &key);
                // Only the wall time is asked of the row: a `.wandb` file names its step itself.
                let ranks = scribe.ranks(keys, slot);
                row.number(slot, ranks, value, || None);
            }
            None if item.value_json.first() == Some(&b'{') => {
                if let Some(json) = Json::parse(&item.value_json) {
                    nested(&json, &key, keys, scribe, row);
                }
            }
            None => {}
        }
    }
    for (prefix, kind) in &typed {
        if kind == "histogram" {
            let json = gather(history, prefix);
            if let Some(histogram) = json.histogram() {
                let parts: Vec<Cow<'_, str>> = prefix
                    .iter()
                    .map(|part| String::from_utf8_lossy(part))
                    .collect();
                let slot = scribe.slot(keys, &parts.join("."));
                row.histogram(slot, histogram);
            }
        }
    }
    let head = Head {
        step: Step::Int(step.unwrap_or(num)),
        wall_time_secs: row.wall_time_secs(),
    };
    row.commit(head, scribe);
}

/// A value as a number: JSON's, Python's bare `NaN` and `Infinity`, or their quoted spellings.
fn number(json: &[u8]) -> Option<f64> {
    match json.first()? {
        b'-' | b'0'..=b'9' => fast_float2::parse(json).ok(),
        b'N' | b'I' | b'"' => {
            let text = std::str::from_utf8(json).ok()?;
            crate::json::non_finite(text.trim_matches('"'))
        }
        _ => None,
    }
}

fn nested(json: &Json, key: &str, keys: &Keys, scribe: &mut Scribe, row: &mut Row) {
    let mut path = key.to_owned();
    json.flatten(&mut path, &mut |key, leaf| {
        let slot = scribe.slot(keys, key);
        match leaf {
            Leaf::Number(value, _) => {
                let ranks = scribe.ranks(keys, slot);
                row.number(slot, ranks, value, || None);
            }
            Leaf::Histogram(json) => {
                if let Some(histogram) = json.histogram() {
                    row.histogram(slot, histogram);
                }
            }
        }
    });
}

/// The paths that hold an object with a `_type` (a histogram, an image, a figure) and that type.
fn typed_prefixes(history: &History) -> Vec<(&[bytes::Bytes], String)> {
    history
        .item
        .iter()
        .filter_map(|item| match item.nested_key.as_slice() {
            [prefix @ .., last] if !prefix.is_empty() && last == "_type" => {
                let kind = Json::parse(&item.value_json)?;
                Some((prefix, kind.as_text()?.to_owned()))
            }
            _ => None,
        })
        .collect()
}

/// The object whose members were logged under `prefix`, one item each.
fn gather(history: &History, prefix: &[bytes::Bytes]) -> Json {
    let mut object = Vec::new();
    for Item {
        nested_key,
        value_json,
        ..
    } in &history.item
    {
        if let Some(path) = nested_key.strip_prefix(prefix)
            && let Some(value) = Json::parse(value_json)
        {
            insert(&mut object, path, value);
        }
    }
    Json::Map(object)
}

fn insert(object: &mut Vec<(String, Json)>, path: &[bytes::Bytes], value: Json) {
    match path {
        [] => {}
        [name] => object.push((String::from_utf8_lossy(name).into_owned(), value)),
        [name, rest @ ..] => {
            let name = String::from_utf8_lossy(name);
            let place = object
                .iter()
                .position(|(key, held)| *key == name && matches!(held, Json::Map(_)));
            let place = place.unwrap_or_else(|| {
                object.push((name.into_owned(), Json::Map(Vec::new())));
                object.len() - 1
            });
            if let (_, Json::Map(inner)) = &mut object[place] {
                insert(inner, rest, value);
            }
        }
    }
}
