//! The caption of a landscape over two directions.

use std::sync::Arc;

use trainscape_run::Run;
use trainscape_scene::ticks::format_value;

use super::{
    grid::{LossGrid, Marked, short},
    grids::{self, FoundGrid, ValueKind},
    options::GRID,
    values::{Heights, second_difference},
};
use crate::{ViewSettings, caption::Caption, samples::counted_are, tensors::shape_text};

/// The sentences on the surface; those on the trajectory and on other grids follow.
pub(super) fn caption(
    found: &FoundGrid,
    grid: &LossGrid,
    heights: &Heights,
    contours: Option<String>,
    marked: &Marked,
) -> Caption {
    Caption::new(format!(
        "{} on a grid of {} × {} evaluated points ({}), {}; monotone cubic interpolation between the points.",
        found.own_name(),
        grid.x.values.len(),
        grid.y.values.len(),
        found.origin_text(),
        heights.scale_text(),
    ))
    .sentence(coordinates_text(found, grid))
    .sentence(best_text(found, grid, marked))
    .sentence(trained_text(grid, marked))
    .sentence(contours.unwrap_or_default())
    .sentence(grid.cleaned.holes_text())
    .sentence(heights.clipped_text())
}

fn coordinates_text(found: &FoundGrid, grid: &LossGrid) -> &'static str {
    match (grid.x.are_indices, grid.y.are_indices) {
        (true, true) if found.x.is_none() && found.y.is_none() => {
            "The file has no coordinates: indices are used."
        }
        (false, false) => "",
        _ => "Coordinates are missing or not monotone along one direction: indices are used there.",
    }
}

fn best_text(found: &FoundGrid, grid: &LossGrid, marked: &Marked) -> String {
    let Some([row, column]) = marked.best else {
        return String::new();
    };
    let name = if found.kind == ValueKind::Accuracy {
        "Highest"
    } else {
        "Lowest"
    };
    let dot = if marked.best == marked.trained {
        "the trained weights, orange dot"
    } else {
        "white dot"
    };
    format!(
        "{name}: {} at ({}, {}) ({dot}).",
        format_value(grid.value(row, column)),
        format_value(grid.x.values[column]),
        format_value(grid.y.values[row])
    )
}

fn trained_text(grid: &LossGrid, marked: &Marked) -> String {
    let Some([row, column]) = marked.trained else {
        return if !grid.spans_zero() {
            ""
        } else if grid.x.zero().is_some() && grid.y.zero().is_some() {
            "The loss at the trained weights (0, 0) is missing, so the curvature is not given."
        } else {
            "The trained weights (0, 0) are between grid points, so the curvature is not given."
        }
        .to_owned();
    };
    let curvature = curvature_text(grid, row, column);
    if marked.best == marked.trained {
        return curvature;
    }
    format!(
        "Trained weights: {} at (0, 0) (orange dot). {curvature}",
        format_value(grid.value(row, column))
    )
}

/// Second differences at a node along both directions.
fn curvature_text(grid: &LossGrid, row: usize, column: usize) -> String {
    let along =
        |coordinates: &[f64], index: usize, value: &dyn Fn(usize) -> f64| -> Option<[f64; 2]> {
            let (before, after) = (index.checked_sub(1)?, index + 1);
            if after >= coordinates.len() {
                return None;
            }
            let steps = [
                coordinates[index] - coordinates[before],
                coordinates[after] - coordinates[index],
            ];
            let curvature = second_difference([value(before), value(index), value(after)], steps);
            curvature
                .is_finite()
                .then_some([curvature, (steps[0] + steps[1]) / 2.0])
        };
    let x = along(&grid.x.values, column, &|column| grid.value(row, column));
    let y = along(&grid.y.values, row, &|row| grid.value(row, column));
    let (Some([x, step_x]), Some([y, step_y])) = (x, y) else {
        return "The curvature at the trained weights is not given: a neighbouring value is missing.".to_owned();
    };
    let steps = if (step_x - step_y).abs() <= step_x * 1e-6 {
        format!("step {}", format_value(rounded(step_x)))
    } else {
        format!(
            "steps {} and {}",
            format_value(rounded(step_x)),
            format_value(rounded(step_y))
        )
    };
    format!(
        "Curvature there: {} along the first direction, {} along the second (second differences, {steps}).",
        short(x),
        short(y)
    )
}

/// Rounded to six significant digits: coordinates may be stored in 32 bits.
fn rounded(step: f64) -> f64 {
    let scale = 10_f64.powf(5.0 - step.abs().log10().floor());
    (step * scale).round() / scale
}

/// Sentences on grids that are not drawn, and on a chosen array that was not recognised as a grid.
pub(super) fn others(found: &FoundGrid, runs: &[Arc<Run>], settings: &ViewSettings) -> Vec<String> {
    let all = grids::all(runs, settings);
    let grids = all.iter().filter(|other| other.is_grid()).count();
    let mut sentences = Vec::new();
    if grids > 1 {
        let others = counted_are(grids - 1, "other grid");
        sentences.push(format!("{others} not shown (choose with --grid)."));
    }
    if settings.text(&GRID).is_some()
        && !all.iter().any(|other| other.tensor.key == found.tensor.key)
    {
        sentences.push(format!(
            "Chosen by name: {} {}.",
            found.tensor.key,
            shape_text(&found.tensor)
        ));
    }
    sentences
}
