//! One key for the values of two kinds of data: `train/val loss: 1.5 1.75`.

use super::{
    fields::Pair,
    number::{Number, number_at},
    pairs::Scanner,
    places::skip_blanks,
    words::Phase,
};

impl Scanner<'_> {
    /// Adds the two numbers of `train/val loss: 1.5 1.75`. False for other keys.
    pub(super) fn two_data(&mut self, key: (usize, usize), first: Number) -> bool {
        let text = self.text;
        let Some((one, other)) = two_phases(text, key) else {
            return false;
        };
        let start = skip_blanks(text, first.end);
        let start = match text.get(start) {
            Some(b'/' | b',') => skip_blanks(text, start + 1),
            _ => start,
        };
        let Some(second) = number_at(text, start) else {
            return false;
        };
        let rest = skip_blanks(text, other.1);
        self.fields.place.ratio = None;
        for (group, number) in [(one, first), (other, second)] {
            self.fields.pairs.push(Pair {
                key: (rest, key.1),
                own_name: None,
                group,
                suffix: "",
                index: None,
                value: number.value,
                units: number.units,
                mean: None,
                separated: true,
                phase: None,
            });
        }
        self.skip_to(second.end);
        true
    }
}

/// The two words of `train/val loss`.
#[allow(clippy::type_complexity, reason = "two places in a text")]
fn two_phases(text: &[u8], key: (usize, usize)) -> Option<((usize, usize), (usize, usize))> {
    let slash = key.0 + memchr::memchr(b'/', &text[key.0..key.1])?;
    let blank = slash + memchr::memchr(b' ', &text[slash..key.1])?;
    let is_word = |word: &[u8]| word.iter().all(u8::is_ascii_alphabetic);
    let (one, other) = (&text[key.0..slash], &text[slash + 1..blank]);
    let phases = (Phase::of_text(one)?, Phase::of_text(other)?);
    let are_two = is_word(one) && is_word(other) && phases.0 != phases.1;
    are_two.then_some(((key.0, slash), (slash + 1, blank)))
}
