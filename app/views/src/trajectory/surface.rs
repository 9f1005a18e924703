//! The surface interpolated through the points of trajectories.

use trainscape_compute::{Field, GridSize, InterpolationMethod, Scatter};
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{ColourBar, Scene, Surface, SurfaceWork},
};

use super::trajectories::{Colouring, Trajectories};
use crate::{
    axes::{self, PlacedLine},
    caption::Caption,
    heights::{self, colour_range, contour_levels, method_name},
};

/// The surface ends at this distance (unit box) from the nearest sample.
const SUPPORT: f32 = 0.075;
/// Nodes of the grid on which the surface is interpolated.
const SIZE: GridSize = GridSize {
    width: 512,
    height: 384,
};
/// The opacity of the surface by default.
const OPACITY: f32 = 0.55;
/// The largest number of samples that a surface is interpolated through.
const MOST_SAMPLES: usize = 60_000;
/// The interpolation by default.
const METHOD: InterpolationMethod = InterpolationMethod::Linear;

/// Adds the surface through the points of all lines, cut off away from them; returns the caption's sentences.
pub(super) fn add(
    trajectories: &Trajectories<'_>,
    colouring: &Colouring,
    scene: &mut Scene,
    placed: &[PlacedLine],
) -> String {
    if !trajectories.recipe.options.surface {
        return String::new();
    }
    let (samples, stride) = thinned(samples(trajectories, &scene.axes, placed));
    if samples.is_empty() {
        return String::new();
    }
    let method = trajectories.settings.method().unwrap_or(METHOD);
    let bar = add_surface(trajectories, scene, samples, method);
    if colouring.by_value.is_none() && colouring.palette.bar.is_none() {
        scene.colour_bar = Some(bar);
    }
    caption_text(trajectories, &scene.axes, method, stride)
}

/// Whether the surface is interpolated through logged x and y rather than through smoothed lines.
fn is_as_logged(trajectories: &Trajectories<'_>) -> bool {
    trajectories.shows_raw() && trajectories.lines.len() == 1
}

fn samples(
    trajectories: &Trajectories<'_>,
    axes: &[Axis; 3],
    placed: &[PlacedLine],
) -> Vec<[f32; 3]> {
    let mut samples: Vec<[f32; 3]> = Vec::new();
    if is_as_logged(trajectories) {
        // Logged x and y with a smoothed height: a surface through the noise of the height has no meaning.
        for track in trajectories.tracks {
            let drawn = track.drawn();
            let at = |i| [track.raw[0][i], track.raw[1][i], drawn[2][i]];
            samples.extend((0..track.steps.len()).filter_map(|i| axes::place(axes, at(i))));
        }
    } else {
        for line in placed {
            for strip in &line.strips {
                let places = &line.positions_unit[strip.start as usize..strip.end as usize];
                heights::along(places, SUPPORT, &mut samples);
            }
        }
    }
    samples
}

/// The samples near the box, at most [`MOST_SAMPLES`], and the stride at which they were taken.
fn thinned(mut samples: Vec<[f32; 3]>) -> (Vec<[f32; 3]>, usize) {
    samples.retain(|place| {
        place[..2]
            .iter()
            .all(|unit| (-SUPPORT..=1.0 + SUPPORT).contains(unit))
    });
    let stride = samples.len().div_ceil(MOST_SAMPLES).max(1);
    (samples.into_iter().step_by(stride).collect(), stride)
}

/// Adds the surface; returns the colour bar of its heights.
fn add_surface(
    trajectories: &Trajectories<'_>,
    scene: &mut Scene,
    mut samples: Vec<[f32; 3]>,
    method: InterpolationMethod,
) -> ColourBar {
    let settings = trajectories.settings;
    let colour_range = colour_range(&Field {
        x_unit: Vec::new(),
        y_unit: Vec::new(),
        values: samples.iter().map(|sample| sample[2]).collect(),
        support: vec![1.0; samples.len()],
    });
    let z_axis = &scene.axes[2];
    let axis = Axis {
        title: z_axis.title.clone(),
        scale: z_axis.scale.clone(),
        low: z_axis.value_from_unit(f64::from(colour_range[0])),
        high: z_axis.value_from_unit(f64::from(colour_range[1])),
    };
    let map = settings.colours(ColourMap::default());
    let contours = settings
        .contours()
        .then(|| contour_levels(&axis, z_axis))
        .flatten();
    if method == InterpolationMethod::Linear {
        samples.extend(far_corners(&samples));
    }
    scene.surfaces.push(Surface {
        work: SurfaceWork::Scatter(Scatter {
            samples: samples.into(),
            method,
            size: SIZE,
            support_radius: Some(SUPPORT),
        }),
        map,
        colour_range,
        shading: settings.shading(),
        contours,
        wireframe: settings.wireframe(),
        floor_projection: settings.floor(false),
        opacity: settings.opacity(OPACITY),
        records: None,
    });
    ColourBar { axis, map }
}

/// Corners far outside the box, at the samples' mean height: with them triangles cover everything near a sample, and
/// the surface's edge is that of the support rather than the ragged one of the convex hull. They support no node.
fn far_corners(samples: &[[f32; 3]]) -> [[f32; 3]; 4] {
    let sum: f64 = samples.iter().map(|sample| f64::from(sample[2])).sum();
    let mean = (sum / samples.len() as f64) as f32;
    [[-2.0, -2.0], [3.0, -2.0], [-2.0, 3.0], [3.0, 3.0]].map(|[x, y]| [x, y, mean])
}

fn caption_text(
    trajectories: &Trajectories<'_>,
    [x, y, z]: &[Axis; 3],
    method: InterpolationMethod,
    stride: usize,
) -> String {
    let through = match (is_as_logged(trajectories), trajectories.lines.len()) {
        (true, _) => format!(
            "the mean {} at each logged {} and {}",
            z.title, x.title, y.title
        ),
        (false, 1) => "the line".to_owned(),
        (false, _) => "the lines".to_owned(),
    };
    Caption::new(format!(
        "The surface is interpolated through {through} ({}) and extends {:.1} % of the axes beyond; its \
         colours show the height",
        method_name(method),
        SUPPORT * 100.0
    ))
    .sentence_if(stride > 1, || {
        format!("It uses one in {stride} of their points")
    })
    .into_text()
}
