//! The caption of a view over series.

use trainscape_scene::scene::{Scene, SurfaceWork};

use super::drawing::{PlacedRows, SeriesDrawing};
use crate::{
    caption::Caption,
    custom::{columns::LeftOut, spec::Shape},
    heights, held_out,
    samples::counted,
};

pub(super) fn caption(drawing: &SeriesDrawing<'_>, scene: &Scene) -> String {
    let sum = sum(&drawing.placed);
    let surface = scene.surfaces.first();
    let interpolated = surface.and_then(|surface| match &surface.work {
        SurfaceWork::Scatter(scatter) => Some(scatter),
        _ => None,
    });
    let text = Caption::new(axes_text(drawing))
        .sentences(interpolated.map(|scatter| {
            let method = heights::method_name(scatter.method);
            format!("The surface is interpolated ({method}).")
        }))
        .sentences(interpolated.map(|scatter| {
            held_out::test_of_samples(&scatter.samples, scatter.method).sentence(true)
        }))
        .sentence_if(
            drawing.spec.kind == Shape::Mesh,
            || "The mesh is the Delaunay triangulation of the points in the x-y plane.",
        )
        .sentence_if(sum.carried > 0, || {
            format!(
                "Values of another series were carried forward from an earlier step at {}.",
                counted(sum.carried, "point")
            )
        })
        .sentence(left_out_text(&drawing.placed, sum))
        .into_text();
    text.replace(['{', '}'], "")
}

/// What each axis, the colours and the sizes show, and of how many points.
fn axes_text(drawing: &SeriesDrawing<'_>) -> String {
    let (spec, expressions) = (drawing.spec, &drawing.expressions);
    let rows = &drawing.placed.rows;
    let count: usize = rows.iter().map(|rows| rows.steps.len()).sum();
    let [x, y, z] = &expressions.axes;
    let mut text = format!(
        "View {} from {}: x is {}, y is {}, z is {}",
        spec.name,
        spec.file_name(),
        x.text(),
        y.text(),
        z.text()
    );
    if let Some(colour) = &expressions.colour {
        text += &format!(", colour is {}", colour.text());
    }
    let size = expressions.size.as_ref();
    if let Some(size) = size.filter(|size| size.text().parse::<f64>().is_err()) {
        text += &format!(", point area grows with {}", size.text());
    }
    let filter = spec
        .filter
        .as_ref()
        .map_or_else(String::new, |filter| format!(", where {}", filter.text));
    text + &format!(
        " ({} of {}{filter}).",
        counted(count, "point"),
        counted(rows.len(), "run")
    )
}

fn sum(placed: &PlacedRows) -> LeftOut {
    let mut sum = LeftOut::default();
    for rows in &placed.rows {
        let LeftOut {
            not_finite,
            filtered,
            carried,
            superseded,
        } = rows.left_out;
        sum.not_finite += not_finite;
        sum.filtered += filtered;
        sum.carried += carried;
        sum.superseded += superseded;
    }
    sum
}

fn left_out_text(placed: &PlacedRows, sum: LeftOut) -> String {
    let points = [
        (sum.filtered, "excluded by the filter"),
        (sum.not_finite, "with a value that is not finite"),
        (placed.outside, "outside the range of the axes"),
        (sum.superseded, "superseded by a restart"),
    ];
    let mut parts: Vec<String> = points
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", counted(count, "point")))
        .collect();
    if placed.lacking > 0 {
        parts.push(format!(
            "{} without all series and values used",
            counted(placed.lacking, "run")
        ));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("Not drawn: {}.", parts.join("; "))
}
