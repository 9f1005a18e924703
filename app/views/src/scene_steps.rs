//! The scenes of a view while its current step moves, as in an animation.

use std::sync::Arc;

use trainscape_compute::projection::Projector;
use trainscape_run::Run;
use trainscape_scene::Scene;

use super::{NotAvailable, Time, ViewKind, ViewSettings, clip_at_step};

/// The scenes of a view by the current step.
pub struct SceneSteps<'a> {
    view: ViewKind,
    runs: &'a [Arc<Run>],
    settings: &'a ViewSettings,
    /// The scene of all steps.
    whole: &'a Scene,
    /// The steps at which the scene changes, for a view that selects the state at a step.
    steps: Vec<f64>,
    /// Which of them was shown last.
    shown: Option<usize>,
}

impl<'a> SceneSteps<'a> {
    /// The scenes of a view; `whole` is the one without a current step.
    #[must_use]
    pub fn new(
        view: ViewKind,
        runs: &'a [Arc<Run>],
        settings: &'a ViewSettings,
        whole: &'a Scene,
    ) -> Self {
        let steps = match view.time() {
            Time::Selects => view.choices(runs, settings).steps,
            Time::Static | Time::Clips => Vec::new(),
        };
        Self {
            view,
            runs,
            settings,
            whole,
            steps,
            shown: None,
        }
    }

    /// The scene at a step; `None` where it is that of the step before.
    ///
    /// # Errors
    /// When the view cannot be drawn at that step.
    pub fn at_step(
        &mut self,
        step: f64,
        projector: &dyn Projector,
    ) -> Result<Option<Scene>, NotAvailable> {
        if self.view.time() == Time::Clips {
            let mut scene = self.whole.clone();
            clip_at_step(&mut scene, step);
            return Ok(Some(scene));
        }
        let selected = self.steps.partition_point(|known| *known <= step);
        if self.shown == Some(selected) {
            return Ok(None);
        }
        self.shown = Some(selected);
        let settings = ViewSettings {
            at_step: Some(step),
            ..self.settings.clone()
        };
        self.view.build(self.runs, &settings, projector).map(Some)
    }
}
