//! Opens folders, and reads them again with the user's axis names.

use std::{path::PathBuf, sync::Arc};

use crate::{
    bookmarks::Bookmarks,
    follow::{self, Session},
    live::Live,
    opened_contents::OpenedContents,
    places::PlacesStatus,
    playback::Playback,
    role_choices::RoleChoices,
    run_colours::RunColours,
    run_table::RunTable,
    series_list::SeriesList,
    services::Services,
    spike_list::SpikeList,
    state::{Message, OpenPaths, State},
    tiling,
    timeline::{Timeline, TimelineChoices},
    workspace::{self, SharedSettings},
};

/// Opens something in place of what is open, arranged as its folder was left.
pub(crate) fn open(
    state: &mut State,
    services: &mut Services,
    open: OpenPaths,
    ctx: &egui::Context,
) {
    if !start_session(state, services, open, ctx) {
        return;
    }
    state.shared = SharedSettings {
        runs: None,
        steps: None,
        at_step: None,
        roles: RoleChoices::default(),
        run_filter: String::new(),
        timeline: TimelineChoices::default(),
        ..state.shared.clone()
    };
    for pane in state.panes.iter_mut() {
        pane.settings.reset_data_names();
        pane.cameras.clear();
        pane.pins.clear();
    }
    // The view of another folder says nothing about these runs.
    if std::mem::replace(&mut state.has_opened, true) {
        state.options.view = None;
    }
    state.message = None;
    state.bookmarks = Bookmarks::default();
    services.undoer = workspace::new_undoer();
    (state.can_undo, state.can_redo) = (false, false);
    state.workspace_restored = tiling::restore_saved(state);
}

/// Opens paths that the user chose, and lists them as recent.
pub(crate) fn open_chosen(
    state: &mut State,
    services: &mut Services,
    paths: Vec<PathBuf>,
    ctx: &egui::Context,
) {
    for path in &paths {
        state.preferences.opened(path);
    }
    let name = follow::name_of(&paths);
    let chosen = OpenPaths {
        paths,
        name,
        is_demo: false,
    };
    open(state, services, chosen, ctx);
    close_hint(state);
}

/// Opens the built-in demo run.
pub(crate) fn open_demo(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    let Some(write) = state.options.demo else {
        return;
    };
    match write() {
        Ok(folder) => open(state, services, OpenPaths::demo(vec![folder]), ctx),
        Err(why) => state.message = Some(Message::error(why)),
    }
}

/// The hint is not shown again.
pub(crate) fn close_hint(state: &mut State) {
    if !state.preferences.is_hint_closed {
        state.preferences.is_hint_closed = true;
        state.preferences.save();
    }
}

/// Names the axes of an array and reads again.
pub(crate) fn set_axis_names(
    state: &mut State,
    services: &mut Services,
    key: String,
    axes: Vec<String>,
    ctx: &egui::Context,
) {
    state.preferences.axes.insert(key, axes);
    state.preferences.save();
    reopen(state, services, ctx);
}

/// Reads what is open again; everything else stays.
fn reopen(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    if let Some(open) = state.open.clone() {
        start_session(state, services, open, ctx);
    }
}

/// Starts to read; false where that is not possible.
fn start_session(
    state: &mut State,
    services: &mut Services,
    open: OpenPaths,
    ctx: &egui::Context,
) -> bool {
    let mut options = state.options.open.clone();
    for (key, axes) in &state.preferences.axes {
        let axes = axes.clone();
        options.axes.entry(key.clone()).or_insert(axes);
    }
    match Session::open(&open.paths, options, services.session.as_ref(), ctx) {
        Ok(session) => {
            state.read_paths.clone_from(&session.paths);
            services.session = Some(session);
        }
        Err(error) => {
            state.message = Some(Message::error(error.to_string()));
            return false;
        }
    }
    state.open = Some(open);
    state.snapshot = Arc::default();
    state.shown_runs.clear();
    state.places = PlacesStatus::default();
    state.live = Live::default();
    state.summarised = None;
    state.timeline = Timeline::default();
    state.run_colours = RunColours::default();
    state.run_names.clear();
    state.series = SeriesList::default();
    state.table = RunTable::default();
    state.contents = OpenedContents::default();
    state.selected = None;
    state.pointed_at = None;
    state.marked = None;
    state.spikes = SpikeList::default();
    state.playback = Playback::default();
    for pane in state.panes.iter_mut() {
        pane.animation = None;
        // Another follower counts its generations from the start.
        pane.discard_scene();
    }
    true
}
