//! Which texts are keys.

use super::words::{is_of_a_sentence, is_training_key};

/// Longest key, in bytes and in words.
const MAX_KEY: usize = 80;
const MAX_WORDS: usize = 6;

/// The key in the text between `from` and `end`, without quotation marks and what precedes it.
pub(super) fn key_between(text: &[u8], from: usize, end: usize) -> Option<(usize, usize)> {
    let (mut start, mut end) = (from, end);
    while end > start && matches!(text[end - 1], b' ' | b'\'' | b'"' | b'*' | b'`') {
        end -= 1;
    }
    // A key begins with a letter: numbers and signs before it belong to something else.
    loop {
        while start < end && !is_letter(text[start]) {
            start += 1;
        }
        let after_digit = start > from && matches!(text[start - 1], b'0'..=b'9' | b'.' | b'/');
        if !after_digit || start == end {
            break;
        }
        while start < end && text[start] != b' ' {
            start += 1;
        }
    }
    if let Some(open) = memchr::memrchr(b'(', &text[start..end])
        && !text[start + open..end].contains(&b')')
    {
        start += open + 1;
    }
    let key = &text[start..end];
    let is_key = !key.is_empty()
        && key.len() <= MAX_KEY
        && key.iter().filter(|&&byte| byte == b' ').count() < MAX_WORDS
        && !key.contains(&b'\\')
        && !key.contains(&b'<')
        && !key.windows(2).any(|pair| pair == b"//")
        && !is_file_name(key);
    is_key.then_some((start, end))
}

pub(super) fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
        || byte == b'_'
        || (0xc3..0xe2).contains(&byte)
        || (0xe3..0xf0).contains(&byte)
}

/// True if `key` may stand before its number without a separator: a few words, not a sentence.
pub(super) fn is_plain_key(key: &[u8]) -> bool {
    let mut words = 0;
    key.split(|&byte| byte == b' ').all(|word| {
        words += usize::from(!word.is_empty());
        words <= 3 && !is_of_a_sentence(word)
    })
}

/// The key of a sentence: `avg loss` of `avg loss so far is 0.1`.
pub(super) fn before_copula(text: &[u8], (start, end): (usize, usize)) -> (usize, usize) {
    let key = &text[start..end];
    let rest = [&b" is"[..], b" was"]
        .into_iter()
        .find_map(|verb| key.strip_suffix(verb));
    let rest = rest.map(|rest| {
        rest.strip_suffix(b" so far")
            .unwrap_or(rest)
            .trim_ascii_end()
    });
    let metric = rest.filter(|rest| std::str::from_utf8(rest).is_ok_and(is_training_key));
    metric.map_or((start, end), |metric| (start, start + metric.len()))
}

/// True for the name of a file of code or data before the number of a line.
fn is_file_name(key: &[u8]) -> bool {
    const LONGEST_ENDING: usize = b".ipynb".len();
    const ENDINGS: &[&[u8]] = &[
        b".py", b".cpp", b".cc", b".cu", b".h", b".rs", b".go", b".js", b".json", b".txt",
        b".yaml", b".yml", b".pt", b".pth", b".bin", b".hpp", b".c", b".sh", b".ipynb",
    ];
    let end = &key[key.len().saturating_sub(LONGEST_ENDING)..];
    end.contains(&b'.') && ENDINGS.iter().any(|ending| end.ends_with(ending))
}
