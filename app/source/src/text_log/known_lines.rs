//! Lines of known shapes, in which the general rules would not find the keys or the position.

use super::{
    coco::summary_line,
    fields::{Fields, Pair},
    key_text::key_between,
    number::{Number, count_digits, number_at},
    places::{Mark, skip_blanks},
    words::{Counter, Phase, is_training_key},
};
use crate::text_number::Units;

/// Values of a line that states them before their names.
const MIN_VALUES: usize = 3;

/// Reads `line` as a whole if it is of one of these shapes.
pub(super) fn known_line(line: &[u8], fields: &mut Fields) -> bool {
    if let Some((key, value)) = summary_line(line, fields.task) {
        let number = Number {
            value,
            whole: None,
            total: None,
            units: Units::default(),
            end: line.len(),
        };
        fields.pairs.push(Pair {
            own_name: Some(key),
            ..pair((0, 0), number, None)
        });
        return true;
    }
    let is_known = match line.first() {
        Some(b'0'..=b'9') => {
            three_columns(line, fields).is_some()
                || values_before_keys(line, fields).is_some()
                || darknet(line, fields).is_some()
        }
        Some(b's') => llm_c(line, fields).is_some(),
        Some(b'E' | b'[') => marian(line, fields).is_some(),
        _ => false,
    };
    if !is_known {
        fields.clear();
    }
    is_known
}

/// `250 val 5.9000` of build-nanogpt: step, name and value.
fn three_columns(line: &[u8], fields: &mut Fields) -> Option<()> {
    let step = step_at(line)?;
    let start = skip_blanks(line, step.end);
    let key = &line[start..];
    let len = key.iter().position(u8::is_ascii_whitespace)?;
    let key = &key[..len];
    let value = number_at(line, skip_blanks(line, start + len))?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if value.end != line.len() || !key[0].is_ascii_alphabetic() || !key.iter().all(is_name) {
        return None;
    }
    let is_metric = Phase::of_text(key).is_some()
        || key.starts_with(b"hella")
        || std::str::from_utf8(key).is_ok_and(is_training_key);
    if !is_metric {
        return None;
    }
    fields
        .place
        .marks
        .push(mark(Counter::Step(0), step, (0, 0)));
    fields.pairs.push(pair((start, start + len), value, None));
    Some(())
}

/// `0 12.5 ms run, 2.30 loss, 0.0012 LR` of tinygrad: the step, and values before their names.
fn values_before_keys(line: &[u8], fields: &mut Fields) -> Option<()> {
    let step = step_at(line)?;
    let mut at = skip_blanks(line, step.end);
    let mut has_metric = false;
    while at < line.len() {
        let value = number_at(line, at)?;
        let rest = &line[value.end..];
        let end = value.end + memchr::memchr(b',', rest).unwrap_or(rest.len());
        let key = key_between(line, value.end, end)?;
        let text = std::str::from_utf8(&line[key.0..key.1]).ok()?;
        let is_name = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'_');
        if !text.bytes().all(is_name) || key.0 != skip_blanks(line, value.end) {
            return None;
        }
        has_metric |= is_training_key(text);
        fields.pairs.push(pair(key, value, None));
        at = skip_blanks(line, end + 1);
    }
    if !has_metric || fields.pairs.len() < MIN_VALUES {
        return None;
    }
    fields
        .place
        .marks
        .push(mark(Counter::Step(0), step, (0, 0)));
    Some(())
}

/// `6001: 5.44, 5.31 avg, 0.0001 rate, 10.5 seconds, 6001 images` of Darknet: the loss has no name.
fn darknet(line: &[u8], fields: &mut Fields) -> Option<()> {
    let step = whole_at(line, 0)?;
    let mut at = line[step.end..].strip_prefix(b": ").map(|_| step.end + 2)?;
    while at < line.len() {
        let value = number_at(line, at)?;
        let rest = &line[value.end..];
        let end = value.end + memchr::memchr(b',', rest).unwrap_or(rest.len());
        let name = line[value.end..end].trim_ascii();
        let key = (end - name.len(), end);
        match (fields.pairs.len(), name) {
            (0, b"") => fields.pairs.push(Pair {
                own_name: Some("loss"),
                ..pair(key, value, None)
            }),
            (1, b"avg" | b"avg loss") | (2.., [_, ..]) => fields.pairs.push(pair(key, value, None)),
            _ => return None,
        }
        at = skip_blanks(line, end + 1);
    }
    let is_row = fields.pairs.len() >= MIN_VALUES;
    is_row.then(|| {
        let step = mark(Counter::Step(0), step, (0, 0));
        fields.place.marks.push(step);
    })
}

/// `s:250 tel:6.1565` of llm.c: the step, and values of the training or of an evaluation.
fn llm_c(line: &[u8], fields: &mut Fields) -> Option<()> {
    let step = line.strip_prefix(b"s:").and_then(|_| whole_at(line, 2))?;
    let mut at = step.end;
    while at < line.len() {
        let start = skip_blanks(line, at);
        let colon = start + memchr::memchr(b':', &line[start..])?;
        let value = number_at(line, colon + 1)?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if start == at || start == colon || !line[start..colon].iter().all(is_name) {
            return None;
        }
        fields.pairs.push(pair((start, colon), value, None));
        at = value.end;
    }
    (!fields.pairs.is_empty()).then(|| {
        let step = mark(Counter::Step(0), step, (0, 0));
        fields.place.marks.push(step);
    })
}

/// `Ep. 1 : Up. 1000 : Sen. 81,308 : Cost 4.95 : Time 163.05s : L.r. 1.0000e-04` of Marian, and its
/// `[valid] Ep. 1 : Up. 1000 : cross-entropy : 85.12 : new best`.
fn marian(line: &[u8], fields: &mut Fields) -> Option<()> {
    const VALID: &[u8] = b"[valid] ";
    let text = line.strip_prefix(VALID).unwrap_or(line);
    let mut at = line.len() - text.len();
    let phase = (at > 0).then_some(Phase::Validation);
    if !text.starts_with(b"Ep. ") {
        return None;
    }
    let mut name = None;
    while at < line.len() {
        let rest = &line[at..];
        let end = at + memchr::memmem::find(rest, b" : ").unwrap_or(rest.len());
        let part = &line[at..end];
        let word = part.iter().position(|&byte| byte == b' ');
        match word {
            // A name, or the value of the one before it.
            None => match (number_at(line, at), name.take()) {
                (Some(value), Some(key)) => fields.pairs.push(pair(key, value, phase)),
                _ => name = Some((at, end)),
            },
            Some(len) => {
                let key = (at, at + len);
                let value = number_at(line, skip_blanks(line, key.1));
                let is_value = |value: &Number| {
                    let after = &line[value.end.min(end)..end];
                    after.is_empty() || after.starts_with(b" *")
                };
                match (value.filter(is_value), &line[key.0..key.1]) {
                    (None, _) => {}
                    (Some(number), b"Ep.") => {
                        let word = (key.0, key.1 - 1);
                        fields.place.marks.push(mark(Counter::Epoch, number, word));
                    }
                    (Some(number), b"Up.") => {
                        fields.place.marks.push(mark(Counter::Step(0), number, key));
                    }
                    (Some(number), _) => fields.pairs.push(pair(key, number, phase)),
                }
                name = None;
            }
        }
        at = end + 3;
    }
    fields.phase = phase;
    Some(())
}

/// How a line of ESPnet begins.
#[derive(Debug)]
pub(super) struct EspnetStart {
    pub(super) epoch: Mark,
    /// The last batch of those that the line is about.
    pub(super) batch: Option<Mark>,
    /// Where the values of the training end that are means over the epoch, and those of the validation begin.
    pub(super) means_end: Option<usize>,
    /// Where the values begin.
    pub(super) end: usize,
}

impl EspnetStart {
    /// `1epoch:train:1-100batch: ` or `1epoch results: [train] ... [valid] ...`
    pub(super) fn find(line: &[u8]) -> Option<Self> {
        let epoch = whole_at(line, 0)?;
        let rest = line[epoch.end..].strip_prefix(b"epoch")?;
        let epoch = mark(Counter::Epoch, epoch, (0, 0));
        if rest.starts_with(b" results: ") {
            let means = memchr::memmem::find(line, b"[valid]").unwrap_or(line.len());
            return Some(Self {
                epoch,
                batch: None,
                means_end: Some(means),
                end: line.len() - rest.len() + 10,
            });
        }
        let rest = rest.strip_prefix(b":train:")?;
        let first = whole_at(rest, 0)?;
        let last = whole_at(rest, first.end + 1)?;
        let is_range = rest[first.end] == b'-' && rest[last.end..].starts_with(b"batch: ");
        is_range.then(|| Self {
            epoch,
            batch: Some(mark(Counter::Batch, last, (0, 0))),
            means_end: None,
            end: line.len() - rest.len() + last.end + 7,
        })
    }
}

/// The whole number at the start of a line, before a blank.
fn step_at(line: &[u8]) -> Option<Number> {
    let step = whole_at(line, 0)?;
    matches!(line.get(step.end), Some(b' ' | b'\t')).then_some(step)
}

/// The digits at `at` as a number, whatever follows them.
fn whole_at(line: &[u8], at: usize) -> Option<Number> {
    let digits = line.get(at..)?;
    let digits = &digits[..count_digits(digits)];
    let whole: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Number {
        value: whole as f64,
        whole: Some(whole),
        total: None,
        units: Units::default(),
        end: at + digits.len(),
    })
}

fn mark(counter: Counter, number: Number, word: (usize, usize)) -> Mark {
    Mark {
        counter,
        number,
        word,
    }
}

fn pair(key: (usize, usize), number: Number, phase: Option<Phase>) -> Pair {
    Pair {
        key,
        own_name: None,
        group: (0, 0),
        suffix: "",
        index: None,
        value: number.value,
        units: number.units,
        mean: None,
        separated: true,
        phase,
    }
}
