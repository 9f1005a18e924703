//! Axes according to the settings, and the positions of values along them.

use std::ops::Range;

use trainscape_scene::{
    axis::{Axis, Scale},
    scene::{Scene, is_in_box},
};

use super::{NotAvailable, ViewSettings, samples::counted};

/// Positions outside the box are clamped to this: they cannot be seen, and `f32` stays accurate.
const FAR_UNIT: f64 = 1.0e4;

/// The axis of `index` (0: x, 1: y, 2: z) that shows `values`: `default` is its scale unless one was
/// chosen. A given range is used exactly.
pub(super) fn axis(
    settings: &ViewSettings,
    index: usize,
    title: impl Into<String>,
    default: Scale,
    values: impl IntoIterator<Item = f64>,
) -> Axis {
    let scale = scale(settings, index, default);
    in_range(settings, index, Axis::spanning(title, scale, values))
}

/// As [`axis`], with ends moved outward to round values where they are not given.
pub(super) fn rounded_axis(
    settings: &ViewSettings,
    index: usize,
    title: impl Into<String>,
    default: Scale,
    values: impl IntoIterator<Item = f64>,
) -> Axis {
    let scale = scale(settings, index, default);
    let axis = Axis::spanning(title, scale, values).rounded_outward();
    in_range(settings, index, axis)
}

/// Refuses a scene with an axis whose ends are so far apart that no value has a position.
pub(super) fn check_positions(scene: &Scene) -> Result<(), NotAvailable> {
    let of_facets = scene.facets.iter().flat_map(|facet| &facet.axes);
    let mut axes = scene.axes.iter().chain(of_facets);
    match axes.find(|axis| !axis.has_positions()) {
        None => Ok(()),
        Some(axis) => Err(NotAvailable::new(format!(
            "the values of {} are too far apart, or too close together, for numbers to tell their places on an \
             axis: choose a range for it",
            axis.title
        ))),
    }
}

/// The scale that the settings give an axis.
pub(super) fn scale(settings: &ViewSettings, index: usize, default: Scale) -> Scale {
    match settings.log(index) {
        // Dates and names have no logarithm.
        _ if matches!(default, Scale::Date | Scale::Category(_)) => default,
        Some(true) => Scale::Log10,
        Some(false) => Scale::Linear,
        None => default,
    }
}

/// The axis with the ends that the settings give it. An end that its scale cannot show is ignored.
pub(super) fn in_range(settings: &ViewSettings, index: usize, mut axis: Axis) -> Axis {
    let Some(range) = settings.range(index) else {
        return axis;
    };
    let shown = |end: &f64| end.is_finite() && (axis.scale != Scale::Log10 || *end > 0.0);
    let [low, high] = range.map(|end| Some(end).filter(shown));
    let away = |from: f64, up: f64| match axis.scale {
        Scale::Log10 => from * 10_f64.powf(up),
        _ => from + up * if from == 0.0 { 1.0 } else { from.abs() },
    };
    let (new_low, new_high) = (low.unwrap_or(axis.low), high.unwrap_or(axis.high));
    (axis.low, axis.high) = match (low, high) {
        _ if new_low < new_high => (new_low, new_high),
        // The data are beyond the one given end.
        (Some(low), None) => (low, away(low, 1.0)),
        (None, Some(high)) => (away(high, -1.0), high),
        _ => return axis,
    };
    axis
}

/// The position of a data point in the unit box; `None` if an axis cannot show it.
pub(super) fn place(axes: &[Axis; 3], at: [f64; 3]) -> Option<[f32; 3]> {
    let mut unit = [0.0; 3];
    for axis in 0..3 {
        unit[axis] = axes[axis]
            .unit_from_value(at[axis])?
            .clamp(-FAR_UNIT, FAR_UNIT) as f32;
    }
    Some(unit)
}

/// Whether a position is in the box.
pub(super) fn is_inside(unit: [f32; 3]) -> bool {
    is_in_box(unit)
}

/// The points of a line that the axes can show.
#[derive(Debug, Default)]
pub(super) struct PlacedLine {
    /// Their positions in the unit box.
    pub(super) positions_unit: Vec<[f32; 3]>,
    /// Their indices.
    pub(super) kept: Vec<usize>,
    /// Segments of positions that are joined.
    pub(super) strips: Vec<Range<u32>>,
    /// How many points the axes cannot show.
    pub(super) not_placed: usize,
}

/// Places the points of a line whose segments are `strips`; points that an axis cannot show become gaps.
pub(super) fn placed(
    axes: &[Axis; 3],
    strips: &[Range<u32>],
    at: impl Fn(usize) -> [f64; 3],
) -> PlacedLine {
    let mut line = PlacedLine::default();
    for strip in strips {
        let mut start = line.positions_unit.len() as u32;
        for index in strip.start as usize..strip.end as usize {
            if let Some(unit) = place(axes, at(index)) {
                line.positions_unit.push(unit);
                line.kept.push(index);
            } else {
                line.not_placed += 1;
                let end = line.positions_unit.len() as u32;
                if end > start {
                    line.strips.push(start..end);
                }
                start = end;
            }
        }
        let end = line.positions_unit.len() as u32;
        if end > start {
            line.strips.push(start..end);
        }
    }
    line
}

/// A sentence on points that the axes cannot show; empty if they show all.
pub(super) fn not_placed_text(not_placed: usize, axes: &[Axis; 3]) -> String {
    if not_placed == 0 {
        return String::new();
    }
    let logarithmic: Vec<&str> = axes
        .iter()
        .filter(|axis| axis.scale == Scale::Log10)
        .map(|axis| axis.title.as_str())
        .collect();
    format!(
        "Not shown: {} of zero or less on a logarithmic axis ({})",
        counted(not_placed, "point"),
        logarithmic.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, common::LOG_XYZ};

    fn settings(log: Option<bool>, range: Option<[f64; 2]>) -> ViewSettings {
        let mut settings = ViewSettings::default();
        settings.set_ranges([range, None, None]);
        settings.with(&LOG_XYZ, Value::Scales([log, None, None]))
    }

    fn ends(log: Option<bool>, range: Option<[f64; 2]>, values: &[f64]) -> [f64; 2] {
        let settings = settings(log, range);
        let axis = rounded_axis(&settings, 0, "x", Scale::Linear, values.iter().copied());
        [axis.low, axis.high]
    }

    #[test]
    fn a_given_range_is_exact_and_open_ends_follow_the_data() {
        let (below, above) = (f64::NEG_INFINITY, f64::INFINITY);
        let data = [0.3, 7.7];
        assert_eq!(ends(None, Some([1.23, 4.56]), &data), [1.23, 4.56]);
        assert_eq!(ends(None, Some([below, 5.0]), &data)[1], 5.0);
        assert_eq!(ends(None, Some([1.5, above]), &data), [1.5, 8.0]);
        assert_eq!(
            ends(None, Some([below, above]), &data),
            ends(None, None, &data)
        );
    }

    #[test]
    fn every_range_gives_a_valid_axis() {
        let (below, above) = (f64::NEG_INFINITY, f64::INFINITY);
        for log in [None, Some(true)] {
            for range in [
                [9.0, above],
                [below, 0.1],
                [0.0, above],
                [-5.0, -1.0],
                [3.0, 3.0],
                [5.0, 1.0],
                [f64::NAN, 2.0],
            ] {
                for data in [&[0.3, 7.7][..], &[-2.0], &[]] {
                    let [low, high] = ends(log, Some(range), data);
                    assert!(low < high, "{log:?} {range:?} {data:?}: {low} to {high}");
                    assert!(log.is_none() || low > 0.0, "{range:?} {data:?}");
                }
            }
        }
    }

    #[test]
    fn values_without_a_logarithm_become_gaps() {
        let axes = [0, 1, 2].map(|axis| Axis {
            title: "z".to_owned(),
            scale: if axis == 2 {
                Scale::Log10
            } else {
                Scale::Linear
            },
            low: 1.0,
            high: 100.0,
        });
        let heights = [10.0, 0.0, -1.0, 100.0, 1000.0];
        let line = placed(&axes, &[0..2, 2..5], |i| [1.0, 1.0, heights[i]]);
        assert_eq!(line.kept, [0, 3, 4]);
        assert_eq!(line.strips, [0..1, 1..3]);
        assert_eq!(line.not_placed, 2);
        assert_eq!(line.positions_unit[2], [0.0, 0.0, 1.5]);
    }
}
