//! Surfaces and meshes through points, and bars.

use std::sync::Arc;

use trainscape_compute::{GridSize, InterpolationMethod, Scatter};
use trainscape_scene::scene::{ColourBar, Mesh, MeshColour, Scene, Surface, SurfaceWork};

use super::drawing::SeriesDrawing;
use crate::{
    NotAvailable, boxes,
    custom::geometry::{MAX_BARS, between, upright},
    heights,
    samples::counted,
};

/// The largest number of points of a mesh.
const MAX_MESH_POINTS: usize = 200_000;

pub(super) fn surface(scene: &mut Scene, drawing: &SeriesDrawing<'_>) -> Result<(), NotAvailable> {
    let SeriesDrawing { spec, settings, .. } = drawing;
    if let Some(colour) = &spec.colour {
        let what = "a surface is coloured by its height: remove `colour`, or draw a mesh";
        return Err(NotAvailable::new(spec.at(colour.line, what)));
    }
    let places = drawing.placed.positions.iter().flatten();
    let samples: Arc<[[f32; 3]]> = places.filter_map(|place| *place).collect();
    if !spans_plane(&samples) {
        let what = format!(
            "the points of `{}` are collinear in the x-y plane, so no surface can be interpolated",
            spec.name
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let [low, high] = height_range(&samples);
    let colour_range = if low < high { [low, high] } else { [0.0, 1.0] };
    let z_axis = &scene.axes[2];
    let bar = between(z_axis, colour_range);
    let contours = settings
        .contours()
        .then(|| heights::contour_levels(&bar, z_axis))
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
        map: drawing.map,
        colour_range,
        shading: settings.shading(),
        contours,
        wireframe: settings.wireframe(),
        floor_projection: settings.floor(false),
        opacity: settings.opacity(1.0),
        records: None,
    });
    scene.colour_bar = Some(ColourBar {
        axis: bar,
        map: drawing.map,
    });
    Ok(())
}

fn height_range(positions: &[[f32; 3]]) -> [f32; 2] {
    let heights = positions.iter().map(|position| position[2]);
    heights.fold([f32::MAX, f32::MIN], |[low, high], height| {
        [low.min(height), high.max(height)]
    })
}

/// Whether the points are not collinear in the x-y plane.
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

pub(super) fn mesh(scene: &mut Scene, drawing: &SeriesDrawing<'_>) -> Result<(), NotAvailable> {
    let SeriesDrawing { spec, settings, .. } = drawing;
    let selected = drawing.select(1, |_, _| true);
    let positions = selected.positions;
    if positions.len() > MAX_MESH_POINTS || !spans_plane(&positions) {
        let what = format!(
            "a mesh needs points that are not collinear in the x-y plane, at most {MAX_MESH_POINTS}, and `{}` has {}",
            spec.name,
            counted(positions.len(), "point")
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let colour = if drawing.colours.is_some() {
        let colours = selected.colours.iter();
        let shares = colours.map(|colour| drawing.share(*colour).unwrap_or(0.0));
        MeshColour::Values(shares.collect(), drawing.map)
    } else {
        let ends_unit = height_range(&positions);
        scene.colour_bar = Some(ColourBar {
            axis: between(&scene.axes[2], ends_unit),
            map: drawing.map,
        });
        MeshColour::Height(drawing.map, ends_unit)
    };
    scene.meshes.push(Mesh {
        steps: Arc::new([]),
        name: spec.name.clone(),
        triangles: triangles(&positions),
        positions_unit: positions.into(),
        colour,
        shading: settings.shading(),
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(selected.records)),
    });
    Ok(())
}

/// The Delaunay triangulation of points seen from above.
fn triangles(positions: &[[f32; 3]]) -> Arc<[[u32; 3]]> {
    let flat: Vec<delaunator::Point> = positions
        .iter()
        .map(|position| delaunator::Point {
            x: f64::from(position[0]),
            y: f64::from(position[1]),
        })
        .collect();
    let corners = delaunator::triangulate(&flat).triangles;
    corners
        .chunks_exact(3)
        .map(|triangle| [0, 1, 2].map(|at| triangle[at] as u32))
        .collect()
}

pub(super) fn bars(scene: &mut Scene, drawing: &SeriesDrawing<'_>) -> Result<(), NotAvailable> {
    let SeriesDrawing { spec, settings, .. } = drawing;
    let selected = drawing.select(boxes::CORNERS, |_, _| true);
    let positions = &selected.positions;
    if positions.len() > MAX_BARS {
        let what = format!(
            "{} bars are too many to draw: filter them, as in `filter = \"step % 100 == 0\"`",
            positions.len()
        );
        return Err(NotAvailable::new(spec.at(spec.line, &what)));
    }
    let bars = upright(scene, positions, |index| {
        let share = drawing.share(selected.colours[index]);
        share.unwrap_or(positions[index][2])
    });
    scene.meshes.push(boxes::mesh(
        &spec.name,
        &bars,
        drawing.map,
        settings.shading(),
        settings.opacity(1.0),
        Some(Arc::new(selected.records)),
    ));
    if drawing.colours.is_none() {
        scene.colour_bar = Some(ColourBar {
            axis: scene.axes[2].clone(),
            map: drawing.map,
        });
    }
    Ok(())
}
