//! Reward by loss and gradient norm (by step and gradient norm where the loss is that of a policy gradient), or gradient norm
//! by step and loss in runs without a reward. Spikes and divergence are marked.

use std::sync::Arc;

use trainscape_compute::projection::Projector;
use trainscape_run::{Role, Run};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use super::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    common::{COLOURS, GROUP_SEEDS, LOG_XYZ, RANGE, SMOOTHING},
    policy_gradient::is_policy_gradient,
    ranges::ROBUST_RANGE,
    samples::series_with_role,
    trajectory::{
        self, ARROWS, COLOUR_BY, DefaultCoordinate, NO_SURFACE, Recipe, SURFACE_CONTOURS,
        SURFACE_FLOOR, SURFACE_METHOD, SURFACE_OPACITY, SURFACE_SHADING, SURFACE_WIREFRAME, X, Y,
        Z,
    },
};
use crate::symbol::Symbol;

fn recipe(runs: &[Arc<Run>], settings: &ViewSettings) -> Recipe {
    let has = |run: &Run, role| series_with_role(run, role).is_some();
    let with_both = runs
        .iter()
        .filter(|run| settings.draws_run(&run.id))
        .filter(|run| has(run, Role::Loss) && has(run, Role::GradientNorm));
    let (rewarded, of_policies, all) =
        with_both.fold((0, 0, 0), |(rewarded, policies, all), run| {
            (
                rewarded + usize::from(has(run, Role::Reward)),
                policies + usize::from(is_policy_gradient(run)),
                all + 1,
            )
        });
    // A minority of runs with a reward does not hide those without.
    let [x, y, z] = if 2 * of_policies > all {
        [
            DefaultCoordinate::X,
            DefaultCoordinate::Role(Role::GradientNorm),
            DefaultCoordinate::Role(Role::Reward),
        ]
    } else if 2 * rewarded > all {
        [Role::Loss, Role::GradientNorm, Role::Reward].map(DefaultCoordinate::Role)
    } else {
        [
            DefaultCoordinate::X,
            DefaultCoordinate::Role(Role::Loss),
            DefaultCoordinate::Role(Role::GradientNorm),
        ]
    };
    Recipe {
        title: Some("Training dynamics"),
        options: trajectory::TrajectoryOptions::of(settings, &NO_SURFACE),
        defaults: [x, y, z, DefaultCoordinate::X],
        marks: true,
    }
}

/// The view of loss, gradient norm and reward.
pub(crate) struct TrainingDynamics;

impl View for TrainingDynamics {
    fn name(&self) -> &'static str {
        "training-dynamics"
    }

    fn title(&self) -> &'static str {
        "Training dynamics"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Path
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &NO_SURFACE,
            &SMOOTHING,
            &SURFACE_METHOD,
            &GROUP_SEEDS,
            &X,
            &Y,
            &Z,
            &COLOUR_BY,
            &LOG_XYZ,
            &RANGE,
            &ROBUST_RANGE,
            &COLOURS,
            &SURFACE_SHADING,
            &SURFACE_OPACITY,
            &SURFACE_CONTOURS,
            &SURFACE_WIREFRAME,
            &SURFACE_FLOOR,
            &ARROWS,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        trajectory::PATH_MAP
    }

    fn time(&self) -> Time {
        Time::Clips
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        trajectory::available(runs, settings, &recipe(runs, settings))
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        trajectory::build(runs, settings, &recipe(runs, settings))
    }

    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        trajectory::time_range(runs, settings, &recipe(runs, settings))
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        trajectory::choices(runs, settings)
    }
}
