//! The block of numbers of a page. Writer: `app/export/src/html/blob.rs`.

use std::io::Read as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::DeflateDecoder;
use serde::Deserialize;

use crate::{budget::Budget, limits::PAGE_NUMBERS};

const STEPS_PER_UNIT: f64 = 262_144.0;
/// Positions that are at least this many boxes away stand for what is no number.
const FAR_UNIT: f64 = 4096.0;
const SHARES: f64 = 4095.0;
const DAMAGED: &str = "is damaged: its numbers are not where it says";

/// The kind of a column, where it begins, and the number of its values.
#[derive(Debug, Deserialize)]
pub(super) struct Column(String, usize, usize);

/// The columns of a page.
#[derive(Debug)]
pub(super) struct Columns {
    bytes: Vec<u8>,
    budget: Budget,
}

impl Columns {
    /// Inflates the block.
    pub(super) fn inflate(base64: &[u8]) -> Result<Self, String> {
        let deflated = STANDARD
            .decode(base64.trim_ascii())
            .map_err(|_| DAMAGED.to_owned())?;
        let mut bytes = Vec::new();
        DeflateDecoder::new(deflated.as_slice())
            .take(PAGE_NUMBERS.bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| DAMAGED.to_owned())?;
        let mut budget = Budget::new(PAGE_NUMBERS);
        budget
            .take_bytes(bytes.len() as u64)
            .map_err(|why| format!("is not drawn: {why}"))?;
        Ok(Self {
            bytes,
            budget: Budget::new(PAGE_NUMBERS),
        })
    }

    /// The bytes of a column of numbers of `N` bytes, number by number.
    fn planes<const N: usize>(
        &mut self,
        kind: &str,
        column: &Column,
    ) -> Result<Vec<[u8; N]>, String> {
        let Column(found, at, count) = column;
        let bytes = count.checked_mul(N);
        let end = bytes.and_then(|bytes| bytes.checked_add(*at));
        let planes = end
            .and_then(|end| self.bytes.get(*at..end))
            .filter(|_| found == kind)
            .ok_or(DAMAGED)?;
        // One column may be named many times.
        let taken = self.budget.take_bytes(planes.len() as u64);
        taken.map_err(|why| format!("is not drawn: {why}"))?;
        let value = |index| std::array::from_fn(|plane| planes[plane * count + index]);
        Ok((0..*count).map(value).collect())
    }

    pub(super) fn integers(&mut self, column: &Column) -> Result<Vec<i32>, String> {
        let mut value = 0_i32;
        let words = self.planes::<4>("i", column)?;
        let values = words.into_iter().map(|bytes| {
            let word = u32::from_le_bytes(bytes);
            value = value.wrapping_add((word >> 1) as i32 ^ -((word & 1) as i32));
            value
        });
        Ok(values.collect())
    }

    pub(super) fn floats(&mut self, column: &Column) -> Result<Vec<f32>, String> {
        let words = self.planes::<4>("f", column)?;
        Ok(words.into_iter().map(f32::from_le_bytes).collect())
    }

    /// Coordinates in the unit box; NaN is what is far outside of it.
    pub(super) fn coordinates(&mut self, column: &Column) -> Result<Vec<f64>, String> {
        let values = self.integers(column)?.into_iter();
        let unit = |value: i32| f64::from(value) / STEPS_PER_UNIT;
        Ok(values
            .map(|value| match unit(value) {
                unit if unit.abs() < FAR_UNIT => unit,
                _ => f64::NAN,
            })
            .collect())
    }

    pub(super) fn positions(&mut self, axes: &[Column; 3]) -> Result<Vec<[f64; 3]>, String> {
        let [x, y, z] = [
            self.coordinates(&axes[0])?,
            self.coordinates(&axes[1])?,
            self.coordinates(&axes[2])?,
        ];
        if x.len() != y.len() || x.len() != z.len() {
            return Err(DAMAGED.to_owned());
        }
        let positions = x.into_iter().zip(y).zip(z);
        Ok(positions.map(|((x, y), z)| [x, y, z]).collect())
    }

    /// Numbers from 0 to 1.
    pub(super) fn shares(&mut self, column: &Column) -> Result<Vec<f64>, String> {
        let values = self.integers(column)?.into_iter();
        Ok(values.map(|value| f64::from(value) / SHARES).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_of_the_block_are_damage() {
        // Deflated without compression: the four planes of 5, with the sign in the lowest bit.
        let block = [1, 4, 0, 0xfb, 0xff, 10, 0, 0, 0];
        let mut columns = Columns::inflate(STANDARD.encode(block).as_bytes()).unwrap();
        let mut read = |at, count| columns.integers(&Column("i".to_owned(), at, count));
        assert_eq!(read(0, 1), Ok(vec![5]));
        for (at, count) in [(1, 1), (0, 2), (usize::MAX, 1), (0, usize::MAX / 2)] {
            assert!(
                read(at, count).unwrap_err().contains("damaged"),
                "{at} {count}"
            );
        }
        assert!(columns.floats(&Column("i".to_owned(), 0, 1)).is_err());
        assert!(Columns::inflate(b"AAAA?").is_err());
    }
}
