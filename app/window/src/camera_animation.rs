//! Camera animations: transitions to a preset, and inertia after a drag.

use egui::Vec2;
use trainscape_scene::camera::Camera;

/// Duration of a transition.
const TRANSITION_SECS: f64 = 0.22;
/// Time constant of inertia.
const INERTIA_SECS: f32 = 0.25;
/// Points a second below which inertia ends.
const SLOWEST: f32 = 8.0;
/// Radians of orbit for a point of drag.
pub(crate) const ORBIT_PER_PT: f32 = 0.0075;

/// A camera that moves by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CameraAnimation {
    /// From one camera to another.
    Transition {
        from: Camera,
        to: Camera,
        /// egui's time at the start.
        since_secs: f64,
        /// At the end the figure fits the camera to the data again.
        then_fit: bool,
    },
    /// Continues a drag, in points a second.
    Inertia(Vec2),
}

/// What an animation does to a camera in one frame.
pub(crate) enum AnimationStep {
    /// The camera is set.
    Set(Camera),
    /// The camera orbits by angles in radians.
    Orbit(Vec2),
    /// The figure fits the camera to the data.
    Fit,
}

impl CameraAnimation {
    /// The next frame, and the rest of the animation.
    pub(crate) fn advance(self, now_secs: f64, frame_secs: f32) -> (AnimationStep, Option<Self>) {
        match self {
            Self::Transition {
                from,
                to,
                since_secs,
                then_fit,
            } => {
                let share = ((now_secs - since_secs) / TRANSITION_SECS).clamp(0.0, 1.0) as f32;
                if share < 1.0 {
                    // Starts and ends gently.
                    let eased = share * share * (3.0 - 2.0 * share);
                    (AnimationStep::Set(from.towards(&to, eased)), Some(self))
                } else if then_fit {
                    (AnimationStep::Fit, None)
                } else {
                    (AnimationStep::Set(to), None)
                }
            }
            Self::Inertia(velocity) => {
                let slower = velocity * (-frame_secs / INERTIA_SECS).exp();
                let rest = (slower.length() > SLOWEST).then_some(Self::Inertia(slower));
                (
                    AnimationStep::Orbit(velocity * frame_secs * ORBIT_PER_PT),
                    rest,
                )
            }
        }
    }
}
