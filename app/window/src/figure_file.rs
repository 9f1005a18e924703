//! The figure of the focused tile as a figure file or a command line, and the window as a figure file says.

use std::path::{Path, absolute};

use trainscape_export::write_output;
use trainscape_scene::{camera::Projection, theme::ThemeName};
use trainscape_views::{
    ViewSettings,
    figure_file::{CameraAngles, FigureFile, Reading},
};

use crate::{
    pane::StartCamera,
    role_choices::RoleChoice,
    state::{Message, State},
};

/// The figure that an export of the focused tile draws; `None` where nothing is drawn, or an error in one sentence.
fn describe(state: &State) -> Result<FigureFile, String> {
    let pane = state.panes.focused();
    let (Some(open), Some(figure)) = (&state.open, &pane.figure) else {
        return Err("There is nothing to save yet.".to_owned());
    };
    let camera = &figure.camera;
    // A tenth of a degree: the digits below are noise of the pointer.
    let degrees = |radians: f32| (radians.to_degrees() * 10.0).round() / 10.0;
    let mut described = FigureFile {
        inputs: if open.is_demo {
            Vec::new()
        } else {
            open.paths.clone()
        },
        reading: reading(state)?,
        view: pane.view,
        settings: ViewSettings {
            runs: state.shared.runs.clone(),
            steps: state.shared.steps,
            at_step: state.shared.at_step,
            controls: pane.settings.of(pane.view),
            ..ViewSettings::default()
        },
        theme: state.export.theme,
        camera: CameraAngles {
            azimuth_degrees: Some(degrees(camera.azimuth)),
            elevation_degrees: Some(degrees(camera.elevation)),
            roll_degrees: degrees(camera.roll),
            zoom: 1.0,
            orthographic: camera.projection == Projection::Orthographic,
        },
        page: state.export.page,
    };
    described.map_paths(|path| absolute(path).unwrap_or_else(|_| path.to_owned()));
    Ok(described)
}

/// How what is open was read, with the roles and axes that the user has chosen since.
fn reading(state: &State) -> Result<Reading, String> {
    let options = &state.options.open;
    let mut roles = Vec::new();
    for (key, role) in &options.roles {
        roles.push(format!("{}={key}", role.name()));
    }
    for (role, choice) in state.shared.roles.iter() {
        match choice {
            RoleChoice::Key(key) => roles.push(format!("{}={key}", role.name())),
            RoleChoice::Nothing => {
                let name = role.name();
                return Err(format!(
                    "A figure file cannot say that no series is the {name}."
                ));
            }
        }
    }
    let mut axes = options.axes.clone();
    for (key, names) in &state.preferences.axes {
        axes.entry(key.clone()).or_insert_with(|| names.clone());
    }
    let is_open = |key: &String| {
        let mut runs = state.snapshot.runs.iter();
        runs.any(|run| run.tensors.contains_key(key.as_str()))
    };
    axes.retain(|key, _| is_open(key));
    let axes = axes
        .iter()
        .map(|(key, names)| format!("{key}={}", names.join(",")));
    Ok(Reading {
        roles,
        x: options.x.clone(),
        mapping: options.mapping.path.clone(),
        axes: axes.collect(),
        views: options.views.clone(),
        pattern: options.pattern.as_ref().map(ToString::to_string),
        buffer: options.buffer,
    })
}

/// Writes the figure file of the focused tile; what is open below its folder is written relative to it.
pub(crate) fn save(state: &State, path: &Path) -> Message {
    let write = || -> Result<(), String> {
        let mut figure = describe(state)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        figure.map_paths(|path| match path.strip_prefix(folder) {
            Ok(relative) if !relative.as_os_str().is_empty() => relative.to_owned(),
            _ => path.to_owned(),
        });
        let text = figure.to_toml().map_err(|error| error.to_string())?;
        write_output(path, text.as_bytes()).map_err(|error| error.to_string())
    };
    match write() {
        Ok(()) => Message::wrote(path),
        Err(why) => Message::error(why),
    }
}

/// Copies the command that draws the figure of the focused tile.
pub(crate) fn copy_command_line(state: &mut State, ctx: &egui::Context) {
    state.message = Some(match describe(state) {
        Ok(figure) => {
            ctx.copy_text(figure.command_line() + " -o figure.png");
            Message::info("Copied the command line")
        }
        Err(why) => Message::error(why),
    });
}

/// Shows what a figure file describes in one tile, once its inputs are open.
pub(crate) fn restore(state: &mut State, figure: &FigureFile) {
    let ViewSettings {
        runs,
        steps,
        at_step,
        ..
    } = figure.settings.clone();
    state.shared.runs = runs;
    state.shared.steps = steps;
    state.shared.at_step = at_step;
    // Paper is for pages; on a screen the window keeps its own.
    if figure.theme != ThemeName::Paper {
        state.theme = figure.theme;
    }
    let angles = figure.camera;
    state.shared.projection = match angles.orthographic {
        true => Projection::Orthographic,
        false => Projection::Perspective,
    };
    let pane = state.panes.focused_mut();
    pane.view = figure.view;
    pane.settings.reset(figure.view);
    for control in figure.view.controls() {
        let value = figure.settings.controls.get(control).cloned();
        pane.settings.set(figure.view, control, value);
    }
    pane.cameras.remove(&figure.view);
    pane.start_camera = Some(StartCamera {
        view: figure.view,
        azimuth: angles.azimuth_degrees.map(f32::to_radians),
        elevation: angles.elevation_degrees.map(f32::to_radians),
        roll: angles.roll_degrees.to_radians(),
        zoom: angles.zoom,
    });
    // The arrangement that was saved for the folder is not what was asked for.
    state.options.view = Some(figure.view);
}
