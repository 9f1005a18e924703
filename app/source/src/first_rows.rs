use std::collections::BTreeSet;

/// What the first rows of a table hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FirstRows {
    /// The keys of their numbers; for events, the tags.
    pub(crate) keys: Vec<String>,
    /// Hashes of the step, the key and the value of the numbers, row by row.
    pub(crate) cells: Vec<Vec<u64>>,
    /// Number of distinct fractions among the numbers, if these rows are all that the file holds.
    pub(crate) fractions: usize,
    /// True for a table whose rows are results, not steps of a training.
    pub(crate) are_results: bool,
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
