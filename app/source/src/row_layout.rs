//! Rows that repeat the text of the row before but for their numbers.

use crate::{keys::Slot, limits};

/// Longest row whose layout is kept, in bytes.
const MAX_ROW: usize = limits::ROW_LAYOUT.bytes as usize;

/// A row of JSON as the text around its numbers: a row that repeats that text is read without parsing its keys.
#[derive(Debug, Default)]
pub(crate) struct RowLayout {
    /// The texts before each number, one after the other, and the text after the last one.
    text: Vec<u8>,
    /// Where the text before each number ends in `text`, and the key of the number.
    numbers: Vec<(usize, Slot)>,
}

impl RowLayout {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.numbers.clear();
    }

    /// Takes the layout of a row: a flat object of numbers, `true`, `false` and `null` that was read before.
    /// `slot` finds the key of a member; the layout is empty if one has none or the row is something else.
    pub(crate) fn learn(&mut self, row: &[u8], slot: impl Fn(&str) -> Option<Slot>) {
        self.clear();
        if row.len() > MAX_ROW || self.add_members(row, slot).is_none() {
            self.clear();
        }
    }

    fn add_members(&mut self, row: &[u8], slot: impl Fn(&str) -> Option<Slot>) -> Option<()> {
        let mut copied = 0;
        let mut at = 1;
        while let Some(quote) = memchr::memchr(b'"', &row[at..]) {
            let start = at + quote + 1;
            let end = start + memchr::memchr2(b'"', b'\\', &row[start..])?;
            if row[end] == b'\\' {
                return None;
            }
            let key = std::str::from_utf8(&row[start..end]).ok()?;
            let colon = end + 1 + memchr::memchr(b':', &row[end + 1..])?;
            let value = colon
                + 1
                + row[colon + 1..]
                    .iter()
                    .position(|c| !c.is_ascii_whitespace())?;
            at = value;
            if matches!(row[value], b't' | b'f' | b'n') {
                continue;
            }
            let (_, len) = json_number(&row[value..])?;
            self.text.extend_from_slice(&row[copied..value]);
            self.numbers.push((self.text.len(), slot(key)?));
            at = value + len;
            copied = at;
        }
        self.text.extend_from_slice(&row[copied..]);
        Some(())
    }

    /// Calls `number` with the key, the value and the text of each number of a row of this layout. Returns
    /// false, perhaps after some calls, if the row has another one.
    #[inline]
    pub(crate) fn read(&self, row: &[u8], mut number: impl FnMut(Slot, f64, &[u8])) -> bool {
        if self.numbers.is_empty() {
            return false;
        }
        let mut rest = row;
        let mut start = 0;
        for &(end, slot) in &self.numbers {
            let Some(after) = rest.strip_prefix(&self.text[start..end]) else {
                return false;
            };
            let Some((value, len)) = json_number(after) else {
                return false;
            };
            let (text, after) = after.split_at(len);
            number(slot, value, text);
            rest = after;
            start = end;
        }
        *rest == self.text[start..]
    }
}

/// The number at the start of a text in the grammar of JSON, and its length.
#[inline]
fn json_number(text: &[u8]) -> Option<(f64, usize)> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits
        .iter()
        .position(|c| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let leading_zero = whole > 1 && digits[0] == b'0';
    let bare_point =
        digits.get(whole) == Some(&b'.') && !digits.get(whole + 1).is_some_and(u8::is_ascii_digit);
    if whole == 0 || leading_zero || bare_point {
        return None;
    }
    let (value, len) = fast_float2::parse_partial::<f64, _>(text).ok()?;
    value.is_finite().then_some((value, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(row: &str) -> RowLayout {
        let mut layout = RowLayout::default();
        layout.learn(row.as_bytes(), |key| {
            (key.len() == 1).then(|| Slot::from(key.as_bytes()[0]))
        });
        layout
    }

    fn numbers(layout: &RowLayout, row: &str) -> Option<Vec<(Slot, f64)>> {
        let mut numbers = Vec::new();
        layout
            .read(row.as_bytes(), |slot, value, _| numbers.push((slot, value)))
            .then_some(numbers)
    }

    #[test]
    fn a_row_of_the_same_layout_is_read() {
        let layout = learnt(r#"{"a": 1, "b": true, "c": 2.5e-3}"#);
        assert_eq!(
            numbers(&layout, r#"{"a": -20, "b": true, "c": 7}"#),
            Some(vec![(97, -20.0), (99, 7.0)])
        );
    }

    #[test]
    fn every_other_row_is_not() {
        let layout = learnt(r#"{"a": 1, "c": 2.5}"#);
        for row in [
            "",
            "{",
            r#"{"a": 1, "c": 2.5"#,
            r#"{"a": 1, "c": 2.5}}"#,
            r#"{"a": 1, "c": 2.5, "d": 1}"#,
            r#"{"a": 1}"#,
            r#"{"a": 01, "c": 2.5}"#,
            r#"{"a": +1, "c": 2.5}"#,
            r#"{"a": 1., "c": 2.5}"#,
            r#"{"a": .5, "c": 2.5}"#,
            r#"{"a": 1e, "c": 2.5}"#,
            r#"{"a": 1.e5, "c": 2.5}"#,
            r#"{"a": 1e400, "c": 2.5}"#,
            r#"{"a": NaN, "c": 2.5}"#,
            r#"{"a": inf, "c": 2.5}"#,
            r#"{"a": -, "c": 2.5}"#,
            r#"{"a": null, "c": 2.5}"#,
            r#"{"b": 1, "c": 2.5}"#,
        ] {
            assert_eq!(numbers(&layout, row), None, "{row}");
        }
    }

    #[test]
    fn rows_of_anything_else_have_no_layout() {
        for row in [
            "{}",
            r#"{"a": "x"}"#,
            r#"{"a": 1, "b": "x"}"#,
            r#"{"a": [1, 2]}"#,
            r#"{"a": {"b": 1}}"#,
            r#"{"a\n": 1}"#,
            r#"{"long": 1}"#,
            r#"{"a": null}"#,
        ] {
            assert!(learnt(row).numbers.is_empty(), "{row}");
        }
    }
}
