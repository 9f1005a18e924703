//! The files that the user chooses: what to open, where to write.

use std::path::{Path, PathBuf};

use trainscape_export::ExportError;

use crate::{
    dialogs::{Dialog, Purpose},
    export, opening,
    services::Services,
    state::{Message, State},
};

/// Opens the system's dialog, unless one is open.
pub(crate) fn ask(state: &State, services: &mut Services, purpose: Purpose, ctx: &egui::Context) {
    if services.dialog.is_none() {
        let name = state.panes.focused().view.name();
        services.dialog = Some(Dialog::open(purpose, name, ctx));
    }
}

/// Takes the answer of the dialog, once there is one.
pub(crate) fn receive(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    let answer = services
        .dialog
        .as_ref()
        .and_then(|dialog| Some((dialog.purpose, dialog.answer()?)));
    if let Some((purpose, path)) = answer {
        services.dialog = None;
        if let Some(path) = path {
            open_or_write(state, services, purpose, path, ctx);
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
