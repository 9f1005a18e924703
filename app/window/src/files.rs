//! The files that the user chooses: what to open, where to write.

use std::path::{Path, PathBuf};

use trainscape_export::ExportError;

use crate::{
    dialogs::{Answer, Dialog, Purpose},
    export, figure_file, opening,
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
        return Some(export::geometry(renderer, &built.scene, camera, path));
    }
    let gpu = built.gpu.as_ref()?;
    let callouts = pane.callouts();
    Some(export::picture(
        renderer,
        gpu,
        &built.scene,
        camera,
        callouts,
        path,
    ))
}
