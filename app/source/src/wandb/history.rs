//! One history record, written by one `wandb.log` call.

use std::borrow::Cow;

use trainscape_run::Step;

use super::proto::{History, Item};
use crate::{batch::RowHead, json::Json, row_decoder::RowDecoder};

/// Something that a record logs and that is listed, not drawn: its key, and what it is.
pub(crate) type Listed = (String, &'static str);

/// Reads one history record. `num` is the record's number, for rows without a step. Returns false where the record has a
/// step that cannot be read: it is left out.
pub(crate) fn read(
    history: &History,
    num: i64,
    decoder: &mut RowDecoder<'_>,
    listed: &mut Vec<Listed>,
) -> bool {
    decoder.row.clear();
    let mut step = history.step.as_ref().map(|step| step.num);
    let mut is_step_readable = true;
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
                if key == "_step" {
                    match std::str::from_utf8(&item.value_json).map(str::parse) {
                        Ok(Ok(whole)) => step = Some(whole),
                        _ => is_step_readable = false,
                    }
                }
                let slot = decoder.slot(&key);
                decoder.number(slot, value, || None);
            }
            None if item.value_json.first() == Some(&b'{') => {
                if let Some(json) = Json::parse(&item.value_json) {
                    listed.extend(listed_kind(&json).map(|kind| (key.to_string(), kind)));
                    decoder.nested_at(&mut key.into_owned(), &json, |_| None);
                }
            }
            None if key == "_step" => is_step_readable = false,
            None => {}
        }
    }
    if !is_step_readable && step.is_none() {
        decoder.row.clear();
        return false;
    }
    for (prefix, kind) in &typed {
        let parts: Vec<Cow<'_, str>> = prefix
            .iter()
            .map(|part| String::from_utf8_lossy(part))
            .collect();
        let json = gather(history, prefix);
        if kind == "histogram" {
            if let Some(histogram) = json.histogram() {
                let slot = decoder.slot(&parts.join("."));
                decoder.row.histogram(slot, histogram);
            }
        } else if let Some(kind) = listed_kind(&json) {
            listed.push((parts.join("."), kind));
        }
    }
    // The row finds the wall time only: a `.wandb` file states its step explicitly.
    let head = RowHead {
        step: Step::Int(step.unwrap_or(num)),
        wall_time_secs: decoder.row.wall_time_secs(),
    };
    decoder.commit(head);
    true
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

/// What an object with a `_type` is called in the list of media; `None` of histograms and of figures, which are read.
fn listed_kind(json: &Json) -> Option<&'static str> {
    let text = |name| json.get(name).and_then(Json::as_text);
    match text("_type")? {
        "histogram" | "plotly-file" => None,
        "object3D-file" => {
            let is_cloud = text("path").is_none_or(|path| path.ends_with(".pts.json"));
            (!is_cloud).then_some("model")
        }
        "html-file" => Some("html"),
        "image-file" | "images" | "images/separated" => Some("image"),
        "audio-file" | "audio" => Some("audio"),
        "video-file" | "videos" => Some("video"),
        "table-file" | "partitioned-table" | "joined-table" => Some("table"),
        "bokeh-file" => Some("bokeh"),
        "molecule-file" => Some("molecule"),
        _ => Some("other"),
    }
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
