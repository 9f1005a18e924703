//! Reward by step and loss: the trajectory over the surface through its points.

use std::sync::Arc;

use trainscape_compute::projection::Projector;
use trainscape_run::{Role, Run};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use super::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    common::{COLOURS, GROUP_SEEDS, LOG_XYZ, RANGE, SMOOTHING},
    trajectory::{
        self, ARROWS, COLOUR_BY, DefaultCoordinate, Recipe, SURFACE, SURFACE_CONTOURS,
        SURFACE_FLOOR, SURFACE_METHOD, SURFACE_OPACITY, SURFACE_SHADING, SURFACE_WIREFRAME, X, Y,
        Z,
    },
};

fn recipe(settings: &ViewSettings) -> Recipe {
    Recipe {
        title: None,
        options: trajectory::TrajectoryOptions::of(settings, &SURFACE),
        defaults: [
            DefaultCoordinate::X,
            DefaultCoordinate::Role(Role::Loss),
            DefaultCoordinate::Role(Role::Reward),
            DefaultCoordinate::X,
        ],
        marks: false,
    }
}

/// The view of the reward by step and loss.
pub(crate) struct RewardLandscape;

impl View for RewardLandscape {
    fn name(&self) -> &'static str {
        "reward-landscape"
    }

    fn title(&self) -> &'static str {
        "Reward landscape"
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &SURFACE,
            &SMOOTHING,
            &SURFACE_METHOD,
            &GROUP_SEEDS,
            &X,
            &Y,
            &Z,
            &COLOUR_BY,
            &LOG_XYZ,
            &RANGE,
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
        trajectory::available(runs, settings, &recipe(settings))
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        trajectory::build(runs, settings, &recipe(settings))
    }

    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        trajectory::time_range(runs, settings, &recipe(settings))
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        trajectory::choices(runs, settings)
    }
}
