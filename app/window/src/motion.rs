//! Cameras on their way: flights to a preset, coasting after a drag, and tiles that turn together.

use egui::Vec2;
use trainscape_scene::camera::Camera;

use crate::app::ViewerApp;

/// Time a flight takes.
const FLIGHT_SECS: f64 = 0.22;
/// Time in which a coasting camera loses most of its speed.
const COAST_SECS: f32 = 0.25;
/// Points a second below which it stands.
const STANDING: f32 = 8.0;

/// A camera on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Motion {
    /// From one camera to another.
    Flight {
        from: Camera,
        to: Camera,
        /// egui's time at the start.
        since_secs: f64,
        /// At the end the figure frames itself again.
        then_fit: bool,
    },
    /// Turning on after a drag, in points a second.
    Coast(Vec2),
}

impl ViewerApp {
    /// Moves the camera of the tile at hand to `to`, at once or in a short flight; `then_fit` leaves framing to
    /// the figure afterwards.
    pub(crate) fn fly_to(&mut self, to: Camera, then_fit: bool, ctx: &egui::Context) {
        let view = self.pane.view;
        let from = self.pane.camera();
        match from.filter(|_| self.preferences.animate) {
            Some(from) => {
                self.pane.motion = Some(Motion::Flight {
                    from,
                    to,
                    since_secs: ctx.input(|input| input.time),
                    then_fit,
                });
                ctx.request_repaint();
            }
            None if then_fit => {
                self.pane.cameras.remove(&view);
            }
            None => {
                self.pane.cameras.insert(view, to);
            }
        }
        if !then_fit {
            self.follow_orientation(&to);
        }
    }

    /// Moves the camera on; true while it moves.
    pub(crate) fn advance_motion(&mut self, ctx: &egui::Context, radians_per_pt: f32) -> bool {
        let Some(motion) = self.pane.motion else {
            return false;
        };
        let view = self.pane.view;
        let (now_secs, frame_secs) = ctx.input(|input| (input.time, input.stable_dt.min(0.1)));
        match motion {
            Motion::Flight {
                from,
                to,
                since_secs,
                then_fit,
            } => {
                let share = ((now_secs - since_secs) / FLIGHT_SECS).clamp(0.0, 1.0) as f32;
                // Starts and ends gently.
                let eased = share * share * (3.0 - 2.0 * share);
                if share < 1.0 {
                    self.pane.cameras.insert(view, from.towards(&to, eased));
                } else {
                    self.pane.motion = None;
                    if then_fit {
                        self.pane.cameras.remove(&view);
                    } else {
                        self.pane.cameras.insert(view, to);
                    }
                }
            }
            Motion::Coast(speed) => {
                let Some(mut camera) = self.pane.camera() else {
                    self.pane.motion = None;
                    return false;
                };
                let before = camera;
                self.turn_camera(&mut camera, speed * frame_secs * radians_per_pt);
                self.pane.cameras.insert(view, camera);
                self.follow_camera(&before, &camera);
                let slower = speed * (-frame_secs / COAST_SECS).exp();
                self.pane.motion = (slower.length() > STANDING).then_some(Motion::Coast(slower));
            }
        }
        ctx.request_repaint();
        true
    }

    /// Turns a camera by angles in radians, as the user's way of orbiting has it.
    pub(crate) fn turn_camera(&self, camera: &mut Camera, by: Vec2) {
        if self.shared.free_orbit {
            camera.orbit_freely(-by.x, by.y);
        } else {
            camera.orbit(-by.x, by.y);
        }
    }

    /// Other tiles' cameras move as this one has moved, where they are linked.
    pub(crate) fn follow_camera(&mut self, before: &Camera, after: &Camera) {
        if !self.shared.link_cameras {
            return;
        }
        let zoom = after.scale / before.scale;
        let shift = after.offset_in_ndc - before.offset_in_ndc;
        for pane in self.others.values_mut() {
            if let Some(mut camera) = pane.camera() {
                camera.scale *= zoom;
                camera.offset_in_ndc += shift;
                copy_orientation(&mut camera, after);
                pane.cameras.insert(pane.view, camera);
            }
        }
    }

    /// Other tiles look in the same direction, where they are linked.
    pub(crate) fn follow_orientation(&mut self, like: &Camera) {
        self.follow_camera(like, like);
    }
}

fn copy_orientation(camera: &mut Camera, like: &Camera) {
    camera.azimuth = like.azimuth;
    camera.elevation = like.elevation;
    camera.roll = like.roll;
}
