//! The surface interpolated through the points of trajectories.

use std::ops::Range;

use rayon::prelude::*;
use trainscape_compute::{Field, GridSize, InterpolationMethod, Scatter, interpolate_at};
use trainscape_scene::{
    axis::Axis,
    colour::ColourMap,
    scene::{ColourBar, Scene, Surface, SurfaceWork},
};

use super::trajectories::{Colouring, Trajectories, point};
use crate::{
    axes::{self, PlacedLine},
    caption::Caption,
    heights::{self, colour_range, contour_levels, method_name},
    held_out::{self, SurfaceTest},
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
/// The largest number of held-out points that are predicted.
const MOST_TESTED: usize = 20_000;
/// The interpolation by default.
pub(super) const METHOD: InterpolationMethod = InterpolationMethod::Linear;

/// Adds the surface through the points of all lines, cut off away from them, where it is asked for or predicts held-out
/// points; returns the caption's sentences.
pub(super) fn add(
    trajectories: &Trajectories<'_>,
    colouring: &Colouring,
    scene: &mut Scene,
    placed: &[PlacedLine],
) -> String {
    let wanted = trajectories.recipe.options.surface;
    if wanted == Some(false) {
        return String::new();
    }
    let method = trajectories.settings.method().unwrap_or(METHOD);
    let test = held_out_test(trajectories, &scene.axes, placed, method);
    let (samples, stride) = thinned(samples(trajectories, &scene.axes, placed, 0..0));
    let is_drawn = wanted.unwrap_or_else(|| test.allows()) && !samples.is_empty();
    if !is_drawn {
        return test.sentence(false);
    }
    let bar = add_surface(trajectories, scene, samples, method);
    if colouring.by_value.is_none() && colouring.palette.bar.is_none() {
        scene.colour_bar = Some(bar);
    }
    Caption::new(caption_text(trajectories, &scene.axes, method, stride))
        .sentence(test.sentence(true))
        .into_text()
}

/// Whether the surface is interpolated through logged x and y rather than through smoothed lines.
fn is_as_logged(trajectories: &Trajectories<'_>) -> bool {
    trajectories.shows_raw() && trajectories.lines.len() == 1
}

/// Whether the interpolation predicts the heights of blocks of the only line. The blocks are compared as logged, and
/// no average that includes one of their points takes part in its prediction.
fn held_out_test(
    trajectories: &Trajectories<'_>,
    axes: &[Axis; 3],
    placed: &[PlacedLine],
    method: InterpolationMethod,
) -> SurfaceTest {
    let [line] = trajectories.lines else {
        return SurfaceTest::IndependentRuns;
    };
    let values = if is_as_logged(trajectories) {
        &line.tracks[0].raw
    } else {
        &line.values
    };
    let len = line.steps.len();
    let half = trajectories.window / 2;
    let stride = len.div_ceil(MOST_TESTED).max(1);
    let of_blocks: Vec<(Vec<f64>, Vec<Option<f64>>)> = held_out::blocks(len)
        .into_par_iter()
        .map(|block| {
            let measured: Vec<[f32; 3]> = block
                .clone()
                .step_by(stride)
                .filter_map(|at| axes::place(axes, point(values, at)))
                .filter(|place| place[..2].iter().all(|unit| (0.0..=1.0).contains(unit)))
                .collect();
            let purged = block.start.saturating_sub(half)..(block.end + half).min(len);
            let (mut others, _) = thinned(samples(trajectories, axes, placed, purged));
            if method == InterpolationMethod::Linear && !others.is_empty() {
                others.extend(far_corners(&others));
            }
            let places: Vec<[f32; 2]> = measured.iter().map(|[x, y, _]| [*x, *y]).collect();
            // Samples that span no surface predict nothing.
            let predicted = interpolate_at(&others, method, Some(SUPPORT), &places)
                .unwrap_or_else(|_| vec![None; places.len()]);
            (
                measured.iter().map(|place| f64::from(place[2])).collect(),
                predicted.into_iter().map(|z| z.map(f64::from)).collect(),
            )
        })
        .collect();
    let (measured, predicted): (Vec<_>, Vec<_>) = of_blocks.into_iter().unzip();
    SurfaceTest::of(
        &measured.concat(),
        &predicted.concat(),
        format!("{} inner blocks of the path", held_out::blocks(len).len()),
    )
}

/// The samples of the surface, without those of the points `except` of each line.
fn samples(
    trajectories: &Trajectories<'_>,
    axes: &[Axis; 3],
    placed: &[PlacedLine],
    except: Range<usize>,
) -> Vec<[f32; 3]> {
    let mut samples: Vec<[f32; 3]> = Vec::new();
    if is_as_logged(trajectories) {
        // Logged x and y with a smoothed height: a surface through the noise of the height has no meaning.
        for track in trajectories.tracks {
            let drawn = track.drawn();
            let at = |i| [track.raw[0][i], track.raw[1][i], drawn[2][i]];
            let kept = (0..track.steps.len()).filter(|at| !except.contains(at));
            samples.extend(kept.filter_map(|i| axes::place(axes, at(i))));
        }
        return samples;
    }
    for (line, placed) in trajectories.lines.iter().zip(placed) {
        for segment in &line.segments {
            let segment = segment.start as usize..segment.end as usize;
            let mut piece: Vec<[f32; 3]> = Vec::new();
            for (at, place) in placed.kept.iter().zip(&placed.positions_unit) {
                if segment.contains(at) && !except.contains(at) {
                    piece.push(*place);
                } else {
                    heights::along(&piece, SUPPORT, &mut samples);
                    piece.clear();
                }
            }
            heights::along(&piece, SUPPORT, &mut samples);
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
