//! Loss x gradient norm x reward; step x loss x gradient norm where there is no reward. Spikes and divergence
//! are marked.

use std::sync::Arc;

use trainscape_run::{Role, Run};
use trainscape_scene::scene::Scene;

use super::{
    NotAvailable, ViewKind, ViewSettings,
    samples::series_with_role,
    trajectory::{self, Default, Recipe},
};

fn recipe<'a>(runs: &[Arc<Run>], settings: &'a ViewSettings) -> Recipe<'a> {
    let has = |run: &Run, role| series_with_role(run, role).is_some();
    let able = runs
        .iter()
        .filter(|run| settings.draws_run(&run.id))
        .filter(|run| has(run, Role::Loss) && has(run, Role::GradientNorm));
    let (rewarded, all) = able.fold((0, 0), |(rewarded, all), run| {
        (rewarded + usize::from(has(run, Role::Reward)), all + 1)
    });
    // One run with a reward does not hide the others without.
    let [x, y, z] = if 2 * rewarded > all {
        [Role::Loss, Role::GradientNorm, Role::Reward].map(Default::Role)
    } else {
        [
            Default::X,
            Default::Role(Role::Loss),
            Default::Role(Role::GradientNorm),
        ]
    };
    Recipe {
        view: ViewKind::TrainingDynamics,
        own: &settings.dynamics,
        defaults: [x, y, z, Default::X],
        marks: true,
    }
}

pub(super) fn available(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
    trajectory::available(runs, settings, &recipe(runs, settings))
}

pub(super) fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    trajectory::build(runs, settings, &recipe(runs, settings))
}

pub(super) fn time_range(runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
    trajectory::time_range(runs, settings, &recipe(runs, settings))
}
