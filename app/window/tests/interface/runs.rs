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
