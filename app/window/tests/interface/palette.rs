//! The command palette.

use egui::{Key, Modifiers, Role};
use trainscape_views::ViewKind;

use crate::window::Window;

fn type_into_palette(window: &mut Window, text: &str) {
    window.key_with(Modifiers::COMMAND, Key::K);
    window
        .get(Role::TextInput, "Search actions, runs, series")
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
    assert!(
        !window.has(Role::TextInput, "Search actions, runs, series"),
        "it closes"
    );
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
    assert!(!window.has(Role::TextInput, "Search actions, runs, series"));
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
    window.press("Search");
    assert!(window.says("Ctrl+O"));
    window
        .get(Role::TextInput, "Search actions, runs, series")
        .type_text("xyzzy");
    window.settle();
    assert!(window.says("No matching commands"));
}

#[test]
fn runs_series_settings_and_steps_are_found_by_their_names() {
    let mut window = Window::with_sweep();
    type_into_palette(&mut window, "run-c");
    window.key(Key::Enter);
    let drawn = window.app().drawn_runs().unwrap();
    assert_eq!(drawn.iter().collect::<Vec<_>>(), ["run-c"]);
    type_into_palette(&mut window, "tokens");
    window.key(Key::Enter);
    assert_eq!(window.app().timeline_key(), "tokens");
    window.key(Key::CloseBracket);
    assert!(!window.has(Role::CheckBox, "Robust range"));
    type_into_palette(&mut window, "robust");
    window.key(Key::Enter);
    assert!(
        window.has(Role::CheckBox, "Robust range"),
        "the settings open"
    );
    type_into_palette(&mut window, "7");
    assert!(window.says("Go to step 7"));
    window.key(Key::Enter);
    assert_eq!(window.app().at_step(), Some(7.0));
}
