//! The keys under which numbers are stored.

use std::fmt::Write;

use super::{fields::Pair, words::Phase};

/// True if the pair's value belongs to data that are not trained on.
pub(super) fn is_held_out(text: &[u8], pair: &Pair) -> bool {
    let phase = Phase::of_text(&text[pair.key.0..pair.key.1]).or(pair.phase);
    phase.is_some_and(|phase| !phase.prefix().is_empty())
}

/// Writes the key of `pair` to `name`: as the logger wrote it, with the heading before it, and with `val/`,
/// `test/` or `eval/` if only the text before it says so.
pub(super) fn name_of<'a>(text: &[u8], pair: &Pair, name: &'a mut String) -> &'a mut String {
    name.clear();
    let key = &text[pair.key.0..pair.key.1];
    if let Some(phase) = pair.phase
        && !phase.prefix().is_empty()
        && Phase::of_text(key).is_none()
    {
        name.push_str(phase.prefix());
    }
    if pair.group.1 > pair.group.0 {
        push_text(name, &text[pair.group.0..pair.group.1]);
        name.push('/');
    }
    match pair.own_name {
        Some(own) => name.push_str(own),
        None => push_text(name, key),
    }
    name.push_str(pair.suffix);
    if let Some(index) = pair.index {
        // Writing to a string cannot fail.
        let _ = write!(name, "[{index}]");
    }
    name
}

pub(super) fn push_text(name: &mut String, text: &[u8]) {
    match std::str::from_utf8(text) {
        Ok(text) => name.push_str(text),
        Err(_) => name.push_str(&String::from_utf8_lossy(text)),
    }
}
