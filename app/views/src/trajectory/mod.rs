//! A run's way through three of its series: what the reward landscape and the training dynamics share.

mod arrows;
mod coordinates;
mod lines;
mod looks;
mod options;
mod spikes;
#[cfg(test)]
mod tests;
mod tracks;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rayon::prelude::*;
use trainscape_run::{Role, Run, natural_cmp};
use trainscape_scene::{
    axis::{Axis, Scale},
    scene::Scene,
};

use self::{
    coordinates::Coordinate,
    looks::{Drawing, Looks},
    tracks::Track,
};
use super::{
    Choices, NotAvailable, Remedy, ViewSettings, axes,
    clip::range_of,
    palette::{Named, Palette},
    samples::{counted, labels_of_runs, left_out},
    settings::XAxis,
};

pub(crate) use self::{
    coordinates::DefaultCoordinate,
    looks::PATH_MAP,
    options::{ARROWS, COLOUR_BY, NO_SURFACE, Options, SURFACE, X, Y, Z},
};

/// Lines up to which each shows what was logged behind what is drawn, arrows of time, and marks.
const FEW: usize = 14;

/// What tells the two views apart.
pub(super) struct Recipe {
    /// The figure's title; `None`: its axes' titles.
    pub(super) title: Option<&'static str>,
    /// What was chosen.
    pub(super) own: Options,
    /// What x, y, z and colours show where nothing was chosen.
    pub(super) defaults: [DefaultCoordinate; 4],
    /// Spikes and divergence are marked.
    pub(super) marks: bool,
}

/// The runs that have all coordinates, each with its place among all runs.
struct Plan {
    coordinates: [Coordinate; 4],
    members: Vec<(usize, Arc<Run>)>,
    notes: Vec<String>,
}

pub(super) fn available(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    recipe: &Recipe,
) -> Result<(), NotAvailable> {
    plan(runs, settings, recipe).map(|_| ())
}

/// Smallest and largest step of the runs that are drawn.
pub(super) fn time_range(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    recipe: &Recipe,
) -> Option<(f64, f64)> {
    let plan = plan(runs, settings, recipe).ok()?;
    let keys = plan.coordinates[..3].iter().filter_map(Coordinate::key);
    let keys: Vec<&Arc<str>> = keys.collect();
    let series = plan.members.iter().flat_map(|(_, run)| {
        keys.iter()
            .filter_map(|key| run.series.get(*key))
            .map(|series| &**series)
    });
    range_of(series, settings)
}

/// Keys of the series that can take an axis.
pub(super) fn choices(runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
    let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
    let keys: BTreeSet<&Arc<str>> = drawn.flat_map(|run| run.series.keys()).collect();
    let mut keys: Vec<String> = keys.into_iter().map(ToString::to_string).collect();
    keys.sort_by(|a, b| natural_cmp(a, b));
    Choices {
        names: [&X, &Y, &Z, &COLOUR_BY]
            .map(|control| (control.name, keys.clone()))
            .into(),
        ..Choices::default()
    }
}

fn plan(runs: &[Arc<Run>], settings: &ViewSettings, recipe: &Recipe) -> Result<Plan, NotAvailable> {
    let drawn: Vec<(usize, &Arc<Run>)> = runs
        .iter()
        .enumerate()
        .filter(|(_, run)| settings.draws_run(&run.id))
        .collect();
    if drawn.is_empty() {
        return Err(NotAvailable::new("no run is switched on").remedied_by(Remedy::DrawAll));
    }
    let only: Vec<&Arc<Run>> = drawn.iter().map(|(_, run)| *run).collect();
    let coordinates = coordinates::resolve(&only, &recipe.own, recipe.defaults)?;
    let keys: Vec<&Arc<str>> = coordinates.iter().filter_map(Coordinate::key).collect();
    let has_all = |run: &Run| {
        keys.iter().all(|key| {
            run.series
                .get(*key)
                .is_some_and(|series| series.value_range().is_some())
        })
    };
    let members: Vec<(usize, Arc<Run>)> = drawn
        .iter()
        .filter(|(_, run)| has_all(run))
        .map(|(place, run)| (*place, Arc::clone(run)))
        .collect();
    let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    if members.is_empty() {
        return Err(NotAvailable::new(format!(
            "no run has finite values of all of {}",
            named.join(", ")
        )));
    }
    let mut notes = Vec::new();
    if members.len() < drawn.len() {
        notes.push(format!(
            "{} without {} left out",
            counted(drawn.len() - members.len(), "run"),
            named.join(", ")
        ));
    }
    Ok(Plan {
        coordinates,
        members,
        notes,
    })
}

pub(super) fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    recipe: &Recipe,
) -> Result<Scene, NotAvailable> {
    let Plan {
        coordinates,
        members,
        notes,
    } = plan(runs, settings, recipe)?;
    let mut tracks: Vec<Track> = members
        .par_iter()
        .enumerate()
        .filter_map(|(index, (place, run))| {
            Track::new((index as u32, *place, run), &coordinates, settings)
        })
        .collect();
    if tracks.is_empty() {
        let mut keys: Vec<String> = coordinates
            .iter()
            .filter_map(|coordinate| Some(format!("`{}`", coordinate.key()?)))
            .collect();
        let is_time = |coordinate: &Coordinate| match coordinate {
            Coordinate::X => settings.x_axis() == XAxis::WallTime,
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
        || tracks::default_window(&tracks, &coordinates),
        |own| own.max(1),
    );
    tracks
        .par_iter_mut()
        .for_each(|track| track.smooth_over(window, &coordinates));

    let scene_runs: Vec<Arc<Run>> = members.into_iter().map(|(_, run)| run).collect();
    let labels = labels_of_runs(&scene_runs);
    let lines = if settings.group_seeds() {
        lines::of_groups(runs, &tracks, &labels)
    } else {
        lines::of_runs(&tracks, &labels)
    };
    let grouped = lines.iter().any(|line| line.spread.is_some());
    let few = lines.len() <= FEW;
    let shows_raw = few && !grouped && window > 1;

    let base = tracks[0].base.clone();
    let titled: [(String, Scale); 4] =
        std::array::from_fn(|axis| coordinates[axis].title(&scene_runs, &base, settings));
    let axes: [Axis; 3] = std::array::from_fn(|index| {
        let (title, scale) = titled[index].clone();
        let drawn = lines
            .iter()
            .flat_map(|line| line.values[index].iter().copied());
        let raw = tracks
            .iter()
            .filter(|_| shows_raw)
            .flat_map(|track| track.raw[index].iter().copied());
        let bands = lines
            .iter()
            .filter(|line| index == 2 && line.spread.is_some())
            .flat_map(|line| {
                (0..line.steps.len())
                    .filter_map(|at| line.band(at))
                    .flatten()
            });
        let values = drawn.chain(raw).chain(bands);
        let has_norms = coordinates[index]
            .key()
            .is_some_and(|key| role(&scene_runs, key) == Some(Role::GradientNorm));
        let scale = if has_norms && spans_decades(values.clone()) {
            Scale::Log10
        } else {
            scale
        };
        if matches!(coordinates[index], Coordinate::Series(_)) {
            axes::rounded_axis(settings, index, title, scale, values)
        } else {
            axes::axis(settings, index, title, scale, values)
        }
    });
    let (colour_title, colour_scale) = titled[3].clone();
    let colour_values = lines.iter().flat_map(|line| line.values[3].iter().copied());
    let colour_axis = Axis::spanning(colour_title, colour_scale, colour_values);

    let configured = match &coordinates[3] {
        Coordinate::Configuration(key) => Some(key.as_str()),
        _ => None,
    };
    let named: Vec<Named<'_>> = lines
        .iter()
        .map(|line| Named {
            place: line.place,
            label: line.label.clone(),
            config: &scene_runs[line.tracks[0].run as usize].config,
        })
        .collect();
    let map = settings.colours(PATH_MAP);
    let palette = Palette::new(&named, settings, configured, map);
    let by_value = configured.is_none() && (lines.len() == 1 || recipe.own.colour.is_some());

    let mut scene = Scene::new(axes);
    scene.box_aspect = [1.4, 1.15, 0.85];
    scene.default_view = [(-62.0_f32).to_radians(), 27.0_f32.to_radians()];
    scene.title = title(&scene, recipe, &lines);
    scene.keys = keys(&scene_runs, &coordinates);
    let drawing = Drawing {
        settings,
        recipe,
        coordinates: &coordinates,
        tracks: &tracks,
        lines: &lines,
        window,
        shows_raw,
        few,
        looks: Looks {
            by_value: by_value.then_some(&colour_axis),
            palette: &palette,
            map,
        },
        runs: &scene_runs,
    };
    let drawn_text = drawing.draw(&mut scene);

    let mut caption = opening(&scene, &coordinates, &lines, &tracks, &scene_runs, settings);
    caption += &drawn_text;
    if !by_value {
        caption += &palette.note;
    }
    let sum = |of: &dyn Fn(&Track) -> usize| tracks.iter().map(of).sum::<usize>();
    let carried = sum(&|track| track.carried);
    if carried > 0 {
        caption += &format!(
            " {} use the last value of a series that was not logged there.",
            counted(carried, "point")
        );
    }
    caption += &left_out(
        sum(&|track| track.superseded),
        sum(&|track| track.non_finite),
    );
    for note in &notes {
        caption += &format!(" {note}.");
    }
    scene.caption = caption.replace('`', "");
    scene.runs = scene_runs;
    Ok(scene)
}

fn role(runs: &[Arc<Run>], key: &str) -> Option<Role> {
    runs.iter().find_map(|run| run.roles.get(key).copied())
}

/// Whether positive values span so much that a linear axis would hide the small ones.
fn spans_decades(values: impl Iterator<Item = f64>) -> bool {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    low > 0.0 && high / low >= 10.0
}

fn title(scene: &Scene, recipe: &Recipe, lines: &[lines::Line<'_>]) -> String {
    let [x, y, z] = &scene.axes;
    let what = recipe.title.map_or_else(
        || format!("{} over {} and {}", z.title, x.title, y.title),
        str::to_owned,
    );
    match lines {
        [line] => format!("{what} of {}", line.label),
        _ => what,
    }
}

/// The key of each role that is drawn; of what has no role, by its axis.
fn keys(runs: &[Arc<Run>], coordinates: &[Coordinate; 4]) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (axis, coordinate) in ["x", "y", "z", "colour"].into_iter().zip(coordinates) {
        let Some(key) = coordinate.key() else {
            continue;
        };
        let name = role(runs, key).map_or(axis, Role::name);
        let name = if axis == "colour" { axis } else { name };
        let name = if keys.contains_key(name) { axis } else { name };
        keys.insert(name.to_owned(), key.to_string());
    }
    keys
}

/// What was drawn, and from how many points.
fn opening(
    scene: &Scene,
    coordinates: &[Coordinate; 4],
    lines: &[lines::Line<'_>],
    tracks: &[Track],
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> String {
    let points: usize = tracks.iter().map(|track| track.steps.len()).sum();
    let [x, y, z] = &scene.axes;
    let of = match tracks {
        [track] => format!("run {}", runs[track.run as usize].name),
        more => counted(more.len(), "run"),
    };
    let mut text = format!(
        "{} against {} and {} of {of}: {}",
        z.title,
        x.title,
        y.title,
        counted(points, "logged point")
    );
    if !coordinates[..3].contains(&Coordinate::X) && settings.x_axis() != XAxis::Step {
        text += ", matched by step";
    }
    text += ".";
    if settings.group_seeds() {
        text += &super::groups::caption_text(lines.iter().map(|line| line.tracks.len()), &z.title);
    }
    text
}
