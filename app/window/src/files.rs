//! The files that the user chooses: what to open, where to write.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
};

use trainscape_export::{ExportError, Motion, PictureOptions};
use trainscape_gpu::{GpuScene, Renderer};
use trainscape_scene::{
    Scene,
    figure::{FigureCamera, FigureSpec},
};

use crate::{
    animation_export::{AnimationEnd, AnimationExport, AnimationRequest},
    dialogs::{Answer, Dialog, Purpose},
    export,
    export_choices::{self, MotionChoice},
    export_formats::{Format, formats},
    export_kind::ExportKind,
    figure_file, opening,
    path_dialog::PathDialog,
    services::Services,
    state::{Message, State},
};

/// Why nothing is exported.
const NOTHING: &str = "There is nothing to export yet.";

/// Opens the system's dialog, or the window's own where there is none, unless one is open.
pub(crate) fn ask(
    state: &mut State,
    services: &mut Services,
    purpose: Purpose,
    ctx: &egui::Context,
) {
    if services.dialog.is_none() {
        let name = state.panes.focused().view.name();
        let formats = formats_for(state, purpose);
        let file_name = purpose.file_name(name, formats.first());
        if services.has_system_dialogs() {
            services.dialog = Some(Dialog::open(purpose, &file_name, &formats, ctx));
        } else {
            state.path_dialog = Some(own_dialog(state, purpose, &file_name));
        }
    }
}

/// The formats of an export, the chosen one first.
fn formats_for(state: &State, purpose: Purpose) -> Vec<Format> {
    let Purpose::Export(kind) = purpose else {
        return Vec::new();
    };
    let chosen = state.export.format(kind);
    let mut formats = formats(kind);
    formats.sort_by_key(|format| *format != chosen);
    formats
}

/// Asks for the file of what the export dialog shows.
pub(crate) fn ask_for_export(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    let kind = state.panels.export.take().unwrap_or_default();
    ask(state, services, Purpose::Export(kind), ctx);
}

/// Copies the picture of the export dialog, as large as its page.
pub(crate) fn copy_image(state: &mut State, services: &Services, ctx: &egui::Context) {
    let kind = state.panels.export.unwrap_or_default();
    let drawn = picture_of(state, kind).and_then(|(spec, options)| {
        let (on_gpu, scene) = drawn(state, services)?;
        Some(export::raster(on_gpu, scene, &spec, options))
    });
    state.message = Some(match drawn {
        Some(Ok(raster)) => {
            let size = raster.size_in_pixel.map(|side| side as usize);
            ctx.copy_image(egui::ColorImage::from_rgba_unmultiplied(size, &raster.rgba));
            let [width, height] = size;
            Message::info(format!("Copied the picture: {width} × {height} pixels"))
        }
        Some(Err(error)) => Message::error(error.to_string()),
        None => Message::error(NOTHING),
    });
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
        AnimationEnd::Written(path) => Some(Message::wrote(&path)),
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
fn start_animation(state: &mut State, services: &mut Services, path: PathBuf, ctx: &egui::Context) {
    let Some(request) = animation_request(state, services, path) else {
        state.message = Some(Message::error(NOTHING));
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
    let revealed = services.revealing.as_ref().map(Receiver::try_recv);
    match revealed {
        None | Some(Err(TryRecvError::Empty)) => {}
        Some(answer) => {
            services.revealing = None;
            if let Ok(Some(why)) = answer {
                state.message = Some(Message::error(why));
            }
        }
    }
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
            let formats = formats_for(state, purpose);
            let name = state.panes.focused().view.name();
            let file_name = purpose.file_name(name, formats.first());
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
    let path = match with_ending(state, purpose, path) {
        Ok(path) => path,
        Err(why) => {
            state.message = Some(Message::error(why));
            return;
        }
    };
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
        Purpose::Export(ExportKind::Animation) => {
            start_animation(state, services, path, ctx);
            return;
        }
        Purpose::Export(kind) => write_figure(state, services, kind, &path),
    };
    state.message = Some(match written {
        Some(Ok(())) => Message::wrote(&path),
        Some(Err(error)) => Message::error(error.to_string()),
        None => Message::error(NOTHING),
    });
}

/// The path with the ending of what is written, where it was typed without one. Nobody was asked about a file that has
/// that name already.
fn with_ending(state: &State, purpose: Purpose, path: PathBuf) -> Result<PathBuf, String> {
    let ending = match purpose {
        Purpose::Open => return Ok(path),
        Purpose::Export(kind) => state.export.format(kind).ending(),
        Purpose::Csv => "csv",
        Purpose::Figure => "toml",
    };
    if path.extension().is_some() {
        return Ok(path);
    }
    let ended = path.with_extension(ending);
    match ended.exists() {
        true => Err(format!(
            "{} exists: type its whole name to overwrite it",
            ended.display()
        )),
        false => Ok(ended),
    }
}

/// The layout and the options of an export of the focused tile; `None` where it shows nothing.
fn picture_of(state: &State, kind: ExportKind) -> Option<(FigureSpec, PictureOptions)> {
    let pane = state.panes.focused();
    let camera = &pane.figure.as_ref()?.camera;
    let spec = state.export.spec(kind, camera, pane.callouts());
    let options = export_choices::picture_options(state.export.page_of(kind));
    Some((spec, options))
}

/// What the focused tile draws; `None` where that is nothing.
fn drawn<'a>(
    state: &'a State,
    services: &'a Services,
) -> Option<((&'a Renderer, &'a GpuScene), &'a Scene)> {
    let pane = state.panes.focused();
    let built = pane.built.as_ref()?;
    let renderer = services.graphics.as_ref()?.renderer();
    Some(((renderer, built.gpu.as_ref()?), &built.scene))
}

/// Writes the figure or the geometry of the focused tile; `None` where nothing is drawn.
fn write_figure(
    state: &State,
    services: &Services,
    kind: ExportKind,
    path: &Path,
) -> Option<Result<(), ExportError>> {
    let (spec, options) = picture_of(state, kind)?;
    let (on_gpu, scene) = drawn(state, services)?;
    Some(match kind {
        ExportKind::Model => export::geometry(on_gpu.0, scene, &spec, options, path),
        ExportKind::Picture | ExportKind::Animation => {
            export::picture(on_gpu, scene, &spec, options, path)
        }
    })
}
