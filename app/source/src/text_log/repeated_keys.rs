//! Keys that come several times on a line: `Top 1 acc: 71.5 | Top 5 acc: 90.1`, `Train: 1.5 (acc 0.7) -- Val: 1.75 (acc 0.6)`. Each gets
//! the name that tells it from the others.

use super::{
    fields::{Fields, Pair},
    key_text::is_letter,
    words::Phase,
};

/// Lines of more pairs are not examined.
const MAX_PAIRS: usize = 64;

/// The longest text that names a value.
const MAX_LABEL: usize = 40;

/// Tells keys of a line apart that are the same.
pub(super) fn tell_apart(text: &[u8], fields: &mut Fields) {
    let count = fields.pairs.len();
    if count > MAX_PAIRS || !(0..count).any(|at| comes_again(text, &fields.pairs, at)) {
        return;
    }
    name_data(text, &mut fields.pairs);
    widen(text, &mut fields.pairs);
    let left_out = (0..fields.pairs.len()).filter(|&at| comes_again(text, &fields.pairs, at));
    fields.unread += left_out.count() as u64;
}

/// True if a later key is the same.
fn comes_again(text: &[u8], pairs: &[Pair], at: usize) -> bool {
    let mut later = pairs[at + 1..].iter();
    later.any(|other| is_same(text, &pairs[at], other))
}

fn is_same(text: &[u8], a: &Pair, b: &Pair) -> bool {
    let key = |pair: &Pair| &text[pair.key.0..pair.key.1];
    let group = |pair: &Pair| &text[pair.group.0..pair.group.1];
    a.key.1 - a.key.0 == b.key.1 - b.key.0
        && a.index == b.index
        && a.suffix == b.suffix
        && a.own_name == b.own_name
        && a.phase.map(Phase::prefix) == b.phase.map(Phase::prefix)
        && key(a) == key(b)
        && group(a) == group(b)
}

fn is_repeated(text: &[u8], pairs: &[Pair], at: usize) -> bool {
    let mut others = pairs.iter().enumerate();
    others.any(|(other, pair)| other != at && is_same(text, &pairs[at], pair))
}

/// The data of the key before it that names one: `Val: 1.75 (acc 0.6)`.
fn name_data(text: &[u8], pairs: &mut [Pair]) {
    let repeated: Vec<bool> = (0..pairs.len())
        .map(|at| is_repeated(text, pairs, at))
        .collect();
    let mut phase = None;
    for (pair, is_repeated) in pairs.iter_mut().zip(repeated) {
        match Phase::of_text(&text[pair.key.0..pair.key.1]) {
            Some(of_key) => phase = Some(of_key),
            None if is_repeated => pair.phase = pair.phase.or(phase),
            None => {}
        }
    }
}

/// Gives repeated keys the whole text before their value, if that has a number in it: `Top 5 acc`, `client 0 loss`.
fn widen(text: &[u8], pairs: &mut Vec<Pair>) {
    for at in 0..pairs.len() {
        if is_repeated(text, pairs, at) {
            let same: Vec<usize> = (0..pairs.len())
                .filter(|&other| other == at || is_same(text, &pairs[at], &pairs[other]))
                .collect();
            if let Some(labels) = labels_of(text, pairs, &same) {
                for (pair, label) in same.iter().zip(labels) {
                    pairs[*pair].key = label;
                }
            }
        }
    }
    // `client 0` is no value of `client` where it is a part of a name.
    let names: Vec<(usize, usize)> = pairs.iter().map(|pair| pair.key).collect();
    pairs.retain(|pair| {
        let is_in = |name: &(usize, usize)| {
            *name != pair.key && name.0 <= pair.key.0 && pair.key.1 <= name.1
        };
        pair.separated || !names.iter().any(is_in)
    });
}

/// The texts before the values of the same key, if each is another one.
fn labels_of(text: &[u8], pairs: &[Pair], same: &[usize]) -> Option<Vec<(usize, usize)>> {
    let labels: Option<Vec<(usize, usize)>> = same
        .iter()
        .map(|&at| label_of(text, pairs[at].key))
        .collect();
    let labels = labels?;
    let texts: std::collections::HashSet<&[u8]> =
        labels.iter().map(|label| &text[label.0..label.1]).collect();
    (texts.len() == labels.len()).then_some(labels)
}

/// The text from the last delimiter to the end of a key, if a number in it may be what names the value.
fn label_of(text: &[u8], key: (usize, usize)) -> Option<(usize, usize)> {
    let is_delimiter = |byte: &u8| {
        matches!(
            byte,
            b',' | b';' | b'|' | b':' | b'=' | b'\t' | b'(' | b')' | b'[' | b']' | b'{' | b'}'
        )
    };
    let before = &text[..key.0];
    let from = before.iter().rposition(is_delimiter).map_or(0, |at| at + 1);
    let dash = memchr::memmem::rfind(&text[from..key.0], b" - ").map_or(from, |at| from + at + 3);
    let start = dash
        + text[dash..key.0]
            .iter()
            .take_while(|byte| **byte == b' ')
            .count();
    let label = &text[start..key.1];
    let is_name = label.first().is_some_and(|first| is_letter(*first))
        && label.len() <= MAX_LABEL
        && !label.contains(&b'.')
        && text[start..key.0].iter().any(u8::is_ascii_digit);
    is_name.then_some((start, key.1))
}
