//! How points are divided between tasks.

use rayon::prelude::*;

/// Points of one task: fixed, so that sums do not depend on the number of threads.
pub(super) const CHUNK: usize = 256;

/// Adds up the tasks' results in their order.
pub(super) fn sum_in_order(parts: impl IndexedParallelIterator<Item = f64>) -> f64 {
    let mut sums = Vec::new();
    parts.collect_into_vec(&mut sums);
    sums.into_iter().sum()
}
