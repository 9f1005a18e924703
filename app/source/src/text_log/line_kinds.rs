//! What a line of a text log is, as a whole: a header, the state of a progress bar, a row of an evaluation.

use trainscape_run::{Role, role_of_key};

use super::{
    fields::{Fields, Pair},
    places::{Mark, Place},
    words::{Counter, Phase, counter_of},
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

/// The value that a second counter of the same word belongs to: `best` of `epoch: 7 | best: 1.5 (epoch 3)`.
pub(super) fn stated_with<'a>(text: &[u8], mark: &Mark, fields: &'a Fields) -> Option<&'a Pair> {
    let mut marks = fields.place.marks.iter();
    let first = marks.find(|other| other.counter == mark.counter)?;
    let mut before = fields.pairs.iter().rev();
    let pair = before.find(|pair| pair.key.1 <= mark.word.0);
    let is_behind = |pair: &&Pair| {
        let between = text.get(pair.key.1..mark.word.0).unwrap_or_default();
        first.word != mark.word && between.contains(&b'(')
    };
    pair.filter(is_behind)
}

/// True for `epoch [1/1]`: a bar of the only epoch spans the training.
pub(super) fn is_only_epoch(place: &Place) -> bool {
    let only = |mark: &Mark| mark.counter == Counter::Epoch && mark.number.total == Some(1);
    place.ratio.is_none() && place.marks.iter().all(only)
}

/// True for a counter of the batches of an evaluation: `Validation iteration: 200`.
pub(super) fn is_of_evaluation(text: &[u8], mark: &Mark) -> bool {
    // What the whole training has done, whoever states it.
    const OF_TRAINING: [&[u8]; 3] = [b"num_timesteps", b"total_timesteps", b"global_step"];
    if OF_TRAINING.contains(&&text[mark.word.0..mark.word.1]) {
        return false;
    }
    let before = text[..mark.word.0].trim_ascii_end();
    let word = before.rsplit(|byte| !byte.is_ascii_alphabetic()).next();
    word.is_some_and(|word| {
        let mut known = EVALUATIONS.iter();
        known.any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// True if the line states a position, before its first value, that was not read: it is at no row number either.
pub(super) fn states_unread_position(text: &[u8], pairs: &[Pair]) -> bool {
    let before = pairs.first().map_or(text, |pair| &text[..pair.key.0]);
    let is_word = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let mut at = 0;
    while at < before.len() {
        let len = before[at..].iter().take_while(|byte| is_word(byte)).count();
        let word = &before[at..at + len];
        let singular = word.strip_suffix(b"s").unwrap_or(word);
        at += len.max(1);
        let after = before[at..].trim_ascii_start();
        let after = match after.first() {
            Some(b':' | b'=' | b'#' | b'[' | b'(') => after[1..].trim_ascii_start(),
            _ => after,
        };
        if len > 2
            && after.first().is_some_and(u8::is_ascii_digit)
            && matches!(
                counter_of(singular),
                Some(Counter::Step(_) | Counter::Epoch)
            )
        {
            return true;
        }
    }
    false
}

/// The speed that TensorFlow's Estimator prints above the row of its step.
pub(super) fn speed_of_estimator<'a>(text: &[u8], pairs: &'a [Pair]) -> Option<&'a Pair> {
    match pairs {
        [pair] if &text[pair.key.0..pair.key.1] == b"global_step/sec" => Some(pair),
        _ => None,
    }
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
        return is_line_of_metrics(text, pairs);
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

/// True for `val_loss 2.8 val_acc 0.06` and `valid_acc 50.8 | valid_obj 1.3`: nothing but keys with numbers, of which the first
/// is a loss or an accuracy, and the others are or are names of variables.
fn is_line_of_metrics(text: &[u8], pairs: &[Pair]) -> bool {
    let is_metric = |at: usize, pair: &Pair| {
        let key = &text[pair.key.0..pair.key.1];
        let role = std::str::from_utf8(key).ok().and_then(role_of_key);
        let has_role = matches!(
            role,
            Some(Role::Loss | Role::ValidationLoss | Role::Accuracy)
        );
        let is_variable = at > 0 && key.contains(&b'_') && !key.contains(&b' ');
        (has_role || is_variable) && !pair.separated
    };
    let next = |at: usize| pairs.get(at + 1).map_or(text.len(), |pair| pair.key.0);
    let mut all = pairs.iter().enumerate();
    let is_labelled = |first: &Pair| first.key.0 == 0 || is_label_of_data(&text[..first.key.0]);
    pairs.first().is_some_and(is_labelled)
        && all.all(|(at, pair)| {
            // Keys may stand in another order than their values, and may be given by a shape of line.
            let number = text.get(pair.key.1..next(at)).unwrap_or_default();
            let number = number.trim_ascii();
            let number = match number {
                [before @ .., b',' | b'|'] => before.trim_ascii_end(),
                _ => number,
            };
            let number = number.strip_suffix(b"%").unwrap_or(number);
            is_metric(at, pair) && fast_float2::parse::<f64, _>(number).is_ok()
        })
}

/// True for `Train: ` and `Test on 10000 images: ` before the values of these data.
fn is_label_of_data(label: &[u8]) -> bool {
    let label = label.trim_ascii_end();
    let first = label.split(|byte| !byte.is_ascii_alphabetic()).next();
    label.len() <= MAX_HEADER_LETTERS
        && label.ends_with(b":")
        && first.and_then(Phase::of_text).is_some()
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
