//! Two records on one line, as two processes write them that do not wait for each other: `step=20 loss=1.25step=21 loss=1.1875`.

use super::{fields::Fields, places::skip_blanks, search::find_all};

/// Longer lines are not split: each of their records would be searched for the next one.
const MAX_LINE: usize = 4096;

/// Where the second record of a line begins: the word of the line's position stands again, right behind a number.
pub(super) fn second_record(text: &[u8], fields: &Fields) -> Option<usize> {
    if text.len() > MAX_LINE {
        return None;
    }
    let mut marks = fields.place.marks.iter();
    let mark = marks.find(|mark| mark.word.1 > 0)?;
    let word = &text[mark.word.0..mark.word.1];
    let from = mark.number.end;
    let mut found = find_all(text.get(from..)?, word);
    found.find_map(|at| {
        let at = from + at;
        let after = skip_blanks(text, at + word.len());
        let is_position = matches!(text.get(after), Some(b':' | b'=' | b'0'..=b'9'));
        let start = start_of_record(text, at);
        let follows_number = start > from && text[start - 1].is_ascii_digit();
        (is_position && follows_number).then_some(start)
    })
}

/// The beginning of the rank in brackets before `at`, if there is one.
fn start_of_record(text: &[u8], at: usize) -> usize {
    let before = text[..at].trim_ascii_end();
    let open = before
        .ends_with(b"]")
        .then(|| memchr::memrchr(b'[', before));
    open.flatten().unwrap_or(at)
}
