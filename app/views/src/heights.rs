//! How a surface's heights are drawn: the range of its colours, its contour lines, the name of its method.

use trainscape_compute::{Field, InterpolationMethod, MISSING};
use trainscape_scene::{
    axis::{Axis, Scale},
    ticks,
};

/// What a caption calls a method.
pub(super) fn method_name(method: InterpolationMethod) -> &'static str {
    match method {
        InterpolationMethod::Linear => "linear in Delaunay triangles",
        InterpolationMethod::Nearest => "value of the nearest sample",
        InterpolationMethod::Rbf { .. } => "thin-plate splines",
    }
}

/// Contour distance and anchor in the unit box: round values, about a dozen lines.
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

/// Appends the places of a strip with points between them, so that a surface that ends at `radius` (unit box)
/// from its samples follows the line from sample to sample rather than ending around each.
pub(super) fn along(places: &[[f32; 3]], radius: f32, scattered: &mut Vec<[f32; 3]>) {
    for pair in places.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let apart = (b[0] - a[0]).hypot(b[1] - a[1]);
        let pieces = (apart / (radius * 0.1)).ceil().clamp(1.0, 512.0);
        scattered.extend((0..pieces as usize).map(|piece| {
            let share = piece as f32 / pieces;
            std::array::from_fn(|axis| a[axis] + (b[axis] - a[axis]) * share)
        }));
    }
    scattered.extend(places.last());
}
