use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use trainscape_run::Step;

use super::run_rows::{ids_of, kind_member, run_columns};
use crate::{
    columns::is_evaluation,
    config::value_of_text,
    json::{
        Json, JsonVisitor, TOO_DEEP, has_negative_zero, is_nested_too_deep, non_finite,
        rewrite_python_json, step_of,
    },
    keys::{NONE, Slot},
    limits,
    lines::{LineDecoder, LineReader},
    lines_of_runs::{Growth, Lines, LinesOfRuns},
    long_rows::RunColumns,
    parse::{FatalError, Parser},
    row_decoder::RowDecoder,
    row_kinds::RowKinds,
    statistics::ReadStatistics,
    store::Store,
    text_number::{DecimalMark, unwrapped},
};

/// Most numbers of a list that are series.
const MAX_LIST: usize = limits::ROW_LIST.items;

/// Longest text that may be a number.
const MAX_NUMBER: usize = 40;

/// Reads one JSON object per line.
///
/// Numbers are points, and so are texts that are numbers; `true` and `false` are not. Keys of nested objects are joined by dots.
///
/// The rows may be those of many runs, with members that say whose each is.
#[derive(Debug, Default)]
pub(crate) struct JsonlParser {
    lines: LineReader,
    objects: Objects,
    /// The file, until its first rows are there: then it is examined for members that say whose the rows are.
    path: Option<PathBuf>,
    is_examined: bool,
    run_columns: RunColumns,
    growth: Growth,
    kinds: RowKinds,
    /// The runs of a log of many.
    runs: Option<LinesOfRuns<Objects>>,
    /// The ids of the last row.
    last: Option<Vec<String>>,
}

impl Parser for JsonlParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        store.set_provisional(None);
        if !self.is_examined && memchr::memchr(b'\n', chunk).is_some() {
            self.examine(chunk.len() as u64, store);
        }
        if !self.run_columns.ids.is_empty() {
            let mut lines = chunk.rsplit(|&byte| byte == b'\n').skip(1);
            let last = lines.find_map(|line| ids_of(line, &self.run_columns.ids));
            self.last = last.or(self.last.take());
        }
        let Some(runs) = &mut self.runs else {
            let objects = &self.objects;
            return Ok(self.lines.feed(objects, chunk, offset, store, statistics));
        };
        let columns = &self.run_columns;
        let ids = |line: &[u8]| ids_of(line, &columns.ids);
        let make = |_: &mut Store| Objects {
            ids: columns.ids.clone(),
            kind: None,
        };
        let lines = Lines {
            text: chunk,
            offset,
            without_ids: "it does not say whose row it is",
        };
        Ok(runs.feed(lines, ids, make, store, statistics))
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
        self.note_end(offset);
        let is_whole = self.lines.provisional(&self.objects, rest, store).is_some();
        if !is_whole {
            store.set_provisional(self.lines.waiting(&self.objects, store));
            return 0;
        }
        let mut line = rest.to_vec();
        line.push(b'\n');
        match self.feed(&Bytes::from(line), offset, store, statistics) {
            Ok(_) => {
                store.set_provisional(self.lines.waiting(&self.objects, store));
                rest.len()
            }
            Err(_) => 0,
        }
    }

    fn steps_count(&self) -> Option<Cow<'static, str>> {
        self.lines.steps_count().map(Cow::Borrowed)
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        (!rest.trim_ascii().is_empty()).then_some("the last line is incomplete")
    }

    fn must_restart(&self) -> bool {
        self.growth.is_outdated() || self.kinds.is_outdated()
    }
}

impl JsonlParser {
    /// For the log at `path`, whose rows may be those of many runs.
    pub(super) fn of_file(path: &Path) -> Self {
        Self {
            path: Some(path.to_owned()),
            lines: LineReader::with_epochs(),
            ..Self::default()
        }
    }

    fn examine(&mut self, len: u64, store: &mut Store) {
        self.is_examined = true;
        let Some(path) = &self.path else { return };
        self.run_columns = run_columns(path);
        let columns = &self.run_columns;
        if !columns.runs.is_empty() {
            self.runs = Some(LinesOfRuns::new(columns.clone()));
            return;
        }
        for (column, value) in &columns.constant {
            store.config.insert(column.clone(), value_of_text(value));
            self.objects.ids.push(column.clone());
        }
        self.objects.kind = kind_member(path);
        self.kinds = RowKinds::new(self.objects.kind.clone(), len);
    }

    /// Examines the log again at its end, if its last row is that of another run.
    fn note_end(&mut self, len: u64) {
        if let Some(path) = self.path.as_ref().filter(|_| self.runs.is_none()) {
            self.kinds.note_end(len, || kind_member(path));
        }
        let (Some(path), Some(last)) = (&self.path, &self.last) else {
            return;
        };
        let is_contradicted = self.runs.as_ref().is_some_and(LinesOfRuns::is_contradicted);
        let (last, known) = (last.clone(), &self.run_columns);
        self.growth
            .note_end(len, last, known, is_contradicted, || run_columns(path));
    }
}

#[derive(Debug, Default)]
struct Objects {
    /// Members that are configuration.
    ids: Vec<String>,
    /// The member that says what the values of a row are of.
    kind: Option<String>,
}

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
        if self.read_object(text, decoder) {
            decoder.remember_layout(line);
            return Ok(true);
        }
        decoder.row.clear();
        let repaired = rewrite_python_json(line).and_then(|line| String::from_utf8(line).ok());
        if repaired.is_some_and(|text| self.read_object(&text, decoder)) {
            return Ok(true);
        }
        decoder.row.clear();
        Err(match is_nested_too_deep(line) {
            true => TOO_DEEP,
            false => "it is not a JSON object",
        })
    }
}

impl Objects {
    fn read_object(&self, text: &str, decoder: &mut RowDecoder<'_>) -> bool {
        let kind = self.kind.as_ref().map(|kind| decoder.slot(kind));
        let visitor = ObjectVisitor {
            ids: &self.ids,
            kind,
            decoder,
        };
        if has_negative_zero(text.as_bytes()) {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            return deserializer.deserialize_map(visitor).is_ok() && deserializer.end().is_ok();
        }
        let mut deserializer = sonic_rs::Deserializer::from_str(text);
        deserializer.deserialize_map(visitor).is_ok() && deserializer.end().is_ok()
    }
}

/// Reads the members of one object directly into a row, without building the object.
struct ObjectVisitor<'a, 'd> {
    ids: &'a [String],
    /// The key of the kind of a row.
    kind: Option<Slot>,
    decoder: &'a mut RowDecoder<'d>,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { ids, kind, decoder } = self;
        while let Some(slot) = map.next_key_seed(KeySeed { ids, decoder })? {
            if slot == NONE {
                map.next_value_seed(MemberSeed::Value)?;
                continue;
            }
            let seed = match () {
                () if kind == Some(slot) => MemberSeed::Kind,
                () if decoder.is_phase(slot) => MemberSeed::Phase,
                () => MemberSeed::Value,
            };
            match map.next_value_seed(seed)? {
                Member::Number(value, step) => {
                    decoder.number(slot, value, || step.or_else(|| step_of(value)));
                }
                Member::TextNumber(text) => decoder.text(slot, &text, DecimalMark::Point),
                Member::Text => decoder.no_number(slot),
                Member::Evaluation(phase) => decoder.row.set_evaluation(&phase),
                Member::Kind(kind) => decoder.row.set_kind(&kind),
                Member::Nested(json) if decoder.is_settings(slot) => {
                    let settings = &mut decoder.output.settings;
                    json.flatten_config(&mut String::new(), settings);
                }
                Member::Nested(json) => decoder.nested(slot, &json, Json::as_step),
                Member::Numbers(values) => decoder.numbers(slot, &values),
                Member::Named(values) => decoder.named(slot, &values),
                Member::LongList => decoder.long_list(slot),
                Member::NoNumber => decoder.no_step(slot),
                Member::Ignored => {}
            }
        }
        decoder.name_after_kind();
        Ok(())
    }
}

struct KeySeed<'a, 'd> {
    ids: &'a [String],
    decoder: &'a mut RowDecoder<'d>,
}

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
        match self.ids.iter().any(|id| id == key) {
            true => Ok(NONE),
            false => Ok(self.decoder.slot(key)),
        }
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
    /// What the values of the row are of.
    Kind(String),
    Nested(Json),
    /// A short list of numbers.
    Numbers(Vec<f64>),
    /// A list of objects that name their numbers.
    Named(Vec<(String, f64)>),
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
        || unwrapped(text.trim().as_bytes()).is_some()
}

/// The name and the number of `{"name": "loss", "value": 0.5}`.
fn named_number(item: &Json) -> Option<(String, f64)> {
    let Json::Map(entries) = item else {
        return None;
    };
    let name = ["name", "metric", "key", "tag"].iter();
    let name = name.filter_map(|key| item.get(key)?.as_text()).next()?;
    let value = ["value", "val", "score", "result"].iter();
    let value = value.filter_map(|key| item.get(key)?.as_f64()).next()?;
    (entries.len() <= 4 && !name.is_empty()).then(|| (name.to_owned(), value))
}

/// What a text under a key says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MemberSeed {
    /// It may be a number.
    Value,
    /// Whether the row is one of the training.
    Phase,
    /// What the values of the row are of.
    Kind,
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
            None if self == Self::Kind => Member::Kind(value.to_owned()),
            None if self == Self::Phase && is_evaluation(value) => {
                Member::Evaluation(value.to_owned())
            }
            None if self == Self::Phase => Member::Ignored,
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
        let mut named = Vec::new();
        let mut len = 0;
        // `IgnoredAny` would follow malicious nesting to any depth.
        while let Some(item) = seq.next_element_seed(JsonVisitor { depth: 1 })? {
            len += 1;
            if let Some(entry) = named_number(&item).filter(|_| len == named.len() + 1) {
                named.push(entry);
            }
            named.truncate(MAX_LIST + 1);
            if let Some(number) = item.as_f64().filter(|_| len == numbers.len() + 1) {
                numbers.push(number);
            }
            numbers.truncate(MAX_LIST + 1);
        }
        if !named.is_empty() && named.len() == len && len <= MAX_LIST {
            return Ok(Member::Named(named));
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
