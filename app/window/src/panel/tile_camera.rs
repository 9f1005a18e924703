//! What the mouse does to a tile's camera: orbit, pan, zoom, focus.

use egui::{PointerButton, Pos2, Response, Vec2};
use trainscape_scene::{
    camera::{Camera, world_from_unit},
    figure::Figure,
};

use super::tile_view::TileView;
use crate::{camera::orbit, camera_animation::ORBIT_PER_PT, command::Command};

/// A pointer that moved less between press and release has clicked.
const CLICK_PT: f32 = 6.0;

/// What the mouse did to the camera.
pub(super) enum Moved {
    No,
    To(Camera),
    /// A command moves it.
    ByCommand,
}

impl TileView<'_> {
    /// Turns mouse and wheel into camera moves.
    pub(super) fn move_camera(
        &self,
        ui: &egui::Ui,
        response: &Response,
        figure: &Figure,
        box_aspect: [f32; 3],
        commands: &mut Vec<Command>,
    ) -> Moved {
        let id = self.pane.id;
        let before = self
            .pane
            .moved_camera()
            .unwrap_or_else(|| figure.fixed_camera());
        let mut camera = before;
        if response.drag_started() {
            commands.push(Command::StopCamera(id));
        }
        let pans = self.drag(ui, response, figure, &mut camera);
        if let Some(at) = response.hover_pos() {
            let (scroll, pinch) =
                ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let factor = (scroll * 0.0035).exp() * pinch;
            if (factor - 1.0).abs() > 1e-4 {
                camera.zoom_towards(factor, self.ndc(figure, at));
            }
        }
        if response.double_clicked() {
            commands.push(match &self.pane.hovered {
                Some(picked) => {
                    camera.focus(world_from_unit(picked.position_unit, box_aspect));
                    Command::MoveCamera(id, camera)
                }
                None => Command::ResetCamera,
            });
            return Moved::ByCommand;
        }
        if camera != before {
            commands.push(Command::SetCamera(id, camera));
        }
        if response.drag_stopped() && !pans && self.state.preferences.inertia {
            let velocity = ui.input(|input| input.pointer.velocity());
            commands.push(Command::StartInertia(id, velocity));
        }
        if camera == before {
            Moved::No
        } else {
            Moved::To(camera)
        }
    }

    /// Orbits or pans `camera` by the drag; true where the drag pans.
    fn drag(
        &self,
        ui: &egui::Ui,
        response: &Response,
        figure: &Figure,
        camera: &mut Camera,
    ) -> bool {
        let pans = ui.input(|input| input.modifiers.shift)
            || response.dragged_by(PointerButton::Secondary)
            || response.dragged_by(PointerButton::Middle);
        let drag = self.drag_delta(ui, response);
        if drag != Vec2::ZERO {
            if pans {
                let page = &figure.clip_rect;
                camera.pan(glam::Vec2::new(drag.x / page.width, -drag.y / page.height) * 2.0);
            } else {
                orbit(self.state, camera, drag * ORBIT_PER_PT);
            }
        }
        pans
    }

    /// How far the pointer was dragged since the last frame, with what moved in the frame in which the button went up,
    /// which egui leaves out: where frames are slow, that is most of a drag or all of it.
    fn drag_delta(&self, ui: &egui::Ui, response: &Response) -> Vec2 {
        if response.dragged() {
            return response.drag_delta();
        }
        if !response.drag_stopped() && !response.contains_pointer() {
            return Vec2::ZERO;
        }
        ui.input(|input| {
            if response.drag_stopped() {
                return input.pointer.delta();
            }
            // Pressed, moved and released within one frame.
            let (mut from, mut total) = (None, Vec2::ZERO);
            for event in &input.events {
                let egui::Event::PointerButton {
                    pos,
                    button: PointerButton::Primary,
                    pressed,
                    ..
                } = event
                else {
                    continue;
                };
                match (pressed, from.take()) {
                    (true, _) if self.rect.contains(*pos) => from = Some(*pos),
                    (false, Some(start)) => total += *pos - start,
                    _ => {}
                }
            }
            // A click may tremble.
            if total.length() < CLICK_PT {
                Vec2::ZERO
            } else {
                total
            }
        })
    }

    /// A position on screen in normalised device coordinates.
    fn ndc(&self, figure: &Figure, at: Pos2) -> glam::Vec2 {
        let (page, local) = (&figure.clip_rect, at - self.rect.min);
        glam::Vec2::new(
            (local.x - page.x) / page.width * 2.0 - 1.0,
            1.0 - (local.y - page.y) / page.height * 2.0,
        )
    }
}
