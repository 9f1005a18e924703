//! Columns of numbers and texts in one block of bytes, laid out so that deflate shrinks them.
//!
//! A column is stored byte plane by byte plane: all lowest bytes, then all next ones. Integers are stored as differences
//! from the one before, so that the upper planes are mostly zero. Reader: `assets/html/data.js`.

use std::io::Write as _;

use base64::Engine as _;
use flate2::{Compression, write::DeflateEncoder};
use serde_json::{Value, json};

use crate::error::ExportError;

/// Steps of the unit box that positions are rounded to: a thousandth of a pixel where a figure is a thousand pixels wide.
const STEPS_PER_UNIT: f32 = 262_144.0;
/// Positions are at most this many boxes away from the box; nothing outside of it is drawn.
const FAR_UNIT: f32 = 4096.0;

/// The columns so far.
#[derive(Debug, Default)]
pub(super) struct Blob {
    bytes: Vec<u8>,
}

impl Blob {
    /// Whole numbers.
    pub(super) fn integers(&mut self, values: impl ExactSizeIterator<Item = i32>) -> Value {
        let mut previous = 0_i32;
        let differences: Vec<[u8; 4]> = values
            .map(|value| {
                let difference = value.wrapping_sub(previous);
                previous = value;
                // The sign in the lowest bit: small differences of either sign have zeros above.
                ((difference << 1) ^ (difference >> 31)).to_le_bytes()
            })
            .collect();
        self.planes("i", &differences)
    }

    /// Numbers, bit by bit.
    pub(super) fn doubles(&mut self, values: &[f64]) -> Value {
        let bytes: Vec<[u8; 8]> = values.iter().map(|value| value.to_le_bytes()).collect();
        self.planes("d", &bytes)
    }

    /// Numbers in single precision, bit by bit.
    pub(super) fn floats(&mut self, values: &[f32]) -> Value {
        let bytes: Vec<[u8; 4]> = values.iter().map(|value| value.to_le_bytes()).collect();
        self.planes("f", &bytes)
    }

    /// Numbers from 0 to 1, in 4095 steps; NaN is 0.
    pub(super) fn shares(&mut self, values: impl ExactSizeIterator<Item = f32>) -> Value {
        self.integers(values.map(|value| (value.clamp(0.0, 1.0) * 4095.0).round() as i32))
    }

    /// Coordinates in the unit box; what is not finite is far outside of it.
    pub(super) fn coordinates(&mut self, values: impl ExactSizeIterator<Item = f32>) -> Value {
        self.integers(values.map(|unit| {
            let unit = if unit.is_nan() { FAR_UNIT } else { unit };
            (unit.clamp(-FAR_UNIT, FAR_UNIT) * STEPS_PER_UNIT).round() as i32
        }))
    }

    /// Positions in the unit box, coordinate by coordinate.
    pub(super) fn positions(&mut self, positions_unit: &[[f32; 3]]) -> Value {
        let axes = [0, 1, 2].map(|axis| self.coordinates(positions_unit.iter().map(|at| at[axis])));
        json!(axes)
    }

    /// Bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Value {
        let at = self.bytes.len();
        self.bytes.extend(bytes);
        json!(["b", at, bytes.len()])
    }

    fn planes<const N: usize>(&mut self, kind: &str, values: &[[u8; N]]) -> Value {
        let at = self.bytes.len();
        self.bytes.reserve(values.len() * N);
        for plane in 0..N {
            self.bytes.extend(values.iter().map(|bytes| bytes[plane]));
        }
        json!([kind, at, values.len()])
    }

    /// Number of bytes before compression.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// All columns, deflated, as base64.
    pub(super) fn finish(self) -> Result<String, ExportError> {
        let failed = |error: std::io::Error| ExportError::Encode {
            reason: error.to_string(),
        };
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(7));
        encoder.write_all(&self.bytes).map_err(failed)?;
        let deflated = encoder.finish().map_err(failed)?;
        Ok(base64::engine::general_purpose::STANDARD.encode(deflated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_differences_in_byte_planes() {
        let mut blob = Blob::default();
        let column = blob.integers([5, 4, 260].into_iter());
        assert_eq!(column, json!(["i", 0, 3]));
        // 5, -1 and 256 with the sign in the lowest bit: 10, 1 and 512.
        assert_eq!(blob.bytes, [10, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]);
        assert_eq!(blob.doubles(&[1.0]), json!(["d", 12, 1]));
        assert_eq!(blob.bytes[12..], 1.0_f64.to_le_bytes());
    }

    #[test]
    fn coordinates_that_are_no_numbers_are_outside_of_the_box() {
        let mut blob = Blob::default();
        blob.coordinates([f32::NAN, f32::INFINITY].into_iter());
        let far = (FAR_UNIT * STEPS_PER_UNIT) as i32;
        assert_eq!(blob.bytes[..2], [(far << 1) as u8, 0]);
        assert!(blob.finish().is_ok());
    }
}
