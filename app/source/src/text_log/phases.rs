//! Which data the values of a line are of, where its keys do not say it: a word at the line's start (`val Loss: 0.3 Acc: 0.8`), or a
//! headline above it (`Validation:`).

use super::{
    fields::{Fields, Pair},
    words::{KeyKind, Phase, TrainingKeys},
};

/// A headline has no more bytes than this.
const MAX_HEADLINE: usize = 60;

/// Words of a headline besides the name of its data.
const HEADLINE_WORDS: &[&[u8]] = &[
    b"epoch",
    b"step",
    b"iteration",
    b"round",
    b"phase",
    b"mode",
    b"set",
    b"data",
    b"dataset",
    b"results",
    b"error",
    b"errors",
    b"result",
    b"metrics",
    b"stats",
    b"loop",
    b"model",
    b"on",
    b"the",
    b"for",
    b"at",
    b"after",
    b"of",
    b"start",
    b"begin",
    b"starting",
];

/// Puts the other quantities of a line below the data that its first key names: `Acc` of `val Loss: 0.3 Acc: 0.8`. Where a line
/// names several data, each key speaks for itself.
pub(super) fn qualify_by_first(text: &[u8], fields: &mut Fields, kinds: &mut TrainingKeys) {
    let Some((first, others)) = fields.pairs.split_first_mut() else {
        return;
    };
    let key = &text[first.key.0..first.key.1];
    let Some(blank) = memchr::memchr(b' ', key) else {
        return;
    };
    let phase = Phase::of_text(&key[..blank]).filter(|phase| !phase.prefix().is_empty());
    let Some(phase) = phase.filter(|_| first.phase.is_none()) else {
        return;
    };
    let names_data = |pair: &Pair| {
        let of_key = Phase::of_text(&text[pair.key.0..pair.key.1]).or(pair.phase);
        of_key.is_some_and(|other| other != phase)
    };
    if others.iter().any(names_data) {
        return;
    }
    for pair in others {
        if is_metric(text, pair, kinds) && Phase::of_text(&text[pair.key.0..pair.key.1]).is_none() {
            pair.phase = Some(phase);
        }
    }
}

fn is_metric(text: &[u8], pair: &Pair, kinds: &mut TrainingKeys) -> bool {
    let key = std::str::from_utf8(&text[pair.key.0..pair.key.1]);
    key.is_ok_and(|key| kinds.kind(key) == KeyKind::Metric)
}

/// The data of the rows below a headline, up to the next headline or position.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Headline(Option<Phase>);

impl Headline {
    /// Notes a line without values.
    pub(super) fn text(&mut self, line: &[u8]) {
        if let Some(phase) = phase_of_headline(line) {
            self.0 = Some(phase).filter(|phase| *phase != Phase::Train);
        }
    }

    /// Notes a line that states a position: what is below it is of the training again.
    pub(super) fn position(&mut self) {
        self.0 = None;
    }

    /// Puts the quantities of a row without a position below the data of the headline.
    pub(super) fn row(self, text: &[u8], fields: &mut Fields, kinds: &mut TrainingKeys) {
        let Some(phase) = self.0 else { return };
        for pair in &mut fields.pairs {
            if pair.phase.is_none()
                && Phase::of_text(&text[pair.key.0..pair.key.1]).is_none()
                && is_metric(text, pair, kinds)
            {
                pair.phase = Some(phase);
            }
        }
    }
}

/// The data that a headline names: a line that says nothing else than that, and perhaps the epoch.
fn phase_of_headline(line: &[u8]) -> Option<Phase> {
    let line = line.trim_ascii();
    if line.len() > MAX_HEADLINE || line.iter().any(|byte| matches!(byte, b'/' | b'\\' | b'%')) {
        return None;
    }
    let mut phase = None;
    let words = line.split(|byte| !byte.is_ascii_alphabetic());
    for word in words.filter(|word| !word.is_empty()) {
        let is_known = HEADLINE_WORDS
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known));
        match Phase::of_text(word) {
            // `Evaluating on the validation set`
            Some(of_word) if matches!(phase, None | Some(Phase::Evaluation)) => {
                phase = Some(of_word);
            }
            Some(of_word) if phase == Some(of_word) => {}
            None if is_known => {}
            _ => return None,
        }
    }
    phase
}
