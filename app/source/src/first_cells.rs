//! What identifies the numbers of a row of JSON among those of another log.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::{
    columns::step_rank,
    json::{Json, Leaf},
};

/// Hashes of the step, the key and the value of each number but the step.
pub(crate) fn cell_hashes(object: &Json) -> Vec<u64> {
    let mut numbers: Vec<(String, u64)> = Vec::new();
    let mut step: Option<(u8, u64)> = None;
    object.flatten(&mut String::new(), &mut |key, leaf| {
        let Leaf::Number(value, _) = leaf else { return };
        match step_rank(key) {
            0 => numbers.push((key.to_owned(), value.to_bits())),
            rank if step.is_none_or(|(known, _)| rank < known) => {
                step = Some((rank, value.to_bits()));
            }
            _ => {}
        }
    });
    let step = step.map(|(_, step)| step);
    numbers
        .iter()
        .map(|number| {
            let mut hasher = DefaultHasher::new();
            (step, number).hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}
