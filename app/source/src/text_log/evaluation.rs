//! Rows of an evaluation that counts its own batches: those that a line above them announces (`Eval begin...`, then
//! `step 10/88 - loss: 0.14` as in training), and those of PyTorch's `MetricLogger` (`Test: [10/79] eta: 0:02:35 loss: 60.7
//! (60.9)`).

use super::{
    fields::{Fields, Pair},
    places::Place,
    search::find,
    words::{Counter, Phase, is_training_key},
};

/// A line that announces an evaluation has no more bytes than this.
const MAX_ANNOUNCEMENT: usize = 80;

/// So many keys of rows of batches are remembered.
const MOST_KEYS: usize = 16;

/// The brackets of a `MetricLogger` are within so many bytes.
const LONGEST_HEAD: usize = 80;

/// Whether rows are those of an evaluation. They count their own steps, so that they are known by another number of them than
/// the training has, of the same metric.
#[derive(Clone, Debug, Default)]
pub(super) struct EvaluationRows {
    announced: Option<Phase>,
    /// The number of steps that rows of the training state: `10/614`.
    of_training: Option<i64>,
    /// The first key of the last of these rows.
    first_key: Vec<u8>,
    /// The keys and means of the last row of a `MetricLogger`, which `Averaged stats: ` repeats.
    means: Vec<(Vec<u8>, f64)>,
    /// The data of that row.
    phase_of_means: Option<Phase>,
    /// True below `--- validate ---`, until the last row: it may have as many batches as the training.
    is_heading: bool,
    /// True after the last row of an evaluation that was announced.
    is_told: bool,
    /// The keys of rows of batches that state their number.
    of_batches: Vec<Vec<u8>>,
    /// The data of the rows below `===== Validation Loss (Wed May 22 17:20:41 2024) =====`, up to the next such line.
    section: Option<Phase>,
}

/// What a row is.
pub(super) enum EvaluationRow {
    No,
    /// The values so far; those at the end count.
    Partial,
    Last,
}

impl EvaluationRows {
    /// A line without values.
    pub(super) fn text(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        if line.len() > MAX_ANNOUNCEMENT {
            return;
        }
        if let Some(phase) = Phase::of_text(line) {
            self.announced = (phase != Phase::Train).then_some(phase);
            self.is_heading = line.starts_with(b"---");
        }
    }

    /// A line with numbers: the keys of a row of an evaluation get the phase that was announced.
    pub(super) fn row(&mut self, text: &[u8], fields: &mut Fields) -> EvaluationRow {
        if is_heading_of_section(text, &fields.pairs) {
            self.section = Phase::of_text(text).filter(|phase| *phase != Phase::Train);
            return EvaluationRow::Partial;
        }
        if self.section.is_some() && !fields.pairs.is_empty() {
            for pair in &mut fields.pairs {
                pair.phase = pair.phase.or(self.section);
            }
            fields.place.clear();
            return EvaluationRow::Last;
        }
        if text.starts_with(b"Averaged stats:") && !self.means.is_empty() {
            return self.averaged(text, fields);
        }
        if let Some((at, total)) = batch_of_metric_logger(text) {
            return self.metric_logger(text, at + 1 >= total, fields);
        }
        let Some((step, total)) = own_steps(&fields.place) else {
            if fields.place.is_empty() {
                self.name_means_of_epoch(text, fields);
            }
            if fields.place.epoch().is_some() {
                self.announced = None;
            }
            // `==> Top1: 72.6   Loss: 0.528` says again what the last row said.
            let repeats = self.is_told && text.starts_with(b"==>");
            return match repeats {
                true => EvaluationRow::Partial,
                false => EvaluationRow::No,
            };
        };
        self.is_told = false;
        let Some(first) = fields.pairs.first() else {
            return EvaluationRow::No;
        };
        if self.of_batches.is_empty() {
            let keys = fields.pairs.iter().take(MOST_KEYS);
            self.of_batches = keys
                .map(|pair| text[pair.key.0..pair.key.1].to_vec())
                .collect();
        }
        let key = |pair: &Pair| &text[pair.key.0..pair.key.1];
        // `Overall Loss` of the training is `Loss` in the evaluation.
        let is_first = |key: &[u8]| {
            let rest = self.first_key.strip_suffix(key);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(b" "))
        };
        let shares_key = || fields.pairs.iter().any(|pair| is_first(key(pair)));
        match (self.announced, self.of_training) {
            (Some(phase), Some(of_training))
                if (total != of_training || self.is_heading) && shares_key() =>
            {
                for pair in &mut fields.pairs {
                    pair.phase = pair.phase.or(Some(phase));
                }
                fields.place.clear();
                self.is_told = step == total;
                self.is_heading &= !self.is_told;
                match self.is_told {
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

impl EvaluationRows {
    /// `Training Error: 27.9  Loss: 0.63` after an epoch: `Loss` is another quantity than that of each batch.
    fn name_means_of_epoch(&self, text: &[u8], fields: &mut Fields) {
        let Some((first, others)) = fields.pairs.split_first_mut() else {
            return;
        };
        let (start, end) = first.key;
        let word = text[start..end].split(|byte| *byte == b' ').next();
        let word = word.unwrap_or_default();
        if Phase::of_text(word) != Some(Phase::Train) || start + word.len() == end {
            return;
        }
        for pair in others {
            let key = &text[pair.key.0..pair.key.1];
            if pair.phase.is_none_or(|phase| phase == Phase::Train)
                && self.of_batches.iter().any(|known| known == key)
            {
                pair.group = (start, start + word.len());
            }
        }
    }

    /// A row of a `MetricLogger`. Of an evaluation the means over all batches are the result.
    fn metric_logger(&mut self, text: &[u8], is_last: bool, fields: &mut Fields) -> EvaluationRow {
        let phase = held_out_phase(text);
        self.means.clear();
        if is_last {
            let means = fields.pairs.iter().filter_map(|pair| {
                let key = text[pair.key.0..pair.key.1].to_vec();
                Some((key, pair.mean?))
            });
            self.means = means.collect();
            self.phase_of_means = phase;
        }
        let Some(phase) = phase else {
            return EvaluationRow::No;
        };
        fields.place.clear();
        for pair in &mut fields.pairs {
            pair.value = pair.mean.take().unwrap_or(pair.value);
            pair.phase = Some(phase);
        }
        match is_last {
            true => EvaluationRow::Last,
            false => EvaluationRow::Partial,
        }
    }

    /// What follows the last row: its means again, or those of all processes, which have keys of their own.
    fn averaged(&mut self, text: &[u8], fields: &mut Fields) -> EvaluationRow {
        const HEADING: (usize, usize) = (0, b"Averaged stats".len());
        let known = std::mem::take(&mut self.means);
        let is_known = |key: &[u8], mean: f64| {
            let mut known = known.iter();
            known.any(|(of_row, of_key)| of_row == key && *of_key == mean)
        };
        fields.pairs.retain(|pair| {
            let key = &text[pair.key.0..pair.key.1];
            pair.mean.is_some_and(|mean| !is_known(key, mean))
        });
        for pair in &mut fields.pairs {
            pair.value = pair.mean.take().unwrap_or(pair.value);
            pair.phase = self.phase_of_means;
            pair.group = HEADING;
        }
        match fields.pairs.is_empty() {
            true => EvaluationRow::Partial,
            false => EvaluationRow::Last,
        }
    }
}

/// `===== Training Loss (Wed May 22 17:16:09 2024) =====`: a heading with the time at most, and no metric.
fn is_heading_of_section(text: &[u8], pairs: &[Pair]) -> bool {
    let is_metric = |pair: &Pair| {
        let key = std::str::from_utf8(&text[pair.key.0..pair.key.1]);
        pair.separated && key.is_ok_and(is_training_key)
    };
    text.starts_with(b"====") && text.ends_with(b"====") && !pairs.iter().any(is_metric)
}

/// The batch and the number of batches that a line of a `MetricLogger` states: `Epoch: [3]  [ 10/79]  eta: 0:02:35`.
fn batch_of_metric_logger(text: &[u8]) -> Option<(i64, i64)> {
    let head = &text[..text.len().min(LONGEST_HEAD)];
    let close = find(head, b"]  eta: ")?;
    let open = memchr::memrchr(b'[', &head[..close])?;
    let (at, total) = std::str::from_utf8(&head[open + 1..close])
        .ok()?
        .split_once('/')?;
    Some((at.trim().parse().ok()?, total.trim().parse().ok()?))
}

/// The data that the word before the brackets names, if they are not trained on.
fn held_out_phase(text: &[u8]) -> Option<Phase> {
    let head = memchr::memchr(b'[', text).map_or(text, |at| &text[..at]);
    Phase::of_text(head).filter(|phase| *phase != Phase::Train)
}

/// The step of a line and the number of steps that it states.
fn own_steps(place: &Place) -> Option<(i64, i64)> {
    let mark = place.mark(|counter| matches!(counter, Counter::Step(_) | Counter::Batch));
    let of_mark = mark.and_then(|mark| Some((mark.number.whole?, mark.number.total?)));
    // `Epoch: [3][  10/  79]`
    of_mark.or_else(|| place.ratio.filter(|_| place.epoch().is_some()))
}
