//! The panel of runs and series.

use std::collections::BTreeSet;

use egui::Role;

use trainscape_scene::scene::PathColour;

use crate::{
    data::{self, RUNS},
    window::Window,
};

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
fn a_hidden_run_keeps_its_values() {
    let mut window = Window::with_sweep();
    let value = |window: &Window| window.get(Role::CheckBox, "run-b").value();
    let before = value(&window).unwrap();
    assert!(before.starts_with("last train/loss 0.91"), "{before}");
    assert!(
        before.contains(" · min 0.910175") && before.ends_with("LR 3e-4"),
        "{before}"
    );
    window.click(Role::CheckBox, "run-b");
    assert_eq!(value(&window).as_ref(), Some(&before));
}

#[test]
fn a_run_without_the_series_has_the_value_of_its_own_as_the_table_has() {
    let mut window = Window::open(|folder| {
        for (run, key, value) in [
            ("a", "reward", 1),
            ("b", "reward", 2),
            ("c", "ep_rew_mean", 3),
        ] {
            let run = folder.join(run);
            std::fs::create_dir(&run).unwrap();
            let log = format!("step,{key}\n0,0\n1,{value}\n");
            std::fs::write(run.join("progress.csv"), log).unwrap();
        }
        vec![folder.to_owned()]
    });
    assert_eq!(window.app().timeline_key(), "reward");
    let value = |run| window.get(Role::CheckBox, run).value().unwrap();
    assert_eq!(value("a"), "last reward 1 · max 1");
    assert_eq!(value("c"), "last ep_rew_mean 3 · max 3");
    window.press("Table of runs");
    assert!(window.has(Role::Button, "Sort by Final reward"));
}

#[test]
fn lists_have_the_colours_of_the_figure() {
    let mut window = Window::open(|folder| vec![data::sweep_of(folder, 14)]);
    window.press("Training dynamics");
    let colours = |window: &Window| {
        (0..14)
            .map(|run| window.app().run_colour(run))
            .collect::<Vec<_>>()
    };
    let scene = window.app().scene().unwrap();
    assert!(scene.colour_bar.is_some(), "{}", scene.caption);
    let of_paths: Vec<_> = scene
        .paths
        .iter()
        .filter_map(|path| match (scene.run_of_path(path), &path.colour) {
            (Some(run), PathColour::Solid(colour)) => Some((run.to_owned(), *colour)),
            _ => None,
        })
        .collect();
    assert_eq!(of_paths.len(), 14);
    let in_lists = colours(&window);
    let mut runs = window
        .app()
        .snapshot()
        .runs
        .iter()
        .map(|run| run.id.to_string());
    for (run, colour) in &of_paths {
        let index = runs.clone().position(|id| id == *run).unwrap();
        assert_eq!(in_lists[index], *colour, "{run}");
    }
    let hidden = runs.next().unwrap();
    window.click(Role::CheckBox, &hidden);
    assert!(
        of_paths
            .iter()
            .all(|(_, colour)| *colour != colours(&window)[0])
    );
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
    window.press("Hide all");
    assert!(window.app().scene().is_none());
    assert!(window.says("No runs selected"));
    assert!(!window.is_ticked("run-a"));
    window.press("Show all");
    assert_eq!(drawn(&window), names(RUNS));
    assert!(window.is_ticked("run-a"));
}

#[test]
fn of_very_many_runs_some_are_drawn_and_the_window_says_so() {
    let mut window = Window::open(|folder| {
        for run in 0..1002 {
            let run = folder.join(format!("run-{run:04}"));
            std::fs::create_dir(&run).unwrap();
            let log = "step,loss,lr\n0,2,0.1\n1,1,0.1\n";
            std::fs::write(run.join("metrics.csv"), log).unwrap();
        }
        vec![folder.to_owned()]
    });
    let some = drawn(&window);
    assert_eq!(some.len(), 1000);
    assert!(some.contains("run-0999") && !some.contains("run-1000"));
    assert!(window.says("1000 of 1002 runs are drawn"));
    window.press("Show all");
    assert_eq!(drawn(&window).len(), 1002);
}

#[test]
fn a_run_is_shown_alone_from_its_menu() {
    let mut window = Window::with_sweep();
    let at = window.get(Role::CheckBox, "run-b").rect().center();
    window.harness.hover_at(at);
    for pressed in [true, false] {
        window.harness.event(egui::Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Secondary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
    }
    window.settle();
    window.press("Show only this run");
    assert_eq!(drawn(&window), names(["run-b"]));
}

#[test]
fn the_filter_narrows_both_lists() {
    let mut window = Window::with_sweep();
    window.filter("run-d");
    assert!(window.has(Role::CheckBox, "run-d"));
    assert!(!window.has(Role::CheckBox, "run-a"));
    let mut window = Window::with_sweep();
    window.filter("LAYERS.3");
    assert!(window.has(Role::Button, "Use grad_norm/layers.3.mlp as"));
    assert!(!window.has(Role::Button, "Use tokens as"));
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
