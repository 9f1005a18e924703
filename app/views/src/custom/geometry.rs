//! Axes, places and bars of views over series and of views over slices.

use trainscape_expression::Expression;
use trainscape_scene::{
    axis::{Axis, Scale},
    scene::Scene,
};

use super::spec::Spec;
use crate::{ViewSettings, axes::in_range, boxes::Bar};

/// The largest number of bars.
pub(super) const MAX_BARS: usize = 20_000;

/// The axis of an expression (0 to 2), or of the colours (3).
pub(super) fn axis_of(
    spec: &Spec,
    index: usize,
    expression: Option<&Expression>,
    values: impl Iterator<Item = f64>,
    settings: &ViewSettings,
) -> Axis {
    let is_time = expression.and_then(Expression::as_name) == Some("time");
    let log = index < 3 && settings.log(index).or(spec.log[index]).unwrap_or(false);
    let scale = match (log, is_time) {
        (true, _) => Scale::Log10,
        (false, true) => Scale::Date,
        (false, false) => Scale::Linear,
    };
    let written = expression.map_or_else(String::new, |expression| {
        expression
            .as_name()
            .map_or_else(|| expression.text().to_owned(), str::to_owned)
    });
    let title = match &spec.labels[index] {
        Some(label) => label.clone(),
        None if is_time => "time (UTC)".to_owned(),
        None => written,
    };
    let axis = Axis::spanning(title, scale, values);
    match index {
        0 | 1 => in_range(settings, index, axis),
        2 => in_range(settings, index, axis.rounded_outward()),
        _ => axis,
    }
}

/// Whether a coordinate is in the unit box.
pub(super) fn is_in_box(unit: f32) -> bool {
    (-1e-6..=1.0 + 1e-6).contains(&unit)
}

/// The place of a position in the unit box; `None` where an axis cannot show it, and outside.
pub(super) fn place(axes: &[Axis; 3], at: [f64; 3]) -> Option<[f32; 3]> {
    let unit = |axis: usize| axes[axis].unit_from_value(at[axis]);
    let place = [unit(0)? as f32, unit(1)? as f32, unit(2)? as f32];
    place.iter().all(|unit| is_in_box(*unit)).then_some(place)
}

/// The axis between two heights of the unit box, as a colour bar's.
pub(super) fn between(axis: &Axis, ends_unit: [f32; 2]) -> Axis {
    let [low, high] = ends_unit.map(|unit| axis.value_from_unit(f64::from(unit)));
    Axis {
        low,
        high,
        ..axis.clone()
    }
}

/// Bars from the floor, or from zero where the axis shows it, narrower the more there are.
pub(super) fn upright(
    scene: &Scene,
    positions: &[[f32; 3]],
    value: impl Fn(usize) -> f32,
) -> Vec<Bar> {
    let zero = scene.axes[2]
        .unit_from_value(0.0)
        .map_or(0.0, |unit| unit.clamp(0.0, 1.0) as f32);
    let half = |axis: usize| {
        let mut places: Vec<f32> = positions.iter().map(|position| position[axis]).collect();
        places.sort_by(f32::total_cmp);
        places.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
        (0.4 / places.len().max(2) as f32).clamp(0.0008, 0.08)
    };
    let (half_x, half_y) = (half(0), half(1));
    let clamp = |unit: f32| unit.clamp(0.0, 1.0);
    positions
        .iter()
        .enumerate()
        .map(|(index, &[x, y, z])| Bar {
            low_unit: [clamp(x - half_x), clamp(y - half_y), z.min(zero)],
            high_unit: [clamp(x + half_x), clamp(y + half_y), z.max(zero)],
            value: value(index),
        })
        .collect()
}
