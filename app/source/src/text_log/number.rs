//! Numbers within a text, told apart from times, dates, versions and hashes.

use trainscape_run::Step;

use crate::text_number::Units;

/// A number that was found in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    /// The number as a whole number, if it is written as one.
    pub(super) whole: Option<i64>,
    /// The second number of `5/100`.
    pub(super) total: Option<i64>,
    pub(super) units: Units,
    /// Where the text after the number and its unit begins.
    pub(super) end: usize,
}

impl Number {
    pub(super) fn step(&self) -> Step {
        self.whole.map_or(Step::Float(self.value), Step::Int)
    }

    /// The number that begins at `at`, with the unit after it; `None` if what follows shows that it is no number.
    fn with_unit(self, text: &[u8], at: usize) -> Option<Self> {
        let end = end_of_unit(text, self.end)?;
        let unit = &text[self.end..end];
        // `1.5 M` before the next value.
        let (unit, end) = match &text[end..] {
            [b' ', b'k' | b'K' | b'M' | b'G', rest @ ..]
                if unit.is_empty() && matches!(rest.first(), None | Some(b',' | b';' | b'|')) =>
            {
                (&text[end + 1..end + 2], end + 2)
            }
            _ => (unit, end),
        };
        let written = &text[at..self.end];
        let exponent = match unit {
            [b'k' | b'K'] | [b'k' | b'K', b'/', ..] => 3,
            [b'M'] | [b'M', b'/', ..] => 6,
            [b'G'] => 9,
            // `512B` are bytes.
            [b'B'] if self.whole.is_none() => 9,
            [b'T'] => 12,
            _ => 0,
        };
        let times = 10_f64.powi(exponent);
        // `8.03k` is 8030, not 8.03 times 1000 in binary.
        let exact = (exponent > 0).then(|| {
            let digits = written
                .iter()
                .filter(|byte| **byte != b',' && **byte != b'+');
            let text: Vec<u8> = digits
                .copied()
                .chain(format!("e{exponent}").bytes())
                .collect();
            fast_float2::parse(text).ok()
        });
        let units = match (exponent, unit) {
            (0, b"") => Units::of_scale(unit_after_blank(text, end)),
            (0, unit) => Units::of_scale(unit),
            _ => Units::default(),
        };
        Some(Self {
            value: exact.flatten().unwrap_or(self.value * times),
            whole: self.whole.and_then(|whole| whole.checked_mul(times as i64)),
            units,
            end,
            ..self
        })
    }
}

/// The word after a blank, which may be the unit of the number before it: `950 MB`.
fn unit_after_blank(text: &[u8], at: usize) -> &[u8] {
    let Some(rest) = text[at..].strip_prefix(b" ") else {
        return b"";
    };
    if rest.starts_with(b"%") {
        return b"%";
    }
    let len = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let is_word = rest
        .get(len)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    match &rest[..len] {
        [.., b'B'] if is_word => &rest[..len],
        _ => b"",
    }
}

/// Units that are longer than three letters and contain no `/`.
const LONG_UNITS: &[&[u8]] = &[
    b"secs", b"mins", b"hours", b"seconds", b"minutes", b"tokens", b"samples", b"TFLOP", b"TFLOPs",
    b"TFLOPS", b"steps",
];

/// The number that begins at `at`. The unit after it is consumed but does not change the value, unless it is a multiple:
/// `1.5K` is 1500. `1,234` is a number with a thousands separator.
pub(super) fn number_at(text: &[u8], at: usize) -> Option<Number> {
    let rest = text.get(at..)?;
    // The minus sign of typography.
    if rest.starts_with("\u{2212}".as_bytes()) {
        let number = number_at(text, at + "\u{2212}".len())?;
        let is_digit = number.value >= 0.0 && rest.get(3).is_some_and(u8::is_ascii_digit);
        return is_digit.then(|| Number {
            value: -number.value,
            whole: number.whole.map(|whole| -whole),
            ..number
        });
    }
    let signed = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
    match rest.get(signed)? {
        b'0'..=b'9' => {}
        b'.' if rest.get(signed + 1).is_some_and(u8::is_ascii_digit) => {}
        b'n' | b'N' | b'i' | b'I' => return non_finite(text, at, signed),
        _ => return None,
    }
    let digits = signed + count_digits(&rest[signed..]);
    if let Some(number) = with_thousands(text, at, signed, digits) {
        return number;
    }
    let (value, len) = decimal(rest)?;
    // The full stop of a sentence.
    let len = len - usize::from(len == digits + 1 && rest[digits] == b'.');
    let mut number = Number {
        value,
        whole: (len == digits).then(|| whole(&rest[..digits])).flatten(),
        total: None,
        units: Units::default(),
        end: at + len,
    };
    if number.whole.is_some() && rest.get(len) == Some(&b'/') {
        let total = len + 1;
        let count = count_digits(&rest[total..]);
        if count > 0 {
            number.total = whole(&rest[total..total + count]);
            number.end = at + total + count;
        }
    }
    if number.whole.is_some()
        && rest.get(len) == Some(&b',')
        && rest.get(len + 1).is_some_and(u8::is_ascii_digit)
    {
        // A decimal comma, or a list.
        return None;
    }
    number.with_unit(text, at)
}

/// The number at the start of a text and its length. `1.0D-4` is how Fortran writes 1e-4; a number whose exponent is
/// written in another way (`2.5×10⁻³`) or was cut (`2.5e-`) is none.
fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let plus = usize::from(text[0] == b'+');
    let (value, len) = fast_float2::parse_partial::<f64, _>(&text[plus..]).ok()?;
    let len = len + plus;
    let after = &text[len..];
    match after {
        [b'd' | b'D', sign @ (b'+' | b'-'), exponent @ ..] if count_digits(exponent) > 0 => {
            let digits = count_digits(exponent);
            let mut plain = text[plus..len].to_vec();
            plain.extend([b'e', *sign]);
            plain.extend(&exponent[..digits]);
            Some((fast_float2::parse(plain).ok()?, len + 2 + digits))
        }
        [b'e' | b'E', b'+' | b'-', ..] => None,
        _ if has_power_of_ten(after) => None,
        _ => Some((value, len)),
    }
}

/// Whether what follows a number multiplies it by a power of ten: `×10`, `·10`, `x10^` or `*10^`.
fn has_power_of_ten(after: &[u8]) -> bool {
    let after = after.strip_prefix(b" ").unwrap_or(after);
    let has_factor = |sign: &str, ten: &[u8]| {
        let rest = after.strip_prefix(sign.as_bytes());
        rest.is_some_and(|rest| rest.strip_prefix(b" ").unwrap_or(rest).starts_with(ten))
    };
    ["×", "·", "⋅"].iter().any(|sign| has_factor(sign, b"10"))
        || ["x", "*"].iter().any(|sign| has_factor(sign, b"10^"))
}

pub(super) fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn whole(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A number with thousands separators, if the text at `at` is one.
fn with_thousands(text: &[u8], at: usize, signed: usize, digits: usize) -> Option<Option<Number>> {
    let rest = &text[at..];
    let first = digits - signed;
    // `[60,120,160]` is a list.
    if text[..at].ends_with(b"[") {
        return None;
    }
    if !(1..=3).contains(&first) || rest[signed] == b'0' {
        return None;
    }
    let is_group = |from: usize| {
        rest.get(from) == Some(&b',')
            && rest
                .get(from + 1..)
                .is_some_and(|rest| count_digits(rest) == 3)
    };
    let mut end = digits;
    while is_group(end) {
        end += 4;
    }
    if end == digits {
        return None;
    }
    if rest.get(end) == Some(&b'.') && rest.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1 + count_digits(&rest[end + 1..]);
    }
    let plain: Vec<u8> = rest[..end]
        .iter()
        .copied()
        .filter(|&byte| byte != b',')
        .collect();
    let value = fast_float2::parse(&plain[usize::from(plain[0] == b'+')..]).ok()?;
    let number = Number {
        value,
        whole: whole(&plain),
        total: None,
        units: Units::default(),
        end: at + end,
    };
    Some(number.with_unit(text, at))
}

/// True if a text begins with the word `nan`.
pub(super) fn is_nan(text: &[u8]) -> bool {
    text.get(..3)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"nan"))
        && text
            .get(3)
            .is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
}

/// `nan`, `inf` and `infinity` in any spelling, as a whole word or before a unit.
fn non_finite(text: &[u8], at: usize, signed: usize) -> Option<Number> {
    let word = &text[at + signed..];
    let len = word
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    let begins = |name: &[u8]| {
        word.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let (value, name_len) = match () {
        () if begins(b"infinity") => (f64::INFINITY, 8),
        () if begins(b"inf") => (f64::INFINITY, 3),
        () if begins(b"nan") => (f64::NAN, 3),
        () => return None,
    };
    if !matches!(&word[name_len..len], b"" | b"ms" | b"s") {
        return None;
    }
    Some(Number {
        value: if text[at] == b'-' { -value } else { value },
        whole: None,
        total: None,
        units: Units::of_scale(&word[name_len..len]),
        end: at + signed + len,
    })
}

/// Where the unit that begins at `at` ends; `None` if what follows shows that it is not a number: a time, a
/// date, a version, a hash.
fn end_of_unit(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..];
    let is_digit = |index: usize| rest.get(index).is_some_and(u8::is_ascii_digit);
    match rest.first() {
        Some(b'%') => Some(at + 1),
        // `1/      10`
        Some(b'/') if matches!(rest.get(1), None | Some(b' ')) => Some(at),
        Some(b':' | b'-' | b'.' | b'\'') if is_digit(1) => None,
        // `1..5` is a range.
        Some(b'.') if rest.get(1) == Some(&b'.') && is_digit(2) => None,
        Some(b'_' | b'=' | b'@' | b'#' | b'+' | b'*' | b'\\' | b'/' | b'^') => {
            unit_of_rate(rest).map(|len| at + len)
        }
        Some(byte) if byte.is_ascii_alphabetic() => {
            let len = rest
                .iter()
                .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'/')
                .count();
            let unit = &rest[..len];
            let is_unit = len <= 3 || unit.contains(&b'/') || LONG_UNITS.contains(&unit);
            let ends = rest.get(len).is_none_or(|byte| {
                !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'=' | b'@' | b'\\')
            }) && !(rest.get(len) == Some(&b'.')
                && rest.get(len + 1).is_some_and(u8::is_ascii_alphanumeric));
            (is_unit && ends).then_some(at + len)
        }
        Some(_) if is_days(rest) => None,
        _ => Some(at),
    }
}

/// The length of a unit such as `/s`.
fn unit_of_rate(rest: &[u8]) -> Option<usize> {
    let letters = rest[1..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    (rest[0] == b'/' && letters > 0).then_some(1 + letters)
}

/// True for the rest of `1 day, 2:03:04`.
fn is_days(rest: &[u8]) -> bool {
    rest.starts_with(b" day")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        number_at(text.as_bytes(), 0).map(|number| number.value)
    }

    #[test]
    fn units_and_separators_are_not_in_the_value() {
        for (text, expected) in [
            ("12%", 12.0),
            ("2345.6ms, mfu", 2345.6),
            ("4.7it/s]", 4.7),
            ("28.490GB (Reserved)", 28.49),
            ("1,234 |", 1234.0),
            ("1,093,515 |", 1_093_515.0),
            ("12,345.5\t", 12345.5),
            ("5e-05, 'epoch'", 5e-5),
            ("1.0E+01 |", 10.0),
            ("-.5", -0.5),
            ("0.5.", 0.5),
            ("5. Time", 5.0),
            ("600/s", 600.0),
            ("1.5K tokens", 1500.0),
            ("8.03k", 8030.0),
            ("1.05G ", 1.05e9),
            ("1.1B", 1.1e9),
            ("512B", 512.0),
            ("12k", 12_000.0),
            ("2M,", 2e6),
            ("+3", 3.0),
            ("1e-3,", 1e-3),
            ("1.0D-4,", 1e-4),
            ("+2.5d+02", 250.0),
            ("1.5x", 1.5),
            ("1.5 M, loss", 1.5e6),
            ("\u{2212}0.125", -0.125),
            ("1.5 x 10 GPUs", 1.5),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
        for text in [
            "2.5×10⁻³",
            "2.5 × 10^-3",
            "2.5x10^-3",
            "2.5e+",
            "2.5e-,",
            "1D-4e5",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
        assert!(value("NaN,").is_some_and(f64::is_nan));
        assert_eq!(value("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(
            number_at(b"5/100 ", 0).and_then(|number| number.total),
            Some(100)
        );
    }

    #[test]
    fn times_dates_versions_and_hashes_are_not_numbers() {
        for text in [
            "10:00:00",
            "2020-01-01",
            "1.2.3",
            "5e3fab12",
            "224x224",
            "info",
            "nanoGPT",
            "1 day, 2:00:00",
            "0,5",
            "3_layers",
            "1:02",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
