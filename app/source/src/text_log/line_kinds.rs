//! What a line of a text log is, as a whole: a header, the state of a progress bar, a row of an evaluation.

use trainscape_run::{Role, role_of_key};

use super::{
    fields::Pair,
    places::{Mark, Place},
    words::Counter,
};
use crate::batch::RowHead;

/// Words before a counter that is not the training's.
const EVALUATIONS: &[&str] = &["validation", "valid", "val", "test", "eval", "evaluation"];

/// Letters of a line that states nothing but a position.
const MAX_HEADER_LETTERS: usize = 40;

/// True if a mark of a row is not its step, and so a value.
pub(super) fn is_value(mark: &Mark, place: &Place, head: RowHead) -> bool {
    match mark.counter {
        Counter::Epoch => {
            place.step().is_some()
                || place.batch().is_some()
                || place.ratio.is_some()
                || head.step != mark.number.step()
        }
        Counter::Step(_) => place.step().is_some_and(|step| step.word != mark.word),
        Counter::Batch => false,
    }
}

/// True for `epoch [1/1]`: a bar of the only epoch spans the training.
pub(super) fn is_only_epoch(place: &Place) -> bool {
    let only = |mark: &Mark| mark.counter == Counter::Epoch && mark.number.total == Some(1);
    place.ratio.is_none() && place.marks.iter().all(only)
}

/// True for a counter of the batches of an evaluation: `Validation iteration: 200`.
pub(super) fn is_of_evaluation(text: &[u8], mark: &Mark) -> bool {
    let before = text[..mark.word.0].trim_ascii_end();
    let word = before.rsplit(|byte| !byte.is_ascii_alphabetic()).next();
    word.is_some_and(|word| {
        let mut known = EVALUATIONS.iter();
        known.any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// True for `evaluating: 10/90`, which the next state of it overwrites.
pub(super) fn is_progress(text: &[u8], pairs: &[Pair]) -> bool {
    let [pair] = pairs else {
        return false;
    };
    let rest = text[pair.key.1..].trim_ascii();
    let state = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii();
    let Some(slash) = memchr::memchr(b'/', state) else {
        return false;
    };
    let are_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    are_digits(&state[..slash]) && are_digits(&state[slash + 1..])
}

/// True for a line that is one key and its number: `val loss 11.03`, `train_loss 0.205`.
pub(super) fn is_whole_line(text: &[u8], pairs: &[Pair]) -> bool {
    let [pair] = pairs else {
        return false;
    };
    let number = text[pair.key.1..].trim_ascii();
    let number = number.strip_suffix(b"%").unwrap_or(number);
    let key = &text[pair.key.0..pair.key.1];
    // `return 0` is a line of a program.
    let is_name = memchr::memchr3(b'_', b'/', b' ', key).is_some()
        || std::str::from_utf8(key)
            .is_ok_and(|key| matches!(role_of_key(key), Some(Role::Loss | Role::Accuracy)));
    pair.key.0 == 0 && is_name && fast_float2::parse::<f64, _>(number).is_ok()
}

/// True if a line without pairs may state the position of the lines below it: it says hardly anything else.
pub(super) fn is_header(text: &[u8]) -> bool {
    let letters = text.iter().filter(|byte| byte.is_ascii_alphabetic());
    letters.count() <= MAX_HEADER_LETTERS
        && !text
            .iter()
            .any(|byte| matches!(byte, b'(' | b'{' | b'"' | b'\'' | b'<' | b'+' | b'*'))
}

/// True if the line may contain a number.
pub(super) fn has_number(line: &[u8]) -> bool {
    line.iter().any(u8::is_ascii_digit)
        || line.len() < 200
            && [&b"nan"[..], b"NaN", b"inf", b"Inf"]
                .iter()
                .any(|word| memchr::memmem::find(line, word).is_some())
}
