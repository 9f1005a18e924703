//! What the panels show of all runs: curves, columns of the table, series, and which views are available.

use std::time::{Duration, Instant};

use trainscape_views::{VIEWS, ViewSettings, opening_view};

use crate::{
    open_panels::Dock,
    role_choices,
    run_names::short_names,
    spike_list::SpikeSource,
    state::{State, Summarised},
    timeline::Curve,
};

/// Time between two updates while runs grow, at least and at most: with a thousand runs an update takes longer than a
/// frame may.
const INTERVAL_SECS: [f64; 2] = [0.03, 0.25];
/// Between two updates passes this multiple of what the last one took.
const REST_FACTOR: f64 = 8.0;
/// Points of the drawn curves up to which the timeline ticks their spikes: the search goes over all of them.
const MOST_TICKED: usize = 300_000;

/// Updates what has changed, all runs a few times a second at most.
pub(crate) fn update(state: &mut State, ctx: &egui::Context) {
    if state.open.is_some() && update_runs(state, ctx) {
        let drawn = state.shared.runs.as_ref();
        let choices = &state.shared.timeline;
        // Before the first scene, the timeline shows what says most about the runs.
        let scene = state.panes.focused().scene();
        let of_view = scene.map(|scene| scene.axes[2].title.as_str());
        state
            .timeline
            .update(&state.snapshot, drawn, choices, of_view);
    }
    let (runs, generation) = (&state.snapshot.runs, state.snapshot.generation);
    let scene = state.panes.focused().scene();
    state.run_colours.update(scene, runs, generation);
    if state.panels.dock == Dock::Runs {
        let runs = &state.snapshot.runs;
        state.table.filter(runs, &state.shared.run_filter);
    }
    let is_read = state.snapshot.progress.caught_up;
    let ticks_spikes = state.panels.dock == Dock::Timeline && is_read && can_tick_spikes(state);
    if state.panels.dock == Dock::Spikes || ticks_spikes {
        update_spikes(state, ctx);
    }
    let offers_series = state.panes.iter().any(|pane| pane.problem.is_some());
    let searches = state.panels.palette.is_some();
    if state.panels.shows_runs() || offers_series || searches {
        let drawn = state.shared.runs.as_ref();
        state.series.update(&state.snapshot, drawn);
        let panels = &state.panels;
        state.series.show(&panels.series_groups, &panels.filter);
    }
}

/// Whether the spikes of the drawn runs are found within a frame.
fn can_tick_spikes(state: &State) -> bool {
    let curves = state.timeline.curves.iter();
    curves.map(Curve::len).sum::<usize>() <= MOST_TICKED
}

fn update_spikes(state: &mut State, ctx: &egui::Context) {
    let source = SpikeSource {
        generation: state.snapshot.generation,
        runs: state.shared.runs.clone(),
        steps: state.shared.steps,
    };
    let drawn = state.shared.runs.as_ref();
    state.series.update(&state.snapshot, drawn);
    let now_secs = ctx.input(|input| input.time);
    let (snapshot, series) = (&state.snapshot, &state.series);
    let after = state.spikes.update(source, snapshot, series, now_secs);
    if let Some(after) = after {
        ctx.request_repaint_after(after);
    }
}

/// Whether what is summarised is what is on screen.
fn update_runs(state: &mut State, ctx: &egui::Context) -> bool {
    let snapshot = &state.snapshot;
    let (generation, caught_up) = (snapshot.generation, snapshot.progress.caught_up);
    let now_secs = ctx.input(|input| input.time);
    if let Some(before) = state.summarised {
        if before.generation == generation {
            return true;
        }
        let [least, most] = INTERVAL_SECS;
        let interval_secs = (before.took_secs * REST_FACTOR).clamp(least, most);
        let left_secs = interval_secs - (now_secs - before.at_secs);
        if left_secs > 0.0 && before.caught_up == caught_up {
            ctx.request_repaint_after(Duration::from_secs_f64(left_secs));
            return false;
        }
    }
    let start = Instant::now();
    state.table.update(snapshot);
    state.run_names = short_names(&snapshot.runs);
    let settings = ViewSettings::default();
    state.unavailable = VIEWS
        .iter()
        .filter_map(|view| {
            let why = view.available(&snapshot.runs, &settings).err()?;
            let roles = &state.shared.roles;
            Some((*view, role_choices::reason(&why.reason, why.remedy, roles)))
        })
        .collect();
    prefer_an_available_view(state);
    state.summarised = Some(Summarised {
        generation,
        caught_up,
        at_secs: now_secs,
        took_secs: start.elapsed().as_secs_f64(),
    });
    true
}

/// Shows the view that says most about the runs, or else the first one that they allow, unless the user chose one.
fn prefer_an_available_view(state: &mut State) {
    let is_chosen = state.options.view.is_some() || state.workspace_restored;
    if is_chosen || !state.snapshot.progress.caught_up {
        return;
    }
    let pane = state.panes.focused_mut();
    let is_available = |view| !state.unavailable.contains_key(&view);
    if let Some(view) = opening_view(&state.snapshot.runs, is_available) {
        pane.view = view;
    }
    state.options.view = Some(pane.view);
}
