//! The current step of all tiles: set on the timeline, moved by key, or played.

use std::{collections::HashSet, sync::Arc};

use trainscape_run::Series;

use crate::{state::State, timeline};

/// Time that playing all steps of series takes at normal speed.
const SERIES_SECS: f64 = 12.0;
/// Time a snapshot stays on screen at normal speed.
const SNAPSHOT_SECS: f64 = 0.22;

/// The steps of the snapshots of the focused tile; empty where it shows series.
fn snapshots(state: &State) -> Vec<f64> {
    let steps = &state.panes.focused().choices.steps;
    let (Some(range), true) = (state.time_range(), steps.len() > 1) else {
        return Vec::new();
    };
    let inside = steps.iter().copied().filter(|step| range.contains(step));
    inside.collect()
}

/// The series that the focused tile draws as lines, each once.
fn drawn_series(state: &State) -> Vec<Arc<Series>> {
    let Some(scene) = state.panes.focused().scene() else {
        return Vec::new();
    };
    let mut known = HashSet::new();
    let of_path = |path: &trainscape_scene::scene::Path| {
        let record = path.records.first()?;
        let series = scene
            .runs
            .get(record.run as usize)?
            .series
            .get(&path.series_key)?;
        known
            .insert(Arc::as_ptr(series))
            .then(|| Arc::clone(series))
    };
    scene.paths.iter().filter_map(of_path).collect()
}

/// The nearest step that the focused tile's series have logged after `step`, or before it; that of the timeline where
/// the tile draws no lines.
fn next_logged(state: &State, drawn: &[Arc<Series>], step: f64, is_forward: bool) -> Option<f64> {
    if drawn.is_empty() {
        return state.timeline.next_step(step, is_forward);
    }
    let steps = drawn
        .iter()
        .filter_map(|series| timeline::next_step(series, step, is_forward));
    match is_forward {
        true => steps.reduce(f64::min),
        false => steps.reduce(f64::max),
    }
}

/// Sets the current step; the last one means the newest of a run that is followed.
pub(crate) fn set_current_step(state: &mut State, step: f64) {
    let end = state.time_range().map(|range| *range.end());
    state.shared.at_step = end.filter(|end| step < *end).map(|_| step);
}

/// Moves by a number of snapshots or logged steps.
pub(crate) fn move_by(state: &mut State, forward: i64) {
    let (Some(range), Some(now)) = (state.time_range(), state.current_step()) else {
        return;
    };
    let snapshots = snapshots(state);
    let drawn = drawn_series(state);
    let next = |step: f64| match (snapshots.is_empty(), forward > 0) {
        (true, is_forward) => next_logged(state, &drawn, step, is_forward),
        (false, true) => snapshots.iter().copied().find(|other| *other > step),
        (false, false) => snapshots.iter().copied().rfind(|other| *other < step),
    };
    let mut step = now;
    for _ in 0..forward.unsigned_abs() {
        let end = if forward > 0 {
            range.end()
        } else {
            range.start()
        };
        step = next(step)
            .filter(|step| range.contains(step))
            .unwrap_or(*end);
    }
    set_current_step(state, step);
}

pub(crate) fn go_to_first(state: &mut State) {
    if let Some(range) = state.time_range() {
        set_current_step(state, *range.start());
    }
}

/// Starts or pauses playback; from the last step it starts at the first.
pub(crate) fn toggle_playback(state: &mut State, ctx: &egui::Context) {
    state.playback.since_secs = match state.playback.since_secs {
        None => {
            if state.shared.at_step.is_none() {
                go_to_first(state);
            }
            Some(ctx.input(|input| input.time))
        }
        Some(_) => None,
    };
}

/// Advances the current step while it plays; after the last step comes the first.
pub(crate) fn play(state: &mut State, ctx: &egui::Context) {
    let Some(since_secs) = state.playback.since_secs else {
        return;
    };
    let (Some(range), Some(now)) = (state.time_range(), state.current_step()) else {
        state.playback.since_secs = None;
        return;
    };
    ctx.request_repaint();
    // The next frame waits until the scene of this one is on screen.
    if state.is_building {
        return;
    }
    let now_secs = ctx.input(|input| input.time);
    let snapshots = state.panes.focused().choices.steps.len();
    let all_secs = if snapshots > 1 {
        (snapshots as f64 * SNAPSHOT_SECS).min(2.0 * SERIES_SECS)
    } else {
        SERIES_SECS
    };
    let length = range.end() - range.start();
    // A slow scene slows playback down rather than skip steps.
    let passed_secs = (now_secs - since_secs).min(0.1) * f64::from(state.playback.speed);
    // Steps that are set meanwhile take precedence.
    let is_here = |at: &f64| state.timeline.whole(*at) <= now && now <= *at;
    let from = state.playback.position.filter(is_here).unwrap_or(now);
    let next = from + length * passed_secs / all_secs;
    let next = if next >= *range.end() {
        *range.start()
    } else {
        next
    };
    state.playback.since_secs = Some(now_secs);
    state.playback.position = Some(next);
    state.shared.at_step = Some(state.timeline.whole(next));
}
