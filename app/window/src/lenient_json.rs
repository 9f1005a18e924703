//! JSON of which a value that cannot be read costs that value alone: a number beyond the largest, half of a surrogate
//! pair, nesting without an end.

use serde_json::{Map, Value as Json};

/// Levels of lists and objects in which values are read one by one; deeper ones are read as a whole.
const MAX_DEPTH: usize = 16;

/// Reads an object, and whether all of it could be read. `None` if the text is no object: it was cut or is something
/// else.
pub(crate) fn read_object(text: &[u8]) -> Option<(Map<String, Json>, bool)> {
    if let Ok(object) = serde_json::from_slice(text) {
        return Some((object, true));
    }
    Some((members(text.trim_ascii(), 0)?, false))
}

/// The value, in which unreadable items of lists are null and unreadable members of objects are missing.
fn value(text: &[u8], depth: usize) -> Option<Json> {
    let text = text.trim_ascii();
    if let Ok(value) = serde_json::from_slice(text) {
        return Some(value);
    }
    match text.first()? {
        _ if depth >= MAX_DEPTH => None,
        b'{' => members(text, depth).map(Json::Object),
        b'[' => {
            let items = parts(text, b'[', b']')?;
            let items = items.into_iter().map(|item| value(item, depth + 1));
            Some(Json::Array(items.map(Option::unwrap_or_default).collect()))
        }
        _ => None,
    }
}

fn members(text: &[u8], depth: usize) -> Option<Map<String, Json>> {
    let mut members = Map::new();
    for member in parts(text, b'{', b'}')? {
        let colon = end_of_text(member.trim_ascii_start())?;
        let (key, rest) = member.trim_ascii_start().split_at(colon);
        let read = rest.trim_ascii_start().strip_prefix(b":")?;
        let name = serde_json::from_slice::<String>(key).ok();
        match name.and_then(|name| Some((name, value(read, depth + 1)?))) {
            Some((name, value)) => {
                members.insert(name, value);
            }
            None => {
                let key = String::from_utf8_lossy(key);
                log::warn!("the saved setting {key} cannot be read and is left out");
            }
        }
    }
    Some(members)
}

/// The length of a text in quotation marks with which `text` begins.
fn end_of_text(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    let mut bytes = text.iter().enumerate();
    if bytes.next()?.1 != &b'"' {
        return None;
    }
    for (at, &byte) in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// What stands between the commas of a list or an object, whatever it is. `None` if it has no end, or something follows.
fn parts(text: &[u8], open: u8, close: u8) -> Option<Vec<&[u8]>> {
    let inside = text.strip_prefix(&[open])?.strip_suffix(&[close])?;
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let (mut start, mut at) = (0, 0);
    while at < inside.len() {
        match inside[at] {
            b'"' => {
                at += end_of_text(&inside[at..])?;
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    let last = &inside[start..];
    if !parts.is_empty() || !last.trim_ascii().is_empty() {
        parts.push(last);
    }
    (depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_that_cannot_be_read_costs_that_value_alone() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let text = format!(
            r#"{{"theme": "light", "animate": 1e999, "recent": ["\ud800", "/a,]\"b", tru], "axes": {deep},
                "window": {{"width_pt": 1e999, "height_pt": 3}}, "inertia": true}}"#
        );
        let (read, is_whole) = read_object(text.as_bytes()).expect("an object");
        assert!(!is_whole);
        let mut read = Json::Object(read);
        // Of nesting without an end, nothing but lists is left.
        read.as_object_mut().expect("an object").remove("axes");
        let expected = json!({
            "theme": "light", "recent": [null, "/a,]\"b", null], "window": {"height_pt": 3}, "inertia": true,
        });
        assert_eq!(read, expected);
        let whole = read_object(br#"{"a": [1]}"#).expect("an object");
        assert_eq!((Json::Object(whole.0), whole.1), (json!({"a": [1]}), true));
        for cut in [
            "",
            "[]",
            "{",
            r#"{"a": 1"#,
            r#"{"a"}"#,
            r#"{"a": 1}}"#,
            r#"{"a": [}"#,
        ] {
            assert!(read_object(cut.as_bytes()).is_none(), "{cut}");
        }
    }
}
