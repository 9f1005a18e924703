//! Times in several units: `0m 9s`, `1 min 5 s`, `1h 2m 3.5s`. Their value is in seconds.

use super::{
    number::{Number, count_digits},
    places::skip_blanks,
};
use crate::text_number::Units;

/// The units and their seconds, the longest first.
const UNITS: &[(&[&[u8]], f64)] = &[
    (&[b"h", b"hr", b"hrs", b"hour", b"hours"], 3600.0),
    (&[b"m", b"min", b"mins", b"minute", b"minutes"], 60.0),
    (&[b"s", b"sec", b"secs", b"second", b"seconds"], 1.0),
];

/// The seconds of a time of at least two units that begins at `at`.
pub(super) fn duration_at(text: &[u8], at: usize) -> Option<Number> {
    let (mut at, mut secs, mut parts, mut from) = (at, 0.0, 0, 0);
    while let Some((value, unit, end)) = part_at(text, at, from) {
        secs += value * UNITS[unit].1;
        parts += 1;
        from = unit + 1;
        at = end;
        let next = skip_blanks(text, at);
        if part_at(text, next, from).is_none() {
            break;
        }
        at = next;
    }
    (parts >= 2).then_some(Number {
        value: secs,
        whole: None,
        total: None,
        units: Units::of_scale(b"s"),
        end: at,
    })
}

/// A number and its unit, which is not longer than that at `from`; and where they end.
fn part_at(text: &[u8], at: usize, from: usize) -> Option<(f64, usize, usize)> {
    let digits = count_digits(text.get(at..)?);
    let mut end = at + digits;
    if text.get(end) == Some(&b'.') {
        end += 1 + count_digits(&text[end + 1..]);
    }
    let word = skip_blanks(text, end);
    if end == at || !matches!(text.get(word), Some(b'h' | b'm' | b's')) {
        return None;
    }
    let len = text[word..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let written = &text[word..word + len];
    let unit = (from..UNITS.len()).find(|&unit| UNITS[unit].0.contains(&written))?;
    let value = std::str::from_utf8(&text[at..end]).ok()?.parse().ok()?;
    let is_end = !matches!(text.get(word + len), Some(b'/' | b'_' | b'0'..=b'9'));
    (is_end || from > 0 || len == 1).then_some((value, unit, word + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_several_units_are_seconds() {
        let secs = |text: &str| duration_at(text.as_bytes(), 0).map(|number| number.value);
        for (text, expected) in [
            ("0m 9s", 9.0),
            ("1 min 5 s", 65.0),
            ("1h 2m 3.5s |", 3723.5),
            ("2m5s", 125.0),
        ] {
            assert_eq!(secs(text), Some(expected), "{text}");
        }
        for text in ["9s", "5 m", "3s 5m", "1.5", "m 5s", "12ms 5s"] {
            assert_eq!(secs(text), None, "{text}");
        }
    }
}
