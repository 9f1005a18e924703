//! How the heights of a surface are drawn: colour range, contour lines, name of the interpolation.

use trainscape_compute::{Field, InterpolationMethod, MISSING, projection::MOST_MEMORY};
use trainscape_scene::{
    axis::{Axis, Scale},
    ticks,
};

use crate::NotAvailable;

/// The largest number of nodes that a surface has: it takes some 240 bytes for each.
pub(super) const MOST_NODES: usize = 1 << 22;
const _: () = assert!(240 * MOST_NODES as u64 <= MOST_MEMORY);

/// How finely a surface between measured nodes is drawn, along x and y: with about `wanted` nodes per side, and not at
/// all where a long strip would get too many.
pub(super) fn refinement(counts: [usize; 2], wanted: usize, most: usize) -> [u32; 2] {
    let factors = counts.map(|nodes| wanted.div_ceil(nodes.max(2) - 1).clamp(1, most));
    let sides = [0, 1].map(|axis: usize| counts[axis].saturating_mul(factors[axis]));
    match sides[0].saturating_mul(sides[1]) <= MOST_NODES {
        true => factors.map(|factor| factor as u32),
        false => [1, 1],
    }
}

/// Says that a surface would have more than `most` nodes.
pub(super) fn check_nodes(key: &str, nodes: usize, most: usize) -> Result<(), NotAvailable> {
    if nodes <= most {
        return Ok(());
    }
    let number = |number: usize| ticks::group_thousands(&number.to_string());
    Err(NotAvailable::new(format!(
        "`{key}` has {} values, of which at most {} can be drawn: save a part of them, or every second one, instead",
        number(nodes),
        number(most),
    )))
}

/// The name of an interpolation in captions.
pub(super) fn method_name(method: InterpolationMethod) -> &'static str {
    match method {
        InterpolationMethod::Linear => "linear on a Delaunay triangulation",
        InterpolationMethod::Nearest => "nearest sample",
        InterpolationMethod::Rbf { .. } => "thin-plate splines",
    }
}

/// Spacing and anchor of the contours in the unit box: round values, about a dozen lines.
pub(super) fn contour_levels(colours: &Axis, z: &Axis) -> Option<[f32; 2]> {
    match z.scale {
        Scale::Log10 => {
            let decade = 1.0 / (z.high.log10() - z.low.log10());
            let anchor = z.unit_from_value(10_f64.powf(z.low.log10().ceil()))?;
            let lines_per_decade = if decade > 0.3 { 5.0 } else { 2.0 };
            Some([(decade / lines_per_decade) as f32, anchor as f32])
        }
        _ => {
            let step = ticks::nice_step((colours.high - colours.low) / 14.0);
            let anchor = z.unit_from_value((z.low / step).ceil() * step)?;
            Some([(step / (z.high - z.low)) as f32, anchor as f32])
        }
    }
}

/// The heights (unit box) that get the first and the last colour.
pub(super) fn colour_range(field: &Field) -> [f32; 2] {
    let supported = field
        .values
        .iter()
        .zip(&field.support)
        .filter(|(_, support)| **support > MISSING)
        .map(|(value, _)| *value);
    let (low, high) = supported.fold((f32::MAX, f32::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    // Colours end where a given range ends.
    let (low, high) = (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0));
    if low < high { [low, high] } else { [0.0, 1.0] }
}

/// Appends the positions of a strip with points between them, so that a surface that ends at `radius` (unit box)
/// from its samples follows the line continuously rather than ending around each sample.
pub(super) fn along(positions: &[[f32; 3]], radius: f32, samples: &mut Vec<[f32; 3]>) {
    for pair in positions.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let apart = (b[0] - a[0]).hypot(b[1] - a[1]);
        let pieces = (apart / (radius * 0.1)).ceil().clamp(1.0, 512.0);
        samples.extend((0..pieces as usize).map(|piece| {
            let share = piece as f32 / pieces;
            std::array::from_fn(|axis| a[axis] + (b[axis] - a[axis]) * share)
        }));
    }
    samples.extend(positions.last());
}
