//! Draws the frames of an animation, one after the other, and gives each to all writers.

use trainscape_gpu::{GpuScene, Renderer};
use trainscape_scene::{
    Scene,
    figure::{Figure, FigureCamera, FigureSpec},
};

use super::{format::FrameWriter, motion::Motion};
use crate::{error::ExportError, job::PictureOptions, raster};

/// What is shown in a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shot {
    /// From where.
    pub camera: FigureCamera,
    /// The current step, where it moves.
    pub step: Option<f64>,
}

impl Motion {
    /// The shots of all frames; `range` is the first and the last step that the view can show. `None` where nothing
    /// moves because there is only one step.
    #[must_use]
    pub fn shots(
        &self,
        scene: &Scene,
        spec: &FigureSpec,
        frames: u32,
        range: Option<(f64, f64)>,
    ) -> Option<Vec<Shot>> {
        if let Some(cameras) = self.cameras(scene, spec, frames) {
            let shot = |camera| Shot {
                camera: FigureCamera::Fixed(camera),
                step: None,
            };
            return Some(cameras.into_iter().map(shot).collect());
        }
        let steps = self.steps(range?, frames)?;
        // One camera for all frames, which differ in their captions.
        let camera = FigureCamera::Fixed(Figure::lay_out(scene, spec).fixed_camera());
        let shot = |step| Shot {
            camera,
            step: Some(step),
        };
        Some(steps.into_iter().map(shot).collect())
    }
}

/// The frames of an animation.
pub struct AnimationFrames<'a> {
    /// Draws them.
    pub renderer: &'a Renderer,
    /// How each is laid out, from the camera of its shot.
    pub spec: &'a FigureSpec,
    /// Size and background.
    pub picture: PictureOptions,
    /// What each shows.
    pub shots: &'a [Shot],
}

impl AnimationFrames<'_> {
    /// Draws `scene` in each frame; where the step moves, the scene that `at_step` returns, if that is another one than
    /// in the frame before. `progress` is told how many of how many frames are written; where it returns false, the
    /// animation ends and this returns false.
    ///
    /// # Errors
    /// When a scene cannot be built or drawn, or a frame cannot be written.
    pub fn write(
        &self,
        scene: &Scene,
        at_step: &mut dyn FnMut(f64) -> Result<Option<Scene>, ExportError>,
        writers: &mut [Box<dyn FrameWriter>],
        progress: &mut dyn FnMut([u32; 2]) -> bool,
    ) -> Result<bool, ExportError> {
        let mut shown: Option<(GpuScene, Scene)> = None;
        let all = self.shots.len() as u32;
        for (index, shot) in self.shots.iter().enumerate() {
            let changed = match shot.step {
                Some(step) => at_step(step)?,
                None => shown.is_none().then(|| scene.clone()),
            };
            if let Some(scene) = changed {
                // The scene before is freed first: two large ones may not fit.
                drop(shown.take());
                shown = Some((self.renderer.upload(&scene)?, scene));
            }
            let Some((on_gpu, scene)) = &shown else {
                continue;
            };
            let spec = FigureSpec {
                view: shot.camera,
                ..self.spec.clone()
            };
            let figure = Figure::lay_out(scene, &spec);
            let PictureOptions {
                size_in_pixel,
                background,
                ..
            } = self.picture;
            let frame = raster::figure(
                self.renderer,
                on_gpu,
                scene,
                &figure,
                size_in_pixel,
                background,
            )?;
            for writer in &mut *writers {
                writer.add(&frame)?;
            }
            if !progress([index as u32 + 1, all]) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
