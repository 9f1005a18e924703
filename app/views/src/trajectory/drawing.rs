//! Lines of trajectories, with logged points, bands and arrows in the direction of time.

use std::{ops::Range, sync::Arc};

use trainscape_scene::{
    axis::Axis,
    colour::Colour,
    scene::{ColourBar, Mesh, MeshColour, Path, PathColour, RecordRef, Scene},
};

use super::{
    arrows,
    lines::Line,
    tracks::Track,
    trajectories::{Colouring, Trajectories, point},
};
use crate::{
    axes::{self, PlacedLine},
    band::{MeanRecords, band},
    caption::Caption,
    curtain,
    decimation::{Decimation, MOST_DOTS},
    logged_points::{self, LoggedPoints, at_wall},
    run_rows,
};

/// The band of a mean whose line is coloured by a value along it.
const BAND_BY_VALUE: Colour = Colour::hex(0x808890);
/// The largest number of lines with curtains.
const MOST_CURTAINS: usize = 4;
/// A line that moves farther along y (edges of the box) would have a folded curtain.
const MOST_SIDEWAYS: f32 = 2.0;
/// Half the width of a line's projection onto the floor, in edges of the box.
const HALF_SHADOW: f32 = 0.002;
/// Arrows along a single trajectory.
const ARROWS: usize = 7;

/// Adds the lines, the bands of means, and the logged points where lines are few; returns the caption's sentence on points
/// that are not drawn.
pub(super) fn add_lines(
    trajectories: &Trajectories<'_>,
    colouring: &Colouring,
    scene: &mut Scene,
    placed: &[PlacedLine],
) -> String {
    let mut dots = LoggedPoints::default();
    let lines = trajectories.lines.iter();
    let lens: Vec<usize> = lines.map(|line| line.tracks[0].steps.len()).collect();
    let decimation = Decimation::of(&scene.axes, &lens, MOST_DOTS, |line, at| {
        point(&trajectories.lines[line].tracks[0].raw, at)
    });
    for (index, (line, placed)) in trajectories.lines.iter().zip(placed).enumerate() {
        let line_colour = colouring.palette.colours[index];
        scene
            .paths
            .push(path(trajectories, colouring, line, placed, line_colour));
        if line.spread.is_some() {
            let band = band_of_line(colouring, &scene.axes[2], line, placed, line_colour);
            scene.meshes.extend(band);
        } else if trajectories.few() {
            let track = line.tracks[0];
            let whole = Path::unbroken(track.steps.len());
            let at = |at: usize| point(&track.raw, at);
            let placed = decimation.placed(index, &scene.axes, &whole, at);
            add_dots(
                trajectories,
                colouring,
                &placed,
                track,
                line_colour,
                &mut dots,
            );
        }
    }
    if dots.is_empty() {
        return String::new();
    }
    scene.picks_paths = !trajectories.shows_raw();
    scene.clouds.push(dots.cloud(trajectories.shows_raw()));
    decimation.text("Dots")
}

fn path(
    trajectories: &Trajectories<'_>,
    colouring: &Colouring,
    line: &Line<'_>,
    placed: &PlacedLine,
    line_colour: Colour,
) -> Path {
    let values = |of: &[f64]| -> Arc<[f32]> {
        let kept = placed.kept.iter();
        kept.map(|at| colouring.unit(of[*at])).collect()
    };
    let mut path = Path {
        name: line.label.clone(),
        strips: placed.strips.clone(),
        positions_unit: placed.positions_unit.as_slice().into(),
        colour: if colouring.by_value.is_some() {
            PathColour::Values(values(&line.values[3]), colouring.map)
        } else {
            PathColour::Solid(line_colour)
        },
        width_pt: match trajectories.lines.len() {
            1 => 2.0,
            _ if trajectories.few() => 1.4,
            _ => 0.55,
        },
        series_key: line.tracks[0].base.clone(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    };
    if let Some((counts, _)) = &line.spread {
        path.describe = Some(Arc::new(MeanRecords {
            label: line.label.clone(),
            runs: line
                .tracks
                .iter()
                .map(|track| trajectories.runs[track.run as usize].id.clone())
                .collect(),
            steps: placed.kept.iter().map(|at| line.steps[*at]).collect(),
            counts: placed.kept.iter().map(|at| counts[*at]).collect(),
            columns: line.columns(trajectories.coordinates, &placed.kept),
        }));
    } else {
        let track = line.tracks[0];
        let record = |at: &usize| RecordRef {
            run: track.run,
            index: track.index[*at],
        };
        path.records = placed.kept.iter().map(record).collect();
        path.details = details(trajectories, track, &placed.kept);
    }
    path
}

/// The other coordinates of each record as logged, and the smoothed values that are drawn.
pub(super) fn details(
    trajectories: &Trajectories<'_>,
    track: &Track,
    kept: &[usize],
) -> Vec<(String, Arc<[f64]>)> {
    let mut details: Vec<(String, Arc<[f64]>)> = Vec::new();
    let pick = |values: &[f64]| -> Arc<[f64]> { kept.iter().map(|at| values[*at]).collect() };
    for axis in [2, 1, 0, 3] {
        let Some(key) = trajectories.coordinates[axis].key() else {
            continue;
        };
        if *key != track.base && !details.iter().any(|(name, _)| **name == **key) {
            details.push((key.to_string(), pick(&track.raw[axis])));
            let logged_at = &track.logged_at[axis];
            if logged_at.len() == track.steps.len() && *logged_at != track.steps {
                // Between logged values the last one is carried forward, which the hover must show.
                details.push((format!("{key} logged at step"), pick(logged_at)));
            }
        }
    }
    if let Some(smooth) = &track.smooth {
        for axis in [2, 1, 0] {
            if let Some(key) = trajectories.coordinates[axis].key() {
                let name = format!("{key}, mean of {}", trajectories.window);
                details.push((name, pick(&smooth[axis])));
            }
        }
    }
    details
}

/// Adds what shows the place of the lines of few runs by step or time in the box: a curtain below each, or its projection
/// onto the floor where it goes to and fro so much that a curtain would fold.
pub(super) fn add_places(
    trajectories: &Trajectories<'_>,
    colouring: &Colouring,
    scene: &mut Scene,
    placed: &[PlacedLine],
) {
    let has_bands = trajectories.lines.iter().any(|line| line.spread.is_some());
    if trajectories.coordinates[0].key().is_some() || placed.len() > MOST_CURTAINS || has_bands {
        return;
    }
    let folds = placed.iter().any(|line| sideways(line) > MOST_SIDEWAYS);
    for (index, (line, placed)) in trajectories.lines.iter().zip(placed).enumerate() {
        let colour = if colouring.by_value.is_some() {
            BAND_BY_VALUE
        } else {
            colouring.palette.colours[index]
        };
        if folds {
            scene.meshes.extend(shadow(line, placed, colour));
            continue;
        }
        let step = |at: usize| line.steps[placed.kept[at]];
        let colour = MeshColour::Solid(colour);
        scene
            .meshes
            .extend(curtain::mesh(&line.label, placed, colour, step));
    }
}

/// How far a line moves along y in all, in edges of the box.
fn sideways(placed: &PlacedLine) -> f32 {
    let strips = placed.strips.iter();
    let of_strip = |strip: &Range<u32>| -> f32 {
        let places = &placed.positions_unit[strip.start as usize..strip.end as usize];
        places
            .windows(2)
            .map(|pair| (pair[1][1] - pair[0][1]).abs())
            .sum()
    };
    strips.map(of_strip).sum()
}

/// The projection of a line onto the floor, as a flat strip.
fn shadow(line: &Line<'_>, placed: &PlacedLine, colour: Colour) -> Option<Mesh> {
    let (mut positions, mut triangles, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for strip in &placed.strips {
        for at in strip.start as usize + 1..strip.end as usize {
            let ([x0, y0, _], [x1, y1, _]) =
                (placed.positions_unit[at - 1], placed.positions_unit[at]);
            let length = (x1 - x0).hypot(y1 - y0);
            if length == 0.0 {
                continue;
            }
            let across = [(y0 - y1) / length, (x1 - x0) / length].map(|unit| unit * HALF_SHADOW);
            let next = positions.len() as u32;
            for (x, y, side) in [(x0, y0, 1.0), (x0, y0, -1.0), (x1, y1, 1.0), (x1, y1, -1.0)] {
                positions.push([x + side * across[0], y + side * across[1], 0.0]);
            }
            steps.extend([at - 1, at - 1, at, at].map(|at| line.steps[placed.kept[at]]));
            triangles.extend([[next, next + 1, next + 2], [next + 1, next + 3, next + 2]]);
        }
    }
    (!triangles.is_empty()).then(|| Mesh {
        name: format!("{} on the floor", line.label),
        positions_unit: positions.into(),
        triangles: triangles.into(),
        colour: MeshColour::Solid(colour),
        shading: 0.0,
        opacity: 0.5,
        records: None,
        steps: steps.into(),
    })
}

/// A sentence on logged points beyond the axes; empty without any.
pub(super) fn beyond_text(trajectories: &Trajectories<'_>, axes: &[Axis; 3]) -> String {
    let is_given = (0..3).any(|axis| trajectories.settings.range(axis).is_some());
    let are_drawn = trajectories.lines.iter().all(|line| line.spread.is_none());
    if is_given || !are_drawn || !trajectories.few() {
        return String::new();
    }
    let tracks = trajectories.tracks.iter();
    let beyond = |track: &Track| {
        let places =
            (0..track.steps.len()).filter_map(|at| axes::place(axes, point(&track.raw, at)));
        places.filter(|unit| !axes::is_inside(*unit)).count()
    };
    logged_points::beyond_text(tracks.map(beyond).sum())
}

/// Appends the logged points of a track.
fn add_dots(
    trajectories: &Trajectories<'_>,
    colouring: &Colouring,
    placed: &PlacedLine,
    track: &Track,
    line_colour: Colour,
    dots: &mut LoggedPoints,
) {
    let behind_line = trajectories.shows_raw();
    // Points outside of a given range are not drawn; those beyond an axis that the data decide are at its wall.
    let is_given = (0..3).any(|axis| trajectories.settings.range(axis).is_some());
    for (unit, &index) in placed.positions_unit.iter().zip(&placed.kept) {
        let unit = if is_given { *unit } else { at_wall(*unit) };
        let mut colour = line_colour;
        if colouring.by_value.is_some() {
            colour = colouring.map.colour(colouring.unit(track.raw[3][index]));
        }
        if behind_line {
            colour = logged_points::quiet(colour);
        }
        dots.push(unit, colour, track.steps[index]);
    }
    let indices = placed.kept.iter().map(|at| track.index[*at]).collect();
    let run = &trajectories.runs[track.run as usize];
    let details = details(trajectories, track, &placed.kept);
    dots.records.add(run, &track.base, indices, details);
}

fn band_of_line(
    colouring: &Colouring,
    z_axis: &Axis,
    line: &Line<'_>,
    placed: &PlacedLine,
    line_colour: Colour,
) -> Option<Mesh> {
    let height = |value: f64| z_axis.unit_from_value(value).map(|unit| unit as f32);
    band(
        format!("{} ± standard deviation", line.label),
        &placed.positions_unit,
        &placed.strips,
        if colouring.by_value.is_some() {
            BAND_BY_VALUE
        } else {
            line_colour
        },
        |at| {
            let [low, high] = line.band(placed.kept[at])?;
            // A logarithmic axis cannot show zero or less: the band extends to the floor.
            Some([height(low).unwrap_or(0.0), height(high)?])
        },
    )
}

/// Adds arrows in the direction of time along each line.
pub(super) fn add_arrows(
    trajectories: &Trajectories<'_>,
    colouring: &Colouring,
    scene: &mut Scene,
    placed: &[PlacedLine],
) {
    let count = match trajectories.lines.len() {
        1 => ARROWS,
        2..=4 => 4,
        _ => 2,
    };
    for (index, (line, placed)) in trajectories.lines.iter().zip(placed).enumerate() {
        let cones = arrows::cones(
            &placed.positions_unit,
            &placed.strips,
            scene.box_aspect,
            count,
        );
        if cones.triangles.is_empty() {
            continue;
        }
        let step = |at: &u32| line.steps[placed.kept[*at as usize]];
        let value = |at: &u32| colouring.unit(line.values[3][placed.kept[*at as usize]]);
        scene.meshes.push(Mesh {
            steps: cones.at.iter().map(step).collect(),
            name: format!("direction of {}", line.label),
            colour: if colouring.by_value.is_some() {
                MeshColour::Values(cones.at.iter().map(value).collect(), colouring.map)
            } else {
                MeshColour::Solid(colouring.palette.colours[index])
            },
            positions_unit: cones.positions_unit.into(),
            triangles: cones.triangles.into(),
            shading: 0.5,
            opacity: 1.0,
            records: None,
        });
    }
}

/// Sets the colour bar of the lines, or adds them to the legend.
pub(super) fn add_legend(colouring: &Colouring, scene: &mut Scene) {
    if let Some(axis) = &colouring.by_value {
        scene.colour_bar = Some(ColourBar {
            axis: axis.clone(),
            map: colouring.map,
        });
        return;
    }
    if let Some(bar) = &colouring.palette.bar {
        scene.colour_bar = Some(bar.clone());
    }
    // Lines come first in the legend, markers after them.
    let lines = colouring.palette.legend.clone();
    scene.legend.splice(0..0, lines);
}

/// The caption's sentences on lines and dots.
pub(super) fn caption_text(trajectories: &Trajectories<'_>, colouring: &Colouring) -> String {
    let lines = if trajectories.lines.len() == 1 {
        "Line"
    } else {
        "Lines"
    };
    let series: Vec<&str> = trajectories.coordinates[..3]
        .iter()
        .filter_map(|coordinate| Some(&**coordinate.key()?))
        .collect();
    let dots = if trajectories.shows_raw() {
        "; dots: logged values"
    } else {
        ""
    };
    Caption::default()
        .sentence_if(trajectories.window > 1, || {
            format!(
                "{lines}: centred mean of {} over {} points{}{dots}",
                series.join(", "),
                trajectories.window,
                run_rows::chosen_text(trajectories.settings),
            )
        })
        .sentences(
            colouring
                .by_value
                .as_ref()
                .map(|axis| format!("Colour: {}", axis.title)),
        )
        .into_text()
}
