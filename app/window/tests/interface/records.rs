//! What the pointer reads.

use egui::{Key, Pos2, Vec2};
use trainscape_scene::scene::Picked;

use crate::{data, window::Window};

/// Where on screen the record of a path is drawn.
fn place(window: &Window, path: usize, index: usize) -> Pos2 {
    let position = window.app().scene().unwrap().paths[path].positions_unit[index];
    let (at, _) = window
        .app()
        .figure()
        .unwrap()
        .point_from_unit(position)
        .unwrap();
    window.view().min + Vec2::new(at.x, at.y)
}

fn line<'a>(picked: &'a Picked, name: &str) -> &'a str {
    let found = picked.lines.iter().find(|(line, _)| line == name);
    found.map_or("", |(_, value)| value.as_str())
}

/// The record is one that was logged, digit for digit.
fn is_logged(picked: &Picked) {
    let run = data::RUNS
        .iter()
        .position(|run| *run == line(picked, "run"))
        .unwrap();
    let step: u32 = line(picked, "step").parse().unwrap();
    assert_eq!(
        line(picked, "train/loss"),
        data::loss(run, step).to_string()
    );
    assert_eq!(line(picked, "file"), "metrics.jsonl");
}

fn reads_and_pins(mut window: Window) {
    assert_eq!(window.app().record(), None);
    let at = place(&window, 0, 20);
    window.harness.hover_at(at);
    window.settle();
    let first = window.app().record().unwrap();
    is_logged(&first);
    assert_eq!(window.app().notes(), 0);

    window.click_at(at);
    window.harness.remove_cursor();
    window.settle();
    assert_eq!(window.app().notes(), 1);
    assert_eq!(
        window.app().record().map(|record| record.lines),
        Some(first.lines.clone()),
        "a pinned record stays"
    );
    let other = place(&window, 3, 50);
    window.harness.hover_at(other);
    window.settle();
    let second = window.app().record().unwrap();
    is_logged(&second);
    assert_ne!(second.lines, first.lines, "others are read meanwhile");
    window.click_at(other);
    assert_eq!(window.app().notes(), 2, "several are pinned");
    window.harness.run_steps(24);
    window.click_at(other);
    assert_eq!(window.app().notes(), 1, "a second click unpins");
    window.harness.remove_cursor();
    window.key(Key::Escape);
    assert_eq!(window.app().notes(), 0);
    assert_eq!(window.app().record(), None);
}

#[test]
fn hover_reads_and_a_click_pins_until_escape() {
    reads_and_pins(Window::with_sweep());
}

#[test]
fn the_same_with_a_picture_under_the_pointer() {
    reads_and_pins(Window::drawn());
}

#[test]
fn every_twentieth_record_is_found_where_it_is_drawn() {
    let mut window = Window::with_sweep();
    // From above nothing hides another record.
    window.press("Top");
    for (path, index) in [(0, 0), (0, 40), (1, 20), (2, 59), (3, 10)] {
        let at = place(&window, path, index);
        window.harness.hover_at(at);
        window.settle();
        let picked = window.app().record().unwrap();
        is_logged(&picked);
        let scene = window.app().scene().unwrap();
        assert_eq!(
            picked.position_unit,
            scene.paths[path].positions_unit[index]
        );
    }
}

#[test]
fn nothing_is_read_away_from_the_data() {
    let mut window = Window::with_sweep();
    let at = window.view().left_bottom() + Vec2::new(30.0, -30.0);
    window.harness.hover_at(at);
    window.settle();
    assert_eq!(window.app().record(), None);
}

#[test]
fn a_cell_of_the_gradient_flow_is_read_too() {
    let mut window = Window::with_sweep();
    window.press("Gradient flow");
    window.press("Top");
    let scene = window.app().scene().unwrap();
    let nodes = &scene.surfaces[0].records.as_ref().unwrap().positions_unit;
    let figure = window.app().figure().unwrap();
    let (at, _) = figure.point_from_unit(nodes[nodes.len() / 2]).unwrap();
    let at = window.view().min + egui::vec2(at.x, at.y);
    window.harness.hover_at(at);
    window.settle();
    let picked = window.app().record().unwrap();
    assert!(data::RUNS.contains(&line(&picked, "run")), "{picked:?}");
}
