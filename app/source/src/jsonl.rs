use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use trainscape_run::Step;

use crate::{
    batch::{Scribe, Tally},
    json::{Json, JsonVisitor, Leaf, has_negative_zero, non_finite, quote_bare_floats, step_of},
    keys::Keys,
    lines::{LineFormat, LineReader},
    parse::{Fatal, Parser},
    row::Row,
    store::Store,
};

/// Reads one JSON object a line.
///
/// Numbers are points, and so are the texts `"NaN"`, `"Infinity"` and `"-Infinity"`; `true` and
/// `false` are not. Keys of nested objects are joined by dots.
#[derive(Debug, Default)]
pub(crate) struct JsonlParser {
    lines: LineReader,
}

impl Parser for JsonlParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        tally: &mut Tally,
    ) -> Result<usize, Fatal> {
        Ok(self.lines.feed(&Objects, chunk, offset, store, tally))
    }

    /// A last line without its line end is read where it is a whole object: nothing but blanks can
    /// follow it, so it cannot change its meaning.
    fn caught_up(
        &mut self,
        rest: &[u8],
        offset: u64,
        store: &mut Store,
        tally: &mut Tally,
    ) -> usize {
        if self
            .lines
            .provisional(&Objects, rest, &store.keys)
            .is_none()
        {
            return 0;
        }
        let mut line = rest.to_vec();
        line.push(b'\n');
        self.lines
            .feed(&Objects, &Bytes::from(line), offset, store, tally);
        rest.len()
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        (!rest.trim_ascii().is_empty()).then_some("the last line is not finished")
    }
}

struct Objects;

impl LineFormat for Objects {
    fn line(
        &self,
        line: &[u8],
        keys: &Keys,
        scribe: &mut Scribe,
        row: &mut Row,
    ) -> Result<bool, &'static str> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(false);
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return Err("it is no UTF-8 text");
        };
        if read_object(text, keys, scribe, row) {
            return Ok(true);
        }
        row.clear();
        let repaired = quote_bare_floats(line).and_then(|line| String::from_utf8(line).ok());
        if repaired.is_some_and(|text| read_object(&text, keys, scribe, row)) {
            return Ok(true);
        }
        row.clear();
        Err("it is no JSON object")
    }
}

fn read_object(text: &str, keys: &Keys, scribe: &mut Scribe, row: &mut Row) -> bool {
    if has_negative_zero(text.as_bytes()) {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        return deserializer
            .deserialize_map(ObjectVisitor { keys, scribe, row })
            .is_ok()
            && deserializer.end().is_ok();
    }
    let mut deserializer = sonic_rs::Deserializer::from_str(text);
    deserializer
        .deserialize_map(ObjectVisitor { keys, scribe, row })
        .is_ok()
        && deserializer.end().is_ok()
}

/// Reads the members of one object straight into a row, without building the object.
struct ObjectVisitor<'a> {
    keys: &'a Keys,
    scribe: &'a mut Scribe,
    row: &'a mut Row,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { keys, scribe, row } = self;
        while let Some(slot) = map.next_key_seed(KeySeed { keys, scribe })? {
            match map.next_value_seed(ValueSeed)? {
                Value::Number(value, step) => {
                    row.number(slot, scribe.ranks(keys, slot), value, || {
                        step.or_else(|| step_of(value))
                    });
                }
                Value::Nested(json) => nested(&json, slot, keys, scribe, row),
                Value::None => {}
            }
        }
        Ok(())
    }
}

fn nested(json: &Json, slot: u32, keys: &Keys, scribe: &mut Scribe, row: &mut Row) {
    let name = match (slot as usize).checked_sub(keys.len()) {
        Some(fresh) => scribe.fresh.name(fresh as u32),
        None => keys.name(slot),
    };
    let mut path = name.to_string();
    json.flatten(&mut path, &mut |key, leaf| {
        let slot = scribe.slot(keys, key);
        match leaf {
            Leaf::Number(value, json) => {
                let step = match json {
                    Json::Int(step) => Some(Step::Int(*step)),
                    _ => step_of(value),
                };
                row.number(slot, scribe.ranks(keys, slot), value, || step);
            }
            Leaf::Histogram(json) => {
                if let Some(histogram) = json.histogram() {
                    row.histogram(slot, histogram);
                }
            }
        }
    });
}

struct KeySeed<'a> {
    keys: &'a Keys,
    scribe: &'a mut Scribe,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<u32, E> {
        Ok(self.scribe.slot(self.keys, key))
    }
}

enum Value {
    Number(f64, Option<Step>),
    Nested(Json),
    None,
}

struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64, Some(Step::Int(value))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(
            value as f64,
            i64::try_from(value).ok().map(Step::Int),
        ))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value, None))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(non_finite(value).map_or(Value::None, |value| Value::Number(value, None)))
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        // `IgnoredAny` would follow hostile nesting to any depth.
        while seq.next_element_seed(JsonVisitor { depth: 1 })?.is_some() {}
        Ok(Value::None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        JsonVisitor { depth: 1 }.visit_map(map).map(Value::Nested)
    }
}
