//! The files that the user chooses: what to open, where to write.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_export::{ExportError, Motion};
use trainscape_scene::figure::FigureCamera;

use crate::{
    animation_export::{AnimationEnd, AnimationExport, AnimationRequest},
    dialogs::{Answer, Dialog, Purpose},
    export,
    export_choices::{self, ExportKind, MotionChoice},
    figure_file, opening,
    path_dialog::PathDialog,
    services::Services,
    state::{Message, State},
};

/// Opens the system's dialog, or the window's own where there is none, unless one is open.
pub(crate) fn ask(
    state: &mut State,
    services: &mut Services,
    purpose: Purpose,
    ctx: &egui::Context,
) {
    if services.dialog.is_none() {
        let name = state.panes.focused().view.name();
        let file_name = purpose.file_name(name);
        if services.has_system_dialogs() {
            services.dialog = Some(Dialog::open(purpose, &file_name, ctx));
        } else {
            state.path_dialog = Some(own_dialog(state, purpose, &file_name));
        }
    }
}

/// Asks for the file of what the export dialog shows.
pub(crate) fn ask_for_export(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    let purpose = match state.panels.export.take() {
        Some(ExportKind::Animation) => Purpose::Animation,
        Some(ExportKind::Picture) | None => Purpose::Png,
    };
    ask(state, services, purpose, ctx);
}

/// Takes how far the animation is that is being written.
fn receive_animation(state: &mut State, services: &mut Services) {
    let Some(animation) = &services.animation else {
        return;
    };
    state.animation_progress = Some(animation.progress());
    let Some(end) = animation.end() else { return };
    services.animation = None;
    state.animation_progress = None;
    state.message = match end {
        AnimationEnd::Written(path) => Some(Message::info(format!("Wrote {}", path.display()))),
        AnimationEnd::Cancelled => None,
        AnimationEnd::Failed(why) => Some(Message::error(why)),
    };
}

/// Ends the animation that is being written; no file is left.
pub(crate) fn cancel_animation(state: &mut State, services: &mut Services) {
    services.animation = None;
    state.animation_progress = None;
    state.message = Some(Message::info("The animation was cancelled."));
}

/// Starts to write an animation of the focused tile.
fn start_animation(
    state: &mut State,
    services: &mut Services,
    mut path: PathBuf,
    ctx: &egui::Context,
) {
    if path.extension().is_none() {
        path.set_extension("gif");
    }
    let Some(request) = animation_request(state, services, path) else {
        state.message = Some(Message::error("There is nothing to export yet."));
        return;
    };
    match AnimationExport::start(request, ctx) {
        Ok(animation) => {
            state.animation_progress = Some(animation.progress());
            services.animation = Some(animation);
        }
        Err(why) => state.message = Some(Message::error(why)),
    }
}

fn animation_request(
    state: &State,
    services: &Services,
    path: PathBuf,
) -> Option<AnimationRequest> {
    let pane = state.panes.focused();
    let (scene, figure) = (pane.scene()?, pane.figure.as_ref()?);
    let choices = &state.export;
    let kind = ExportKind::Animation;
    let camera = figure.camera;
    let motion = match choices.motion {
        MotionChoice::Turn => Motion::Turn,
        MotionChoice::Steps => Motion::Steps,
        MotionChoice::Bookmarks => {
            let kept = state.bookmarks.of(pane.view);
            let cameras = kept.map(|(_, bookmark)| bookmark.camera);
            let places = std::iter::once(camera).chain(cameras);
            Motion::Path(places.map(FigureCamera::Fixed).collect())
        }
    };
    Some(AnimationRequest {
        renderer: Arc::clone(services.graphics.as_ref()?.renderer()),
        scene: Arc::clone(scene),
        runs: state.snapshot.runs.clone(),
        view: pane.view,
        settings: pane.requested.as_ref()?.settings.clone(),
        spec: choices.spec(kind, &camera, pane.callouts()),
        picture: export_choices::picture_options(choices.page_of(kind)),
        motion,
        frames: choices.frames(),
        frames_per_second: choices.frames_per_second,
        path,
    })
}

/// Opens the window's own dialog, in which a URL can be typed.
pub(crate) fn ask_for_url(state: &mut State) {
    state.path_dialog = Some(own_dialog(state, Purpose::Open, ""));
}

/// A dialog that begins beside what is open.
fn own_dialog(state: &State, purpose: Purpose, file_name: &str) -> PathDialog {
    let open = state.open.as_ref().filter(|open| !open.is_demo);
    let beside = open
        .and_then(|open| open.paths.first())
        .or(state.preferences.recent.first())
        .and_then(|path| Some(path.canonicalize().ok()?.parent()?.to_owned()));
    let folder = beside.or_else(|| std::env::current_dir().ok());
    PathDialog::new(purpose, &folder.unwrap_or_default(), file_name)
}

pub(crate) fn set_path(state: &mut State, text: String) {
    if let Some(dialog) = &mut state.path_dialog {
        dialog.set_text(text);
        dialog.takes_focus = true;
    }
}

pub(crate) fn path_dialog_focused(state: &mut State) {
    if let Some(dialog) = &mut state.path_dialog {
        dialog.takes_focus = false;
    }
}

/// Takes the path of the window's own dialog, once it is one.
pub(crate) fn confirm_path(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    let Some(dialog) = &mut state.path_dialog else {
        return;
    };
    let purpose = dialog.purpose;
    if let Some(path) = dialog.confirm() {
        state.path_dialog = None;
        open_or_write(state, services, purpose, path, ctx);
    } else {
        dialog.takes_focus = true;
    }
}

/// Takes the answer of the dialog, once there is one.
pub(crate) fn receive(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    receive_animation(state, services);
    let answer = services
        .dialog
        .as_ref()
        .and_then(|dialog| Some((dialog.purpose, dialog.answer()?)));
    let Some((purpose, answer)) = answer else {
        return;
    };
    services.dialog = None;
    match answer {
        Answer::Path(path) => open_or_write(state, services, purpose, path, ctx),
        Answer::Cancelled => {}
        Answer::Failed => {
            services.system_dialogs_failed = true;
            let file_name = purpose.file_name(state.panes.focused().view.name());
            state.path_dialog = Some(own_dialog(state, purpose, &file_name));
        }
    }
}

fn open_or_write(
    state: &mut State,
    services: &mut Services,
    purpose: Purpose,
    path: PathBuf,
    ctx: &egui::Context,
) {
    let written = match purpose {
        Purpose::Open => {
            opening::open_chosen(state, services, vec![path], ctx);
            return;
        }
        Purpose::Csv => state
            .selected
            .as_ref()
            .map(|selected| export::records(selected, &path)),
        Purpose::Figure => {
            state.message = Some(figure_file::save(state, &path));
            return;
        }
        Purpose::Animation => {
            start_animation(state, services, path, ctx);
            return;
        }
        Purpose::Png | Purpose::Glb => write_figure(state, services, purpose, &path),
    };
    state.message = Some(match written {
        Some(Ok(())) => Message::info(format!("Wrote {}", path.display())),
        Some(Err(error)) => Message::error(error.to_string()),
        None => Message::error("There is nothing to export yet."),
    });
}

/// Writes the figure or the geometry of the focused tile; `None` where nothing is drawn.
fn write_figure(
    state: &State,
    services: &Services,
    purpose: Purpose,
    path: &Path,
) -> Option<Result<(), ExportError>> {
    let pane = state.panes.focused();
    let (built, figure) = (pane.built.as_ref()?, pane.figure.as_ref()?);
    let renderer = services.graphics.as_ref()?.renderer();
    let camera = &figure.camera;
    if purpose == Purpose::Glb {
        let spec = state.export.spec(ExportKind::Picture, camera, Vec::new());
        let options = export_choices::picture_options(&state.export.page);
        return Some(export::geometry(
            renderer,
            &built.scene,
            &spec,
            options,
            path,
        ));
    }
    let gpu = built.gpu.as_ref()?;
    let callouts = pane.callouts();
    let spec = state.export.spec(ExportKind::Picture, camera, callouts);
    let options = export_choices::picture_options(&state.export.page);
    let scene = &built.scene;
    Some(export::picture(
        (renderer, gpu),
        scene,
        &spec,
        options,
        path,
    ))
}
