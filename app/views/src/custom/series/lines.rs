//! A path for each run.

use std::{ops::Range, sync::Arc};

use trainscape_scene::{
    colour::run_colour,
    scene::{Path, PathColour, RecordRef, Scene},
};

use super::{drawing::SeriesDrawing, points};
use crate::custom::columns::RunRows;

/// Adds a path for each run, and its points where the settings ask for them.
pub(super) fn add(scene: &mut Scene, drawing: &SeriesDrawing<'_>) {
    let placed = &drawing.placed;
    for (rows, positions) in placed.rows.iter().zip(&placed.positions) {
        let name = scene.runs[rows.run].name.to_string();
        scene.paths.push(path(drawing, name, rows, positions));
    }
    if drawing.settings.samples() {
        points::add_clouds(scene, drawing, |_, _| 2.0, 1.0);
    }
    if drawing.colours.is_none() {
        points::add_legend(scene, &placed.rows, false);
    }
}

fn path(
    drawing: &SeriesDrawing<'_>,
    name: String,
    rows: &RunRows,
    positions: &[Option<[f32; 3]>],
) -> Path {
    let details = drawing.expressions.axes.iter().zip(&rows.axes);
    let details = details.filter(|(expression, _)| {
        expression.as_name() != Some("step") && expression.as_name() != Some(&rows.series_key)
    });
    let record = |&index: &u32| RecordRef {
        run: rows.run as u32,
        index,
    };
    Path {
        name,
        positions_unit: positions
            .iter()
            .map(|position| position.unwrap_or([0.0; 3]))
            .collect(),
        strips: strips(rows, positions),
        colour: colour(drawing, rows),
        width_pt: 1.6,
        series_key: Arc::clone(&rows.series_key),
        records: rows.indices.iter().map(record).collect(),
        details: details
            .map(|(expression, values)| (expression.text().to_owned(), values.clone().into()))
            .collect(),
        describe: None,
    }
}

fn colour(drawing: &SeriesDrawing<'_>, rows: &RunRows) -> PathColour {
    match &rows.colour {
        Some(values) => {
            let share = |value: &f64| drawing.share(Some(*value)).unwrap_or(0.0);
            PathColour::Values(values.iter().map(share).collect(), drawing.map)
        }
        None if drawing.placed.rows.len() == 1 => PathColour::Theme,
        None => PathColour::Solid(run_colour(rows.run)),
    }
}

/// The stretches between gaps of the rows and places outside the axes.
fn strips(rows: &RunRows, positions: &[Option<[f32; 3]>]) -> Vec<Range<u32>> {
    let mut strips = Vec::new();
    for strip in rows.strips() {
        let mut start = strip.start;
        for row in strip.clone() {
            if positions[row as usize].is_none() {
                if row > start {
                    strips.push(start..row);
                }
                start = row + 1;
            }
        }
        if strip.end > start {
            strips.push(start..strip.end);
        }
    }
    strips
}
