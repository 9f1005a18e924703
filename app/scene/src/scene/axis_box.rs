//! The unit box, outside of which nothing is drawn.

/// Tolerance of the unit box: rounding may move data this far outside.
pub const BOX_TOLERANCE_UNIT: f32 = 2.0e-4;

/// Whether a position is inside the unit box; positions outside the range of an axis are not drawn.
#[must_use]
pub fn is_in_box(position_unit: [f32; 3]) -> bool {
    position_unit
        .iter()
        .all(|unit| (unit - 0.5).abs() <= 0.5 + BOX_TOLERANCE_UNIT)
}
