//! Evaluations that print the running means of their batches, as PyTorch's ImageNet example does: `Test: [10/40] Loss 5.3
//! (5.2) Acc@1 8.1 (8.6)`. The last means count, and ` * Acc@1 8.2` after them, which are those over all batches.

use super::{
    fields::{Fields, Pair},
    names::name_of,
    search::find,
    words::Phase,
};

/// The means of an evaluation that goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningMeans {
    values: Vec<(String, f64)>,
    pub(super) wall_time_secs: Option<f64>,
}

/// What a line says of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// Nothing: the evaluation, if there was one, is over.
    No,
    /// Those so far.
    Running,
    /// Those over all batches.
    Final,
}

impl RunningMeans {
    /// Notes the means in a line.
    pub(super) fn line(&mut self, text: &[u8], fields: &Fields, name: &mut String) -> Means {
        if is_batch(text) && fields.pairs.iter().any(|pair| pair.mean.is_some()) {
            let means = fields.pairs.iter().map(|pair| {
                let key = name_of(text, pair, name).clone();
                (key, pair.mean.unwrap_or(pair.value))
            });
            self.values = means.collect();
            return Means::Running;
        }
        if self.values.is_empty() || !text.starts_with(b"*") || fields.pairs.is_empty() {
            return Means::No;
        }
        for pair in &fields.pairs {
            self.replace(text, pair, name);
        }
        Means::Final
    }

    /// `LOSS` is `test/Loss` of the rows before it.
    fn replace(&mut self, text: &[u8], pair: &Pair, name: &mut String) {
        let key = name_of(text, pair, name);
        let known = self.values.iter_mut().find(|(known, _)| {
            let last = known.rsplit('/').next().unwrap_or(known);
            last.eq_ignore_ascii_case(key)
        });
        match known {
            Some((_, value)) => *value = pair.value,
            None => {
                let prefix = self.values[0].0.split_inclusive('/').next();
                let prefix = prefix.filter(|prefix| prefix.ends_with('/'));
                let key = format!("{}{key}", prefix.unwrap_or_default());
                self.values.push((key, pair.value));
            }
        }
    }

    /// The means, which are told once.
    pub(super) fn take(&mut self) -> Vec<(String, f64)> {
        std::mem::take(&mut self.values)
    }
}

/// True for `Test: [10/40] ...`: a batch of data that are not trained on.
fn is_batch(text: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', &text[..text.len().min(24)]) else {
        return false;
    };
    let rest = text[colon + 1..].trim_ascii_start();
    let is_ratio = rest.first() == Some(&b'[')
        && memchr::memchr(b']', &rest[..rest.len().min(24)]).is_some_and(|close| {
            let inside = &rest[1..close];
            inside.contains(&b'/')
                && inside
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b' '))
        });
    // A `MetricLogger` says itself which batch is the last one.
    let is_counted = find(&text[..text.len().min(80)], b"]  eta: ").is_some();
    let phase = Phase::of_text(&text[..colon]);
    is_ratio && !is_counted && phase.is_some_and(|phase| !phase.prefix().is_empty())
}

/// True for `Test: Loss 103.8 Acc@1 27.2`: results of data that are not trained on, behind their name, which may follow the
/// time (`0:01:02 - Test:`).
pub(super) fn is_result(text: &[u8]) -> bool {
    let head = &text[..text.len().min(40)];
    let colon = head
        .windows(2)
        .position(|pair| pair[0] == b':' && matches!(pair[1], b' ' | b'\t'));
    let word = colon.and_then(|colon| {
        text[..colon]
            .rsplit(|byte| !byte.is_ascii_alphabetic())
            .next()
    });
    let phase = word.and_then(Phase::of_text);
    phase.is_some_and(|phase| !phase.prefix().is_empty())
}
