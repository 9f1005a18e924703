use std::{
    fmt,
    io::{self, Read},
};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use trainscape_run::{Config, ConfigValue, Histogram, Step};

use crate::limits;

/// Values nested deeper than this are rejected.
const MAX_DEPTH: usize = limits::JSON_NESTING.depth;

/// What is said of a text that [`is_nested_too_deep`].
pub(crate) const TOO_DEEP: &str =
    "it is nested too deep: at most 64 objects and lists within each other are read";

/// True if a JSON text has more objects and lists within each other than are read.
pub(crate) fn is_nested_too_deep(text: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    let mut is_text = false;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if is_text => at += 1,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
        at += 1;
    }
    false
}

/// A JSON (or YAML) value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// True if the text contains a negative zero, whose sign sonic-rs loses.
pub(crate) fn has_negative_zero(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"-0").any(|at| {
        let after = &text[at + 2..];
        let zeros = after
            .iter()
            .position(|c| !matches!(c, b'0' | b'.'))
            .unwrap_or(after.len());
        // In every other number a digit follows, and an exponent is preceded by a digit.
        let ends = after.get(zeros).is_none_or(|c| !c.is_ascii_digit());
        let begins = at == 0 || !matches!(text[at - 1], b'e' | b'E' | b'0'..=b'9');
        ends && begins
    })
}

impl Json {
    /// Reads JSON text, in which Python's bare `NaN` and `Infinity` are allowed.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let read = |text: &[u8]| match has_negative_zero(text) {
            true => serde_json::from_slice(text).ok(),
            false => sonic_rs::from_slice(text).ok(),
        };
        read(text).or_else(|| read(&rewrite_python_json(text)?))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a point's value: a number, or a non-finite number written as text. `true` and
    /// `false` are not points.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(text) => non_finite(text),
            Self::Map(_) => self.pickled(),
            _ => None,
        }
    }

    /// The number of a NumPy scalar as jsonpickle writes it, and sacred with it: `{"py/object": "numpy.float64", "value": 1.5}`.
    fn pickled(&self) -> Option<f64> {
        self.get("py/object")?;
        match self.get("value")? {
            Self::Map(_) => None,
            value => value.as_f64(),
        }
    }

    /// The value as a step: an integer keeps all its digits.
    pub(crate) fn as_step(&self) -> Option<Step> {
        match self {
            Self::Int(step) => Some(Step::Int(*step)),
            value => value.as_f64().and_then(step_of),
        }
    }

    fn floats(&self) -> Option<Vec<f64>> {
        match self {
            Self::List(items) => items.iter().map(Self::as_f64).collect(),
            _ => None,
        }
    }

    /// The histogram that this object is in W&B's format.
    pub(crate) fn histogram(&self) -> Option<Histogram> {
        let counts = self.get("values").and_then(Self::floats)?;
        let edges = match (self.get("bins"), self.get("packedBins")) {
            (Some(bins), _) => bins.floats()?,
            (None, Some(packed)) => {
                let min = packed.get("min").and_then(Self::as_f64)?;
                let size = packed.get("size").and_then(Self::as_f64)?;
                (0..=counts.len())
                    .map(|edge| min + size * edge as f64)
                    .collect()
            }
            (None, None) => return None,
        };
        (edges.len() == counts.len() + 1).then(|| Histogram {
            edges: edges.into(),
            counts: counts.into(),
            sum_squares: None,
        })
    }

    /// Visits all numbers of nested objects, keys joined by dots, and all histograms. Objects with a
    /// `_type` are media, not metrics.
    pub(crate) fn flatten<'a>(&'a self, path: &mut String, visit: &mut impl FnMut(&str, Leaf<'a>)) {
        match self {
            Self::Map(entries) => {
                if let Some(value) = self.pickled() {
                    visit(path, Leaf::Number(value, self));
                    return;
                }
                if let Some(kind) = self.get("_type").and_then(Self::as_text) {
                    if kind == "histogram" {
                        visit(path, Leaf::Histogram(self));
                    }
                    return;
                }
                for (key, value) in entries {
                    let length = path.len();
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                    value.flatten(path, visit);
                    path.truncate(length);
                }
            }
            _ => {
                if let Some(value) = self.as_f64() {
                    visit(path, Leaf::Number(value, self));
                }
            }
        }
    }

    /// Adds all values of nested objects to a configuration, keys joined by dots.
    pub(crate) fn flatten_config(self, path: &mut String, config: &mut Config) {
        let value = match self {
            Self::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    let length = path.len();
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(&key);
                    value.flatten_config(path, config);
                    path.truncate(length);
                }
                return;
            }
            Self::Bool(value) => ConfigValue::Bool(value),
            Self::Int(value) => ConfigValue::Int(value),
            Self::Float(value) => ConfigValue::Float(value),
            Self::Text(value) => ConfigValue::Text(value),
            other => ConfigValue::Text(other.to_string()),
        };
        if !path.is_empty() {
            config.insert(path.clone(), value);
        }
    }
}

/// What [`Json::flatten`] visits.
#[derive(Debug)]
pub(crate) enum Leaf<'a> {
    Number(f64, &'a Json),
    Histogram(&'a Json),
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, item)) in entries.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{key:?}: {item}")?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The value of a non-finite number written as text, in the spelling of W&B and Python's `json` or of `str`.
pub(crate) fn non_finite(text: &str) -> Option<f64> {
    match text {
        "NaN" | "nan" => Some(f64::NAN),
        "Infinity" | "inf" | "Inf" => Some(f64::INFINITY),
        "-Infinity" | "-inf" | "-Inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A number as a step: an integer if it is whole; `None` for what is no position, and beyond the integers, where it would
/// not be the step that was logged.
pub(crate) fn step_of(value: f64) -> Option<Step> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    const MOST: f64 = 9_223_372_036_854_775_808.0;
    if !value.is_finite() || value.abs() >= MOST {
        None
    } else if value.fract() == 0.0 && value.abs() <= EXACT {
        Some(Step::Int(value as i64))
    } else {
        Some(Step::Float(value))
    }
}

/// Rewrites what Python's `json` writes and other readers refuse: quotation marks are put around bare `NaN`, `Infinity`
/// and `-Infinity`, numbers beyond the largest float become infinite, and halves of a surrogate pair, which a text that
/// was cut leaves, become U+FFFD. `None` if the text contains none of them.
pub(crate) fn rewrite_python_json(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    let mut in_text = false;
    while at < text.len() {
        match text[at] {
            b'\\' if in_text => match surrogates(&text[at..]) {
                Surrogates::Half => {
                    out.extend_from_slice(&text[copied..at]);
                    out.extend_from_slice(br"\ufffd");
                    at += ESCAPED;
                    copied = at;
                    continue;
                }
                Surrogates::Pair => {
                    at += 2 * ESCAPED;
                    continue;
                }
                Surrogates::None => at += 1,
            },
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'N' | b'I' | b'-' | b'0'..=b'9' => {
                let (len, replacement) = special_float(&text[at..]);
                if let Some(replacement) = replacement {
                    out.extend_from_slice(&text[copied..at]);
                    out.push(b'"');
                    out.extend_from_slice(replacement.as_bytes());
                    out.push(b'"');
                    copied = at + len;
                }
                at += len;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return None;
    }
    out.extend_from_slice(text.get(copied..)?);
    Some(out)
}

/// True if all lists, objects and texts that begin in a document end in it, and at least one does. Whatever the size of
/// the document, little of it is in memory.
pub(crate) fn is_complete_json(mut document: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; 64 << 10];
    let (mut depth, mut in_text, mut is_escaped, mut has_ended) = (0_u64, false, false, false);
    loop {
        let read = document.read(&mut buffer)?;
        if read == 0 {
            return Ok(has_ended && depth == 0 && !in_text);
        }
        for &byte in &buffer[..read] {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_text => is_escaped = true,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'[' | b'{' => depth += 1,
                b']' | b'}' if depth == 0 => return Ok(false),
                b']' | b'}' => {
                    depth -= 1;
                    has_ended = true;
                }
                _ => {}
            }
        }
    }
}

/// Bytes of an escaped code unit: `\ud83d`.
const ESCAPED: usize = 6;

/// What a text begins with.
enum Surrogates {
    None,
    Half,
    Pair,
}

fn surrogates(text: &[u8]) -> Surrogates {
    let unit = |at: usize| {
        let digits = text.get(at..at + ESCAPED)?.strip_prefix(br"\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    match (unit(0), unit(ESCAPED)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => Surrogates::Pair,
        (Some(0xD800..=0xDFFF), _) => Surrogates::Half,
        _ => Surrogates::None,
    }
}

/// The length of the token at the start of a text, and how it is written if it is not a finite float.
fn special_float(text: &[u8]) -> (usize, Option<&'static str>) {
    const TOKENS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];
    let mut tokens = TOKENS.iter().copied();
    if let Some(token) = tokens.find(|token| text.starts_with(token.as_bytes())) {
        return (token.len(), Some(token));
    }
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if !digits.first().is_some_and(u8::is_ascii_digit) {
        return (1, None);
    }
    match fast_float2::parse_partial::<f64, _>(text) {
        Ok((f64::INFINITY, len)) => (len, Some("Infinity")),
        Ok((f64::NEG_INFINITY, len)) => (len, Some("-Infinity")),
        Ok((_, len)) => (len, None),
        Err(_) => (1, None),
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor { depth: 0 })
    }
}

/// Builds a [`Json`]; the depth is bounded, so that malicious nesting ends in an error.
#[derive(Clone, Copy)]
pub(crate) struct JsonVisitor {
    pub(crate) depth: usize,
}

impl<'de> serde::de::DeserializeSeed<'de> for JsonVisitor {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(inner)? {
            let key = match key {
                Json::Text(text) => text,
                other => other.to_string(),
            };
            entries.push((key, map.next_value_seed(inner)?));
        }
        // A document may hold millions of small objects.
        entries.shrink_to_fit();
        Ok(Json::Map(entries))
    }
}

impl JsonVisitor {
    pub(crate) fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_of_texts() {
        let nested = |depth: usize| "[{\"a\":".repeat(depth / 2) + "1" + &"}]".repeat(depth / 2);
        assert!(!is_nested_too_deep(nested(MAX_DEPTH).as_bytes()));
        assert!(is_nested_too_deep(nested(MAX_DEPTH + 2).as_bytes()));
        let text = format!("{{\"a\\\"{}\": [1]}}", "[{".repeat(MAX_DEPTH));
        assert!(!is_nested_too_deep(text.as_bytes()));
        assert!(TOO_DEEP.contains(&MAX_DEPTH.to_string()));
    }

    #[test]
    fn a_document_that_is_cut_is_not_complete() {
        let document = br#"{"a": [1, {"b]\"": "\\"}], "c": "}"}"#;
        assert!(is_complete_json(&document[..]).unwrap());
        for len in 0..document.len() {
            assert!(!is_complete_json(&document[..len]).unwrap(), "{len}");
        }
    }

    #[test]
    fn a_zero_keeps_its_sign() {
        for text in ["-0.0", "[1,-0.00]", "{\"a\": -0}"] {
            assert!(has_negative_zero(text.as_bytes()), "{text}");
        }
        for text in ["-0.5", "1e-05", "[1e-0]", "-0.001", "2026-01-02"] {
            assert!(!has_negative_zero(text.as_bytes()), "{text}");
        }
        let Some(Json::Float(value)) = Json::parse(b"-0.0") else {
            panic!("a number")
        };
        assert!(value == 0.0 && value.is_sign_negative());
    }

    #[test]
    fn bare_floats_are_read_outside_of_strings_only() {
        let value =
            Json::parse(br#"{"a": NaN, "b\"NaN": [-Infinity, Infinity, "x NaN"]}"#).unwrap();
        assert!(value.get("a").unwrap().as_f64().unwrap().is_nan());
        let list = value.get("b\"NaN").unwrap();
        assert_eq!(list.to_string(), r#"["-Infinity", "Infinity", "x NaN"]"#);
    }

    #[test]
    fn numbers_of_jsonpickle_are_numbers() {
        let text =
            br#"{"r": [{"dtype": "float64", "py/object": "numpy.float64", "value": 1.5}, 2]}"#;
        let json = Json::parse(text).unwrap();
        assert_eq!(json.get("r").and_then(Json::floats), Some(vec![1.5, 2.0]));
        assert_eq!(Json::parse(br#"{"value": 1.5}"#).unwrap().as_f64(), None);
    }

    #[test]
    fn numbers_beyond_the_largest_float_are_infinite() {
        let long = "9".repeat(400);
        let text = format!(r#"{{"a": 1e400, "b": -{long}, "c": [{long}, 1e308], "1e999": 2}}"#);
        let value = Json::parse(text.as_bytes()).unwrap();
        let of = |key: &str| value.get(key).and_then(Json::as_f64);
        assert_eq!(of("a"), Some(f64::INFINITY));
        assert_eq!(of("b"), Some(f64::NEG_INFINITY));
        assert_eq!(of("1e999"), Some(2.0));
        let list = value.get("c").and_then(Json::floats);
        assert_eq!(list, Some(vec![f64::INFINITY, 1e308]));
    }

    #[test]
    fn malicious_nesting_is_rejected() {
        for depth in [60, 100, 1000, 200_000] {
            let text = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(Json::parse(text.as_bytes()).is_some(), depth < 64);
            assert!(Json::parse("{\"a\":".repeat(depth).as_bytes()).is_none());
        }
    }

    #[test]
    fn packed_bins_become_edges() {
        let text =
            br#"{"_type":"histogram","values":[1,2],"packedBins":{"min":-1,"size":0.5,"count":2}}"#;
        let histogram = Json::parse(text).unwrap().histogram().unwrap();
        assert_eq!(*histogram.edges, [-1.0, -0.5, 0.0]);
        assert_eq!(*histogram.counts, [1.0, 2.0]);
    }
}
