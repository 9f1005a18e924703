//! The scene of trajectories: select data, build geometry, write the caption.

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use trainscape_run::{Role, Run};
use trainscape_scene::{
    axis::{Axis, Scale},
    scene::Scene,
};

use super::{
    coordinates::Coordinate,
    drawing, lines, marks,
    recipe::Recipe,
    selection::{self, TrajectorySelection, role_of},
    surface,
    tracks::{self, Track},
    trajectories::{Colouring, Trajectories},
};
use crate::{
    NotAvailable, Remedy, ViewSettings, axes,
    caption::Caption,
    common::{self, METHOD, SMOOTHING},
    groups,
    held_out::SURFACE,
    not_finite, ranges,
    samples::{counted, counted_are, labels_of_runs, left_out, quantity, quantity_title},
    waterfall::WATERFALL,
};

/// Builds the scene of a view of trajectories.
pub(crate) fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    recipe: &Recipe,
) -> Result<Scene, NotAvailable> {
    let TrajectorySelection {
        coordinates,
        members,
        notes,
    } = selection::select(runs, settings, recipe)?;
    let (tracks, window) = smoothed_tracks(&members, &coordinates, settings)?;
    let scene_runs: Vec<Arc<Run>> = members.into_iter().map(|(_, run)| run).collect();
    let labels = labels_of_runs(&scene_runs);
    let lines = if settings.group_seeds() {
        lines::of_groups(runs, &tracks, &labels)
    } else {
        lines::of_runs(&tracks, &labels)
    };
    let trajectories = Trajectories {
        settings,
        recipe,
        coordinates: &coordinates,
        tracks: &tracks,
        lines: &lines,
        window,
        runs: &scene_runs,
    };
    let [x, y, z, colour] = trajectories.titles();
    let colouring = Colouring::of(&trajectories, colour);
    let mut scene = empty_scene(&trajectories, [x, y, z]);
    let (placed, decimation) = trajectories.placed(&scene.axes);
    let of_dots = drawing::add_lines(&trajectories, &colouring, &mut scene, &placed);
    let surface_text = surface::add(&trajectories, &colouring, &mut scene, &placed);
    if scene.surfaces.is_empty() {
        drawing::add_places(&trajectories, &colouring, &mut scene, &placed);
    }
    if recipe.options.arrows && trajectories.few() {
        drawing::add_arrows(&trajectories, &colouring, &mut scene, &placed);
    }
    let marks_text = if recipe.marks {
        marks::add(&trajectories, &mut scene)
    } else {
        String::new()
    };
    let of_tracks = tracks.iter().flat_map(|track| track.non_finite_at.clone());
    let not_finite = not_finite::add(&mut scene, of_tracks.collect());
    drawing::add_legend(&colouring, &mut scene);
    let not_placed = placed.iter().map(|line| line.not_placed).sum();
    scene.caption = opening(&trajectories, &scene)
        .sentence(drawing::caption_text(&trajectories, &colouring))
        .sentence(decimation.text("Lines"))
        .sentence(of_dots)
        .sentence(surface_text)
        .sentence(marks_text)
        .sentence(drawing::beyond_text(&trajectories, &scene.axes))
        .sentence(not_finite)
        .sentence(axes::not_placed_text(not_placed, &scene.axes))
        .sentence_if(colouring.by_value.is_none(), || &colouring.palette.note)
        .sentences(left_out_sentences(&tracks))
        .sentences(&notes)
        .into_text();
    scene.runs = scene_runs;
    let has_surface = !scene.surfaces.is_empty();
    scene.choose(SURFACE.name, has_surface);
    scene.choose(WATERFALL.name, false);
    scene.choose(METHOD.name, common::method_option(surface::METHOD));
    scene.choose(SMOOTHING.name, window);
    Ok(scene)
}

/// The tracks of the runs, smoothed, and the number of points in the moving average.
fn smoothed_tracks(
    members: &[(usize, Arc<Run>)],
    coordinates: &[Coordinate; 4],
    settings: &ViewSettings,
) -> Result<(Vec<Track>, usize), NotAvailable> {
    let mut tracks: Vec<Track> = members
        .par_iter()
        .enumerate()
        .filter_map(|(index, (ordinal, run))| {
            Track::new((index as u32, *ordinal, run), coordinates, settings)
        })
        .collect();
    if tracks.is_empty() {
        let mut keys: Vec<String> = coordinates
            .iter()
            .filter_map(|coordinate| Some(format!("`{}`", coordinate.key()?)))
            .collect();
        let is_time = |coordinate: &Coordinate| match coordinate {
            Coordinate::X => settings.x() == Some("wall_time"),
            other => *other == Coordinate::WallTime,
        };
        if coordinates.iter().any(is_time) {
            keys.push("a wall time".to_owned());
        }
        return Err(NotAvailable::new(format!(
            "no step within the chosen range has all of {}",
            keys.join(", ")
        ))
        .remedied_by(Remedy::DrawAll));
    }
    let window = settings.smoothing().map_or_else(
        || tracks::default_window(&tracks, coordinates),
        |window| window.max(1),
    );
    tracks
        .par_iter_mut()
        .for_each(|track| track.smooth_over(window, coordinates));
    Ok((tracks, window))
}

fn empty_scene(trajectories: &Trajectories<'_>, titles: [(String, Scale); 3]) -> Scene {
    let [x, y, z] = titles;
    let axes = [(0, x), (1, y), (2, z)].map(|(index, title)| axis(trajectories, index, title));
    Scene {
        title: title(&axes, trajectories),
        box_aspect: [1.4, 1.15, 0.85],
        default_view: [(-62.0_f32).to_radians(), 27.0_f32.to_radians()],
        fills_page: true,
        keys: keys(trajectories.runs, trajectories.coordinates),
        ..Scene::new(axes)
    }
}

/// The axis of a coordinate, over everything that is drawn along it but outliers.
fn axis(trajectories: &Trajectories<'_>, index: usize, (title, scale): (String, Scale)) -> Axis {
    let settings = trajectories.settings;
    let lines = trajectories.lines.iter();
    let mut drawn: Vec<Vec<f64>> = lines.map(|line| line.values[index].clone()).collect();
    let beside_nan = trajectories
        .tracks
        .iter()
        .flat_map(|track| &track.non_finite_at)
        .map(|(at, _)| at[index])
        .filter(|value| value.is_finite());
    drawn.push(beside_nan.collect());
    if !matches!(trajectories.coordinates[index], Coordinate::Series(_)) {
        return axes::axis(settings, index, title, scale, drawn.concat());
    }
    let raw: Vec<f64> = trajectories
        .tracks
        .iter()
        .filter(|_| trajectories.shows_raw())
        .flat_map(|track| track.raw[index].iter().copied())
        .collect();
    let bands = trajectories
        .lines
        .iter()
        .filter(|line| index == 2 && line.spread.is_some())
        .flat_map(|line| (0..line.steps.len()).filter_map(|at| line.band(at)))
        .flatten();
    let role = trajectories.role_along(index);
    // Along x and y, a scale that the other runs of a paper do not share would only confuse.
    let is_logarithmic = match role {
        Some(Role::GradientNorm) => true,
        Some(Role::Loss | Role::ValidationLoss) => index == 2,
        _ => false,
    };
    let all = || drawn.iter().flatten().chain(&raw).copied();
    let scale = match ranges::scale_of(all()) {
        Scale::Log10 if is_logarithmic => Scale::Log10,
        _ => scale,
    };
    let scale = axes::scale(settings, index, scale);
    let can_explode = role != Some(Role::Reward);
    let mut values = ranges::within(settings, &scale, &drawn, can_explode);
    values.extend(ranges::beside(settings, &scale, &drawn.concat(), raw));
    values.extend(bands);
    axes::rounded_axis(settings, index, title, scale, values)
}

fn title([x, y, z]: &[Axis; 3], trajectories: &Trajectories<'_>) -> String {
    let what = trajectories.recipe.title.map_or_else(
        || {
            let roles: [Option<Role>; 3] =
                std::array::from_fn(|axis| trajectories.role_along(axis));
            let [x_name, y_name] =
                [(x, roles[0]), (y, roles[1])].map(|(axis, role)| quantity(&axis.title, role));
            let z_name = quantity_title(&z.title, roles[2]);
            format!("{z_name} by {x_name} and {y_name}")
        },
        str::to_owned,
    );
    match trajectories.lines {
        [line] => format!("{what}, {}", line.label),
        _ => format!("{what}, {}", counted(trajectories.tracks.len(), "run")),
    }
}

/// The drawn keys by role; those without a role by axis.
fn keys(runs: &[Arc<Run>], coordinates: &[Coordinate; 4]) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (axis, coordinate) in ["x", "y", "z", "colour"].into_iter().zip(coordinates) {
        let Some(key) = coordinate.key() else {
            continue;
        };
        let name = role_of(runs, key).map_or(axis, Role::name);
        let name = if axis == "colour" { axis } else { name };
        let name = if keys.contains_key(name) { axis } else { name };
        keys.insert(name.to_owned(), key.to_string());
    }
    keys
}

/// What is drawn, and from how many points.
fn opening(trajectories: &Trajectories<'_>, scene: &Scene) -> Caption {
    let (tracks, settings) = (trajectories.tracks, trajectories.settings);
    let points: usize = tracks.iter().map(|track| track.steps.len()).sum();
    let [x, y, z] = &scene.axes;
    let of = match tracks {
        [track] => format!("run {}", trajectories.runs[track.run as usize].name),
        more => counted(more.len(), "run"),
    };
    let is_matched =
        !trajectories.coordinates[..3].contains(&Coordinate::X) && settings.x().is_some();
    Caption::new(format!(
        "{} by {} and {} for {of}, {}{}",
        z.title,
        x.title,
        y.title,
        counted(points, "logged point"),
        if is_matched { ", matched by step" } else { "" }
    ))
    .sentence_if(settings.group_seeds(), || {
        groups::caption_text(
            trajectories.lines.iter().map(|line| line.tracks.len()),
            groups::chosen_repeats(trajectories.runs),
            &z.title,
        )
    })
    .sentence_if(
        trajectories.lines.iter().any(|line| line.is_interpolated),
        || groups::INTERPOLATED,
    )
}

/// Sentences on points with values carried forward, and on points that are not drawn.
fn left_out_sentences(tracks: &[Track]) -> [String; 4] {
    let sum = |of: fn(&Track) -> usize| -> usize { tracks.iter().map(of).sum() };
    let carried = match sum(|track| track.carried) {
        0 => String::new(),
        carried => format!(
            "At {} a series was not logged; its last value is used",
            counted(carried, "point")
        ),
    };
    let nearest = match sum(|track| track.nearest) {
        0 => String::new(),
        nearest => format!(
            "At {} a series was logged at other steps; its nearest value within half its spacing is used",
            counted(nearest, "point")
        ),
    };
    let unmatched = match sum(|track| track.unmatched) {
        0 => String::new(),
        unmatched => format!(
            "{} left out: before the first value of another series, or farther from its steps than half their spacing",
            counted_are(unmatched, "point")
        ),
    };
    let left_out = left_out(sum(|track| track.superseded), 0);
    [carried, nearest, unmatched, left_out]
}
