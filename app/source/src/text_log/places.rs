//! Positions within the training that a line states: `step 5/100`, `Epoch: [0][10/5005]`.

use super::{
    counts::{range_at, spaced_at},
    number::{Number, count_digits, number_at},
    words::{Counter, counter_of},
    wrappers::{after_wrapper, wrapper_len},
};

/// A counter and its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) counter: Counter,
    pub(super) number: Number,
    /// The counter's word in the line.
    pub(super) word: (usize, usize),
}

/// What a line says about its position.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) marks: Vec<Mark>,
    /// `10/100` without a word.
    pub(super) ratio: Option<(i64, i64)>,
}

impl Place {
    pub(super) fn clear(&mut self) {
        self.marks.clear();
        self.ratio = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.ratio.is_none()
    }

    pub(super) fn mark(&self, wanted: impl Fn(Counter) -> bool) -> Option<&Mark> {
        let marks = self.marks.iter().filter(|mark| wanted(mark.counter));
        marks.min_by_key(|mark| mark.counter)
    }

    pub(super) fn step(&self) -> Option<&Mark> {
        self.mark(|counter| matches!(counter, Counter::Step(_)))
    }

    pub(super) fn epoch(&self) -> Option<&Mark> {
        self.mark(|counter| counter == Counter::Epoch)
    }

    pub(super) fn batch(&self) -> Option<&Mark> {
        self.mark(|counter| counter == Counter::Batch)
    }
}

/// The number of the counter whose word is at `word`, and where the text after it begins.
pub(super) fn mark_at(
    text: &[u8],
    word: (usize, usize),
    counter: Counter,
) -> Option<(Mark, usize)> {
    let mut at = word.1;
    // `Epoch(train)  [1]`, and not `Epoch(1)`
    if text.get(at) == Some(&b'(') && !text.get(at + 1).is_some_and(u8::is_ascii_digit) {
        let close = text[at..].iter().take(14).position(|&byte| byte == b')')?;
        at += close + 1;
    }
    if matches!(text.get(at), Some(b'\'' | b'"')) {
        at += 1;
    }
    at = skip_blanks(text, at);
    if text.get(at) == Some(&b'-')
        && at == word.1
        && text.get(at + 1).is_some_and(u8::is_ascii_digit)
    {
        at += 1;
    } else if matches!(text.get(at), Some(b':' | b'=' | b'#')) && text.get(at + 1) != Some(&b'=') {
        at = skip_blanks(text, at + 1);
    }
    if matches!(text.get(at), Some(b'\'' | b'"')) {
        at += 1;
    }
    let is_plural = matches!(&text[word.0..word.1], b"steps" | b"timesteps" | b"updates");
    let is_argument = is_plural && text[word.1..at].contains(&b'=');
    let bracket = match text.get(at) {
        Some(b'[') => Some(b']'),
        Some(b'(') => Some(b')'),
        _ => None,
    };
    if bracket.is_some() {
        at = skip_blanks(text, at + 1);
    }
    let wrapper = Some(wrapper_len(&text[at.min(text.len())..])).filter(|len| *len > 1);
    at += wrapper.unwrap_or(0);
    // The last step of those that the row is about. `epoch 1-100` is a part of the first epoch for some.
    let range = range_at(text, at).filter(|_| counter != Counter::Epoch);
    let counted = range.or_else(|| spaced_at(text, at));
    let number = counted.or_else(|| number_at(text, at))?;
    let mut number = counted_by(text, word, counter, number)?;
    let mut end = match wrapper {
        Some(_) => after_wrapper(text, number.end),
        None => number.end,
    };
    if number.total.is_none()
        && number.whole.is_some()
        && let Some((total, after)) = total_at(text, end)
    {
        number.total = Some(total);
        end = after;
    }
    // `steps=10` is the length of something.
    if is_argument && number.total.is_none() && range.is_none() {
        return None;
    }
    if matches!(text.get(end), Some(b'\'' | b'"')) {
        end += 1;
    }
    if let Some(close) = bracket {
        let inner = skip_blanks(text, end);
        if text.get(inner) == Some(&close) {
            end = inner + 1;
        }
    }
    number.end = end;
    Some((
        Mark {
            counter,
            number,
            word,
        },
        end,
    ))
}

/// The number as that of a counter; `None` if it cannot be one.
fn counted_by(
    text: &[u8],
    word: (usize, usize),
    counter: Counter,
    mut number: Number,
) -> Option<Number> {
    // Lightning writes its counters as fractions: `global_step=9.000`. Others print `step 100.0` and `step 1e2`.
    if number.whole.is_none()
        && number.value.fract() == 0.0
        && (0.0..1e15).contains(&number.value)
        && counter != Counter::Epoch
        && is_counted_in_fractions(&text[word.0..word.1])
        && text[number.end - 1].is_ascii_digit()
    {
        number.whole = Some(number.value as i64);
    }
    // `step 1k` and `step 1.5k` are whole numbers of steps.
    let is_multiple = matches!(text[number.end - 1], b'k' | b'K' | b'M');
    if is_multiple && number.value.fract() == 0.0 && number.value.abs() < 1e15 {
        number.whole = Some(number.value as i64);
    }
    let has_unit = text[..number.end]
        .last()
        .is_some_and(|byte| !byte.is_ascii_digit() && *byte != b'.')
        && !is_multiple;
    let may_be_fraction =
        counter == Counter::Epoch || text[word.0..word.1].eq_ignore_ascii_case(b"update");
    if has_unit || !number.value.is_finite() || number.whole.is_none() && !may_be_fraction {
        return None;
    }
    Some(number)
}

fn is_counted_in_fractions(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 5] = [b"global_step", b"step", b"steps", b"iteration", b"iter"];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The counter of `100 iterations, loss: 0.5`, whose number at `at` stands before it, and where the text after the word begins.
pub(super) fn counted_before(text: &[u8], number: Number) -> Option<(Mark, usize)> {
    let start = skip_blanks(text, number.end);
    let len = text[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let end = start + len;
    let counter = counter_of(text[start..end].strip_suffix(b"s")?)?;
    let is_stated = start > number.end
        && number.whole.is_some()
        && number.total.is_none()
        // `after 3 epochs without an improvement`
        && matches!(text.get(end), Some(b':' | b',' | b'|' | b';'));
    let mark = Mark {
        counter,
        number,
        word: (0, 0),
    };
    is_stated.then_some((mark, end + 1))
}

/// The total of ` / 100` or ` of 100`, and where the text after it begins.
pub(super) fn total_at(text: &[u8], at: usize) -> Option<(i64, usize)> {
    let rest = text.get(at..)?;
    let after = if rest.starts_with(b" of ") {
        at + 4
    } else {
        let slash = skip_blanks(text, at);
        if text.get(slash) != Some(&b'/') {
            return None;
        }
        skip_blanks(text, slash + 1)
    };
    let digits = count_digits(text.get(after..)?);
    let total = std::str::from_utf8(&text[after..after + digits]).ok()?;
    Some((total.parse().ok()?, after + digits))
}

pub(super) fn skip_blanks(text: &[u8], at: usize) -> usize {
    let blanks = text[at.min(text.len())..]
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'));
    at + blanks.count()
}
