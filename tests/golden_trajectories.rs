//! Golden images of trajectories, groups of runs, fixed ranges and the current step. Set `UPDATE_GOLDEN=1` to regenerate
//! them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/figures.rs"]
mod figures;
#[path = "support/trajectories.rs"]
mod trajectories;

use std::sync::Arc;

use figures::{SIZE_PT, assert_golden, demo, draw, project_blocking, scene_of_pretrain};
use trainscape_run::Run;
use trainscape_scene::{Scene, figure::FigureSpec, theme::ThemeName};
use trainscape_views::{ViewKind, ViewSettings};

fn scene(view: ViewKind, runs: &[Arc<Run>], change: impl FnOnce(&mut ViewSettings)) -> Scene {
    let mut settings = ViewSettings::default();
    change(&mut settings);
    view.build(runs, &settings, &project_blocking()).unwrap()
}

fn in_paper_and_dark(name: &str, scene: &Scene) {
    for theme in [ThemeName::Paper, ThemeName::Dark] {
        let spec = FigureSpec {
            theme,
            ..FigureSpec::new(SIZE_PT)
        };
        assert_golden(&format!("{name}-{}", theme.name()), &draw(scene, &spec));
    }
}

fn in_paper(name: &str, scene: &Scene) {
    assert_golden(name, &draw(scene, &FigureSpec::new(SIZE_PT)));
}

#[test]
fn reward_landscape_of_a_noisy_run() {
    let runs = [trajectories::run("rl", 1e-3, 0, 1.0)];
    let scene = scene(ViewKind::named("reward-landscape"), &runs, |_| {});
    in_paper_and_dark("reward-landscape", &scene);
}

#[test]
fn reward_landscape_of_groups_of_seeds() {
    let scene = scene(
        ViewKind::named("reward-landscape"),
        &trajectories::seeds(),
        |settings| {
            let view = ViewKind::named("reward-landscape");
            view.set(settings, "group-seeds", true).unwrap();
            view.set(settings, "surface", false).unwrap();
            view.set(settings, "y", "train/loss").unwrap();
        },
    );
    in_paper_and_dark("reward-landscape-groups", &scene);
}

#[test]
fn rewards_of_groups_of_seeds() {
    let view = ViewKind::named("reward-landscape");
    let scene = scene(view, &trajectories::seeds(), |_| {});
    in_paper_and_dark("rewards-of-seeds", &scene);
}

#[test]
fn rewards_of_environments_in_panels() {
    let view = ViewKind::named("reward-landscape");
    let scene = scene(view, &trajectories::environments(), |_| {});
    in_paper_and_dark("rewards-in-panels", &scene);
}

#[test]
fn training_dynamics_with_a_reward() {
    let runs = [trajectories::run("rl", 1e-3, 0, 0.3)];
    let scene = scene(ViewKind::named("training-dynamics"), &runs, |_| {});
    in_paper("training-dynamics-reward", &scene);
}

#[test]
fn training_dynamics_without_a_reward() {
    let scene = scene_of_pretrain(ViewKind::named("training-dynamics"), |_| {});
    in_paper_and_dark("training-dynamics", &scene);
}

#[test]
fn several_runs_keep_their_colours() {
    let scene = scene(
        ViewKind::named("training-dynamics"),
        &trajectories::seeds(),
        |settings| {
            let last_three = ["lr 0.01, 0", "lr 0.01, 1", "lr 0.01, 2"];
            settings.runs = Some(last_three.map(str::to_owned).into());
            settings.at_step = Some(100.0);
        },
    );
    in_paper("training-dynamics-runs-now", &scene);
}

#[test]
fn the_current_step_on_the_surface_of_a_sweep() {
    let snapshot = demo();
    let sweep = snapshot.runs.iter().map(|run| run.id.to_string());
    let sweep = sweep.filter(|id| id.starts_with("sweep/")).collect();
    let scene = scene(
        ViewKind::named("loss-surface"),
        &snapshot.runs,
        |settings| {
            settings.runs = Some(sweep);
            settings.at_step = Some(150.0);
            settings.set_ranges([None, None, Some([1.5, 5.0])]);
        },
    );
    in_paper("loss-surface-sweep-now", &scene);
}
