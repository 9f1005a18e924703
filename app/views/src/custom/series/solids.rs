//! What is drawn through points as a whole: surfaces, meshes and bars.

use std::sync::Arc;

use trainscape_compute::{GridSize, InterpolationMethod, Scatter};
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{ColourBar, Mesh, MeshColour, Scene, Surface, SurfaceWork},
};

use super::{Placed, describe, share};
use crate::{
    NotAvailable, ViewSettings,
    boxes::{self, Bar},
    custom::{columns::Expressions, spec::Spec},
    heights,
    samples::counted,
};

/// More bars than this are a surface.
const MAX_BARS: usize = 20_000;

/// Samples from which triangles are made.
const MAX_MESH_POINTS: usize = 200_000;

pub(super) fn surface(
    scene: &mut Scene,
    spec: &Spec,
    placed: &Placed,
    map: ColourMap,
    settings: &ViewSettings,
) -> Result<(), NotAvailable> {
    if let Some(colour) = &spec.colour {
        let what = "a surface is coloured by its height: leave `colour` out, or draw a mesh";
        return Err(NotAvailable::new(spec.at(colour.line, what)));
    }
    let samples: Arc<[[f32; 3]]> = placed
        .positions
        .iter()
        .flatten()
        .filter_map(|place| *place)
        .collect();
    if !spans_plane(&samples) {
        let what = format!(
            "the points of `{}` lie on one line seen from above, so there is no surface through them",
            spec.name
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let (low, high) = samples
        .iter()
        .fold((f32::MAX, f32::MIN), |(low, high), sample| {
            (low.min(sample[2]), high.max(sample[2]))
        });
    let colour_range = if low < high { [low, high] } else { [0.0, 1.0] };
    let z_axis = scene.axes[2].clone();
    let at = |unit: f32| z_axis.value_from_unit(f64::from(unit));
    let bar = Axis {
        low: at(colour_range[0]),
        high: at(colour_range[1]),
        ..z_axis.clone()
    };
    let contours = settings
        .contours()
        .then(|| heights::contour_levels(&bar, &z_axis))
        .flatten();
    scene.surfaces.push(Surface {
        work: SurfaceWork::Scatter(Scatter {
            samples,
            method: settings.method().unwrap_or(InterpolationMethod::Linear),
            size: GridSize {
                width: 320,
                height: 240,
            },
            support_radius: None,
        }),
        map,
        colour_range,
        shading: settings.shading(),
        contours,
        wireframe: settings.wireframe(),
        floor_projection: settings.floor(false),
        opacity: settings.opacity(1.0),
        records: None,
    });
    scene.colour_bar = Some(ColourBar { axis: bar, map });
    Ok(())
}

/// Whether three points make a triangle seen from above.
fn spans_plane(samples: &[[f32; 3]]) -> bool {
    let Some(first) = samples.first() else {
        return false;
    };
    let away = |sample: &[f32; 3]| (sample[0] - first[0]).hypot(sample[1] - first[1]);
    let Some(far) = samples.iter().max_by(|a, b| away(a).total_cmp(&away(b))) else {
        return false;
    };
    let cross = |sample: &[f32; 3]| {
        ((far[0] - first[0]) * (sample[1] - first[1])
            - (far[1] - first[1]) * (sample[0] - first[0]))
            .abs()
    };
    samples.iter().any(|sample| cross(sample) > 1e-5)
}

pub(super) fn mesh(
    scene: &mut Scene,
    spec: &Spec,
    placed: &Placed,
    expressions: &Expressions,
    colours: Option<&Axis>,
    map: ColourMap,
    settings: &ViewSettings,
) -> Result<(), NotAvailable> {
    let (positions, values, points) = describe(scene, placed, expressions, 1, &|_, _| true);
    if positions.len() > MAX_MESH_POINTS || !spans_plane(&positions) {
        let what = format!(
            "a mesh goes through points that span a plane, {MAX_MESH_POINTS} at most, and `{}` has {}",
            spec.name,
            counted(positions.len(), "point")
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let flat: Vec<delaunator::Point> = positions
        .iter()
        .map(|position| delaunator::Point {
            x: f64::from(position[0]),
            y: f64::from(position[1]),
        })
        .collect();
    let found = delaunator::triangulate(&flat).triangles;
    let triangles: Arc<[[u32; 3]]> = found
        .chunks_exact(3)
        .map(|triangle| [0, 1, 2].map(|at| triangle[at] as u32))
        .collect();
    let colour = match colours {
        Some(axis) => MeshColour::Values(
            values
                .iter()
                .map(|value| value.map_or(0.0, |value| share(axis, value)))
                .collect(),
            map,
        ),
        None => {
            let heights = positions.iter().map(|position| position[2]);
            let (low, high) = heights.fold((f32::MAX, f32::MIN), |(low, high), height| {
                (low.min(height), high.max(height))
            });
            MeshColour::Height(map, [low, high])
        }
    };
    if let MeshColour::Height(map, [low, high]) = colour {
        let axis = &scene.axes[2];
        let at = |unit: f32| axis.value_from_unit(f64::from(unit));
        scene.colour_bar = Some(ColourBar {
            axis: Axis {
                low: at(low),
                high: at(high),
                ..axis.clone()
            },
            map,
        });
    }
    scene.meshes.push(Mesh {
        steps: Arc::new([]),
        name: spec.name.clone(),
        positions_unit: positions.into(),
        triangles,
        colour,
        shading: settings.shading(),
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(points)),
    });
    Ok(())
}

pub(super) fn bars(
    scene: &mut Scene,
    spec: &Spec,
    placed: &Placed,
    expressions: &Expressions,
    colours: Option<&Axis>,
    map: ColourMap,
    settings: &ViewSettings,
) -> Result<(), NotAvailable> {
    let (positions, values, points) =
        describe(scene, placed, expressions, boxes::CORNERS, &|_, _| true);
    if positions.len() > MAX_BARS {
        let what = format!(
            "{} bars are too many to draw: filter them, as in `filter = \"step % 100 == 0\"`",
            positions.len()
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let bars = upright(scene, &positions, |index| match (colours, values[index]) {
        (Some(axis), Some(value)) => share(axis, value),
        _ => positions[index][2],
    });
    let opacity = settings.opacity(1.0);
    scene.meshes.push(boxes::mesh(
        &spec.name,
        &bars,
        map,
        settings.shading(),
        opacity,
        Some(Arc::new(points)),
    ));
    if colours.is_none() {
        scene.colour_bar = Some(ColourBar {
            axis: scene.axes[2].clone(),
            map,
        });
    }
    Ok(())
}

/// Bars from the floor, or from zero where the axis shows it, as wide as they have room.
pub(in crate::custom) fn upright(
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
