use std::collections::BTreeSet;

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum KindOfRows {
    /// Steps of a training.
    #[default]
    Steps,
    /// Results of what they name.
    Results,
    /// Numbers whose columns have names that no training metric has.
    Numbers,
}

/// What the first rows of a table hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FirstRows {
    /// The keys of their numbers; for events, the tags.
    pub(crate) keys: Vec<String>,
    /// Hashes of the step, the key and the value of the numbers, row by row.
    pub(crate) cells: Vec<Vec<u64>>,
    /// Number of distinct fractions among the numbers, if these rows are all that the file holds.
    pub(crate) fractions: usize,
    pub(crate) kind: KindOfRows,
    /// The ids of the runs whose rows these are, for a table of runs.
    pub(crate) run_ids: BTreeSet<String>,
}

impl FirstRows {
    pub(crate) fn of_keys(keys: Vec<String>) -> Self {
        Self {
            keys,
            ..Self::default()
        }
    }
}
