//! The keyboard.

use egui::{Key, Modifiers, Role};
use trainscape_views::ViewKind;

use crate::window::Window;

#[test]
fn keys_apply_the_same_commands_as_buttons() {
    let mut window = Window::with_sweep();
    window.key(Key::Num7);
    assert!(window.app().moved_camera().unwrap().elevation > 1.5);
    window.key(Key::R);
    assert_eq!(window.app().moved_camera(), None);
    window.key(Key::Num1);
    assert!(window.app().moved_camera().unwrap().elevation.abs() < 1e-3);
    window.key(Key::F);
    assert_eq!(window.app().moved_camera(), None);
    window.key(Key::Num5);
    assert!(window.is_ticked("Orthographic"));
    window.key(Key::L);
    assert!(window.is_ticked("Logarithmic z"));
    window.key(Key::L);
    assert!(!window.is_ticked("Logarithmic z"));
    window.key_with(Modifiers::COMMAND, Key::T);
    assert!(window.has(Role::Button, "Dark"));
    window.key_with(Modifiers::COMMAND, Key::Tab);
    assert_eq!(
        window.app().drawn_views()[0],
        ViewKind::named("gradient-flow")
    );
}

#[test]
fn keys_work_after_a_click_and_after_tab() {
    let mut window = Window::with_sweep();
    window.click(Role::CheckBox, "Contours");
    window.key(Key::Num7);
    assert!(window.app().moved_camera().is_some());
    window.key(Key::Tab);
    window.key(Key::R);
    assert_eq!(window.app().moved_camera(), None);
}

#[test]
fn the_help_lists_keys_and_gestures_and_escape_closes_it() {
    let mut window = Window::with_sweep();
    assert!(!window.says("Look from above"));
    window.key(Key::F1);
    for text in [
        "Ctrl+O",
        "Look from above",
        "Ctrl+Tab",
        "Esc",
        "Pin the record",
        "double-click",
    ] {
        assert!(window.says(text), "{text}");
    }
    window.key(Key::Escape);
    assert!(!window.says("Look from above"));
    window.press("Shortcuts");
    assert!(window.says("Look from above"));
}

#[test]
fn a_slash_focuses_the_filter_until_escape() {
    let mut window = Window::with_sweep();
    window.press("Top");
    window.key(Key::Slash);
    let filter = "Filter runs and series";
    assert!(window.get(Role::TextInput, filter).is_focused());
    window.get(Role::TextInput, filter).type_text("r");
    window.key(Key::R);
    assert!(
        window.app().moved_camera().is_some(),
        "a letter in the filter is only a letter"
    );
    window.key(Key::Escape);
    assert!(!window.get(Role::TextInput, filter).is_focused());
    window.key(Key::R);
    assert_eq!(window.app().moved_camera(), None);
}

#[test]
fn the_camera_moves_without_a_mouse() {
    let mut window = Window::with_sweep();
    let before = window.app().cameras()[0];
    window.key_with(Modifiers::ALT, Key::ArrowRight);
    let turned = window.app().moved_camera().unwrap();
    assert_ne!(turned.azimuth, before.azimuth);
    window.key_with(Modifiers::ALT, Key::ArrowUp);
    assert!(window.app().moved_camera().unwrap().elevation > turned.elevation);
    window.key(Key::Plus);
    assert!(window.app().moved_camera().unwrap().scale > before.scale * 1.1);
    window.key(Key::Minus);
    assert!((window.app().moved_camera().unwrap().scale / before.scale - 1.0).abs() < 1e-4);
    assert_eq!(
        window.app().at_step(),
        None,
        "the current step does not change"
    );
}

#[test]
fn free_orbit_passes_the_pole_and_the_turntable_is_upright_again() {
    let mut window = Window::with_sweep();
    window.key(Key::T);
    assert!(window.is_ticked("Free orbit"));
    for _ in 0..12 {
        window.key_with(Modifiers::ALT, Key::ArrowUp);
    }
    window.key_with(Modifiers::ALT, Key::ArrowRight);
    let camera = window.app().moved_camera().unwrap();
    assert!(camera.roll.abs() > 0.5, "{camera:?}");
    window.key(Key::T);
    assert_eq!(window.app().moved_camera().unwrap().roll, 0.0);
}
