use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use trainscape_run::Step;

use crate::{
    columns::is_evaluation,
    json::{Json, JsonVisitor, has_negative_zero, non_finite, rewrite_python_json, step_of},
    keys::Slot,
    limits,
    lines::{LineDecoder, LineReader},
    parse::{FatalError, Parser},
    row_decoder::RowDecoder,
    statistics::ReadStatistics,
    store::Store,
    text_number::DecimalMark,
};

/// Most numbers of a list that are series.
const MAX_LIST: usize = limits::ROW_LIST.items;

/// Longest text that may be a number.
const MAX_NUMBER: usize = 40;

/// Reads one JSON object per line.
///
/// Numbers are points, and so are texts that are numbers; `true` and `false` are not. Keys of nested objects are joined by dots.
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
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        Ok(self.lines.feed(&Objects, chunk, offset, store, statistics))
    }

    /// A last line without its line end is read if it is a complete object: only white space can follow
    /// it, so its meaning cannot change.
    fn caught_up(
        &mut self,
        rest: &[u8],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
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
            .feed(&Objects, &Bytes::from(line), offset, store, statistics);
        rest.len()
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        (!rest.trim_ascii().is_empty()).then_some("the last line is incomplete")
    }
}

struct Objects;

impl LineDecoder for Objects {
    fn decode(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> Result<bool, &'static str> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(false);
        }
        if decoder.read_as_before(line) {
            return Ok(true);
        }
        // The deserializer follows brackets in place of an object to any depth.
        if line[0] != b'{' {
            return Err("it is not a JSON object");
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return Err("it is not UTF-8 text");
        };
        if read_object(text, decoder) {
            decoder.remember_layout(line);
            return Ok(true);
        }
        decoder.row.clear();
        let repaired = rewrite_python_json(line).and_then(|line| String::from_utf8(line).ok());
        if repaired.is_some_and(|text| read_object(&text, decoder)) {
            return Ok(true);
        }
        decoder.row.clear();
        Err("it is not a JSON object")
    }
}

fn read_object(text: &str, decoder: &mut RowDecoder<'_>) -> bool {
    if has_negative_zero(text.as_bytes()) {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        return deserializer.deserialize_map(ObjectVisitor(decoder)).is_ok()
            && deserializer.end().is_ok();
    }
    let mut deserializer = sonic_rs::Deserializer::from_str(text);
    deserializer.deserialize_map(ObjectVisitor(decoder)).is_ok() && deserializer.end().is_ok()
}

/// Reads the members of one object directly into a row, without building the object.
struct ObjectVisitor<'a, 'd>(&'a mut RowDecoder<'d>);

impl<'de> Visitor<'de> for ObjectVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let decoder = self.0;
        while let Some(slot) = map.next_key_seed(KeySeed(decoder))? {
            let is_phase = decoder.is_phase(slot);
            match map.next_value_seed(MemberSeed { is_phase })? {
                Member::Number(value, step) => {
                    decoder.number(slot, value, || step.or_else(|| step_of(value)));
                }
                Member::TextNumber(text) => decoder.text(slot, &text, DecimalMark::Point),
                Member::Text => decoder.no_number(slot),
                Member::Evaluation(phase) => decoder.row.set_evaluation(&phase),
                Member::Nested(json) if decoder.is_settings(slot) => {
                    let settings = &mut decoder.output.settings;
                    json.flatten_config(&mut String::new(), settings);
                }
                Member::Nested(json) => decoder.nested(slot, &json, Json::as_step),
                Member::Numbers(values) => decoder.numbers(slot, &values),
                Member::LongList => decoder.long_list(slot),
                Member::NoNumber => decoder.no_step(slot),
                Member::Ignored => {}
            }
        }
        Ok(())
    }
}

struct KeySeed<'a, 'd>(&'a mut RowDecoder<'d>);

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_> {
    type Value = Slot;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Slot, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_> {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Slot, E> {
        Ok(self.0.slot(key))
    }
}

enum Member {
    Number(f64, Option<Step>),
    /// Text that may be a number.
    TextNumber(Vec<u8>),
    /// Other text.
    Text,
    /// The row is one of a validation or test.
    Evaluation(String),
    Nested(Json),
    /// A short list of numbers.
    Numbers(Vec<f64>),
    /// A long one.
    LongList,
    /// Another list, or `true` or `false`.
    NoNumber,
    /// Nothing.
    Ignored,
}

/// True if a text is short and begins as a number does.
fn may_be_number(text: &str) -> bool {
    let start = text.trim_start().as_bytes().first();
    text.len() <= MAX_NUMBER && start.is_some_and(|c| matches!(c, b'0'..=b'9' | b'+' | b'-' | b'.'))
}

struct MemberSeed {
    /// True if a text names the kind of the row.
    is_phase: bool,
}

impl<'de> DeserializeSeed<'de> for MemberSeed {
    type Value = Member;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MemberSeed {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_i64<E>(self, value: i64) -> Result<Member, E> {
        Ok(Member::Number(value as f64, Some(Step::Int(value))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Member, E> {
        Ok(Member::Number(
            value as f64,
            i64::try_from(value).ok().map(Step::Int),
        ))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Member, E> {
        Ok(Member::Number(value, None))
    }

    fn visit_str<E>(self, value: &str) -> Result<Member, E> {
        Ok(match non_finite(value) {
            Some(value) => Member::Number(value, None),
            None if self.is_phase && is_evaluation(value) => Member::Evaluation(value.to_owned()),
            None if self.is_phase => Member::Ignored,
            None if may_be_number(value) => Member::TextNumber(value.as_bytes().to_vec()),
            None => Member::Text,
        })
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Member, E> {
        Ok(Member::NoNumber)
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Ignored)
    }

    fn visit_none<E>(self) -> Result<Member, E> {
        Ok(Member::Ignored)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Member, A::Error> {
        let mut numbers = Vec::new();
        let mut len = 0;
        // `IgnoredAny` would follow malicious nesting to any depth.
        while let Some(item) = seq.next_element_seed(JsonVisitor { depth: 1 })? {
            len += 1;
            if let Some(number) = item.as_f64().filter(|_| len == numbers.len() + 1) {
                numbers.push(number);
            }
            numbers.truncate(MAX_LIST + 1);
        }
        Ok(match numbers.len() {
            0 => Member::NoNumber,
            all if all == len => Member::Numbers(numbers),
            all if all > MAX_LIST => Member::LongList,
            _ => Member::NoNumber,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Member, A::Error> {
        JsonVisitor { depth: 1 }.visit_map(map).map(Member::Nested)
    }
}
