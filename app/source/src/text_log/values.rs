//! What stands around the numbers of a line.

use super::{
    key_text::is_letter,
    number::{Number, count_digits, number_at},
    places::skip_blanks,
};
use crate::text_number::Units;

/// Bytes of the longest percentage in parentheses.
const LONGEST_PERCENTAGE: usize = 16;

pub(super) fn is_number_start(text: &[u8]) -> bool {
    match text {
        [b'0'..=b'9', ..] => true,
        [b'+' | b'-' | b'.', next, ..] => next.is_ascii_digit() || *next == b'.',
        _ => false,
    }
}

pub(super) fn is_separator(text: &[u8]) -> bool {
    matches!(text.first(), Some(b':' | b'='))
}

/// True if a pair may end before `rest`: at a delimiter, a word, or a mean in parentheses.
pub(super) fn ends_pair(rest: &[u8]) -> bool {
    let after = rest.trim_ascii_start();
    if deviation_at(rest, 0).is_some() {
        return true;
    }
    match after.first() {
        None | Some(b',' | b';' | b'|' | b']' | b')' | b'(' | b'}') => true,
        Some(byte) => match rest.len() - after.len() {
            0 => false,
            1 => is_letter(*byte) || byte.is_ascii_digit() || after.starts_with(b"- "),
            _ => true,
        },
    }
}

/// True if the number is the first of a list, or the position `[10/100]`.
pub(super) fn is_open_list(text: &[u8], start: usize, end: usize) -> bool {
    let is_ratio = text[start..end].contains(&b'/');
    start > 0
        && text[start - 1] == b'['
        && (is_ratio || text.get(skip_blanks(text, end)) != Some(&b']'))
}

/// The running mean after a value: `(0.5)`, and where it ends.
pub(super) fn mean_at(text: &[u8], at: usize) -> Option<(f64, usize)> {
    let open = skip_blanks(text, at);
    if text.get(open) != Some(&b'(') || open - at > 2 {
        return None;
    }
    let start = skip_blanks(text, open + 1);
    let number = number_at(text, start)?;
    let close = skip_blanks(text, number.end);
    let written = &text[start..number.end];
    let is_mean = text.get(close) == Some(&b')')
        && number.whole.is_none()
        && written.last().is_some_and(u8::is_ascii_digit);
    is_mean.then_some((number.value, close + 1))
}

/// The deviation after a mean: `+/- 0.1`, `+- 0.1` or `± 0.1`.
pub(super) fn deviation_at(text: &[u8], at: usize) -> Option<Number> {
    let start = skip_blanks(text, at);
    let rest = text.get(start..)?;
    if !matches!(rest.first(), Some(b'+' | 0xc2)) {
        return None;
    }
    let sign = ["+/-", "+-", "\u{b1}"]
        .iter()
        .find(|sign| rest.starts_with(sign.as_bytes()))?;
    number_at(text, skip_blanks(text, start + sign.len()))
}

/// The quotient that follows its two numbers: the 0.25 of `2500/10000=0.25`.
pub(super) fn quotient_at(text: &[u8], at: usize) -> Option<Number> {
    let slash = at + count_digits(text.get(at..)?);
    let total = text.get(slash..)?.strip_prefix(b"/")?;
    let equals = slash + 1 + count_digits(total);
    let is_ratio = slash > at && equals > slash + 1 && text.get(equals) == Some(&b'=');
    is_ratio.then(|| number_at(text, equals + 1))?
}

/// True for the number in `Recall at 10: 0.1`, up to which results are counted.
pub(super) fn is_cutoff(text: &[u8], key: (usize, usize), number: Number) -> bool {
    const WORDS: [&[u8]; 8] = [
        b"recall",
        b"precision",
        b"hits",
        b"hit",
        b"ndcg",
        b"mrr",
        b"map",
        b"pass",
    ];
    let mut words = text[key.0..key.1].split(|byte| *byte == b' ');
    let metric = words.next().unwrap_or_default();
    let at = words.next();
    number.whole.is_some()
        && number.total.is_none()
        && matches!(text.get(number.end), Some(b':' | b'='))
        && WORDS.iter().any(|word| metric.eq_ignore_ascii_case(word))
        && (at == Some(b"at") || at == Some(b"@"))
        && words.next().is_none()
}

/// Whether a key is that of what was right, of all that there is.
pub(super) fn is_of_share(key: &[u8]) -> bool {
    const WORDS: [&[u8]; 3] = [b"acc", b"accuracy", b"correct"];
    let last = key.rsplit(|byte| !byte.is_ascii_alphabetic()).next();
    last.is_some_and(|last| WORDS.iter().any(|word| last.eq_ignore_ascii_case(word)))
}

/// The quotient of two numbers, with the percentage that may follow them: the 0.9514 of `9514/10000 (95%)`. It is no number
/// where that is no share, as in `5/0 (nan%)`.
pub(super) fn share_at(text: &[u8], at: usize) -> Option<Number> {
    let number = number_at(text, at)?;
    let (part, all) = (number.whole?, number.total?);
    let is_share = all > 0 && (0..=all).contains(&part);
    let open = skip_blanks(text, number.end);
    let percentage = text.get(open).filter(|byte| **byte == b'(');
    let close = percentage.and_then(|_| {
        let near = text.len().min(open + LONGEST_PERCENTAGE);
        memchr::memchr(b')', &text[open..near])
    });
    let end = match close {
        Some(close)
            if text[..open + close].ends_with(b"%") && ends_pair(&text[open + close + 1..]) =>
        {
            open + close + 1
        }
        _ => number.end,
    };
    Some(Number {
        value: match is_share {
            true => part as f64 / all as f64,
            false => f64::NAN,
        },
        whole: None,
        total: None,
        units: Units::default(),
        end,
    })
}

/// The length of a text in place of a number: `n/a`.
pub(super) fn missing_len(text: &[u8]) -> Option<usize> {
    let is_missing = text
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"n/a"));
    is_missing.then_some(3)
}

/// True before the unit of a time in words: `2 minutes and 3.5 seconds`.
pub(super) fn is_duration(rest: &[u8]) -> bool {
    [&b" day"[..], b" hour", b" minute", b" second"]
        .iter()
        .any(|unit| rest.starts_with(unit))
}

/// True for what a value looks like that is no number: a decimal comma, the quotient of two fractions, digits in groups.
pub(super) fn is_unreadable(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let digits = count_digits(text);
    if digits == 0 {
        return false;
    }
    let fraction = match text.get(digits) {
        Some(b'.') => digits + 1 + count_digits(&text[digits + 1..]),
        _ => digits,
    };
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    match text.get(fraction) {
        Some(b',' | b'/') => is_digit(fraction + 1),
        Some(b'.') => true,
        _ => is_group(text, digits),
    }
}

/// True if three digits follow after a blank, which may belong to the number before it: `1 234.5`.
pub(super) fn is_group(text: &[u8], digits: usize) -> bool {
    let group = text.get(digits..).and_then(|rest| rest.strip_prefix(b" "));
    (1..=3).contains(&digits)
        && text[0] != b'0'
        && group.is_some_and(|group| {
            count_digits(group) == 3
                && matches!(group.get(3), None | Some(b'.' | b',' | b';' | b'|'))
        })
}
