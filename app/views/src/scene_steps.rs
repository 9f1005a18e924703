//! The scenes of a view while its current step moves, as in an animation.

use trainscape_scene::Scene;

use super::{
    clip::clip_at_step,
    view::{NotAvailable, Time},
};

/// The scenes of a view by the current step.
pub struct SceneSteps<'a> {
    time: Time,
    /// The scene of all steps.
    whole: &'a Scene,
    /// The steps at which the scene changes, for a view that selects the state at a step.
    steps: Vec<f64>,
    /// Which of them was shown last.
    shown: Option<usize>,
}

impl<'a> SceneSteps<'a> {
    /// The scenes of a view with this `time`; `whole` is the one without a current step, `steps` are those of its snapshots.
    #[must_use]
    pub fn new(time: Time, steps: Vec<f64>, whole: &'a Scene) -> Self {
        Self {
            time,
            whole,
            steps,
            shown: None,
        }
    }

    /// The scene at a step, which `build` builds where the view selects the state at a step; `None` where it is that of the
    /// step before.
    ///
    /// # Errors
    /// When the view cannot be drawn at that step.
    pub fn at_step(
        &mut self,
        step: f64,
        build: impl FnOnce() -> Result<Scene, NotAvailable>,
    ) -> Result<Option<Scene>, NotAvailable> {
        if self.time == Time::Clips {
            let mut scene = self.whole.clone();
            clip_at_step(&mut scene, step);
            return Ok(Some(scene));
        }
        let selected = self.steps.partition_point(|known| *known <= step);
        if self.shown == Some(selected) {
            return Ok(None);
        }
        self.shown = Some(selected);
        build().map(Some)
    }
}
