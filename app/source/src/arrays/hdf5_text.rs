//! Text in an HDF5 file. Its size is known before it is read: that of a string of fixed length stands in its type, those
//! of others in their references.

use hdf5_pure::{Dataset, Datatype};

use super::npy::byte_len;
use crate::{
    budget::{Budget, Exceeded},
    limits::TEXTS,
};

/// Strings that are read at once.
const STRINGS: usize = 4096;

/// A row is read as a whole, and the time to find its strings grows faster than their number.
const MOST_STRINGS_IN_A_ROW: usize = 4 * STRINGS;

/// The strings of a dataset of this shape.
pub(super) fn read(dataset: &Dataset, shape: &[usize]) -> Result<Vec<String>, String> {
    let unreadable = |error: hdf5_pure::Error| format!("cannot be read ({error})");
    let too_much = |reason: Exceeded| {
        format!("contains too much text ({reason}): save labels in a separate file")
    };
    let mut budget = Budget::new(TEXTS);
    let count = byte_len(shape, 1).unwrap_or(usize::MAX);
    budget.take_items(count).map_err(too_much)?;
    let (Some((&rows, inner)), true) = (shape.split_first(), count > 0) else {
        // A scalar, or nothing at all.
        return match count {
            0 => Ok(Vec::new()),
            _ => single(dataset, &mut budget, too_much),
        };
    };
    let inner = inner.iter().product::<usize>();
    if inner > MOST_STRINGS_IN_A_ROW {
        return Err(too_much(Exceeded::Items(MOST_STRINGS_IN_A_ROW)));
    }
    let is_variable = match dataset.datatype().map_err(unreadable)? {
        Datatype::String { size, .. } => {
            let bytes = u64::from(size).saturating_mul(count as u64);
            budget.take_bytes(bytes).map_err(too_much)?;
            false
        }
        _ => true,
    };
    let mut texts = Vec::new();
    let step = (STRINGS / inner).max(1);
    for first in (0..rows).step_by(step) {
        let (first, count) = (first as u64, step.min(rows - first) as u64);
        if is_variable {
            let references = dataset.read_raw_rows(first, count).map_err(unreadable)?;
            let bytes = referred_bytes(&references, count as usize * inner);
            budget.take_bytes(bytes).map_err(too_much)?;
        }
        budget.check_time().map_err(too_much)?;
        texts.extend(dataset.read_string_rows(first, count).map_err(unreadable)?);
    }
    Ok(texts)
}

/// The bytes that references to strings declare: each begins with its length.
fn referred_bytes(references: &[u8], count: usize) -> u64 {
    let size = references.len() / count.max(1);
    let lens = references
        .chunks_exact(size.max(1))
        .filter_map(|reference| reference.first_chunk())
        .map(|len| u64::from(u32::from_le_bytes(*len)));
    lens.sum()
}

fn single(
    dataset: &Dataset,
    budget: &mut Budget,
    too_much: impl Fn(Exceeded) -> String,
) -> Result<Vec<String>, String> {
    let unreadable = |error: hdf5_pure::Error| format!("cannot be read ({error})");
    let bytes = match dataset.datatype().map_err(unreadable)? {
        Datatype::String { size, .. } => u64::from(size),
        _ => dataset.vlen_string_payload_size().map_err(unreadable)?,
    };
    budget.take_bytes(bytes).map_err(too_much)?;
    dataset.read_string().map_err(unreadable)
}
