//! Steps that count within an epoch.

use std::collections::BTreeMap;

/// One axis over all epochs for steps that may begin again in each.
///
/// A position is the pair of the epoch and the step. If the step does not go on while the epoch does, it
/// counts within the epoch: the axis continues after the last step of the epoch before. A position goes
/// back only if the epoch does not go on either: then the steps do, too.
#[derive(Clone, Debug, Default)]
pub(crate) struct EpochAxis {
    epoch: Option<i64>,
    /// Added to a step of the current epoch.
    offset: i64,
    /// The offsets of the epochs so far, from which a restart continues.
    offsets: BTreeMap<i64, i64>,
    /// The last step, as it was logged.
    last: i64,
    /// Distance of the first two steps of the current epoch, or of the last one that had two.
    stride: Option<i64>,
    /// True until the current epoch has two steps.
    is_first: bool,
}

impl EpochAxis {
    /// The step on the axis of a row that states both.
    pub(crate) fn step(&mut self, epoch: i64, step: i64) -> i64 {
        match self.epoch {
            None => self.begin(epoch, 0),
            Some(last) if epoch > last => {
                let mut offset = self.offset;
                if step <= self.last {
                    let stride = self.stride.unwrap_or(step.max(1));
                    offset = offset
                        .saturating_add(self.last)
                        .saturating_add(stride)
                        .saturating_sub(step);
                }
                self.begin(epoch, offset);
            }
            Some(last) if epoch < last && (self.offset != 0 || step <= self.last) => {
                self.offsets.split_off(&epoch.saturating_add(1));
                let known = self.offsets.values().next_back();
                let offset = known.copied().unwrap_or(0);
                self.begin(epoch, offset);
            }
            Some(_) => {
                if self.is_first && step > self.last {
                    self.stride = Some(step - self.last);
                    self.is_first = false;
                }
            }
        }
        self.last = step;
        step.saturating_add(self.offset)
    }

    fn begin(&mut self, epoch: i64, offset: i64) {
        self.epoch = Some(epoch);
        self.offset = offset;
        self.offsets.insert(epoch, offset);
        self.is_first = true;
    }

    /// The step on the axis of a row that does not state its epoch.
    pub(crate) fn within(&self, step: i64) -> i64 {
        step.saturating_add(self.offset)
    }

    /// True if the step of a row without an epoch is the current epoch, and not a step: steps are beyond it. Who writes
    /// such rows counts epochs from 1; a step of 0 is the first one of a counter.
    pub(crate) fn is_epoch_of_step(&self, step: i64) -> bool {
        step > 0 && self.epoch == Some(step) && step < self.last
    }

    /// The epoch of the last row that stated its step, too.
    pub(crate) fn current(&self) -> Option<i64> {
        self.epoch
    }

    /// True if steps on the axis are those that were logged.
    pub(crate) fn is_plain(&self) -> bool {
        self.offset == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(rows: &[(i64, i64)]) -> Vec<i64> {
        let mut axis = EpochAxis::default();
        rows.iter()
            .map(|&(epoch, step)| axis.step(epoch, step))
            .collect()
    }

    #[test]
    fn steps_within_epochs_are_counted_over_all_epochs() {
        assert_eq!(
            axis(&[(1, 50), (1, 100), (2, 50), (2, 100), (3, 50)]),
            [50, 100, 150, 200, 250]
        );
        assert_eq!(
            axis(&[(0, 0), (0, 5), (1, 0), (1, 5), (2, 0)]),
            [0, 5, 10, 15, 20]
        );
        // One row per epoch.
        assert_eq!(axis(&[(1, 391), (2, 391), (3, 391)]), [391, 782, 1173]);
        assert_eq!(axis(&[(0, 0), (1, 0), (2, 0)]), [0, 1, 2]);
    }

    #[test]
    fn steps_that_go_on_over_the_epochs_stay_as_they_are() {
        assert_eq!(
            axis(&[(1, 10), (1, 20), (2, 30), (3, 40)]),
            [10, 20, 30, 40]
        );
        // A late row of the epoch before.
        assert_eq!(axis(&[(1, 10), (2, 20), (1, 30)]), [10, 20, 30]);
    }

    #[test]
    fn a_restart_goes_back_to_its_epoch() {
        assert_eq!(
            axis(&[
                (1, 0),
                (1, 5),
                (2, 0),
                (2, 5),
                (3, 0),
                (2, 0),
                (2, 5),
                (3, 0)
            ]),
            [0, 5, 10, 15, 20, 10, 15, 20]
        );
        assert_eq!(axis(&[(1, 10), (2, 20), (1, 10)]), [10, 20, 10]);
    }
}
