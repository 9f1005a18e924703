//! Values that have only the name of their data: scores beside a loss, and the parts of a metric that is named once.

use super::{
    fields::{Fields, Pair},
    words::{Phase, is_training_key},
};

/// Bytes of the longest name of data.
const LONGEST_NAME: usize = b"validation".len();

/// `LOSS train 1.1 valid 2.1`, `Loss: train 1.1, val 2.1`: the metric is named once, before its data.
pub(super) fn name_parts(text: &[u8], fields: &mut Fields) {
    let phase_at = |key: (usize, usize)| bare_phase(&text[key.0..key.1]);
    if fields.pairs.iter().all(|pair| phase_at(pair.key).is_none()) {
        return;
    }
    let keys: Vec<(usize, usize)> = fields.pairs.iter().map(|pair| pair.key).collect();
    let is_next = |from: (usize, usize), to: &(usize, usize)| {
        phase_at(*to).is_some() && is_number(text, from.1, to.0)
    };
    let mut metric = None;
    let mut is_of_colon = false;
    for (at, &key) in keys.iter().enumerate() {
        let pair = &mut fields.pairs[at];
        let Some(phase) = phase_at(key) else {
            let is_followed = keys.get(at + 1).is_some_and(|next| is_next(key, next));
            metric = metric_before_data(text, key).filter(|_| is_followed);
            pair.separated |= metric.is_some();
            continue;
        };
        let goes_on = at > 0 && is_next(keys[at - 1], &key);
        let same = |other: &&(usize, usize)| text[other.0..other.1] == text[key.0..key.1];
        // `loss train: 9.5, val: 9.25` of LitGPT keeps the name that it has there.
        let is_named = pair.separated && keys.iter().filter(same).count() == 1;
        let before_colon = metric_before_colon(text, key.0);
        is_of_colon = before_colon.is_some() || is_of_colon && goes_on;
        metric = metric.filter(|_| goes_on).or(before_colon);
        if let Some(metric) = metric.filter(|_| is_of_colon || !is_named) {
            pair.key = metric;
            pair.phase = Some(phase);
            pair.separated = true;
        }
    }
}

/// True if nothing but a number stands between two keys.
fn is_number(text: &[u8], from: usize, to: usize) -> bool {
    let between = text.get(from..to).unwrap_or_default();
    let is_of_number = |byte: &u8| byte.is_ascii_digit() || b" .,:=+-eE%\t".contains(byte);
    !between.is_empty() && between.iter().all(is_of_number)
}

/// The metric in `LOSS train`.
fn metric_before_data(text: &[u8], (start, end): (usize, usize)) -> Option<(usize, usize)> {
    let key = &text[start..end];
    let blank = memchr::memrchr(b' ', key)?;
    bare_phase(&key[blank + 1..])?;
    is_metric(&key[..blank]).then_some((start, start + blank))
}

/// The metric of `Loss: train 0.5`, whose key `train` is at `at`.
fn metric_before_colon(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let before = text[..at].trim_ascii_end().strip_suffix(b":")?;
    let word = before
        .rsplit(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .next()?;
    is_metric(word).then_some((before.len() - word.len(), before.len()))
}

fn is_metric(key: &[u8]) -> bool {
    std::str::from_utf8(key)
        .is_ok_and(|key| Phase::of_text(key.as_bytes()).is_none() && is_training_key(key))
}

/// `Loss: 1.9, Train: 0.2, Val: 0.2, Test: 0.2` of PyTorch Geometric's examples: what has only the name of its data is a score, for the
/// loss is named beside it.
pub(super) fn name_scores(text: &[u8], fields: &mut Fields) {
    let key = |pair: &Pair| &text[pair.key.0..pair.key.1];
    let mut has_loss = false;
    let mut data = (false, false);
    for pair in &fields.pairs {
        has_loss |= key(pair).eq_ignore_ascii_case(b"loss") && pair.phase.is_none();
        match bare_phase(key(pair)) {
            Some(Phase::Train) => data.0 = true,
            Some(_) => data.1 = true,
            None => {}
        }
    }
    if has_loss && data == (true, true) {
        for pair in &mut fields.pairs {
            if bare_phase(&text[pair.key.0..pair.key.1]).is_some() {
                pair.suffix = " score";
            }
        }
    }
}

/// The data of a key that is nothing but their name.
fn bare_phase(key: &[u8]) -> Option<Phase> {
    let is_word = key.len() <= LONGEST_NAME && key.iter().all(u8::is_ascii_alphabetic);
    is_word.then(|| Phase::of_text(key))?
}
