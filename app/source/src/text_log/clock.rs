//! The step of each row: from what its line says, and from the lines before it.

use trainscape_run::Step;

use super::places::Place;

/// Trainers print a part of an epoch with at most so many decimals.
const ROUNDED_DIGITS: i32 = 4;

/// Follows the position of a log.
///
/// Where a counter of batches or steps begins again with each epoch, the steps count on over all epochs. A
/// counter's total (`10/5005`) is the length of an epoch; without one, the epoch ends after its last number.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    current: Option<Step>,
    /// The last epoch that a line stated.
    epoch: Option<i64>,
    /// The step at which each epoch begins, by epoch.
    epochs: Vec<(i64, i64)>,
    last_count: i64,
    /// Difference between the last two counts.
    gap: i64,
    /// The epoch of the last row with a step or a batch.
    counted_epoch: Option<i64>,
    /// The last row with nothing but an epoch: its epoch, and the position then.
    summary: Option<(Step, Option<Step>)>,
    /// True if the rows have steps or batches, not only epochs.
    counts: bool,
    /// True if an epoch was the position of a row.
    is_epoch: bool,
    /// True if a count of steps or batches was.
    is_count: bool,
    /// True if the last row counted batches within its epoch.
    counts_batches: bool,
    /// The epoch and step of the last dictionary.
    dictionary: Option<(f64, i64)>,
    bars_are_wrong: bool,
    /// The length of the progress bar that spans the training, or an epoch.
    bar_total: Option<i64>,
    /// Its last state.
    bar_at: i64,
    /// The steps of the epochs whose bars are over.
    bar_offset: i64,
    /// True if dictionaries that state an epoch and no step are counted: their epochs are rounded, so that several state the same.
    counts_rows: bool,
    /// Dictionaries of training steps that were counted.
    rows: i64,
    /// True once what follows the end of a bar shows that it was that of an epoch: a line with the epoch, or a bar of an evaluation.
    bar_is_over: bool,
}

impl Clock {
    pub(super) fn current(&self) -> Option<Step> {
        self.current
    }

    pub(super) fn epoch(&self) -> Option<i64> {
        self.epoch
    }

    /// What the positions count, if they are no steps.
    pub(super) fn steps_count(&self) -> Option<&'static str> {
        match self.counts_rows && self.rows > 0 {
            true => Some("row"),
            false => (self.is_epoch && !self.is_count).then_some("epoch"),
        }
    }

    /// Declares that dictionaries without a step are counted.
    pub(super) fn count_rows(&mut self) {
        self.counts_rows = true;
    }

    /// The number of a dictionary of values whose only position is an epoch, from 0, where these are counted; `is_training` is
    /// false for an evaluation and for the values at the end of the training, which stand at the last row.
    pub(super) fn row(&mut self, is_training: bool) -> Option<Step> {
        if !self.counts_rows {
            return None;
        }
        self.rows += i64::from(is_training);
        self.current = Some(Step::Int((self.rows - 1).max(0)));
        self.current
    }

    /// True before the first dictionary that belongs to a progress bar.
    pub(super) fn expects_bars(&self) -> bool {
        self.dictionary.is_none()
    }

    /// The step of a dictionary of values whose own position is `epoch`, as the Transformers trainer prints it
    /// below the progress bar `on_line`. `None` if the bar does not tell: only the epoch is certain then. `repeats` is
    /// true for the values of a training step, of which each has a bar of its own.
    pub(super) fn dictionary(
        &mut self,
        epoch: f64,
        on_line: Option<(i64, i64)>,
        held_out: bool,
        repeats: bool,
    ) -> Option<Step> {
        if self.bars_are_wrong {
            return None;
        }
        let (last_epoch, last_step) = self.dictionary.unwrap_or((f64::NEG_INFINITY, i64::MIN));
        let of_bar =
            on_line.filter(|(_, total)| self.bar_total.is_none_or(|known| known == *total));
        let step = match of_bar {
            Some((at, total)) if !held_out && at > last_step => {
                self.bar_total = Some(total);
                at
            }
            // Values of the same position: an evaluation, or the end of the training.
            _ if self.bar_total.is_some() && (held_out || epoch <= last_epoch && !repeats) => {
                last_step
            }
            _ if held_out => return None,
            _ => {
                // The output was buffered apart from the bar.
                self.bars_are_wrong = true;
                self.counts = false;
                return None;
            }
        };
        self.dictionary = Some((epoch, step));
        self.is_count = true;
        self.counts = true;
        self.current = Some(Step::Int(step));
        self.current
    }

    /// The position of a line that states nothing else. Unless positions `are_certain`, it does not decide
    /// what the rows count.
    pub(super) fn header(
        &mut self,
        place: &Place,
        held_out: bool,
        are_certain: bool,
    ) -> Option<Step> {
        // `Update[150121]: change of the learning rate` between rows that count batches is another counter.
        if self.counts_batches && place.step().is_some() && place.batch().is_none() {
            return None;
        }
        let counts = self.counts;
        let step = self.place(place, held_out);
        self.counts = counts || are_certain && self.counts;
        step
    }

    /// The training's position at a line that states a step of an evaluation; `None` if that may be the training's step.
    pub(super) fn after_evaluation(&self, place: &Place) -> Option<Step> {
        let own = place.step()?.number.step();
        self.current.filter(|current| own.is_before(*current))
    }

    /// The position of a line that states one; `held_out` if its values belong to data that are not trained on.
    pub(super) fn place(&mut self, place: &Place, held_out: bool) -> Option<Step> {
        let epoch = place.epoch().map(|mark| mark.number);
        let whole_epoch = epoch.and_then(|number| number.whole);
        let fraction = epoch.is_some() && whole_epoch.is_none();
        if let Some(epoch) = whole_epoch {
            self.epoch = Some(epoch);
            self.bar_is_over |= self.bar_is_full();
        }
        self.is_count |= place.step().is_some() || !held_out && within_epoch(place).is_some();
        let step = if let Some(mark) = place.step() {
            match (mark.number.whole, self.epoch.filter(|_| !fraction)) {
                (Some(count), Some(epoch)) => self.count(epoch, count, mark.number.total, false),
                _ => {
                    self.counts = true;
                    Some(mark.number.step())
                }
            }
        } else if let Some((count, total)) = within_epoch(place) {
            match (held_out, self.epoch) {
                // The batches of an evaluation are not the training's.
                (true, _) => self
                    .current
                    .or(self.epoch.map(Step::Int))
                    .or(Some(Step::Int(0))),
                (false, Some(epoch)) => self.count(epoch, count, total, true),
                (false, None) => {
                    self.counts = true;
                    Some(Step::Int(count))
                }
            }
        } else {
            self.place_of_epoch(epoch?.step())
        };
        self.current = step.or(self.current);
        step
    }

    /// The position of a line that states nothing but an epoch.
    fn place_of_epoch(&mut self, step: Step) -> Option<Step> {
        self.is_epoch = true;
        let step = self.unless_rounded(step);
        if !self.counts {
            return Some(step);
        }
        let now = (step, self.current);
        let before = self.summary.replace(now);
        // Epochs advance and the counter does not: it belonged to something else.
        if before.is_some_and(|(epoch, at)| epoch.is_before(step) && at == self.current) {
            self.counts = false;
            self.is_count = false;
            return Some(step);
        }
        self.current.or(Some(step))
    }

    /// The current position where `step` is the same with more digits: `'epoch': '66.67'` and then `'epoch': 66.6667`,
    /// which goes back by the rounding and not by a restart.
    fn unless_rounded(&self, step: Step) -> Step {
        let Some(current @ Step::Float(printed)) = self.current else {
            return step;
        };
        let exact = step.as_f64();
        let is_rounded = |digits: i32| {
            let unit = 10f64.powi(digits);
            ((exact * unit).round() / unit).to_bits() == printed.to_bits()
        };
        match exact < printed && (1..=ROUNDED_DIGITS).any(is_rounded) {
            true => current,
            false => step,
        }
    }

    /// The step of a count within `epoch`, or of a step that may begin again with each epoch. `restarts` is
    /// true if it certainly does.
    fn count(
        &mut self,
        epoch: i64,
        count: i64,
        total: Option<i64>,
        restarts: bool,
    ) -> Option<Step> {
        self.counts = true;
        self.counts_batches = restarts;
        let total = total.filter(|&total| total > 0);
        let known = self.epochs.iter().rev().find(|(known, _)| *known == epoch);
        let offset = if let Some(&(_, offset)) = known {
            if self.counted_epoch == Some(epoch) && count > self.last_count {
                self.gap = count - self.last_count;
            }
            offset
        } else {
            let offset = self.offset_of_new_epoch(epoch, count, total, restarts);
            let at = self.epochs.partition_point(|(known, _)| *known < epoch);
            self.epochs.insert(at, (epoch, offset));
            offset
        };
        self.last_count = count;
        self.counted_epoch = Some(epoch);
        offset.checked_add(count).map(Step::Int)
    }

    fn offset_of_new_epoch(
        &self,
        epoch: i64,
        count: i64,
        total: Option<i64>,
        restarts: bool,
    ) -> i64 {
        let before = self.epochs.partition_point(|(known, _)| *known < epoch);
        match (before.checked_sub(1).map(|at| self.epochs[at]), total) {
            (Some((last, offset)), _) if restarts || count <= self.last_count => {
                // A counter that begins with its gap ends with the epoch's length.
                let gap = if count == self.gap {
                    0
                } else {
                    self.gap.max(1)
                };
                let length = total.unwrap_or(self.last_count + gap);
                offset.saturating_add((epoch - last).saturating_mul(length))
            }
            (Some((_, offset)), _) => offset,
            // Epochs count from 0 or from 1; a run that was resumed does not say which.
            (None, Some(total)) if restarts => (epoch - 1).max(0).saturating_mul(total),
            (None, _) => 0,
        }
    }

    /// The step that a progress bar states, unless it is a bar within an epoch or of an evaluation. Bars of epochs count on.
    pub(super) fn bar(&mut self, at: i64, total: i64, is_training: bool) -> Option<Step> {
        if is_training && self.bar_total.is_none() {
            self.bar_total = Some(total);
        }
        self.bar_is_over |= !is_training && self.bar_is_full();
        if self.bar_total != Some(total) || !is_training && self.bars_are_epochs() {
            return self.current;
        }
        if at < self.bar_at {
            self.bar_offset = match std::mem::take(&mut self.bar_is_over) {
                true => self.bar_offset.saturating_add(total),
                // The training began again.
                false => 0,
            };
        }
        self.bar_at = at;
        self.counts = true;
        self.is_count = true;
        self.current = Some(Step::Int(self.bar_offset.saturating_add(at)));
        self.current
    }

    /// Whether a bar of so many steps follows the full one of an epoch of another length.
    pub(super) fn follows_epoch(&self, total: i64) -> bool {
        self.bar_is_full() && self.bar_total != Some(total)
    }

    fn bar_is_full(&self) -> bool {
        self.bar_total.is_some_and(|total| self.bar_at >= total)
    }

    /// True if a progress bar was that of an epoch, and the steps of such bars are the positions.
    pub(super) fn bars_are_epochs(&self) -> bool {
        self.bar_is_over || self.bar_offset > 0
    }
}

/// A count within an epoch and its total.
fn within_epoch(place: &Place) -> Option<(i64, Option<i64>)> {
    if let Some(mark) = place.batch() {
        return Some((mark.number.whole?, mark.number.total));
    }
    place.ratio.map(|(at, total)| (at, Some(total)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_log::{fields::Fields, pairs::scan};

    fn steps(lines: &[&str]) -> Vec<f64> {
        let mut clock = Clock::default();
        let mut fields = Fields::default();
        lines
            .iter()
            .map(|line| {
                scan(line.as_bytes(), &mut fields);
                let held_out = fields.phase.is_some_and(|phase| !phase.prefix().is_empty());
                clock
                    .place(&fields.place, held_out)
                    .map_or(-1.0, Step::as_f64)
            })
            .collect()
    }

    #[test]
    fn batches_count_on_over_epochs() {
        assert_eq!(
            steps(&[
                "Epoch: [0][0/10] Loss 1",
                "Epoch: [0][9/10] Loss 1",
                "Test: [3/5] Loss 1",
                "Epoch: [1][0/10] Loss 1"
            ]),
            [0.0, 9.0, 9.0, 10.0]
        );
        assert_eq!(
            steps(&[
                "Epoch [1/3], Step [100/200], Loss: 1",
                "Epoch [1/3], Step [200/200], Loss: 1",
                "Epoch [2/3], Step [100/200], Loss: 1"
            ]),
            [100.0, 200.0, 300.0]
        );
        assert_eq!(
            steps(&[
                "epoch 0 iter 0 loss 1",
                "epoch 0 iter 10 loss 1",
                "epoch 1 iter 0 loss 1",
                "epoch 1 iter 10 loss 1",
                "epoch 1 iter 0 loss 1"
            ]),
            [0.0, 10.0, 20.0, 30.0, 20.0]
        );
    }

    #[test]
    fn steps_of_the_run_stay_as_they_are() {
        assert_eq!(
            steps(&[
                "epoch 0 step 5 loss 1",
                "epoch 1 step 15 loss 1",
                "epoch 1 val_loss 3",
                "step 20 loss: 1"
            ]),
            [5.0, 15.0, 15.0, 20.0]
        );
        assert_eq!(steps(&["Epoch 1 loss 1", "Epoch 2 loss 1"]), [1.0, 2.0]);
    }
}
