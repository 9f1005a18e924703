//! The optimisation trajectory over the landscape.

use std::sync::Arc;

use trainscape_compute::Field;
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Describe, Path, PathColour, Scene,
    },
    ticks::format_derived,
};

use super::{
    grid::{LossGrid, read},
    grids,
};
use crate::{NotAvailable, samples::counted};

/// Positions between two points of the path, so that it follows the surface.
const BETWEEN: usize = 16;

/// Height of the trajectory above the surface (unit box), so that the surface does not hide it.
const LIFT_UNIT: f32 = 0.004;

/// Points of the path, in the order of training.
#[derive(Debug)]
struct TrajectoryRecords {
    names: [String; 2],
    value_name: String,
    places: Vec<[f64; 2]>,
    heights: Vec<f64>,
    count: usize,
    /// Number of each drawn point among all.
    numbers: Vec<usize>,
}

impl Describe for TrajectoryRecords {
    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(place) = self.places.get(index) else {
            return Vec::new();
        };
        vec![
            (
                "trajectory".to_owned(),
                format!("point {} of {}", self.numbers[index] + 1, self.count),
            ),
            (self.names[0].clone(), place[0].to_string()),
            (self.names[1].clone(), place[1].to_string()),
            (
                format!("{} (interpolated)", self.value_name),
                format_derived(self.heights[index]),
            ),
        ]
    }
}

/// Adds the trajectory, where the files have one; returns a sentence for the caption.
pub(super) fn add(
    scene: &mut Scene,
    found: &grids::FoundGrid,
    grid: &LossGrid,
    refined: &Field,
) -> Result<String, NotAvailable> {
    let Some(tensors) = grids::trajectory(found) else {
        return Ok(String::new());
    };
    if grid.x.are_indices || grid.y.are_indices {
        return Ok(
            "The optimisation trajectory is not drawn: the grid has no coordinates.".to_owned(),
        );
    }
    let places = places(&tensors)?;
    let unit = {
        let [x_axis, y_axis, _] = scene.axes.clone();
        move |place: [f64; 2]| on_surface(refined, [&x_axis, &y_axis], place)
    };
    let drawn: Vec<(usize, [f32; 3])> = places
        .iter()
        .enumerate()
        .filter_map(|(index, place)| Some((index, unit(*place)?)))
        .collect();
    if !drawn.is_empty() {
        scene.paths.push(line(&places, &unit));
        let cloud = cloud(&scene.axes, found, &places, &drawn);
        scene.clouds.push(cloud);
    }
    Ok(caption(places.len(), drawn.len()))
}

fn caption(points: usize, drawn: usize) -> String {
    let points_text = counted(points, "point");
    let start = format!("Line: optimisation trajectory with {points_text}");
    if drawn == 0 {
        return format!("{start}, none of them above the surface.");
    }
    let mut text =
        format!("{start}, from first (dark) to last (light), drawn at the height of the surface");
    if drawn < points {
        text += &format!(
            "; {} outside the surface or above a missing value not drawn",
            counted(points - drawn, "point")
        );
    }
    text + "."
}

/// A place just above the surface; `None` where there is no surface.
fn on_surface(refined: &Field, axes: [&Axis; 2], place: [f64; 2]) -> Option<[f32; 3]> {
    let [x, y] = place_unit(axes, place)?;
    let z = height_at(refined, [x, y])?;
    Some([x, y, (z + LIFT_UNIT).min(1.0)])
}

/// Place of a point in the colour map, by its number.
fn share(number: f64, count: usize) -> f32 {
    (number / (count - 1).max(1) as f64) as f32
}

/// The path as a line that follows the surface.
fn line(places: &[[f64; 2]], unit: &dyn Fn([f64; 2]) -> Option<[f32; 3]>) -> Path {
    let mut positions: Vec<[f32; 3]> = Vec::new();
    let mut values: Vec<f32> = Vec::new();
    let mut strips = Vec::new();
    let mut start = 0_u32;
    for (index, pair) in places.windows(2).enumerate() {
        let [from, to] = [pair[0], pair[1]];
        for step in 0..=BETWEEN {
            let part = step as f64 / BETWEEN as f64;
            let place = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * part);
            match unit(place) {
                Some(position)
                    if positions.last() != Some(&position) || positions.len() as u32 == start =>
                {
                    positions.push(position);
                    values.push(share(index as f64 + part, places.len()));
                }
                Some(_) => {}
                None => {
                    if positions.len() as u32 > start {
                        strips.push(start..positions.len() as u32);
                    }
                    start = positions.len() as u32;
                }
            }
        }
    }
    if positions.len() as u32 > start {
        strips.push(start..positions.len() as u32);
    }
    Path {
        name: "optimisation trajectory".to_owned(),
        positions_unit: positions.into(),
        strips,
        colour: PathColour::Values(values.into(), ColourMap::Plasma),
        width_pt: 1.6,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    }
}

/// The points of the path.
fn cloud(
    [x_axis, y_axis, z_axis]: &[Axis; 3],
    found: &grids::FoundGrid,
    places: &[[f64; 2]],
    drawn: &[(usize, [f32; 3])],
) -> Cloud {
    let points = drawn.iter().map(|(index, position_unit)| CloudPoint {
        position_unit: *position_unit,
        value: share(*index as f64, places.len()),
    });
    let records = TrajectoryRecords {
        names: [x_axis.title.clone(), y_axis.title.clone()],
        value_name: found.own_name().to_owned(),
        places: drawn.iter().map(|(index, _)| places[*index]).collect(),
        heights: drawn
            .iter()
            .map(|(_, position)| z_axis.value_from_unit(f64::from(position[2] - LIFT_UNIT)))
            .collect(),
        count: places.len(),
        numbers: drawn.iter().map(|(index, _)| *index).collect(),
    };
    Cloud {
        steps: Arc::new([]),
        name: "optimisation trajectory".to_owned(),
        work: CloudWork::Points(points.collect()),
        colour: CloudColour::Map(ColourMap::Plasma),
        size: CloudSize::Constant(4.5),
        floor_projection: false,
        opacity: 1.0,
        records: Some(Arc::new(records)),
    }
}

fn places(tensors: &[Arc<trainscape_run::Tensor>]) -> Result<Vec<[f64; 2]>, NotAvailable> {
    let places: Vec<[f64; 2]> = match tensors {
        [x, y] => read(x)?
            .into_iter()
            .zip(read(y)?)
            .map(|(x, y)| [x, y])
            .collect(),
        [both, ..] => {
            let width = both.shape.get(1).copied().unwrap_or(2).max(2);
            read(both)?
                .chunks_exact(width)
                .map(|place| [place[0], place[1]])
                .collect()
        }
        [] => Vec::new(),
    };
    Ok(places
        .into_iter()
        .filter(|place| place.iter().all(|value| value.is_finite()))
        .collect())
}

/// Bilinear height of a grid of nodes; `None` outside of it and in cells with a missing node.
pub(super) fn height_at(field: &Field, place_unit: [f32; 2]) -> Option<f32> {
    let (column, part_x) = cell(&field.x_unit, place_unit[0])?;
    let (row, part_y) = cell(&field.y_unit, place_unit[1])?;
    let width = field.x_unit.len();
    let node = |column: usize, row: usize| {
        field
            .is_present(column, row)
            .then(|| field.values[row * width + column])
    };
    let along = |row: usize| -> Option<f32> {
        let (from, to) = (node(column, row)?, node(column + 1, row)?);
        Some(from + (to - from) * part_x)
    };
    let (from, to) = (along(row)?, along(row + 1)?);
    Some(from + (to - from) * part_y)
}

/// The cell that contains a position, and the position within it.
fn cell(nodes: &[f32], at: f32) -> Option<(usize, f32)> {
    let (first, last) = (*nodes.first()?, *nodes.last()?);
    // Rounding must not put the grid's own corners outside.
    let slack = (last - first) * 1e-5;
    if nodes.len() < 2 || !(at >= first - slack && at <= last + slack) {
        return None;
    }
    let at = at.clamp(first, last);
    let index = nodes
        .partition_point(|node| *node <= at)
        .clamp(1, nodes.len() - 1)
        - 1;
    Some((
        index,
        (at - nodes[index]) / (nodes[index + 1] - nodes[index]),
    ))
}

/// The position of a value pair in the unit box; `None` where an axis cannot show it.
pub(super) fn place_unit(axes: [&Axis; 2], place: [f64; 2]) -> Option<[f32; 2]> {
    Some([
        axes[0].unit_from_value(place[0])? as f32,
        axes[1].unit_from_value(place[1])? as f32,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_compute::MISSING;

    #[test]
    fn heights_between_nodes_are_bilinear_and_holes_have_none() {
        let mut field = Field {
            x_unit: vec![0.0, 0.5, 1.0],
            y_unit: vec![0.0, 1.0],
            values: vec![0.0, 0.5, 1.0, 1.0, 1.5, 2.0],
            support: vec![1.0; 6],
        };
        assert_eq!(height_at(&field, [0.25, 0.5]), Some(0.75));
        assert_eq!(height_at(&field, [1.0, 1.0]), Some(2.0));
        assert_eq!(height_at(&field, [1.1, 0.5]), None);
        field.support[2] = MISSING;
        assert_eq!(height_at(&field, [0.75, 0.5]), None);
        assert_eq!(height_at(&field, [0.25, 0.5]), Some(0.75));
    }
}
