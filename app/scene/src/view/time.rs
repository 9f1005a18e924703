//! Time that stands before the end: paths end there, what comes later vanishes, surfaces and axes stay, so
//! that nothing jumps while it plays.

use std::sync::Arc;

use trainscape_run::{Series, Step};

use super::{ViewSettings, tensors::step_text};
use crate::{
    colour::Colour,
    compute::{Field, MISSING_BELOW, Refine, refine},
    scene::{Markers, NodeRecords, Path, PathColour, Scene, Surface, SurfaceWork},
};

/// What stands where time stands.
const NOW: &str = "now";

/// Smallest and largest step of series within the settings' range; `None` where they span no time.
pub(super) fn range_of<'a>(
    series: impl Iterator<Item = &'a Series>,
    settings: &ViewSettings,
) -> Option<(f64, f64)> {
    let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
    for series in series {
        for range in series.live_ranges() {
            let ends = [range.start, range.end - 1].map(|index| series.get(index));
            for step in ends.into_iter().flatten().map(|point| point.step.as_f64()) {
                first = first.min(step);
                last = last.max(step);
            }
        }
    }
    if let Some((low, high)) = settings.steps {
        (first, last) = (first.max(low), last.min(high));
    }
    (first < last && first.is_finite() && last.is_finite()).then_some((first, last))
}

/// Ends the paths of a scene at a step, marks where they stand, and draws a line across surfaces over steps.
pub(super) fn stop_at(scene: &mut Scene, at: f64) {
    let paths = std::mem::take(&mut scene.paths);
    let mut ended = Vec::with_capacity(paths.len());
    let mut now = Vec::new();
    let mut has_time = false;
    for path in paths {
        let Some(kept) = positions_until(scene, &path, at) else {
            ended.push(path);
            continue;
        };
        has_time = true;
        let ends_later = kept < path.positions_unit.len()
            || kept
                .checked_sub(1)
                .and_then(|last| step_at(scene, &path, last))
                .is_some_and(|step| step >= at);
        if ends_later && let Some(last) = kept.checked_sub(1) {
            now.push(path.positions_unit[last]);
        }
        if kept > 0 {
            ended.push(cut(path, kept));
        }
    }
    scene.paths = ended;
    for surface in &scene.surfaces {
        let Some(column) = column_until(surface, at) else {
            continue;
        };
        has_time = true;
        if let Some(line) = line_across(surface, column) {
            scene.paths.push(line);
        }
    }
    // Where all columns are steps, what stands further along x comes later.
    let x_now = scene
        .surfaces
        .iter()
        .filter_map(|surface| Some(x_of_column(surface, column_until(surface, at)?)))
        .reduce(f32::max);
    if let Some(x_now) = x_now {
        let reached = |position: &[f32; 3]| position[0] <= x_now + 1.0e-5;
        for marks in &mut scene.markers {
            if !marks.positions_unit.iter().all(&reached) {
                marks.positions_unit = marks
                    .positions_unit
                    .iter()
                    .copied()
                    .filter(reached)
                    .collect();
            }
        }
        scene.labels.retain(|label| reached(&label.position_unit));
    }
    scene
        .markers
        .retain(|marks| !marks.positions_unit.is_empty());
    if !now.is_empty() {
        let diameter_pt = if now.len() > 20 { 2.6 } else { 5.0 };
        scene.markers.push(Markers {
            name: NOW.to_owned(),
            positions_unit: now.into(),
            colour: Colour::hex(0xffffff),
            diameter_pt,
            outline: Some(Colour::hex(0x111111)),
        });
    }
    if has_time {
        scene.caption += &format!(" Time stands at step {}.", step_text(at));
    }
}

/// The step of a position of a path, where it stands for one.
fn step_at(scene: &Scene, path: &Path, index: usize) -> Option<f64> {
    match &path.describe {
        Some(describe) => describe.mark(index)?.step,
        None => scene.step_on_path(path, index).map(Step::as_f64),
    }
}

/// How many positions of a path time has reached; `None` where its positions are no steps. Steps never fall
/// along a path.
fn positions_until(scene: &Scene, path: &Path, at: f64) -> Option<usize> {
    let (mut low, mut high) = (0, path.positions_unit.len());
    step_at(scene, path, 0)?;
    while low < high {
        let middle = low + (high - low) / 2;
        if step_at(scene, path, middle)? <= at {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// The first positions of a path.
fn cut(path: Path, kept: usize) -> Path {
    if kept >= path.positions_unit.len() {
        return path;
    }
    let end = kept as u32;
    Path {
        positions_unit: path.positions_unit[..kept].into(),
        strips: path
            .strips
            .iter()
            .filter(|strip| strip.start < end)
            .map(|strip| strip.start..strip.end.min(end))
            .collect(),
        colour: match path.colour {
            PathColour::Values(values, map) => PathColour::Values(values[..kept].into(), map),
            colour => colour,
        },
        records: path.records.iter().copied().take(kept).collect(),
        details: path
            .details
            .into_iter()
            .map(|(name, values)| (name, Arc::from(&values[..kept.min(values.len())])))
            .collect(),
        ..path
    }
}

fn records_over_steps(surface: &Surface) -> Option<&NodeRecords> {
    surface
        .records
        .as_ref()
        .filter(|nodes| !nodes.steps.is_empty() && nodes.steps.len() == nodes.x.len())
}

/// The last column that time has reached.
fn column_until(surface: &Surface, at: f64) -> Option<usize> {
    let nodes = records_over_steps(surface)?;
    nodes.steps.iter().rposition(|step| *step <= at)
}

fn x_of_column(surface: &Surface, column: usize) -> f32 {
    surface
        .records
        .as_ref()
        .and_then(|nodes| nodes.positions_unit.get(column))
        .map_or(1.0, |position| position[0])
}

/// The line of a column over a surface, as the surface runs between its measured nodes.
fn line_across(surface: &Surface, column: usize) -> Option<Path> {
    let nodes = records_over_steps(surface)?;
    let x = x_of_column(surface, column);
    let places: Vec<Option<[f32; 3]>> = match &surface.work {
        SurfaceWork::Refine(work) => {
            let line = refined_column(work, column)?;
            (0..line.y_unit.len())
                .map(|row| line.is_present(0, row).then(|| (row, row * 2)))
                .map(|node| node.map(|(row, node)| [x, line.y_unit[row], line.values[node]]))
                .collect()
        }
        _ => nodes
            .positions_unit
            .iter()
            .zip(nodes.values.iter())
            .skip(column)
            .step_by(nodes.x.len())
            .map(|(place, value)| (!value.is_nan()).then_some(*place))
            .collect(),
    };
    let mut positions = Vec::new();
    let mut strips = Vec::new();
    let mut start = 0;
    for place in places.into_iter().chain([None]) {
        let len = positions.len() as u32;
        if let Some(place) = place {
            positions.push(place);
        } else if len > start {
            strips.push(start..len);
            start = len;
        }
    }
    (positions.len() > 1).then(|| Path {
        name: NOW.to_owned(),
        positions_unit: positions.into(),
        strips,
        colour: PathColour::Theme,
        width_pt: 1.4,
        series_key: NOW.into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    })
}

/// A column as the refining pass draws it: along y it looks at nothing but the column itself.
fn refined_column(work: &Refine, column: usize) -> Option<Field> {
    let nodes = &work.nodes;
    let width = nodes.x_unit.len();
    let of_column = |values: &[f32]| -> Vec<f32> {
        values
            .chunks_exact(width)
            .flat_map(|row| [row[column]; 2])
            .collect()
    };
    let support = of_column(&nodes.support);
    if support.iter().all(|support| *support <= MISSING_BELOW) {
        return None;
    }
    let twice = Field {
        x_unit: vec![0.0, 1.0],
        y_unit: nodes.y_unit.clone(),
        values: of_column(&nodes.values),
        support,
    };
    Some(refine(&Refine {
        nodes: Arc::new(twice),
        factor_x: 1,
        factor_y: work.factor_y,
    }))
}
