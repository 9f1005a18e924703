//! The brush on the timeline.

use egui::{PointerButton, Role};

use crate::{data::STEPS, window::Window};

/// Drags over the brush, from and to shares of its width.
fn brush(window: &mut Window, from: f32, to: f32) {
    let rect = window.get(Role::Slider, "Step range brush").rect();
    let at = |share: f32| egui::pos2(rect.left() + rect.width() * share, rect.center().y);
    window.drag(PointerButton::Primary, at(from), at(to));
}

#[test]
fn a_drag_cuts_the_steps_and_the_scene_follows() {
    let mut window = Window::with_sweep();
    assert_eq!(window.app().step_range(), None);
    let points = window.app().scene().unwrap().points();
    brush(&mut window, 0.25, 0.75);
    let (first, last) = window.app().step_range().unwrap();
    let share = |step: f64| step / f64::from(STEPS - 1);
    assert!((share(first) - 0.25).abs() < 0.08, "{first}");
    assert!((share(last) - 0.75).abs() < 0.08, "{last}");
    assert_eq!((first.fract(), last.fract()), (0.0, 0.0), "steps are whole");
    let scene = window.app().scene().unwrap();
    assert!(
        scene.points() < points * 2 / 3,
        "{} of {points}",
        scene.points()
    );
    window.press("All steps");
    assert_eq!(window.app().step_range(), None);
    assert_eq!(window.app().scene().unwrap().points(), points);
}

#[test]
fn a_drag_to_the_left_cuts_the_same() {
    let mut window = Window::with_sweep();
    brush(&mut window, 0.8, 0.4);
    let (first, last) = window.app().step_range().unwrap();
    assert!(first < last);
}

#[test]
fn a_drag_beyond_the_ends_stays_within_the_steps() {
    let mut window = Window::with_sweep();
    brush(&mut window, 0.5, 1.0);
    let (_, last) = window.app().step_range().unwrap();
    assert_eq!(last, f64::from(STEPS - 1));
}

#[test]
fn numbers_cut_the_steps_exactly() {
    let mut window = Window::with_sweep();
    window
        .get(Role::SpinButton, "First step drawn")
        .set_value_accesskit(10.0);
    window.settle();
    window
        .get(Role::SpinButton, "Last step drawn")
        .set_value_accesskit(30.0);
    window.settle();
    assert_eq!(window.app().step_range(), Some((10.0, 30.0)));
    window.press("All steps");
    assert_eq!(window.app().step_range(), None);
}

#[test]
fn the_brush_stays_when_the_view_changes() {
    let mut window = Window::with_sweep();
    brush(&mut window, 0.3, 0.6);
    let range = window.app().step_range();
    window.press("Gradient flow");
    assert_eq!(window.app().step_range(), range);
}
