//! Spikes and other logged points: listed, read and selected.

use std::{collections::BTreeSet, fs, path::Path, path::PathBuf};

use egui::{Key, Modifiers, PointerButton, Pos2, Vec2};
use trainscape_scene::scene::Picked;

use crate::window::Window;

const STEPS: u32 = 120;
const SPIKE: u32 = 70;

fn loss(step: u32) -> f64 {
    let noise = f64::from(step * 7919 % 101) / 1000.0;
    let height = 3.0 * (-f64::from(step) / 40.0).exp() + 1.0 + noise;
    if step == SPIKE { height * 4.0 } else { height }
}

/// A run whose loss has one spike, with a gradient norm.
fn spiking(folder: &Path) -> PathBuf {
    let root = folder.join("spiking");
    fs::create_dir_all(&root).unwrap();
    let line = |step: u32| {
        let norm = 0.5 + f64::from(step % 5) / 100.0;
        let loss = loss(step);
        format!("{{\"step\":{step},\"train/loss\":{loss},\"grad_norm\":{norm}}}\n")
    };
    let log: String = (0..STEPS).map(line).collect();
    fs::write(root.join("metrics.jsonl"), log).unwrap();
    root
}

fn opened() -> Window {
    let mut window = Window::open(|folder| vec![spiking(folder)]);
    window.press("Training dynamics");
    window
}

fn value<'a>(picked: &'a Picked, name: &str) -> &'a str {
    let found = picked.lines.iter().find(|(line, _)| line == name);
    found.map_or("", |(_, value)| value.as_str())
}

fn on_screen(window: &Window, position_unit: [f32; 3]) -> Pos2 {
    let figure = window.app().figure().unwrap();
    let (at, _) = figure.point_from_unit(position_unit).unwrap();
    window.view().min + Vec2::new(at.x, at.y)
}

/// What is read at the only marker of that name.
fn read_marker(window: &mut Window, name: &str) -> Picked {
    let scene = window.app().scene().unwrap();
    let mut named = scene.markers.iter().filter(|markers| markers.name == name);
    let position = named.next().unwrap().positions_unit[0];
    window.harness.hover_at(on_screen(window, position));
    window.settle();
    window.app().record().unwrap()
}

#[test]
fn the_list_moves_the_camera_to_a_spike_and_marks_it() {
    let mut window = opened();
    window.press("Spikes");
    assert!(window.says("train/loss"));
    window.press(&format!("Spike of spiking at step {SPIKE}"));
    let marked = window.app().marked().unwrap();
    assert_eq!(value(&marked, "step"), SPIKE.to_string());
    assert_eq!(value(&marked, "train/loss"), loss(SPIKE).to_string());
    assert!(window.app().moved_camera().is_some());
    let at = on_screen(&window, marked.position_unit);
    let figure = window.app().figure().unwrap().clip_rect;
    let middle = Vec2::new(
        figure.x + figure.width / 2.0,
        figure.y + figure.height / 2.0,
    );
    let distance = (at - (window.view().min + middle)).length();
    assert!(distance < 2.0, "the record is in the middle: {distance}");
    window.key(Key::Escape);
    assert!(window.app().marked().is_none());
}

#[test]
fn a_spike_and_a_minimum_are_read_where_they_are_marked() {
    let mut window = opened();
    let spike = read_marker(&mut window, "spike");
    assert_eq!(value(&spike, "run"), "spiking");
    assert_eq!(value(&spike, "train/loss"), loss(SPIKE).to_string());
    window.press("Loss surface");
    let minimum = read_marker(&mut window, "minimum");
    let step: u32 = value(&minimum, "step").parse().unwrap();
    assert_eq!(value(&minimum, "run"), "spiking");
    assert_eq!(value(&minimum, "train/loss"), loss(step).to_string());
}

#[test]
fn what_is_read_beside_an_averaged_line_is_the_logged_point() {
    let window = opened();
    let scene = window.app().scene().unwrap();
    assert!(!scene.picks_paths, "the line is averaged");
    let cloud = &scene.clouds[0];
    let mut places = Vec::new();
    cloud.for_each(|_, point| places.push(point.position_unit));
    assert_eq!(places.len(), STEPS as usize);
    for at in places.into_iter().step_by(17) {
        let picked = window.app().scene().unwrap().pick(1e-4, |position| {
            let [x, y, z] = [0, 1, 2].map(|axis: usize| position[axis] - at[axis]);
            Some(((x * x + y * y + z * z).sqrt(), 0.0))
        });
        let picked = picked.unwrap();
        let step: u32 = value(&picked, "step").parse().unwrap();
        assert_eq!(value(&picked, "train/loss"), loss(step).to_string());
    }
}

#[test]
fn a_box_lists_each_logged_record_once() {
    let mut window = opened();
    window.key(Key::B);
    let view = window.view().shrink(4.0);
    window.drag(PointerButton::Primary, view.min, view.max);
    let steps: BTreeSet<&str> = window
        .app()
        .selection()
        .iter()
        .map(|record| value(record, "step"))
        .collect();
    assert_eq!(steps.len(), STEPS as usize);
    assert_eq!(window.app().selection().len(), STEPS as usize);
}

#[test]
fn arrows_go_one_logged_step_and_with_shift_ten() {
    let mut window = Window::open(|folder| {
        let root = folder.join("sparse");
        fs::create_dir_all(&root).unwrap();
        let log: String = (0..40)
            .map(|index| format!("{{\"step\":{},\"reward\":{index}}}\n", 50 + index * 51))
            .collect();
        fs::write(root.join("metrics.jsonl"), log).unwrap();
        vec![root]
    });
    window.key(Key::Home);
    assert_eq!(window.app().at_step(), Some(50.0));
    window.key(Key::ArrowRight);
    assert_eq!(window.app().at_step(), Some(101.0));
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.app().at_step(), Some(611.0));
    window.key(Key::ArrowLeft);
    assert_eq!(window.app().at_step(), Some(560.0));
    assert_eq!(window.app().timeline_key(), "reward");
    let view = window.app().drawn_views()[0];
    assert_eq!(
        view.name(),
        "reward-landscape",
        "it says most about this run"
    );
}
