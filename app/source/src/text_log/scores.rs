//! Scores that have only the name of their data, beside a loss.

use super::{
    fields::{Fields, Pair},
    words::Phase,
};

/// Bytes of the longest name of data.
const LONGEST_NAME: usize = b"validation".len();

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
