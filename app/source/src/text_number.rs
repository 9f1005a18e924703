//! Numbers that were written as text: with separators of thousands, a unit, a percent sign or a total.

/// Units that follow numbers. A column is one of numbers if all of its texts have the same unit.
const UNITS: &[&[u8]] = &[
    b"",
    b"%",
    b"s",
    b"ms",
    b"us",
    b"\xC2\xB5s",
    b"min",
    b"h",
    b"it/s",
    b"s/it",
    b"steps/s",
    b"tok/s",
    b"samples/s",
    b"B",
    b"KB",
    b"MB",
    b"GB",
    b"TB",
    b"KiB",
    b"MiB",
    b"GiB",
    b"TiB",
    b"FPS",
    b"fps",
];

/// The units of a column's texts, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Units(u32);

impl Units {
    fn of(index: usize) -> Self {
        Self(1 << index)
    }

    /// The unit after a number in a line of a text log, if it is one of several of its kind that are printed for one key: `950MB`
    /// and `1.1GB`.
    pub(crate) fn of_scale(unit: &[u8]) -> Self {
        const SCALES: [&[u8]; 15] = [
            b"%",
            b"us",
            b"\xC2\xB5s",
            b"ms",
            b"s",
            b"min",
            b"h",
            b"B",
            b"KB",
            b"MB",
            b"GB",
            b"TB",
            b"KiB",
            b"MiB",
            b"GiB",
        ];
        let unit = if unit == b"kB" { &b"KB"[..] } else { unit };
        let is_scale = SCALES.contains(&unit);
        let index = UNITS.iter().position(|known| is_scale && *known == unit);
        index.map_or(Self::default(), Self::of)
    }

    /// True if the numbers cannot be compared: they have several units, or are percentages in some places and plain numbers
    /// in others.
    pub(crate) fn differ(self, with_plain_numbers: bool) -> bool {
        const PERCENT: u32 = 1 << 1;
        self.0.count_ones() > 1 || with_plain_numbers && self.0 & PERCENT != 0
    }
}

impl std::ops::BitOrAssign for Units {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// How decimals are separated in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DecimalMark {
    /// `1,234.5`
    #[default]
    Point,
    /// `1.234,5`
    Comma,
}

/// What a text shows of how its decimals are separated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Writing {
    /// Nothing: it has neither points nor commas, or is no number.
    Plain,
    /// `1.25`
    Point,
    /// `0,5`
    Comma,
    /// `1.250`
    PointOrThousands,
    /// `1,250`
    CommaOrThousands,
}

/// How the number in a text is written.
pub(crate) fn writing(text: &[u8]) -> Writing {
    let (has_point, has_comma) = (text.contains(&b'.'), text.contains(&b','));
    if !has_point && !has_comma {
        return Writing::Plain;
    }
    let is_number = |mark| text_number(text, mark).is_some();
    match (is_number(DecimalMark::Point), is_number(DecimalMark::Comma)) {
        (false, false) => Writing::Plain,
        (true, false) => Writing::Point,
        (false, true) => Writing::Comma,
        (true, true) if has_point => Writing::PointOrThousands,
        (true, true) => Writing::CommaOrThousands,
    }
}

/// A number written as text, and its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TextNumber {
    pub(crate) value: f64,
    pub(crate) units: Units,
}

/// Reads a text that is a number, with or without a unit.
pub(crate) fn text_number(text: &[u8], mark: DecimalMark) -> Option<TextNumber> {
    let text = text.trim_ascii();
    if let Some(inner) = unwrapped(text) {
        return text_number(inner, mark);
    }
    if !matches!(
        text.first()?,
        b'0'..=b'9' | b'+' | b'-' | b'.' | b'n' | b'N' | b'i' | b'I'
    ) {
        return None;
    }
    if mark == DecimalMark::Point
        && let Ok(value) = fast_float2::parse(text)
    {
        return Some(TextNumber {
            value,
            units: Units::of(0),
        });
    }
    let (number, unit) = text.split_at(number_len(text, mark));
    let unit = unit.trim_ascii();
    let index = UNITS.iter().position(|known| *known == unit)?;
    Some(TextNumber {
        value: separated_number(number, mark)?,
        units: Units::of(index),
    })
}

/// What libraries put before a single number that they print, up to its closing parenthesis.
pub(crate) const WRAPPERS: [&[u8]; 10] = [
    b"tensor(",
    b"torch.tensor(",
    b"tf.Tensor(",
    b"np.float64(",
    b"np.float32(",
    b"np.float16(",
    b"np.int64(",
    b"np.int32(",
    b"array(",
    b"Array(",
];

/// Bytes of the longest text around a number.
const LONGEST_WRAPPER: usize = 120;

/// What stands in `tensor(0.5, device='cuda:0')`, `np.float64(0.5)` and `[0.5]`.
pub(crate) fn unwrapped(text: &[u8]) -> Option<&[u8]> {
    let inner = match text {
        [b'[', inner @ .., b']'] => inner,
        [b'a'..=b'z' | b'A', ..] => {
            let mut wrappers = WRAPPERS.iter();
            let inner = wrappers.find_map(|wrapper| text.strip_prefix(*wrapper))?;
            let inner = inner.strip_suffix(b")")?;
            let end = match inner.first() {
                Some(b'[') => memchr::memchr(b']', inner).map(|close| close + 1),
                _ => memchr::memchr(b',', inner),
            };
            &inner[..end.unwrap_or(inner.len())]
        }
        _ => return None,
    };
    (text.len() <= LONGEST_WRAPPER).then(|| inner.trim_ascii())
}

/// The step in a text: a number, or the first of `5/100`.
pub(crate) fn text_step(text: &[u8], mark: DecimalMark) -> Option<f64> {
    let text = text.trim_ascii();
    let first = match memchr::memchr(b'/', text) {
        Some(at) => {
            separated_number(text[at + 1..].trim_ascii(), mark)?;
            text[..at].trim_ascii()
        }
        None => text,
    };
    separated_number(first, mark)
}

/// Bytes of the number at the start of a text.
fn number_len(text: &[u8], mark: DecimalMark) -> usize {
    // The longest start that is a number: an exponent's letter may also begin a unit.
    let end = text
        .iter()
        .position(|c| !matches!(c, b'0'..=b'9' | b'.' | b',' | b'+' | b'-' | b'e' | b'E'))
        .unwrap_or(text.len());
    (1..=end)
        .rev()
        .find(|&len| separated_number(&text[..len], mark).is_some())
        .unwrap_or(0)
}

/// A number in which thousands may be separated.
fn separated_number(text: &[u8], mark: DecimalMark) -> Option<f64> {
    let (thousands, decimal) = match mark {
        DecimalMark::Point => (b',', b'.'),
        DecimalMark::Comma => (b'.', b','),
    };
    if !text.last()?.is_ascii_digit() && text.last() != Some(&decimal) {
        return None;
    }
    let whole = text
        .iter()
        .position(|&c| c == decimal || matches!(c, b'e' | b'E'))
        .unwrap_or(text.len());
    let (whole, rest) = text.split_at(whole);
    if rest.contains(&thousands) || !are_thousands(whole, thousands) {
        return None;
    }
    let plain: Vec<u8> = whole
        .iter()
        .filter(|&&c| c != thousands)
        .chain(rest)
        .map(|&c| if c == decimal { b'.' } else { c })
        .collect();
    fast_float2::parse(plain).ok()
}

/// True if all groups but the first have three digits, and the first one to three.
fn are_thousands(whole: &[u8], separator: u8) -> bool {
    let digits = whole.strip_prefix(b"-").or(whole.strip_prefix(b"+"));
    let mut groups = digits.unwrap_or(whole).split(|&c| c == separator);
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    if rest.peek().is_none() {
        return true;
    }
    (1..=3).contains(&first.len()) && first[0] != b'0' && rest.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_libraries_are_numbers() {
        let value = |text: &str| text_number(text.as_bytes(), DecimalMark::Point).map(|n| n.value);
        for text in [
            "tensor(0.5)",
            "tensor(0.5, device='cuda:0')",
            "tensor([0.5], device='cuda:0')",
            "np.float64(0.5)",
            "array(0.5, dtype=float32)",
            "[0.5]",
            "[[0.5]]",
        ] {
            assert_eq!(value(text), Some(0.5), "{text}");
        }
        for text in [
            "[0.5, 0.7]",
            "tensor([0.5, 0.7])",
            "array()",
            "[]",
            "tensor(x)",
            "[0.5",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    fn value(text: &str, mark: DecimalMark) -> Option<f64> {
        text_number(text.as_bytes(), mark).map(|number| number.value)
    }

    #[test]
    fn separators_signs_and_units_are_read() {
        for (text, expected) in [
            ("0.42", 0.42),
            ("1,000", 1000.0),
            ("-1,234,567.5", -1_234_567.5),
            ("12 %", 12.0),
            ("3.2e-4s", 3.2e-4),
            ("1.5 GB", 1.5),
            ("250ms", 250.0),
            ("1e-05", 1e-5),
            (" 7 ", 7.0),
        ] {
            assert_eq!(value(text, DecimalMark::Point), Some(expected), "{text}");
        }
        for (text, expected) in [
            ("1.234,56", 1234.56),
            ("0,5", 0.5),
            ("12", 12.0),
            ("1.000", 1000.0),
        ] {
            assert_eq!(value(text, DecimalMark::Comma), Some(expected), "{text}");
        }
        assert!(value("nan", DecimalMark::Point).is_some_and(f64::is_nan));
    }

    #[test]
    fn other_texts_are_not_numbers() {
        for text in [
            "",
            "abc",
            "1,00",
            "1,2345",
            "0,125",
            "12:30",
            "2024-01-02",
            "1.2.3",
            "5 apples",
            "1/2",
            "e5",
            "-",
            "+",
            ".",
            "7B1",
            "0x1f",
        ] {
            assert_eq!(value(text, DecimalMark::Point), None, "{text}");
        }
    }

    #[test]
    fn units_that_differ_are_noticed() {
        let units = |text: &str| {
            text_number(text.as_bytes(), DecimalMark::Point)
                .unwrap()
                .units
        };
        let mut all = units("900ms");
        all |= units("12ms");
        assert!(!all.differ(true));
        all |= units("1.2s");
        assert!(all.differ(false));
        let percent = units("95%");
        assert!(percent.differ(true) && !percent.differ(false));
    }

    #[test]
    fn a_step_may_name_its_total() {
        let step = |text: &str| text_step(text.as_bytes(), DecimalMark::Point);
        assert_eq!(step("5/100"), Some(5.0));
        assert_eq!(step("1,000"), Some(1000.0));
        assert_eq!(step("1,000 / 4,000"), Some(1000.0));
        assert_eq!(step("a/b"), None);
        assert_eq!(step("5/b"), None);
    }
}
