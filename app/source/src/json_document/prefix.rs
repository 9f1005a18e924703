//! The beginning of a JSON document as a document of its own.

use crate::limits;

/// Completes the beginning of a JSON document: what follows its last whole member is removed, and what is open
/// is closed. `None` if it holds no whole member.
pub(super) fn completed(start: &[u8]) -> Option<Vec<u8>> {
    let mut open: Vec<u8> = Vec::new();
    // The end of the last whole member and what is open there.
    let mut whole: Option<(usize, Vec<u8>)> = None;
    let mut in_text = false;
    let mut escaped = false;
    for (at, &c) in start.iter().enumerate() {
        if in_text {
            match c {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match c {
            b'"' => in_text = true,
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                if open.pop() != Some(c) {
                    return None;
                }
                whole = Some((at + 1, open.clone()));
            }
            b',' => whole = Some((at, open.clone())),
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return None;
        }
    }
    let (end, open) = whole?;
    let mut document = start[..end].to_vec();
    document.extend(open.iter().rev());
    Some(document)
}

/// Documents nested deeper than this are no logs.
const MAX_DEPTH: usize = limits::JSON_NESTING.depth;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_closed() {
        for (start, expected) in [
            (
                "[{\"a\": 1}, {\"a\": 2}, {\"a\"",
                "[{\"a\": 1}, {\"a\": 2}]",
            ),
            ("{\"a\": [1, 2, 3", "{\"a\": [1, 2]}"),
            ("{\"a\": \"x, {\", \"b", "{\"a\": \"x, {\"}"),
            ("{\"a\": 1}", "{\"a\": 1}"),
        ] {
            let document = completed(start.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(document).unwrap(), expected);
        }
        assert!(completed(b"{\"a\"").is_none());
        assert!(completed(b"]").is_none());
        assert!(completed("[".repeat(100).as_bytes()).is_none());
    }
}
