//! The current step of all tiles: set on the timeline, moved by key, or played.

use crate::state::State;

/// Time that playing all steps of series takes at normal speed.
const SERIES_SECS: f64 = 12.0;
/// Time a snapshot stays on screen at normal speed.
const SNAPSHOT_SECS: f64 = 0.22;
/// Stops of the arrow keys over series without snapshots.
const KEY_STEPS: f64 = 100.0;

/// The steps at which the focused tile has something new: its snapshots, or equal shares of all steps.
fn stops(state: &State) -> Vec<f64> {
    let Some(range) = state.time_range() else {
        return Vec::new();
    };
    let snapshots = &state.panes.focused().choices.steps;
    if snapshots.len() > 1 {
        let inside = snapshots
            .iter()
            .copied()
            .filter(|step| range.contains(step));
        return inside.collect();
    }
    let length = range.end() - range.start();
    let stride = (length / KEY_STEPS).ceil().max(1.0);
    let count = (length / stride).ceil() as usize;
    let stop = |index: usize| (range.start() + index as f64 * stride).min(*range.end());
    (0..=count).map(stop).collect()
}

/// Sets the current step; the last one means the newest of a run that is followed.
pub(crate) fn set_current_step(state: &mut State, step: f64) {
    let end = state.time_range().map(|range| *range.end());
    state.shared.at_step = end.filter(|end| step < *end).map(|_| step);
}

/// Moves by a number of stops.
pub(crate) fn move_by(state: &mut State, stops_forward: i64) {
    let (stops, Some(now)) = (stops(state), state.current_step()) else {
        return;
    };
    let Some(at) = stops.iter().rposition(|stop| *stop <= now) else {
        return;
    };
    // Between two stops a step back leads to the one just passed.
    let is_between = stops_forward < 0 && stops[at] < now;
    let target = at as i64 + stops_forward + i64::from(is_between);
    let target = target.clamp(0, stops.len() as i64 - 1) as usize;
    set_current_step(state, stops[target]);
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
    let next = now + length * passed_secs / all_secs;
    let next = if next >= *range.end() {
        *range.start()
    } else {
        next
    };
    state.playback.since_secs = Some(now_secs);
    state.shared.at_step = Some(next);
}
