//! Splitting text into lines, where a carriage return or a backspace begins the line again.

/// What ended a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// The next line follows.
    Newline,
    /// The line is written again, as progress bars are.
    Return,
}

const BACKSPACE: u8 = 8;

/// Calls `visit` with each complete line of `text`; returns how many bytes they take. A carriage return at
/// the very end is not complete: a line feed may follow it.
pub(super) fn each_line(text: &[u8], mut visit: impl FnMut(&[u8], LineEnd)) -> usize {
    let mut start = 0;
    let mut from = 0;
    while let Some(found) = memchr::memchr3(b'\n', b'\r', BACKSPACE, &text[from..]) {
        let at = from + found;
        let (end, next) = match text[at] {
            b'\n' => (LineEnd::Newline, at + 1),
            BACKSPACE => (LineEnd::Return, at + 1),
            _ => match text.get(at + 1) {
                None => break,
                Some(b'\n') => (LineEnd::Newline, at + 2),
                Some(_) => (LineEnd::Return, at + 1),
            },
        };
        visit(&text[start..at], end);
        start = next;
        from = next;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_and_backspaces_begin_a_line_again() {
        let text = b"a\rb\r\nc\x08\x08d\n\r\r\ne\r";
        let mut lines = Vec::new();
        let done = each_line(text, |line, end| {
            lines.push((String::from_utf8_lossy(line).into_owned(), end));
        });
        assert_eq!(done, text.len() - 2);
        let expected = [
            ("a", LineEnd::Return),
            ("b", LineEnd::Newline),
            ("c", LineEnd::Return),
            ("", LineEnd::Return),
            ("d", LineEnd::Newline),
            ("", LineEnd::Return),
            ("", LineEnd::Newline),
        ];
        assert_eq!(lines, expected.map(|(line, end)| (line.to_owned(), end)));
    }
}
