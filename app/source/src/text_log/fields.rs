//! What a line of a text log contains.

use super::{coco::CocoTask, places::Place, words::Phase};
use crate::text_number::Units;

/// A key and its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The key's text in the line.
    pub(super) key: (usize, usize),
    /// The name of a number that has none in the line.
    pub(super) own_name: Option<&'static str>,
    /// Text of a heading before the key (`Rewards => Avg: 1`); empty without one.
    pub(super) group: (usize, usize),
    /// What is put behind the name: `.std` for the 0.5 of `2.0 +/- 0.5`.
    pub(super) suffix: &'static str,
    /// The place in a list of numbers.
    pub(super) index: Option<u8>,
    pub(super) value: f64,
    pub(super) units: Units,
    /// The running mean of `0.3 (0.5)`.
    pub(super) mean: Option<f64>,
    /// True for `key: number`, false for `key number`.
    pub(super) separated: bool,
    pub(super) phase: Option<Phase>,
}

/// What a line contains.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) pairs: Vec<Pair>,
    pub(super) place: Place,
    /// Values that are left out: they cannot be read, or their key comes again.
    pub(super) unread: u64,
    /// True for the rows of boosting libraries, whose keys are names of data sets.
    pub(super) is_boosting: bool,
    /// The phase at the line's end.
    pub(super) phase: Option<Phase>,
    /// What the last summary of pycocotools is of, whatever the lines since then were.
    pub(super) task: CocoTask,
}

impl Fields {
    pub(super) fn clear(&mut self) {
        self.pairs.clear();
        self.place.clear();
        self.unread = 0;
        self.is_boosting = false;
        self.phase = None;
    }
}
