//! How the number of a counter may be written besides plain digits: `10-19`, `10..19`, `1 000`.

use super::number::{Number, count_digits};
use crate::text_number::Units;

/// The last number of a range.
pub(super) fn range_at(text: &[u8], at: usize) -> Option<Number> {
    let first = count_digits(text.get(at..)?);
    let rest = &text[at + first..];
    let sign = ["..", "-", "\u{2013}"]
        .iter()
        .find(|sign| rest.starts_with(sign.as_bytes()))?;
    let from = at + first + sign.len();
    let end = from + count_digits(&text[from..]);
    let (first, last) = (whole(&text[at..at + first])?, whole(&text[from..end])?);
    (first < last && ends(text, end)).then(|| counted(last, end))
}

/// A number whose thousands are separated by blanks, before a separator: in `step 1 000 0.5` the second number is another one.
pub(super) fn spaced_at(text: &[u8], at: usize) -> Option<Number> {
    let first = count_digits(text.get(at..)?);
    if !(1..=3).contains(&first) || text[at] == b'0' {
        return None;
    }
    let mut digits = text[at..at + first].to_vec();
    let mut end = at + first;
    while let Some(group) = group_at(text, end) {
        digits.extend_from_slice(&text[group..group + 3]);
        end = group + 3;
    }
    let is_closed = matches!(text.get(end), Some(b':' | b',' | b'|' | b';'));
    (end > at + first && is_closed && ends(text, end))
        .then(|| whole(&digits).map(|whole| counted(whole, end)))?
}

/// Where three digits after a blank begin.
fn group_at(text: &[u8], at: usize) -> Option<usize> {
    let blank = [" ", "\u{a0}", "\u{202f}"]
        .iter()
        .find(|blank| text[at..].starts_with(blank.as_bytes()))?;
    let group = at + blank.len();
    (count_digits(&text[group..]) == 3).then_some(group)
}

/// True if no other number, time or name continues at `at`.
fn ends(text: &[u8], at: usize) -> bool {
    match text.get(at) {
        Some(b':') => !text.get(at + 1).is_some_and(u8::is_ascii_digit),
        Some(b'-' | b'.' | b'_') => false,
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

fn whole(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn counted(whole: i64, end: usize) -> Number {
    Number {
        value: whole as f64,
        whole: Some(whole),
        total: None,
        units: Units::default(),
        end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_blanks_between_thousands_are_counts() {
        let range = |text: &str| range_at(text.as_bytes(), 0).and_then(|number| number.whole);
        let spaced = |text: &str| spaced_at(text.as_bytes(), 0).and_then(|number| number.whole);
        assert_eq!(range("10-19: loss"), Some(19));
        assert_eq!(range("10..19 loss"), Some(19));
        for text in ["2024-05-01", "19-10", "10-19:30", "3-4.5", "10-", "1-2a"] {
            assert_eq!(range(text), None, "{text}");
        }
        assert_eq!(spaced("1 000: loss"), Some(1000));
        assert_eq!(spaced("12\u{202f}345\u{202f}678, loss"), Some(12_345_678));
        for text in ["1 000 0.5", "1 0000:", "0 100:", "1000 000:", "5: loss"] {
            assert_eq!(spaced(text), None, "{text}");
        }
    }
}
