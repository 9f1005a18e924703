//! Step x loss x reward: the trajectory, over the surface through its points.

use std::sync::Arc;

use trainscape_run::{Role, Run};
use trainscape_scene::scene::Scene;

use super::{
    NotAvailable, ViewKind, ViewSettings,
    trajectory::{self, Default, Recipe},
};

fn recipe(settings: &ViewSettings) -> Recipe<'_> {
    Recipe {
        view: ViewKind::RewardLandscape,
        own: &settings.reward,
        defaults: [
            Default::X,
            Default::Role(Role::Loss),
            Default::Role(Role::Reward),
            Default::X,
        ],
        marks: false,
    }
}

pub(super) fn available(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
    trajectory::available(runs, settings, &recipe(settings))
}

pub(super) fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    trajectory::build(runs, settings, &recipe(settings))
}

pub(super) fn time_range(runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
    trajectory::time_range(runs, settings, &recipe(settings))
}
