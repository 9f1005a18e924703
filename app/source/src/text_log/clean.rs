//! Removing terminal control codes.

use std::borrow::Cow;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// `line` without ANSI escape sequences (colours, cursor movements, titles, links).
pub(super) fn without_escapes(line: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(ESCAPE, line) else {
        return Cow::Borrowed(line);
    };
    let mut clean = line[..first].to_vec();
    let mut rest = &line[first..];
    while !rest.is_empty() {
        let end = memchr::memchr(ESCAPE, rest).unwrap_or(rest.len());
        clean.extend_from_slice(&rest[..end]);
        rest = &rest[end..];
        rest = &rest[escape_len(rest)..];
    }
    Cow::Owned(clean)
}

/// The length of the escape sequence with which `text` begins; 0 if it is empty.
fn escape_len(text: &[u8]) -> usize {
    match text.get(1) {
        None => text.len(),
        Some(b'[') => {
            let end = text[2..]
                .iter()
                .position(|byte| (0x40..=0x7e).contains(byte));
            end.map_or(text.len(), |end| end + 3)
        }
        Some(b']') => {
            let end = text[2..]
                .iter()
                .position(|byte| matches!(*byte, BELL | ESCAPE));
            match end {
                Some(end) if text[end + 2] == BELL => end + 3,
                Some(end) => (end + 4).min(text.len()),
                None => text.len(),
            }
        }
        Some(_) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_links_and_titles_are_removed() {
        for (line, expected) in [
            ("\x1b[32m\x1b[1mINFO\x1b[0m loss", "INFO loss"),
            ("a\x1b]8;;http://x\x1b\\b\x1b]0;title\x07c", "abc"),
            ("plain", "plain"),
            ("cut\x1b[3", "cut"),
            ("cut\x1b", "cut"),
        ] {
            assert_eq!(&*without_escapes(line.as_bytes()), expected.as_bytes());
        }
    }
}
