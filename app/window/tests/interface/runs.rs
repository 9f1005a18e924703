//! The panel of runs and series.

use std::collections::BTreeSet;

use egui::Role;

use crate::{data::RUNS, window::Window};

/// The runs whose records are drawn.
fn drawn(window: &Window) -> BTreeSet<String> {
    let Some(scene) = window.app().scene() else {
        return BTreeSet::new();
    };
    let runs = scene
        .paths
        .iter()
        .flat_map(|path| path.records.iter().map(|record| record.run));
    runs.map(|run| scene.runs[run as usize].id.to_string())
        .collect()
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn a_box_hides_its_run_and_shows_it_again() {
    let mut window = Window::with_sweep();
    assert_eq!(drawn(&window), names(RUNS));
    window.click(Role::CheckBox, "run-b");
    assert!(!window.is_ticked("run-b"));
    assert_eq!(drawn(&window), names(["run-a", "run-c", "run-d"]));
    window.click(Role::CheckBox, "run-b");
    assert!(window.is_ticked("run-b"));
    assert_eq!(drawn(&window), names(RUNS));
}

#[test]
fn a_double_click_shows_a_run_alone() {
    let mut window = Window::with_sweep();
    let at = window.get(Role::CheckBox, "run-c").rect().center();
    window.double_click_at(at);
    assert_eq!(drawn(&window), names(["run-c"]));
}

#[test]
fn none_hides_all_runs_and_says_so_and_all_brings_them_back() {
    let mut window = Window::with_sweep();
    window.press("None");
    assert!(window.app().scene().is_none());
    assert!(window.says("Loss surface cannot be drawn: no run is selected."));
    assert!(!window.is_ticked("run-a"));
    window.press("All");
    assert_eq!(drawn(&window), names(RUNS));
    assert!(window.is_ticked("run-a"));
}

#[test]
fn the_filter_narrows_both_lists() {
    let mut window = Window::with_sweep();
    window.filter("run-d");
    assert!(window.has(Role::CheckBox, "run-d"));
    assert!(!window.has(Role::CheckBox, "run-a"));
    let mut window = Window::with_sweep();
    window.filter("LAYERS.3");
    assert!(window.has(Role::ComboBox, "Role of grad_norm/layers.3.mlp"));
    assert!(!window.has(Role::ComboBox, "Role of train/loss"));
    assert!(
        window.has(Role::CheckBox, "run-a"),
        "a filter for a series keeps the runs"
    );
    assert_eq!(
        drawn(&window),
        names(RUNS),
        "a filter hides names, not runs"
    );
}

#[test]
fn a_series_gets_another_role_and_the_view_follows() {
    let mut window = Window::with_sweep();
    window.press("Top");
    let camera = window.app().moved_camera();
    window.choose("Role of train/loss", "accuracy");
    assert_eq!(
        window
            .get(Role::ComboBox, "Role of train/loss")
            .value()
            .as_deref(),
        Some("accuracy")
    );
    assert!(
        window.app().scene().is_none(),
        "no series is a loss any more, but there is {:?}",
        window
            .app()
            .scene()
            .map(|scene| (&scene.title, &scene.keys))
    );
    assert!(window.says("Loss surface needs a loss"));
    window.choose("Role of tokens", "loss");
    let scene = window.app().scene().unwrap();
    assert!(scene.paths.iter().all(|path| &*path.series_key == "tokens"));
    assert_eq!(window.app().moved_camera(), camera, "the camera stays");
    window.choose("Role of tokens", "inferred from the key");
    window.choose("Role of train/loss", "inferred from the key");
    let scene = window.app().scene().unwrap();
    assert!(
        scene
            .paths
            .iter()
            .all(|path| &*path.series_key == "train/loss")
    );
}
