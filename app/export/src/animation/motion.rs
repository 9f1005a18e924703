//! What moves from frame to frame: the camera around the figure, the camera along a path, or the current step.

use std::f32::consts::TAU;

use trainscape_scene::{
    Scene,
    camera::Camera,
    figure::{Figure, FigureCamera, FigureSpec},
};

/// What moves.
#[derive(Clone, Debug, PartialEq)]
pub enum Motion {
    /// The camera goes once around the figure, so that the last frame leads to the first.
    Turn,
    /// The camera goes from each of these to the next.
    Path(Vec<FigureCamera>),
    /// The current step goes from the first to the last.
    Steps,
}

/// Layouts from which the size of a turning figure is found.
const TURN_LAYOUTS: u32 = 24;

/// A turning figure is a little smaller than the smallest of its layouts, so that labels between them fit, too.
const TURN_MARGIN: f32 = 0.97;

/// Share of an animation over steps in which the last step stands still before it begins again.
const REST: f64 = 0.1;

impl Motion {
    /// The camera of each frame; `None`: that of `spec`, in all frames.
    #[must_use]
    pub fn cameras(&self, scene: &Scene, spec: &FigureSpec, frames: u32) -> Option<Vec<Camera>> {
        let from = |view| {
            let spec = FigureSpec {
                view,
                ..spec.clone()
            };
            Figure::lay_out(scene, &spec).fixed_camera()
        };
        match self {
            Self::Turn => Some(turn(spec.view, frames, from)),
            Self::Path(places) => {
                let places: Vec<Camera> = places.iter().map(|view| from(*view)).collect();
                Some(along(&places, frames))
            }
            Self::Steps => None,
        }
    }

    /// The current step of each frame, between the first and the last one; `None` where it does not move.
    #[must_use]
    pub fn steps(&self, (first, last): (f64, f64), frames: u32) -> Option<Vec<f64>> {
        if *self != Self::Steps {
            return None;
        }
        let moving = (f64::from(frames) * (1.0 - REST)).max(2.0).round() - 1.0;
        let step = |frame: u32| {
            let share = (f64::from(frame) / moving).min(1.0);
            first + (last - first) * share
        };
        Some((0..frames).map(step).collect())
    }
}

/// A full turn at one size: a figure that fits its page in each frame would pulse.
fn turn(view: FigureCamera, frames: u32, from: impl Fn(FigureCamera) -> Camera) -> Vec<Camera> {
    let begin = from(view);
    let turned = |share: f32| match view {
        FigureCamera::Fit {
            elevation,
            roll,
            zoom,
            projection,
            ..
        } => from(FigureCamera::Fit {
            azimuth: Some(begin.azimuth + share * TAU),
            elevation,
            roll,
            zoom,
            projection,
        }),
        FigureCamera::Fixed(camera) => camera,
    };
    let layouts: Vec<Camera> = (0..TURN_LAYOUTS)
        .map(|layout| turned(layout as f32 / TURN_LAYOUTS as f32))
        .collect();
    let scales = layouts.iter().map(|camera| camera.scale);
    let scale = scales.fold(begin.scale, f32::min) * TURN_MARGIN;
    let offsets = layouts.iter().map(|camera| camera.offset_in_ndc);
    let offset_in_ndc = offsets.sum::<glam::Vec2>() / TURN_LAYOUTS as f32;
    (0..frames)
        .map(|frame| Camera {
            azimuth: begin.azimuth + frame as f32 / frames as f32 * TAU,
            scale,
            offset_in_ndc,
            ..begin
        })
        .collect()
}

/// Cameras from each place to the next, slow at each of them.
fn along(places: &[Camera], frames: u32) -> Vec<Camera> {
    let Some((last, others)) = places.split_last() else {
        return Vec::new();
    };
    let legs = others.len() as f32;
    (0..frames)
        .map(|frame| {
            let at = legs * frame as f32 / frames.saturating_sub(1).max(1) as f32;
            match places.get(at as usize..at as usize + 2) {
                Some([from, to]) => ease_between(from, to, at.fract()),
                _ => *last,
            }
        })
        .collect()
}

/// The camera at a share of the time from one to another, slow at both.
#[must_use]
fn ease_between(from: &Camera, to: &Camera, share: f32) -> Camera {
    from.towards(to, share * share * (3.0 - 2.0 * share))
}
