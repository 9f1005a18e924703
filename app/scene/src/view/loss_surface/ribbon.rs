//! The ribbon of single runs: where a run has been in step x learning rate, no wider, with its trajectory.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::Series;

use super::Member;
use crate::{
    axis::{Axis, Scale},
    colour::run_colour,
    compute::{Field, GridSize, Method, Scatter},
    scene::{ColourBar, LegendEntry, Markers, Path, PathColour, Scene, Surface, SurfaceWork},
    view::{
        NotAvailable, ViewKind, ViewSettings,
        heights::{along, colour_range, contour_levels, method_name},
        samples::{self, Follower, Samples, counted, left_out},
    },
};

/// Half the ribbon's width, as a share of the box's edge.
const HALF_WIDTH: f32 = 0.045;
/// Nodes of the grid that the ribbon is cut from.
const SIZE: GridSize = GridSize {
    width: 1024,
    height: 512,
};
/// The ribbon averages this share of a run's points by default; the trajectory shows each one.
const SMOOTHING_SHARE: usize = 20;

struct Track {
    member: usize,
    samples: Samples,
    second: Vec<f64>,
    smooth: Vec<f64>,
    carried: usize,
}

pub(super) fn build(
    members: &[Member],
    second_key: &str,
    second: &[Arc<Series>],
    notes: &[String],
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let runs: Vec<_> = members.iter().map(|member| member.run.clone()).collect();
    let key = members[0].loss.key().clone();
    let y_log = settings.log[1].unwrap_or(false);
    let mut window = 1;
    let tracks: Vec<Track> = members
        .iter()
        .zip(second)
        .enumerate()
        .map(|(member, (Member { run, loss, .. }, second))| {
            let mut track = track(member, samples::samples(run, loss, settings), second, y_log);
            let own = settings
                .smoothing
                .unwrap_or(track.samples.points.len() / SMOOTHING_SHARE);
            window = window.max(own | 1);
            track.smooth = samples::smoothed(&track.samples, own | 1);
            track
        })
        .filter(|track| !track.samples.points.is_empty())
        .collect();
    if tracks.is_empty() {
        return Err(NotAvailable::new(format!(
            "no step within the chosen range has both `{key}` and `{second_key}`"
        )));
    }
    let (x_title, x_scale) = samples::x_title(&runs, &key, settings);
    let x_scale = if settings.log[0] == Some(true) {
        Scale::Log10
    } else {
        x_scale
    };
    let points = || tracks.iter().flat_map(|track| &track.samples.points);
    let x_axis = Axis::spanning(x_title, x_scale, points().map(|sample| sample.x));
    let y_scale = if y_log { Scale::Log10 } else { Scale::Linear };
    let seconds = tracks.iter().flat_map(|track| track.second.iter().copied());
    let y_title = second_title(second_key);
    let y_axis = Axis::spanning(y_title.clone(), y_scale, seconds).rounded_outward();
    let z_scale = if settings.log[2] == Some(true) {
        Scale::Log10
    } else {
        Scale::Linear
    };
    let z_axis = Axis::spanning(key.as_ref(), z_scale, points().map(|sample| sample.value))
        .rounded_outward();
    let axes = [x_axis, y_axis, z_axis];
    let place = |x: f64, y: f64, z: f64| -> Option<[f32; 3]> {
        let [x_axis, y_axis, z_axis] = &axes;
        Some([
            x_axis.unit_from_value(x)? as f32,
            y_axis.unit_from_value(y)? as f32,
            z_axis.unit_from_value(z)? as f32,
        ])
    };

    let mut scattered = Vec::new();
    for track in &tracks {
        let at = track
            .samples
            .points
            .iter()
            .zip(&track.second)
            .zip(&track.smooth);
        let places: Vec<_> = at
            .map(|((sample, second), smooth)| place(sample.x, *second, *smooth))
            .collect();
        for strip in track.samples.strips() {
            let places = places[strip.start as usize..strip.end as usize].iter();
            let places: Vec<[f32; 3]> = places.copied().flatten().collect();
            along(&places, HALF_WIDTH, &mut scattered);
        }
    }
    let scattered: Arc<[[f32; 3]]> = scattered.into();
    let heights = Field {
        x_unit: Vec::new(),
        y_unit: Vec::new(),
        values: scattered.iter().map(|sample| sample[2]).collect(),
        support: vec![1.0; scattered.len()],
    };
    let colour_range = colour_range(&heights);
    let method = settings.method.unwrap_or(Method::Nearest);
    let map = settings.map.unwrap_or_default();
    let z_axis = &axes[2];
    let bar_axis = Axis {
        title: key.to_string(),
        scale: z_axis.scale.clone(),
        low: z_axis.value_from_unit(f64::from(colour_range[0])),
        high: z_axis.value_from_unit(f64::from(colour_range[1])),
    };
    let contours = settings
        .contours
        .then(|| contour_levels(&bar_axis, z_axis))
        .flatten();
    let surface = Surface {
        work: SurfaceWork::Scatter(Scatter {
            samples: scattered,
            method,
            size: SIZE,
            support_radius: Some(HALF_WIDTH),
        }),
        map,
        colour_range,
        shading: settings.shading,
        contours,
        wireframe: settings.wireframe,
        // A ribbon in the air is read by its shadow.
        floor_projection: settings.floor_projection.unwrap_or(true),
        opacity: 1.0,
        records: None,
    };

    let mut scene = Scene {
        view: ViewKind::LossSurface,
        title: format!("{key} along {} and {y_title}", axes[0].title),
        caption: String::new(),
        axes: axes.clone(),
        box_aspect: [1.45, 1.15, 0.78],
        default_view: [(-76.0_f32).to_radians(), 31.0_f32.to_radians()],
        surfaces: vec![surface],
        meshes: Vec::new(),
        paths: Vec::new(),
        clouds: Vec::new(),
        markers: Vec::new(),
        labels: Vec::new(),
        colour_bar: Some(ColourBar {
            axis: bar_axis,
            map,
        }),
        legend: Vec::new(),
        keys: BTreeMap::from([
            ("loss".to_owned(), key.to_string()),
            ("second".to_owned(), second_key.to_owned()),
        ]),
        runs,
    };
    let labels = samples::labels_of_runs(&scene.runs);
    for track in &tracks {
        let member = &members[track.member];
        let at = track.samples.points.iter().zip(&track.second);
        let positions: Option<Arc<[[f32; 3]]>> = at
            .map(|(sample, second)| place(sample.x, *second, sample.value))
            .collect();
        let Some(positions_unit) = positions else {
            continue;
        };
        let colour = if tracks.len() == 1 {
            PathColour::Quiet
        } else {
            PathColour::Solid(run_colour(members[track.member].place))
        };
        scene.legend.push(LegendEntry {
            label: labels[track.member].clone(),
            colour: match colour {
                PathColour::Solid(colour) => Some(colour),
                _ => None,
            },
            dot: false,
        });
        if settings.samples {
            scene.markers.push(Markers {
                name: "samples".to_owned(),
                positions_unit: positions_unit.clone(),
                colour: run_colour(members[track.member].place),
                diameter_pt: 1.8,
                outline: None,
            });
        }
        scene.paths.push(Path {
            name: member.run.name.to_string(),
            strips: track.samples.strips(),
            colour,
            width_pt: 0.5,
            series_key: key.clone(),
            records: samples::records(track.member as u32, &track.samples.points),
            positions_unit,
            details: vec![(second_key.to_owned(), track.second.clone().into())],
            describe: None,
        });
    }
    if tracks.len() == 1 {
        scene.legend.clear();
    }
    let count: usize = tracks.iter().map(|track| track.samples.points.len()).sum();
    let superseded = tracks.iter().map(|track| track.samples.superseded).sum();
    let non_finite = tracks.iter().map(|track| track.samples.non_finite).sum();
    let carried: usize = tracks.iter().map(|track| track.carried).sum();
    let averaged = if window > 1 {
        format!(" (centred mean over {window} points)")
    } else {
        String::new()
    };
    let of_run = match tracks.as_slice() {
        [track] => format!("run {}", members[track.member].run.name),
        more => counted(more.len(), "run"),
    };
    let mut caption = format!(
        "{key} against {second_key} of {of_run}: the line joins all {}; the ribbon{averaged} \
         follows it and ends {:.1} % of the axes beside it ({}).{}",
        counted(count, "logged point"),
        f64::from(HALF_WIDTH) * 100.0,
        method_name(method),
        left_out(superseded, non_finite),
    );
    if carried > 0 {
        caption += &format!(
            " {} where {second_key} was not logged use its last value.",
            counted(carried, "point")
        );
    }
    for note in notes {
        caption += &format!(" {note}.");
    }
    scene.caption = caption.replace('`', "");
    Ok(scene)
}

fn second_title(key: &str) -> String {
    match key.rsplit('/').next().unwrap_or(key) {
        "lr" | "learning_rate" | "learning-rate" => "learning rate".to_owned(),
        other => other.to_owned(),
    }
}

/// Keeps the samples at which the second series has a value that its axis can show.
fn track(member: usize, mut samples: Samples, second: &Series, y_log: bool) -> Track {
    let mut follower = Follower::new(second);
    let mut values = Vec::with_capacity(samples.points.len());
    let mut carried = 0;
    let mut kept_before = Vec::with_capacity(samples.points.len() + 1);
    samples.points.retain(|sample| {
        kept_before.push(values.len() as u32);
        let Some((value, was_carried)) = follower.value_at(sample.step) else {
            return false;
        };
        let shown = value.is_finite() && (!y_log || value > 0.0);
        if shown {
            values.push(value);
            carried += usize::from(was_carried);
        }
        shown
    });
    kept_before.push(values.len() as u32);
    for gap in &mut samples.gaps {
        *gap = kept_before[*gap as usize];
    }
    samples.gaps.dedup();
    Track {
        member,
        samples,
        second: values,
        smooth: Vec::new(),
        carried,
    }
}
