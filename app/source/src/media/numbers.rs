//! Plotly's arrays of numbers: lists, nested lists, or base64 with a type and a shape.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::json::Json;

/// Numbers in one or two dimensions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Numbers {
    pub(super) values: Vec<f64>,
    /// Length of each row, for two-dimensional numbers.
    pub(super) columns: Option<usize>,
}

impl Numbers {
    fn line(values: Vec<f64>) -> Self {
        Self {
            values,
            columns: None,
        }
    }

    /// The rows; one-dimensional numbers are one row.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        let columns = self.columns.unwrap_or(self.values.len());
        self.values.chunks_exact(columns.max(1))
    }
}

/// The value as numbers, if it is numeric. Items of a list that are not numbers become NaN.
pub(super) fn numbers(json: &Json) -> Option<Numbers> {
    match json {
        Json::List(items) if matches!(items.first(), Some(Json::List(_) | Json::Map(_))) => {
            let rows: Vec<Vec<f64>> = items
                .iter()
                .map(|row| numbers(row).map_or_else(Vec::new, |row| row.values))
                .collect();
            Some(ragged(&rows))
        }
        Json::List(items) => {
            let line: Vec<f64> = items.iter().map(number).collect();
            // A list that contains only text is a list of names.
            let any = items.is_empty() || line.iter().any(|value| !value.is_nan());
            let nothing = items.iter().all(|item| matches!(item, Json::Null));
            (any || nothing).then(|| Numbers::line(line))
        }
        Json::Map(_) => typed(json),
        _ => None,
    }
}

fn number(json: &Json) -> f64 {
    match json {
        Json::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
        json => json.as_f64().unwrap_or(f64::NAN),
    }
}

/// The coordinates of a trace along an axis; names become their indices.
pub(super) fn coordinates(
    trace: &Json,
    axis: &str,
    notes: &mut Vec<String>,
) -> Result<Option<Numbers>, String> {
    let Some(value) = trace.get(axis).filter(|value| **value != Json::Null) else {
        return Ok(None);
    };
    if let Some(numbers) = numbers(value) {
        return Ok(Some(numbers));
    }
    match value {
        Json::List(names) if names.iter().all(|name| name.as_text().is_some()) => {
            notes.push(format!("the labels along {axis} are drawn as 0, 1, 2, …"));
            let mut indices: BTreeMap<&str, f64> = BTreeMap::new();
            let mut values = Vec::with_capacity(names.len());
            for name in names.iter().filter_map(Json::as_text) {
                let next = indices.len() as f64;
                values.push(*indices.entry(name).or_insert(next));
            }
            Ok(Some(Numbers {
                values,
                columns: None,
            }))
        }
        _ => Err(format!("its {axis} contains no numbers")),
    }
}

/// Rows of unequal length, padded with NaN. One long row among many short ones is truncated, so that a
/// small file does not produce a large grid.
fn ragged(rows: &[Vec<f64>]) -> Numbers {
    let total: usize = rows.iter().map(Vec::len).sum();
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let columns = match longest.saturating_mul(rows.len()) <= total.saturating_mul(4) {
        true => longest,
        false => total.div_ceil(rows.len().max(1)),
    };
    let values = rows.iter().flat_map(|row| {
        let missing = std::iter::repeat(f64::NAN);
        row.iter().copied().chain(missing).take(columns)
    });
    Numbers {
        values: values.collect(),
        columns: Some(columns),
    }
}

/// `{"dtype": "f8", "bdata": "…", "shape": "41, 41"}`.
fn typed(json: &Json) -> Option<Numbers> {
    let dtype = json.get("dtype")?.as_text()?;
    let bytes = STANDARD.decode(json.get("bdata")?.as_text()?).ok()?;
    macro_rules! decoded {
        ($type:ty) => {
            bytes
                .as_chunks::<{ size_of::<$type>() }>()
                .0
                .iter()
                .map(|raw| <$type>::from_le_bytes(*raw) as f64)
                .collect()
        };
    }
    let values: Vec<f64> = match dtype.trim_start_matches(['<', '|', '=']) {
        "i1" | "int8" => decoded!(i8),
        "u1" | "u1c" | "uint8" | "uint8c" | "b1" | "bool" => decoded!(u8),
        "i2" | "int16" => decoded!(i16),
        "u2" | "uint16" => decoded!(u16),
        "i4" | "int32" => decoded!(i32),
        "u4" | "uint32" => decoded!(u32),
        "i8" | "int64" => decoded!(i64),
        "u8" | "uint64" => decoded!(u64),
        "f4" | "float32" => decoded!(f32),
        "f8" | "float64" => decoded!(f64),
        "f2" | "float16" => bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|raw| half::f16::from_le_bytes(*raw).to_f64())
            .collect(),
        _ => return None,
    };
    let columns = match json.get("shape").map(shape) {
        None => None,
        Some(shape) => match shape.as_slice() {
            [_] => None,
            [rows, columns] if rows.checked_mul(*columns) == Some(values.len()) => Some(*columns),
            _ => return None,
        },
    };
    Some(Numbers { values, columns })
}

fn shape(json: &Json) -> Vec<usize> {
    let len = |json: &Json| match json {
        Json::Int(len) => usize::try_from(*len).ok(),
        _ => None,
    };
    match json {
        Json::Text(text) => text
            .split(',')
            .filter_map(|part| part.trim().parse().ok())
            .collect(),
        Json::List(parts) => parts.iter().filter_map(len).collect(),
        json => len(json).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Numbers> {
        numbers(&Json::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn lists_and_grids() {
        assert_eq!(read("[1, 2.5, \"3\"]").unwrap().values, [1.0, 2.5, 3.0]);
        let grid = read("[[1, null], [2], [NaN, 4, 5]]").unwrap();
        assert_eq!(grid.columns, Some(3));
        assert_eq!(grid.values.len(), 9);
        assert_eq!(
            (grid.values[0], grid.values[3], grid.values[8]),
            (1.0, 2.0, 5.0)
        );
        assert!(
            [1, 2, 4, 5, 6]
                .iter()
                .all(|&at: &usize| grid.values[at].is_nan())
        );
        assert!(
            read("[null, null]")
                .unwrap()
                .values
                .iter()
                .all(|value| value.is_nan())
        );
        assert!(read("[\"a\", \"b\"]").is_none() && read("3").is_none());
    }

    #[test]
    fn a_row_much_longer_than_the_others_does_not_produce_a_large_grid() {
        let text = format!("[[{}1], {} [1]]", "1,".repeat(1000), "[1],".repeat(1000));
        assert!(read(&text).unwrap().values.len() < 4004);
    }

    #[test]
    fn every_type_of_base64() {
        for (dtype, bytes, wanted) in [
            ("i1", vec![1, 255], [1.0, -1.0]),
            ("u1", vec![1, 255], [1.0, 255.0]),
            ("i2", vec![1, 0, 0xfe, 0xff], [1.0, -2.0]),
            ("u2", vec![1, 0, 0xfe, 0xff], [1.0, 65534.0]),
            (
                "i4",
                [1_i32, -3].map(i32::to_le_bytes).concat(),
                [1.0, -3.0],
            ),
            (
                "u4",
                [1_u32, 1 << 31].map(u32::to_le_bytes).concat(),
                [1.0, 2_147_483_648.0],
            ),
            (
                "f4",
                [0.5_f32, -1e30].map(f32::to_le_bytes).concat(),
                [0.5, f64::from(-1e30_f32)],
            ),
            (
                "f8",
                [0.1_f64, -1e300].map(f64::to_le_bytes).concat(),
                [0.1, -1e300],
            ),
        ] {
            let data = STANDARD.encode(&bytes);
            let plain = format!(r#"{{"dtype": "{dtype}", "bdata": "{data}"}}"#);
            assert_eq!(
                read(&plain).unwrap(),
                Numbers::line(wanted.to_vec()),
                "{dtype}"
            );
            let shaped = format!(r#"{{"dtype": "{dtype}", "bdata": "{data}", "shape": "2, 1"}}"#);
            assert_eq!(read(&shaped).unwrap().columns, Some(1));
            let wrong = format!(r#"{{"dtype": "{dtype}", "bdata": "{data}", "shape": [3, 5]}}"#);
            assert!(read(&wrong).is_none());
        }
        assert!(read(r#"{"dtype": "f8", "bdata": "?!"}"#).is_none());
        assert!(read(r#"{"dtype": "c8", "bdata": "AAAA"}"#).is_none());
    }
}
