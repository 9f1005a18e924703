//! Moves cameras: by hand, to a preset, by an animation, and together in linked tiles.

use egui::Vec2;
use trainscape_scene::{
    camera::{Camera, Projection, world_from_unit},
    figure::{Figure, FigureCamera, FigureSpec},
    scene::Scene,
};

use crate::{
    camera_animation::{AnimationStep, CameraAnimation},
    command::Direction,
    pane::Pane,
    pane_id::PaneId,
    spike_list::MarkedRecord,
    state::{Message, State},
};

/// Size of tick labels in the window.
const FONT_PT: f32 = 12.0;
/// Factor by which the camera zooms to the first record that it moves to.
const ZOOM_TO_RECORD: f32 = 1.6;
/// Width below which a tile's figure has no caption.
const CAPTION_FROM_PT: f32 = 280.0;

/// How a tile's figure is laid out: fitted to the data, or seen from `camera`.
pub(crate) fn figure_spec(
    state: &State,
    pane: &Pane,
    size_pt: [f32; 2],
    camera: Option<Camera>,
) -> FigureSpec {
    let view = match camera {
        Some(camera) => FigureCamera::Fixed(camera),
        None => {
            let start = pane.start_camera.filter(|start| start.view == pane.view);
            FigureCamera::Fit {
                azimuth: start.and_then(|start| start.azimuth),
                elevation: start.and_then(|start| start.elevation),
                roll: start.map_or(0.0, |start| start.roll),
                zoom: start.map_or(1.0, |start| start.zoom),
                projection: state.shared.projection,
            }
        }
    };
    // A small tile needs its room for the data.
    let small = (size_pt[0].min(size_pt[1] * 1.4) / 700.0).clamp(0.8, 1.0);
    FigureSpec {
        font_pt: FONT_PT * small,
        theme: state.theme,
        view,
        caption: size_pt[0] >= CAPTION_FROM_PT && size_pt[1] >= 0.7 * CAPTION_FROM_PT,
        // The whole caption lies over the tile where it is asked for, so that nothing moves.
        caption_lines: Some(1),
        callouts: pane.callouts(),
        ..FigureSpec::new(size_pt)
    }
}

/// Orbits a camera by angles in radians.
pub(crate) fn orbit(state: &State, camera: &mut Camera, by: Vec2) {
    if state.shared.free_orbit {
        camera.orbit_freely(-by.x, by.y);
    } else {
        camera.orbit(-by.x, by.y);
    }
}

/// Sets a tile's camera and ends its animation; linked tiles follow.
pub(crate) fn set(state: &mut State, id: PaneId, camera: Camera) {
    let Some(pane) = state.panes.get_mut(id) else {
        return;
    };
    let before = pane.camera().unwrap_or(camera);
    pane.animation = None;
    pane.camera_moved = true;
    pane.cameras.insert(pane.view, camera);
    link(state, id, &before, &camera);
}

/// Ends a tile's animation.
pub(crate) fn stop(state: &mut State, id: PaneId) {
    if let Some(pane) = state.panes.get_mut(id) {
        pane.animation = None;
    }
}

/// Changes the camera of the focused tile.
pub(crate) fn change(state: &mut State, change: impl FnOnce(&State, &mut Camera)) {
    let pane = state.panes.focused();
    if let Some(mut camera) = pane.camera() {
        let id = pane.id;
        change(state, &mut camera);
        set(state, id, camera);
    }
}

/// Starts inertia after a drag with a velocity in points a second.
pub(crate) fn start_inertia(state: &mut State, id: PaneId, velocity: Vec2) {
    if let Some(pane) = state.panes.get_mut(id) {
        pane.animation = Some(CameraAnimation::Inertia(velocity));
    }
}

/// Moves a tile's camera to `to`, at once or in a transition; with `then_fit` the figure fits it afterwards.
pub(crate) fn move_to(
    state: &mut State,
    id: PaneId,
    to: Camera,
    then_fit: bool,
    ctx: &egui::Context,
) {
    let animates = state.preferences.animate;
    let Some(pane) = state.panes.get_mut(id) else {
        return;
    };
    let view = pane.view;
    match pane.camera().filter(|_| animates) {
        Some(from) => {
            pane.animation = Some(CameraAnimation::Transition {
                from,
                to,
                since_secs: ctx.input(|input| input.time),
                then_fit,
            });
            ctx.request_repaint();
        }
        None if then_fit => {
            pane.cameras.remove(&view);
        }
        None => {
            pane.cameras.insert(view, to);
        }
    }
    if !then_fit {
        link(state, id, &to, &to);
    }
}

/// Looks at the focused tile's data from a fixed direction.
pub(crate) fn look_from(state: &mut State, direction: Direction, ctx: &egui::Context) {
    let pane = state.panes.focused();
    let Some(figure) = &pane.figure else {
        return;
    };
    let [azimuth, elevation] = direction.angles();
    let page = &figure.clip_rect;
    let camera = Camera::looking_from(azimuth, elevation, state.shared.projection);
    let camera = camera.framing(figure.box_aspect, page.width / page.height, 0.72);
    move_to(state, pane.id, camera, false, ctx);
}

/// Lets the figure of the focused tile fit its camera to the data.
pub(crate) fn reset(state: &mut State, ctx: &egui::Context) {
    let pane = state.panes.focused_mut();
    let (id, view) = (pane.id, pane.view);
    pane.start_camera = None;
    if !pane.cameras.contains_key(&view) {
        return;
    }
    let pane = state.panes.focused();
    let fitted = pane
        .scene()
        .zip(pane.figure.as_ref())
        .map(|(scene, figure)| {
            let spec = figure_spec(state, pane, figure.size_pt, None);
            Figure::lay_out(scene, &spec).fixed_camera()
        });
    match fitted {
        Some(camera) => move_to(state, id, camera, true, ctx),
        None => {
            state.panes.focused_mut().cameras.remove(&view);
        }
    }
}

/// The lengths of the box's edges in a tile.
fn box_aspect(pane: &Pane, scene: &Scene) -> [f32; 3] {
    let figure = pane.figure.as_ref();
    figure.map_or(scene.box_aspect, |figure| figure.box_aspect)
}

/// Moves the focused tile's camera to the first row that was searched for.
pub(crate) fn move_to_found(state: &mut State, ctx: &egui::Context) {
    let pane = state.panes.focused();
    let (Some(scene), Some(mut camera)) = (pane.scene(), pane.camera()) else {
        return;
    };
    let box_aspect = box_aspect(pane, scene);
    let mut found = scene.markers.iter().filter(|marks| marks.name == "found");
    let Some(position) = found.next().and_then(|marks| marks.positions_unit.first()) else {
        return;
    };
    camera.focus(world_from_unit(*position, box_aspect));
    move_to(state, pane.id, camera, false, ctx);
}

/// Moves the camera of the focused tile to where a record is drawn, and marks the record in all tiles.
pub(crate) fn move_to_record(state: &mut State, record: MarkedRecord, ctx: &egui::Context) {
    let pane = state.panes.focused();
    let (Some(scene), Some(mut camera)) = (pane.scene(), pane.camera()) else {
        return;
    };
    let is_first = pane.moved_camera().is_none();
    let box_aspect = box_aspect(pane, scene);
    match scene.find(&record.mark).first() {
        Some(position) => {
            camera.focus(world_from_unit(*position, box_aspect));
            if is_first {
                camera.zoom_towards(ZOOM_TO_RECORD, glam::Vec2::ZERO);
            }
            let id = pane.id;
            move_to(state, id, camera, false, ctx);
        }
        None => {
            let title = pane.view.title();
            let text = format!("{title} does not draw this record; the timeline marks its step.");
            state.message = Some(Message::info(text));
        }
    }
    if let Some(step) = record.mark.step {
        state.shared.at_step = state.shared.at_step.map(|_| step);
    }
    state.marked = Some(record);
}

/// Advances the cameras that move by themselves.
pub(crate) fn advance_animations(state: &mut State, ctx: &egui::Context) {
    let (now_secs, frame_secs) = ctx.input(|input| (input.time, input.stable_dt.min(0.1)));
    for id in state.panes.ids() {
        let Some(pane) = state.panes.get_mut(id) else {
            continue;
        };
        let Some(animation) = pane.animation else {
            continue;
        };
        let (view, before) = (pane.view, pane.camera());
        let (step, rest) = animation.advance(now_secs, frame_secs);
        match step {
            AnimationStep::Set(camera) => {
                pane.cameras.insert(view, camera);
            }
            AnimationStep::Fit => {
                pane.cameras.remove(&view);
            }
            AnimationStep::Orbit(by) => {
                if let Some(before) = before {
                    let mut camera = before;
                    orbit(state, &mut camera, by);
                    set(state, id, camera);
                }
            }
        }
        if let Some(pane) = state.panes.get_mut(id) {
            pane.animation = rest.filter(|_| before.is_some());
            pane.camera_moved = true;
        }
        ctx.request_repaint();
    }
}

pub(crate) fn toggle_projection(state: &mut State) {
    let projection = match state.shared.projection {
        Projection::Perspective => Projection::Orthographic,
        Projection::Orthographic => Projection::Perspective,
    };
    state.shared.projection = projection;
    for pane in state.panes.iter_mut() {
        for camera in pane.cameras.values_mut() {
            camera.projection = projection;
        }
    }
}

/// Switches free orbit; without it the vertical axis is upright again.
pub(crate) fn toggle_free_orbit(state: &mut State) {
    state.shared.free_orbit = !state.shared.free_orbit;
    if !state.shared.free_orbit {
        for pane in state.panes.iter_mut() {
            for camera in pane.cameras.values_mut() {
                camera.roll = 0.0;
            }
        }
    }
}

pub(crate) fn toggle_linked_cameras(state: &mut State) {
    state.shared.link_cameras = !state.shared.link_cameras;
    let pane = state.panes.focused();
    if let Some(camera) = pane.camera() {
        link(state, pane.id, &camera, &camera);
    }
}

/// Where cameras are linked, those of other tiles move as the camera of `id` has moved.
fn link(state: &mut State, id: PaneId, before: &Camera, after: &Camera) {
    if !state.shared.link_cameras {
        return;
    }
    let zoom = after.scale / before.scale;
    let shift = after.offset_in_ndc - before.offset_in_ndc;
    for pane in state.panes.iter_mut().filter(|pane| pane.id != id) {
        if let Some(mut camera) = pane.camera() {
            camera.scale *= zoom;
            camera.offset_in_ndc += shift;
            camera.azimuth = after.azimuth;
            camera.elevation = after.elevation;
            camera.roll = after.roll;
            pane.cameras.insert(pane.view, camera);
        }
    }
}
