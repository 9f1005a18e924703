//! YAML as a value. The parser reports one event after another, and the value is built within a budget: aliases that
//! repeat each other would make gigabytes of a few lines.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use crate::{
    budget::{Budget, Exceeded},
    json::Json,
    limits::YAML,
};

/// Why a text is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum YamlError {
    #[error("it is not YAML ({0})")]
    Damaged(#[from] ScanError),
    #[error("it is not YAML: an alias refers to nothing")]
    UnknownAlias,
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

/// The first document of a text.
pub(crate) fn parse(text: &str) -> Result<Json, YamlError> {
    let mut builder = Builder {
        budget: Budget::new(YAML),
        open: Vec::new(),
        anchored: HashMap::new(),
        root: None,
    };
    builder.budget.take_bytes(text.len() as u64)?;
    for event in Parser::new_from_str(text) {
        let (event, _) = event?;
        if let Event::DocumentEnd = event {
            break;
        }
        builder.event(event)?;
    }
    Ok(builder.root.unwrap_or(Json::Null))
}

/// A list or a mapping that has not ended.
struct Open {
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Json>),
    /// With the key whose value follows.
    Map(Vec<(String, Json)>, Option<String>),
}

struct Builder {
    budget: Budget,
    open: Vec<Open>,
    anchored: HashMap<usize, Json>,
    root: Option<Json>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.budget.take_items(1)?;
                let value = scalar(&text, style, tag.as_deref());
                self.finish(anchor, value)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(anchor, Content::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                self.budget.leave();
                match self.open.pop() {
                    Some(Open { anchor, content }) => {
                        let value = match content {
                            Content::List(items) => Json::List(items),
                            Content::Map(entries, _) => Json::Map(entries),
                        };
                        self.finish(anchor, value)
                    }
                    None => Ok(()),
                }
            }
            Event::Alias(anchor) => {
                let value = self.anchored.get(&anchor).ok_or(YamlError::UnknownAlias)?;
                take(&mut self.budget, value)?;
                let value = value.clone();
                self.add(value);
                Ok(())
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, anchor: usize, content: Content) -> Result<(), YamlError> {
        self.budget.take_items(1)?;
        self.budget.enter()?;
        self.open.push(Open { anchor, content });
        Ok(())
    }

    fn finish(&mut self, anchor: usize, value: Json) -> Result<(), YamlError> {
        if anchor > 0 {
            take(&mut self.budget, &value)?;
            self.anchored.insert(anchor, value.clone());
        }
        self.add(value);
        Ok(())
    }

    fn add(&mut self, value: Json) {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(Content::List(items)) => items.push(value),
            Some(Content::Map(entries, key)) => match key.take() {
                Some(name) => entries.push((name, value)),
                None => {
                    *key = Some(match value {
                        Json::Text(text) => text,
                        other => other.to_string(),
                    });
                }
            },
            None => self.root = Some(value),
        }
    }
}

/// Takes what a copy of the value needs.
fn take(budget: &mut Budget, value: &Json) -> Result<(), Exceeded> {
    budget.take_items(1)?;
    match value {
        Json::Text(text) => budget.take_bytes(text.len() as u64),
        Json::List(items) => items.iter().try_for_each(|item| take(budget, item)),
        Json::Map(entries) => entries.iter().try_for_each(|(key, value)| {
            budget.take_bytes(key.len() as u64)?;
            take(budget, value)
        }),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) => Ok(()),
    }
}

/// A scalar's value; an application's tag (`!!python/name:…`) is ignored.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Json {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if is_text || style != ScalarStyle::Plain {
        return Json::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "true" | "True" | "TRUE" => return Json::Bool(true),
        "false" | "False" | "FALSE" => return Json::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Json::Float(f64::NAN),
        _ => {}
    }
    number(text).unwrap_or_else(|| Json::Text(text.to_owned()))
}

fn number(text: &str) -> Option<Json> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if let ".inf" | ".Inf" | ".INF" = digits {
        return Some(Json::Float(f64::INFINITY * f64::from(sign)));
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            let value = i64::from_str_radix(digits, radix).ok()?;
            return (!digits.starts_with(['+', '-'])).then_some(Json::Int(value * sign as i64));
        }
    }
    let first = digits.bytes().next()?;
    // An identifier with leading zeros is no number: its zeros would be lost.
    let has_leading_zeros =
        first == b'0' && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if has_leading_zeros || !(first.is_ascii_digit() || first == b'.') {
        return None;
    }
    if let Ok(value) = text.parse() {
        return Some(Json::Int(value));
    }
    text.parse().ok().map(Json::Float)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn text_of(text: &str) -> String {
        parse(text).unwrap().to_string()
    }

    #[test]
    fn values_of_every_kind() {
        for (yaml, expected) in [
            (
                "a: 1\nb: [1.5, -2, 1e-05, +3]\n",
                r#"{"a": 1, "b": [1.5, -2, 0.00001, 3]}"#,
            ),
            (
                "a: ~\nb:\nc: null\n",
                r#"{"a": null, "b": null, "c": null}"#,
            ),
            (
                "a: True\nb: 'true'\nc: yes\n",
                r#"{"a": true, "b": "true", "c": "yes"}"#,
            ),
            (
                "a: 0x1f\nb: -0b11\nc: 007\nd: 1.2.3\n",
                r#"{"a": 31, "b": -3, "c": "007", "d": "1.2.3"}"#,
            ),
            (
                "a: .inf\nb: -.inf\nc: .nan\n",
                r#"{"a": inf, "b": -inf, "c": NaN}"#,
            ),
            (
                "a: |\n  x\n  y\nb: >\n  x\n  y\n",
                r#"{"a": "x\ny\n", "b": "x y\n"}"#,
            ),
            ("shape: !!python/tuple\n- 1\n- 2\n", r#"{"shape": [1, 2]}"#),
            ("a: !!str 1\n1: b\n", r#"{"a": "1", "1": "b"}"#),
            ("a: &x {b: 1}\nc: *x\n", r#"{"a": {"b": 1}, "c": {"b": 1}}"#),
            ("", "null"),
            ("--- 3\n--- 4\n", "3"),
        ] {
            assert_eq!(text_of(yaml), expected, "{yaml}");
        }
        for yaml in ["a: [\n", "a: *b\n", "{a: 1", "\t- a: b\n  c", "a: b: c\n"] {
            assert!(parse(yaml).is_err(), "{yaml}");
        }
    }

    #[test]
    fn malicious_text_ends_soon_in_a_reason() {
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..20 {
            let items = vec![format!("*a{}", level - 1); 9].join(", ");
            laughs += &format!("a{level}: &a{level} [{items}]\n");
        }
        let nested_anchors = (0..60)
            .map(|level| format!("&b{level} ["))
            .collect::<String>();
        for (name, text) in [
            ("aliases", laughs),
            ("brackets", "[".repeat(1 << 20)),
            ("braces", "{a: ".repeat(1 << 18)),
            ("lists", "- ".repeat(1 << 19)),
            ("questions", "? ".repeat(1 << 19)),
            ("anchors", nested_anchors + &"x, ".repeat(300_000)),
        ] {
            let begun = Instant::now();
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.len() < 200, "{name}: {error}");
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{name}: {:?}",
                begun.elapsed()
            );
        }
    }

    #[test]
    fn long_flow_sequences_and_mappings_end() {
        let time = |text: &str| {
            let begun = Instant::now();
            parse(text).unwrap();
            begun.elapsed().as_secs_f64()
        };
        for (name, item) in [("flow", "a, "), ("keys", "a: b, "), ("texts", "\"a\", ")] {
            let of = |count: usize| match name {
                "keys" => format!("{{{}}}", item.repeat(count)),
                _ => format!("[{}]", item.repeat(count)),
            };
            // Time that grows with the square of the length would be many minutes.
            let secs = time(&of(200_000));
            assert!(secs < 60.0, "{name}: {secs} s");
        }
    }
}
