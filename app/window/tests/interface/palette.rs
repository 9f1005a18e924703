//! The command palette.

use egui::{Key, Modifiers, Role};
use trainscape_views::ViewKind;

use crate::window::Window;

fn type_into_palette(window: &mut Window, text: &str) {
    window.key_with(Modifiers::COMMAND, Key::K);
    window
        .get(Role::TextInput, "Search commands")
        .type_text(text);
    window.settle();
}

#[test]
fn a_command_is_found_by_its_label_and_enter_applies_it() {
    let mut window = Window::with_sweep();
    assert_eq!(window.app().moved_camera(), None);
    type_into_palette(&mut window, "above look");
    window.key(Key::Enter);
    assert!(window.app().moved_camera().unwrap().elevation > 1.5);
    assert!(!window.has(Role::TextInput, "Search commands"), "it closes");
    type_into_palette(&mut window, "show gradient");
    window.key(Key::Enter);
    assert_eq!(
        window.app().drawn_views()[0],
        ViewKind::named("gradient-flow")
    );
}

#[test]
fn arrows_choose_and_escape_changes_nothing() {
    let mut window = Window::with_sweep();
    type_into_palette(&mut window, "look from the");
    window.key(Key::ArrowDown);
    window.key(Key::Enter);
    let camera = window.app().moved_camera().unwrap();
    assert!(
        camera.elevation.abs() < 1e-3 && camera.azimuth.abs() < 1e-3,
        "the second of the list looks from the side: {camera:?}"
    );
    type_into_palette(&mut window, "reset");
    window.key(Key::Escape);
    assert!(window.app().moved_camera().is_some());
    assert!(!window.has(Role::TextInput, "Search commands"));
}

#[test]
fn letters_typed_there_are_not_shortcuts() {
    let mut window = Window::with_sweep();
    window.press("Top");
    window.key_with(Modifiers::COMMAND, Key::K);
    window.key(Key::R);
    assert!(window.app().moved_camera().is_some());
}

#[test]
fn it_lists_the_keys_and_reports_when_nothing_matches() {
    let mut window = Window::with_sweep();
    window.press("Search…");
    assert!(window.says("Ctrl+O"));
    window
        .get(Role::TextInput, "Search commands")
        .type_text("xyzzy");
    window.settle();
    assert!(window.says("No matching commands"));
}
