//! Rows of an evaluation that a line above them announces: `Eval begin...`, then `step 10/88 - loss: 0.14` as in training.

use super::{
    fields::{Fields, Pair},
    places::Place,
    words::{Counter, Phase},
};

/// A line that announces an evaluation has no more bytes than this.
const MAX_ANNOUNCEMENT: usize = 80;

/// Whether rows are those of an evaluation. They count their own steps, so that they are known by another number of them than
/// the training has, of the same metric.
#[derive(Clone, Debug, Default)]
pub(super) struct EvaluationRows {
    announced: Option<Phase>,
    /// The number of steps that rows of the training state: `10/614`.
    of_training: Option<i64>,
    /// The first key of the last of these rows.
    first_key: Vec<u8>,
}

/// What a row is.
pub(super) enum EvaluationRow {
    No,
    /// The values so far; those at the end count.
    Partial,
    Last,
}

impl EvaluationRows {
    /// A line without numbers.
    pub(super) fn text(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        if line.len() > MAX_ANNOUNCEMENT {
            return;
        }
        if let Some(phase) = Phase::of_text(line) {
            self.announced = (phase != Phase::Train).then_some(phase);
        }
    }

    /// A line with numbers: the keys of a row of an evaluation get the phase that was announced.
    pub(super) fn row(&mut self, text: &[u8], fields: &mut Fields) -> EvaluationRow {
        let Some((step, total)) = own_steps(&fields.place) else {
            if fields.place.epoch().is_some() {
                self.announced = None;
            }
            return EvaluationRow::No;
        };
        let Some(first) = fields.pairs.first() else {
            return EvaluationRow::No;
        };
        let key = |pair: &Pair| &text[pair.key.0..pair.key.1];
        let shares_key = || fields.pairs.iter().any(|pair| key(pair) == self.first_key);
        match (self.announced, self.of_training) {
            (Some(phase), Some(of_training)) if total != of_training && shares_key() => {
                for pair in &mut fields.pairs {
                    pair.phase = pair.phase.or(Some(phase));
                }
                fields.place.clear();
                match step == total {
                    true => EvaluationRow::Last,
                    false => EvaluationRow::Partial,
                }
            }
            _ => {
                self.announced = None;
                self.of_training = Some(total);
                if key(first) != self.first_key {
                    self.first_key = key(first).to_vec();
                }
                EvaluationRow::No
            }
        }
    }
}

/// The step of a line and the number of steps that it states.
fn own_steps(place: &Place) -> Option<(i64, i64)> {
    let mark = place.mark(|counter| matches!(counter, Counter::Step(_) | Counter::Batch))?;
    Some((mark.number.whole?, mark.number.total?))
}
