//! Line ends within quotation marks: a cell that holds a printed array takes several lines.

use std::borrow::Cow;

use crate::limits;

/// A quotation mark whose end is not found within so many bytes is a character of a text.
const MAX_CELL: usize = limits::QUOTED_CELL.bytes as usize;

/// Complete lines of a table, one a row.
pub(super) struct QuotedLines<'a> {
    /// The text with blanks in the place of line ends within quotation marks: each byte keeps its offset.
    pub(super) text: Cow<'a, [u8]>,
    /// Where a row begins whose quotation marks are not closed yet; the length of the text if there is none.
    pub(super) complete: usize,
}

/// Joins the lines of cells in quotation marks.
pub(super) fn join_quoted_lines(text: &[u8], delimiter: u8) -> QuotedLines<'_> {
    let mut joined = Cow::Borrowed(text);
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', &text[at..]) {
        let open = at + quote;
        let begins_cell =
            open == 0 || text[open - 1] == delimiter || matches!(text[open - 1], b'\n' | b'\r');
        if !begins_cell {
            at = open + 1;
            continue;
        }
        match closing_quote(text, open, delimiter) {
            Closing::At(close) => {
                let cell = &text[open..close];
                if memchr::memchr2(b'\n', b'\r', cell).is_some() {
                    let cell = &mut joined.to_mut()[open..close];
                    for byte in cell {
                        if matches!(byte, b'\n' | b'\r') {
                            *byte = b' ';
                        }
                    }
                }
                at = close + 1;
            }
            Closing::NotYet => {
                let line = memchr::memrchr2(b'\n', b'\r', &text[..open]).map_or(0, |end| end + 1);
                return QuotedLines {
                    text: joined,
                    complete: line,
                };
            }
            Closing::None => at = open + 1,
        }
    }
    QuotedLines {
        complete: text.len(),
        text: joined,
    }
}

enum Closing {
    At(usize),
    /// The text ends before it.
    NotYet,
    None,
}

/// The quotation mark that ends the cell which begins at `open`.
fn closing_quote(text: &[u8], open: usize, delimiter: u8) -> Closing {
    let most = text.len().min(open + MAX_CELL);
    let mut at = open + 1;
    while let Some(quote) = text
        .get(at..most)
        .and_then(|rest| memchr::memchr(b'"', rest))
    {
        let close = at + quote;
        match text.get(close + 1) {
            Some(b'"') => at = close + 2,
            None | Some(b'\n' | b'\r') => return Closing::At(close),
            Some(&next) if next == delimiter => return Closing::At(close),
            Some(_) => return Closing::None,
        }
    }
    match most == text.len() {
        true => Closing::NotYet,
        false => Closing::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> (String, usize) {
        let lines = join_quoted_lines(text.as_bytes(), b',');
        (
            String::from_utf8_lossy(&lines.text).into_owned(),
            lines.complete,
        )
    }

    #[test]
    fn line_ends_in_quotation_marks_are_blanks() {
        let text = "1,\"a\nb\"\"\n\",2\n3,c,4\n";
        assert_eq!(joined(text), ("1,\"a b\"\" \",2\n3,c,4\n".to_owned(), 19));
    }

    #[test]
    fn a_cell_that_is_not_closed_yet_is_not_complete() {
        assert_eq!(joined("1,2\n3,\"a\n").1, 4);
        assert_eq!(joined("1,2\n3,\"a\nb\",4\n").1, 14);
    }

    #[test]
    fn other_quotation_marks_are_characters() {
        for text in ["1,5\" wide\n2,6\" wide\n", "1,\"a\" b\n2,3\n"] {
            assert_eq!(joined(text), (text.to_owned(), text.len()));
        }
    }
}
