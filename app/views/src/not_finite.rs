//! NaN and infinity in a series, marked where they were logged.

use trainscape_scene::{
    colour::Colour,
    scene::{LegendEntry, LegendMark, Markers, Scene},
};

use super::{
    axes,
    samples::{Samples, counted_are},
};

/// The name of the marks of values that are not finite.
pub(crate) const NOT_FINITE: &str = "NaN or infinity";

/// The colour of the markers.
const COLOUR: Colour = Colour::hex(0xb5179e);
/// The largest number of markers.
const MOST_MARKED: usize = 2000;

/// The points of each row (its samples, and its y) that are not finite, with their steps.
pub(super) fn of_rows<'a>(rows: impl Iterator<Item = (&'a Samples, f64)>) -> Vec<([f64; 3], f64)> {
    rows.flat_map(|(samples, y)| {
        let points = samples.non_finite_at.iter();
        points.map(move |[x, step]| ([*x, y, f64::NAN], *step))
    })
    .collect()
}

/// Marks points where they were logged, with what is not finite at the lower end of its axis; returns the caption's
/// sentence.
pub(super) fn add(scene: &mut Scene, mut points: Vec<([f64; 3], f64)>) -> String {
    for (at, _) in &mut points {
        for (value, axis) in at.iter_mut().zip(&scene.axes) {
            if !value.is_finite() {
                *value = axis.low;
            }
        }
    }
    if points.is_empty() {
        return String::new();
    }
    let stride = points.len().div_ceil(MOST_MARKED);
    let shown = points.iter().step_by(stride).filter_map(|(at, step)| {
        let unit = axes::place(&scene.axes, *at)?;
        axes::is_inside(unit).then_some((unit, *step))
    });
    let (positions_unit, steps): (Vec<_>, Vec<_>) = shown.unzip();
    scene.legend.push(LegendEntry {
        label: NOT_FINITE.to_owned(),
        colour: Some(COLOUR),
        mark: LegendMark::Dot,
    });
    scene.markers.push(Markers {
        records: None,
        name: NOT_FINITE.to_owned(),
        positions_unit: positions_unit.into(),
        steps: steps.into(),
        colour: COLOUR,
        diameter_pt: 3.2,
        outline: Some(Colour::hex(0xffffff)),
    });
    format!(
        "{} NaN or infinite and marked at the floor",
        counted_are(points.len(), "point")
    )
}
