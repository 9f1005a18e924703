//! Classes as an array of whole numbers next to a matrix: `labels.npy`, `y.npy`.

use std::{collections::HashMap, sync::Arc};

use trainscape_run::{Dtype, Labels, Tensor};

use super::drafts::TensorDraft;

use crate::limits;

/// Names of arrays of classes, the preferred one first.
const NAMES: &[&str] = &[
    "labels", "label", "targets", "target", "classes", "class", "y", "y_true",
];

/// Rows that are labelled at most.
const MAX_ROWS: usize = limits::ARRAY_LABELS.items;

/// The array of classes that belongs to a matrix with this number of rows.
pub(super) fn draft_of_labels<'a>(
    draft: &TensorDraft,
    rows: usize,
    scope: &HashMap<&str, &'a TensorDraft>,
) -> Option<&'a TensorDraft> {
    let own = ["_labels", ".labels", "_y"].map(|ending| format!("{}{ending}", draft.own_key));
    let names = own.iter().map(String::as_str);
    names
        .chain(NAMES.iter().copied())
        .filter_map(|name| scope.get(name).copied())
        .find(|labels| {
            labels.shape == [rows]
                && rows > 1
                && rows <= MAX_ROWS
                && is_whole(labels.dtype)
                && labels.own_key != draft.own_key
        })
}

/// True if a matrix without a telling name consists of rows, because one of its axes has labels.
pub(super) fn is_labelled_matrix(draft: &TensorDraft, scope: &HashMap<&str, &TensorDraft>) -> bool {
    match *draft.shape {
        [rows, columns] => {
            rows != columns
                && columns > 1
                && !is_whole(draft.dtype)
                && draft_of_labels(draft, rows, scope).is_some()
        }
        _ => false,
    }
}

pub(super) fn read(tensor: &Tensor) -> Option<Arc<Labels>> {
    let whole: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
    let values = tensor.read_f64(&whole).ok()?;
    // Classes are repeated many times: all rows of a class share one text.
    let mut known: HashMap<u64, Arc<str>> = HashMap::new();
    let cells = values.iter().map(|value| {
        let text = known.entry(value.to_bits());
        Arc::clone(text.or_insert_with(|| format!("{value:.0}").into()))
    });
    Some(Arc::new(Labels {
        cells: vec![cells.collect()],
        columns: vec![Arc::clone(&tensor.key)],
    }))
}

fn is_whole(dtype: Dtype) -> bool {
    matches!(
        dtype,
        Dtype::Bool
            | Dtype::U8
            | Dtype::I8
            | Dtype::U16
            | Dtype::I16
            | Dtype::U32
            | Dtype::I32
            | Dtype::U64
            | Dtype::I64
    )
}
