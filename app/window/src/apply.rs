//! The one place that applies commands to the state.

use std::time::Duration;

use trainscape_scene::{axis::Scale, camera::Camera, scene::Picked, theme::ThemeName};
use trainscape_views::{
    Control, Kind, Section, VIEWS, Value,
    common::{FOCUSED_ROW, GROUP_SEEDS, LOG_XYZ},
};

use crate::{
    camera,
    command::Command,
    dialogs::Purpose,
    export,
    export_kind::ExportKind,
    figure_file, files,
    open_panels::Dock,
    opening,
    pane::Pane,
    pane_id::PaneId,
    preferences::Preferences,
    reveal,
    selection::{Selected, Tool},
    services::Services,
    state::{Message, State},
    tiling, time,
};

/// How long a control that was searched for is framed.
const FRAMED_SECS: f64 = 2.0;
/// Radians that a key orbits the camera by.
const KEY_ORBIT: f32 = 0.12;
/// Factor that a key zooms by.
const KEY_ZOOM: f32 = 1.2;

/// Applies the commands in order and leaves `commands` empty.
pub(crate) fn all(
    commands: &mut Vec<Command>,
    state: &mut State,
    services: &mut Services,
    ctx: &egui::Context,
) {
    for command in commands.drain(..) {
        // What this frame has painted already shows the state before.
        ctx.request_repaint();
        apply(command, state, services, ctx);
    }
}

fn apply(command: Command, state: &mut State, services: &mut Services, ctx: &egui::Context) {
    use Command as C;
    match command {
        C::OpenFolder => files::ask(state, services, Purpose::Open, ctx),
        C::OpenUrl => files::ask_for_url(state),
        C::OpenPaths(paths) => opening::open_chosen(state, services, paths, ctx),
        C::OpenDemo => opening::open_demo(state, services, ctx),
        C::CloseHint => opening::close_hint(state),
        C::SetPath(text) => files::set_path(state, text),
        C::PathDialogFocused => files::path_dialog_focused(state),
        C::ConfirmPath => files::confirm_path(state, services, ctx),
        C::ClosePathDialog => state.path_dialog = None,
        C::ExportFigure => state.panels.export = Some(ExportKind::Picture),
        C::ExportAnimation => state.panels.export = Some(ExportKind::Animation),
        C::ShowExport(kind) => state.panels.export = kind,
        C::SetExport(choices) => state.export = choices,
        C::ChooseExportFile => files::ask_for_export(state, services, ctx),
        C::CancelAnimation => files::cancel_animation(state, services),
        C::CopyImage => files::copy_image(state, services, ctx),
        C::RevealFile(path) => services.revealing = Some(reveal::start(path, ctx)),
        C::ExportGeometry => state.panels.export = Some(ExportKind::Model),
        C::SaveFigure => files::ask(state, services, Purpose::Figure, ctx),
        C::CopyCommandLine => figure_file::copy_command_line(state, ctx),

        C::NameBookmark(name) => state.bookmarks.name = name,
        C::KeepCamera => keep_camera(state),
        C::DeleteBookmark(at) => state.bookmarks.remove(at),
        C::ResetCamera => {
            state.marked = None;
            camera::reset(state, ctx);
        }
        C::LookFrom(direction) => camera::look_from(state, direction, ctx),
        C::Orbit(right, up) => orbit(state, right, up),
        C::ZoomIn => zoom(state, KEY_ZOOM),
        C::ZoomOut => zoom(state, 1.0 / KEY_ZOOM),
        C::ToggleProjection => camera::toggle_projection(state),
        C::ToggleFreeOrbit => camera::toggle_free_orbit(state),
        C::ToggleInertia => toggle_preference(state, |preferences| &mut preferences.inertia),
        C::ToggleCameraAnimation => {
            toggle_preference(state, |preferences| &mut preferences.animate);
        }
        C::SetCamera(pane, camera) => camera::set(state, pane, camera),
        C::MoveCamera(pane, camera) => camera::move_to(state, pane, camera, false, ctx),
        C::StopCamera(pane) => camera::stop(state, pane),
        C::StartInertia(pane, velocity) => camera::start_inertia(state, pane, velocity),
        C::MoveCameraToFound => camera::move_to_found(state, ctx),

        C::NextView => show_next_view(state),
        C::ShowView(view) => state.panes.focused_mut().view = view,
        C::ShowViewIn(id, view) => in_pane(state, id, |pane| pane.view = view),
        C::SetControl(id, name, value) => in_pane(state, id, |pane| set_control(pane, name, value)),
        C::ResetSettings => reset_settings(state),
        C::ToggleLogZ => toggle_log_z(state),
        C::ToggleSeedGroups => toggle_seed_groups(state),
        C::RestartProjection => restart_projection(state, services),
        C::StopProjection => services.stop_projection(),
        C::PauseProjection(paused) => services.pause_projection(paused),

        C::AllRuns => state.shared.runs = None,
        C::SelectRuns(runs) => state.shared.runs = Some(runs),
        C::DrawRun(id, drawn) => draw_run(state, id, drawn),
        C::SetRole(role, choice) => {
            state.marked = None;
            state.shared.roles.set(role, choice);
        }
        C::ToggleSeriesGroup(path) => state.panels.toggle_series_group(path),
        C::SetAxisNames(key, axes) => opening::set_axis_names(state, services, key, axes, ctx),
        C::FocusFilter => state.panels.open_filter(),
        C::FilterFocused => state.panels.focus_filter = false,
        C::SetFilter(text) => state.panels.filter = text,
        C::SetRunFilter(text) => state.shared.run_filter = text,
        C::SortRuns(column) => state.table.sort_by(column),
        C::SortSpikes(order) => state.spikes.sort_by(order),

        C::AllSteps => {
            state.marked = None;
            state.shared.steps = None;
        }
        C::SelectSteps(first, last) => state.shared.steps = Some((first, last)),
        C::StepBack(stops) => time::move_by(state, -i64::from(stops)),
        C::StepForward(stops) => time::move_by(state, i64::from(stops)),
        C::TogglePause => state.live.is_paused ^= true,
        C::FirstStep => time::go_to_first(state),
        C::LastStep => state.shared.at_step = None,
        C::SetCurrentStep(step) => time::set_current_step(state, step),
        C::ShowOnTimeline(key) => show_on_timeline(state, key),
        C::ToggleTimelineLog => {
            state.shared.timeline.is_logarithmic = Some(!state.timeline_is_logarithmic());
        }
        C::ToggleTimelineSmoothing => toggle(&mut state.shared.timeline.is_smoothed),
        C::TogglePlayback => time::toggle_playback(state, ctx),
        C::Faster => state.playback.change_speed(1),
        C::Slower => state.playback.change_speed(-1),
        C::SetSpeed(speed) => state.playback.speed = speed,

        C::SelectTool(tool) => select_tool(state, tool),
        C::SelectInside { pane, outline, add } => select_inside(state, pane, &outline, add),
        C::ClearSelection => state.selected = None,
        C::SaveSelection => save_selection(state, services, ctx),
        C::CopySelection => copy_selection(state, ctx),
        C::ClickRecord(pane, picked) => click_record(state, pane, picked),
        C::RemoveNote(id, index) => in_pane(state, id, |pane| pane.remove_note(index)),
        C::ClearNotes => state.panes.focused_mut().pins.clear(),
        C::PointAt(mark) => state.pointed_at = mark,
        C::PointAtRun(run) => state.hovered_run = run,
        C::ShowRecord(record) => camera::move_to_record(state, record, ctx),

        C::Arrange(arrangement) => tiling::arrange(state, arrangement),
        C::SplitRight => tiling::split(state, false),
        C::SplitBelow => tiling::split(state, true),
        C::CloseTile => tiling::close(state),
        C::NextTile => state.panes.focus_next(),
        C::FocusTile(pane) => state.panes.focus(pane),
        C::ToggleLinkedCameras => camera::toggle_linked_cameras(state),
        C::ToggleLinkedRanges => toggle(&mut state.shared.link_ranges),

        C::Undo => tiling::undo(state, services),
        C::Redo => tiling::redo(state, services),
        C::TogglePalette => state.panels.toggle_palette(),
        C::SetPalette(palette) => state.panels.palette = palette,
        C::ToggleHelp => toggle(&mut state.panels.help),
        C::ToggleTheme => toggle_theme(state),
        C::ShowDock(dock) => state.panels.show_dock(dock),
        C::ToggleRunsPanel => state.panels.toggle_runs(),
        C::ToggleSettingsPanel => state.panels.toggle_settings(),
        C::OpenSettingsPanel => state.panels.open_settings(),
        C::ShowControl(name) => state.panels.show_control(name),
        C::ControlShown => frame_control(state, ctx),
        C::ToggleCaption => toggle(&mut state.panels.caption),
        C::ReportError(text) => state.message = Some(Message::error(text)),
        C::DismissMessage => state.message = None,
        C::ShowReport(report) => state.panels.report = report,
        C::Dismiss => dismiss(state),
    }
}

/// Frames the control that was scrolled to for a moment.
fn frame_control(state: &mut State, ctx: &egui::Context) {
    let until_secs = ctx.input(|input| input.time) + FRAMED_SECS;
    let shown = state.panels.shown_control.take();
    state.panels.framed_control = shown.map(|name| (name, until_secs));
    ctx.request_repaint_after(Duration::from_secs_f64(FRAMED_SECS));
}

fn show_on_timeline(state: &mut State, key: Option<String>) {
    state.shared.timeline.key = key;
    state.panels.open_dock(Dock::Timeline);
}

fn toggle(switch: &mut bool) {
    *switch = !*switch;
}

fn toggle_preference(state: &mut State, switch: impl FnOnce(&mut Preferences) -> &mut bool) {
    toggle(switch(&mut state.preferences));
    state.preferences.save();
}

/// Changes a tile, where it is still open.
fn in_pane(state: &mut State, id: PaneId, change: impl FnOnce(&mut Pane)) {
    if let Some(pane) = state.panes.get_mut(id) {
        change(pane);
    }
}

/// Keeps the camera of the focused tile as a bookmark.
fn keep_camera(state: &mut State) {
    let pane = state.panes.focused();
    let view = pane.view;
    if let Some(camera) = pane.camera() {
        state.bookmarks.keep(view, camera);
        state.panels.open_settings();
    }
}

fn orbit(state: &mut State, right: i8, up: i8) {
    let by = egui::vec2(-f32::from(right), f32::from(up)) * KEY_ORBIT;
    camera::change(state, |state, camera| camera::orbit(state, camera, by));
}

fn zoom(state: &mut State, factor: f32) {
    camera::change(state, |_, camera: &mut Camera| {
        camera.zoom_towards(factor, glam::Vec2::ZERO);
    });
}

fn reset_settings(state: &mut State) {
    let pane = state.panes.focused_mut();
    pane.settings.reset(pane.view);
}

fn toggle_seed_groups(state: &mut State) {
    let pane = state.panes.focused_mut();
    let groups = pane.settings.get(pane.view, &GROUP_SEEDS) == Some(&Value::Switch(true));
    pane.set_control(GROUP_SEEDS.name, Some(Value::Switch(!groups)));
}

fn restart_projection(state: &State, services: &Services) {
    let pane = state.panes.focused();
    if let Some((method, _)) = pane.view.projection(&pane.view_settings()) {
        services.restart_projection(method);
    }
}

/// Sets a control; another array or figure has other rows and snapshots, so notes and the focused row go with it.
fn set_control(pane: &mut Pane, name: &str, value: Option<Value>) {
    let chooses_data = |control: &Control| {
        control.section == Section::View && matches!(control.kind, Kind::Key { .. })
    };
    if pane.view.control(name).is_some_and(chooses_data) {
        pane.clear_notes_of_view();
        pane.set_control(FOCUSED_ROW, None);
    }
    pane.set_control(name, value);
}

fn show_next_view(state: &mut State) {
    let views = VIEWS;
    let pane = state.panes.focused_mut();
    let at = views.iter().position(|view| *view == pane.view);
    let after = at.map_or(0, |at| at + 1);
    let next = (0..views.len())
        .map(|step| views[(after + step) % views.len()])
        .find(|view| !state.unavailable.contains_key(view));
    pane.view = next.unwrap_or(pane.view);
}

fn toggle_log_z(state: &mut State) {
    let pane = state.panes.focused_mut();
    let is_log = pane
        .scene()
        .is_some_and(|scene| scene.axes[2].scale == Scale::Log10);
    let mut scales = match pane.settings.get(pane.view, &LOG_XYZ) {
        Some(Value::Scales(scales)) => *scales,
        _ => [None; 3],
    };
    scales[2] = Some(!is_log);
    pane.set_control(LOG_XYZ.name, Some(Value::Scales(scales)));
}

/// Draws a run or leaves it out.
fn draw_run(state: &mut State, id: String, drawn: bool) {
    let all = state.snapshot.runs.iter().map(|run| run.id.to_string());
    let runs = state.shared.runs.get_or_insert_with(|| all.collect());
    if drawn {
        runs.insert(id);
    } else {
        runs.remove(&id);
    }
    if runs.len() == state.snapshot.runs.len() {
        state.shared.runs = None;
    }
}

/// The same tool again returns to the camera.
fn select_tool(state: &mut State, tool: Tool) {
    let is_active = state.tool == tool;
    state.tool = if is_active { Tool::Orbit } else { tool };
}

/// Selects the records of a tile inside an outline; `add` keeps what was selected before.
fn select_inside(state: &mut State, id: PaneId, outline: &[[f32; 2]], add: bool) {
    let Some(pane) = state.panes.get(id) else {
        return;
    };
    let (Some(scene), Some(figure)) = (pane.scene(), &pane.figure) else {
        return;
    };
    let before = state
        .selected
        .as_ref()
        .filter(|before| add && before.pane == id && before.view == pane.view);
    let found = Selected::inside(outline, (id, pane.view), scene, figure, before);
    state.selections += 1;
    state.selected = found.map(|selected| Selected {
        version: state.selections,
        ..selected
    });
    match &state.selected {
        Some(_) => state.panels.open_dock(Dock::Selection),
        None => state.message = Some(Message::info("No records in the selected area.")),
    }
}

fn save_selection(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    match &state.selected {
        Some(_) => files::ask(state, services, Purpose::Csv, ctx),
        None => report_no_selection(state),
    }
}

fn copy_selection(state: &mut State, ctx: &egui::Context) {
    let Some(selected) = &state.selected else {
        report_no_selection(state);
        return;
    };
    match export::records_text(selected) {
        Ok(text) => ctx.copy_text(text),
        Err(error) => state.message = Some(Message::error(error.to_string())),
    }
}

fn report_no_selection(state: &mut State) {
    let text = "Nothing is selected: drag a box (B) or a lasso (Shift+B) around records first.";
    state.message = Some(Message::error(text));
}

fn click_record(state: &mut State, id: PaneId, picked: Option<Picked>) {
    let Some(pane) = state.panes.get_mut(id) else {
        return;
    };
    let row = picked.as_ref().and_then(|picked| picked.row);
    pane.set_control(FOCUSED_ROW, row.map(Value::from));
    if let Some(picked) = picked {
        pane.toggle_pin(&picked);
    }
}

fn toggle_theme(state: &mut State) {
    state.theme = match state.theme {
        ThemeName::Dark => ThemeName::Light,
        ThemeName::Paper | ThemeName::Light => ThemeName::Dark,
    };
    state.preferences.theme = Some(state.theme);
    state.preferences.save();
}

/// Closes the topmost of what is open, one at a time.
fn dismiss(state: &mut State) {
    if state.path_dialog.take().is_some() || state.panels.export.take().is_some() {
    } else if state.panels.help {
        state.panels.help = false;
    } else if state.message.take().is_some() {
    } else if state.tool != Tool::Orbit {
        state.tool = Tool::Orbit;
    } else if state.marked.take().is_some() || state.selected.take().is_some() {
    } else {
        let pane = state.panes.focused_mut();
        pane.clear_notes_of_view();
        pane.set_control(FOCUSED_ROW, None);
    }
}
