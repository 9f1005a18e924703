//! Slices of tensors by key and indices: `attention[-1, 0, 0]`, `weights[:, 0]`, `loss`.

use std::{ops::Range, sync::Arc};

use trainscape_expression::role_series;
use trainscape_run::{Run, Tensor};

use super::spec::{Located, Spec};
use crate::{NotAvailable, tensors::shape_text};

/// A slice no larger than this is read whole.
const MAX_ELEMENTS: usize = 4 << 20;

/// The values of a slice.
#[derive(Clone, Debug)]
pub(super) struct TensorSlice {
    pub(super) run: Arc<Run>,
    pub(super) values: Vec<f64>,
    /// Lengths of the axes that are left, and their names.
    pub(super) shape: Vec<usize>,
    pub(super) axes: Vec<String>,
}

/// Key and indices of a text that selects from a tensor of one of the runs; `None` where it does not.
pub(super) fn of_text<'a>(
    text: &'a str,
    runs: &'a [Arc<Run>],
) -> Option<(&'a Arc<Run>, &'a Arc<Tensor>, &'a str)> {
    let text = text.trim();
    let (key, indices) = match text.rfind('[') {
        Some(at) if text.ends_with(']') => (&text[..at], &text[at + 1..text.len() - 1]),
        _ => (text, ""),
    };
    let key = key.trim();
    let key = key
        .strip_prefix('{')
        .and_then(|key| key.strip_suffix('}'))
        .unwrap_or(key);
    let is_series = |run: &Arc<Run>| {
        run.series.contains_key(key)
            || run.config.contains_key(key)
            || role_series(run, key).is_some()
    };
    if indices.is_empty() && runs.iter().any(is_series) {
        return None;
    }
    runs.iter()
        .find_map(|run| Some((run, run.tensors.get(key)?, indices)))
}

pub(super) fn read(
    spec: &Spec,
    placed: &Located,
    runs: &[Arc<Run>],
) -> Result<TensorSlice, NotAvailable> {
    let mistake = |what: String| NotAvailable::new(spec.at(placed.line, &what));
    let Some((run, tensor, indices)) = of_text(&placed.text, runs) else {
        return Err(mistake(format!("no run has a tensor `{}`", placed.text)));
    };
    let (ranges, kept) =
        ranges(tensor, indices).map_err(|what| mistake(format!("`{}`: {what}", placed.text)))?;
    let count: usize = ranges.iter().map(ExactSizeIterator::len).product();
    if count > MAX_ELEMENTS {
        return Err(mistake(format!(
            "`{}` has {count} elements, too many to draw: select fewer",
            placed.text
        )));
    }
    let name = |axis: usize| match &tensor.axes {
        Some(axes) => axes[axis].clone(),
        None if kept.len() == 2 => {
            ["row", "column"][usize::from(Some(&axis) == kept.last())].to_owned()
        }
        None => "index".to_owned(),
    };
    Ok(TensorSlice {
        run: Arc::clone(run),
        values: tensor.read_f64(&ranges)?,
        shape: kept.iter().map(|&axis| ranges[axis].len()).collect(),
        axes: kept.iter().map(|&axis| name(axis)).collect(),
    })
}

/// A range for each axis, and the axes that are kept. Axes without an index are kept.
fn ranges(tensor: &Tensor, indices: &str) -> Result<(Vec<Range<usize>>, Vec<usize>), String> {
    let parts: Vec<&str> = if indices.trim().is_empty() {
        Vec::new()
    } else {
        indices.split(',').map(str::trim).collect()
    };
    if parts.len() > tensor.shape.len() {
        return Err(format!(
            "{} indices, but the tensor is {}",
            parts.len(),
            shape_text(tensor)
        ));
    }
    let mut kept = Vec::new();
    let mut ranges = Vec::new();
    for (axis, &len) in tensor.shape.iter().enumerate() {
        let bound = |text: &str, otherwise: usize| -> Result<usize, String> {
            if text.is_empty() {
                return Ok(otherwise);
            }
            let number: i64 = text
                .parse()
                .map_err(|_| format!("`{text}` is not an index"))?;
            let from_end = if number < 0 {
                len as i64 + number
            } else {
                number
            };
            Ok(from_end.clamp(0, len as i64) as usize)
        };
        let part = parts.get(axis).copied().unwrap_or(":");
        if let Some((from, to)) = part.split_once(':') {
            let (from, to) = (bound(from.trim(), 0)?, bound(to.trim(), len)?);
            ranges.push(from..to.max(from));
            kept.push(axis);
            continue;
        }
        let number: i64 = part
            .parse()
            .map_err(|_| format!("`{part}` is not an index: write a number, or `:` for all"))?;
        let index = if number < 0 {
            len as i64 + number
        } else {
            number
        };
        let index = usize::try_from(index).ok().filter(|index| *index < len);
        let index = index.ok_or_else(|| {
            format!("index {part} is out of range for axis {axis} with size {len}")
        })?;
        ranges.push(index..index + 1);
    }
    Ok((ranges, kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_run::{Dtype, ElementBytes, Storage, TensorError};

    #[derive(Debug)]
    struct Zeros(Vec<u8>);

    impl ElementBytes for Zeros {
        fn bytes(&self) -> Result<&[u8], TensorError> {
            Ok(&self.0)
        }
    }

    fn tensor(shape: &[usize]) -> Tensor {
        Tensor {
            key: "t".into(),
            shape: shape.into(),
            dtype: Dtype::U8,
            axes: None,
            steps: None,
            labels: None,
            path: "t".into(),
            source: 0,
            parts: vec![Storage {
                bytes: Arc::new(Zeros(vec![0; shape.iter().product()])),
                fortran_order: false,
                big_endian: false,
            }],
        }
    }

    #[test]
    fn indices_count_from_either_end_and_keep_what_they_leave_out() {
        let tensor = tensor(&[3, 4, 5]);
        assert_eq!(
            ranges(&tensor, "-1").unwrap(),
            (vec![2..3, 0..4, 0..5], vec![1, 2])
        );
        assert_eq!(
            ranges(&tensor, "0, :, 1:3").unwrap(),
            (vec![0..1, 0..4, 1..3], vec![1, 2])
        );
        assert_eq!(ranges(&tensor, "").unwrap().1, [0, 1, 2]);
        assert_eq!(
            ranges(&tensor, ":-1, 0, -9:2").unwrap().0,
            [0..2, 0..1, 0..2]
        );
        assert!(
            ranges(&tensor, "3")
                .unwrap_err()
                .contains("index 3 is out of range for axis 0")
        );
        assert!(
            ranges(&tensor, "0,0,0,0")
                .unwrap_err()
                .contains("4 indices")
        );
        assert!(
            ranges(&tensor, "a")
                .unwrap_err()
                .contains("is not an index")
        );
    }
}
