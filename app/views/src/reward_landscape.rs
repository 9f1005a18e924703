//! Reward by step and loss: the trajectories of few runs with the surface through them, where that predicts held-out points. Of
//! many runs, without a loss, and where there is no such surface: reward by step, each run at a place of its own.

use std::sync::Arc;

use trainscape_compute::projection::Projector;
use trainscape_run::{Role, Run};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use super::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    clip::range_of,
    common::{COLOURS, FACETS, GROUP_SEEDS, LOG_XYZ, RANGE, SMOOTHING},
    facets,
    held_out::SURFACE,
    policy_gradient::is_policy_gradient,
    ranges::ROBUST_RANGE,
    reward_panels, run_rows,
    samples::series_with_role,
    trajectory::{
        self, ARROWS, COLOUR_BY, DefaultCoordinate, Recipe, SURFACE_CONTOURS, SURFACE_FLOOR,
        SURFACE_METHOD, SURFACE_OPACITY, SURFACE_SHADING, SURFACE_WIREFRAME, X, Y, Z,
    },
    waterfall::{self, WATERFALL},
};
use crate::symbol::Symbol;

/// The largest number of runs whose paths are drawn by step and loss.
const MOST_PATHS: usize = 4;

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

/// Whether runs are drawn by step and reward alone: on request, where no run has a loss that is a coordinate with its
/// reward, and where the paths of many runs would be a tangle.
fn is_waterfall(runs: &[Arc<Run>], settings: &ViewSettings) -> bool {
    if settings.chosen_switch(&WATERFALL) == Some(true) || facets::are_chosen(settings) {
        return true;
    }
    let coordinates = [&Y, &Z];
    if coordinates.iter().any(|key| settings.text(key).is_some()) {
        return false;
    }
    let has = |run: &Run, role| series_with_role(run, role).is_some();
    let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
    let rewarded = drawn.filter(|run| has(run, Role::Reward));
    // The loss of a policy gradient is no measure of progress, and no coordinate.
    let has_loss = |run: &Run| has(run, Role::Loss) && !is_policy_gradient(run);
    let (all, with_loss) = rewarded.fold((0, 0), |(all, with_loss), run| {
        (all + 1, with_loss + usize::from(has_loss(run)))
    });
    all > 0 && (with_loss == 0 || with_loss > MOST_PATHS || 2 * with_loss < all)
}

/// Reward by step alone.
fn by_step(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    if let Some(panels) = reward_panels::build(runs, settings) {
        return panels;
    }
    let (members, notes) = run_rows::members(runs, settings, Role::Reward)?;
    waterfall::build(&members, Some(Role::Reward), &notes, settings)
}

/// Whether the user chose what only trajectories have.
fn asks_for_paths(settings: &ViewSettings) -> bool {
    let coordinates = [&X, &Y, &Z, &COLOUR_BY];
    settings.chosen_switch(&WATERFALL) == Some(false)
        || settings.chosen_switch(&SURFACE).is_some()
        || coordinates.iter().any(|key| settings.text(key).is_some())
}

/// Whether a run learns from a reward. The implicit rewards of preference optimization are another form of its loss.
fn is_rewarded(run: &Run) -> bool {
    const OF_PREFERENCES: [&str; 3] = ["chosen", "rejected", "margins"];
    series_with_role(run, Role::Reward).is_some_and(|reward| {
        let of_preferences = OF_PREFERENCES.iter().any(|of| reward.key().contains(of));
        !of_preferences && reward.len() > 1 && reward.value_range().is_some()
    })
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

    fn symbol(&self) -> Symbol {
        Symbol::Goal
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &SURFACE,
            &WATERFALL,
            &SMOOTHING,
            &SURFACE_METHOD,
            &GROUP_SEEDS,
            &FACETS,
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

    /// The losses of reinforcement learning say little about a policy, its reward much.
    fn is_preferred(&self, runs: &[Arc<Run>]) -> bool {
        let has_curve = |run: &Arc<Run>, role| {
            series_with_role(run, role)
                .is_some_and(|series| series.len() > 1 && series.value_range().is_some())
        };
        let trained = |run: &&Arc<Run>| has_curve(run, Role::Loss) || has_curve(run, Role::Reward);
        let trained: Vec<&Arc<Run>> = runs.iter().filter(trained).collect();
        let rewarded = trained.iter().filter(|run| is_rewarded(run)).count();
        2 * rewarded > trained.len()
    }

    fn main_role(&self) -> Option<Role> {
        Some(Role::Reward)
    }

    fn time(&self) -> Time {
        Time::Clips
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        if is_waterfall(runs, settings) {
            return run_rows::members(runs, settings, Role::Reward).map(|_| ());
        }
        trajectory::available(runs, settings, &recipe(settings))
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        if is_waterfall(runs, settings) {
            return by_step(runs, settings);
        }
        let scene = trajectory::build(runs, settings, &recipe(settings))?;
        // The path of a reward that does not follow from the loss is a tangle in three dimensions.
        match scene.surfaces.is_empty() && !asks_for_paths(settings) {
            true => by_step(runs, settings),
            false => Ok(scene),
        }
    }

    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        if is_waterfall(runs, settings) {
            let (members, _) = run_rows::members(runs, settings, Role::Reward).ok()?;
            return range_of(members.iter().map(|member| &*member.series), settings);
        }
        trajectory::time_range(runs, settings, &recipe(settings))
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        let mut choices = trajectory::choices(runs, settings);
        choices.names.insert(FACETS.name, facets::choices(runs));
        choices
    }
}
