//! Points, with one cloud for each diameter.

use std::sync::Arc;

use trainscape_scene::{
    colour::run_colour,
    scene::{Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, LegendEntry, LegendMark, Scene},
};

use super::drawing::SeriesDrawing;
use crate::{custom::columns::RunRows, samples::labels_of_runs};

/// The smallest and the largest diameter of points, and the number of sizes.
const DIAMETERS_PT: [f64; 2] = [1.5, 9.0];
const SIZES: usize = 8;

const DIAMETER_PT: f32 = 3.0;

/// A legend of more runs would be too long to read.
const MAX_LEGEND: usize = 12;

/// Adds the rows as points whose size the view sets.
pub(super) fn add(scene: &mut Scene, drawing: &SeriesDrawing<'_>) {
    let size = drawing.spec.size.as_ref();
    let constant = size.and_then(|size| size.text.trim().parse::<f32>().ok());
    let rows = &drawing.placed.rows;
    let sizes = rows.iter().filter_map(|rows| rows.size.as_ref()).flatten();
    let (low, high) = sizes.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &size| {
        (low.min(size), high.max(size))
    });
    let diameter = |rows: &RunRows, row: usize| match (&rows.size, constant) {
        (_, Some(diameter)) => diameter.clamp(0.2, 40.0),
        (Some(sizes), None) if high > low => {
            let class = ((sizes[row] - low) / (high - low) * (SIZES - 1) as f64).round()
                / (SIZES - 1) as f64;
            let [least, most] = DIAMETERS_PT.map(|diameter| diameter * diameter);
            // The area is linear in the size.
            (least + (most - least) * class).sqrt() as f32
        }
        _ => DIAMETER_PT,
    };
    add_clouds(scene, drawing, diameter, drawing.settings.opacity(1.0));
    if drawing.colours.is_none() {
        add_legend(scene, rows, true);
    }
}

/// Adds a cloud for each diameter.
pub(super) fn add_clouds(
    scene: &mut Scene,
    drawing: &SeriesDrawing<'_>,
    diameter: impl Fn(&RunRows, usize) -> f32,
    opacity: f32,
) {
    let mut diameters: Vec<f32> = Vec::new();
    for rows in &drawing.placed.rows {
        diameters.extend((0..rows.steps.len()).map(|row| diameter(rows, row)));
    }
    diameters.sort_by(f32::total_cmp);
    diameters.dedup();
    for size in diameters {
        let selected = drawing.select(1, |rows, row| diameter(rows, row) == size);
        let points = (selected.positions.iter().zip(&selected.colours))
            .zip(&selected.records.rows)
            .map(
                |((&position_unit, colour), (run, ..))| match drawing.share(*colour) {
                    Some(value) => CloudPoint {
                        position_unit,
                        value,
                    },
                    None => CloudPoint::from_rgb(position_unit, run_colour(*run as usize).rgb),
                },
            );
        scene.clouds.push(Cloud {
            steps: Arc::new([]),
            name: "points".to_owned(),
            work: CloudWork::Points(points.collect()),
            colour: if drawing.colours.is_some() {
                CloudColour::Map(drawing.map)
            } else {
                CloudColour::Rgb
            },
            size: CloudSize::Constant(size),
            floor_projection: false,
            opacity,
            records: Some(Arc::new(selected.records)),
        });
    }
}

/// Names the runs by their colours, unless they are too many to be read.
pub(super) fn add_legend(scene: &mut Scene, rows: &[RunRows], dot: bool) {
    if rows.len() < 2 || rows.len() > MAX_LEGEND {
        return;
    }
    let labels = labels_of_runs(&scene.runs);
    scene.legend = rows
        .iter()
        .map(|rows| LegendEntry {
            label: labels[rows.run].clone(),
            colour: Some(run_colour(rows.run)),
            mark: LegendMark::of_dots(dot),
        })
        .collect();
}
