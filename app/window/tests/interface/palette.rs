//! The palette of actions.

use egui::{Key, Modifiers, Role};
use trainscape_views::ViewKind;

use crate::window::Window;

fn type_into_palette(window: &mut Window, text: &str) {
    window.key_with(Modifiers::COMMAND, Key::K);
    window
        .get(Role::TextInput, "Find an action")
        .type_text(text);
    window.settle();
}

#[test]
fn an_action_is_found_by_its_name_and_enter_does_it() {
    let mut window = Window::with_sweep();
    assert_eq!(window.app().moved_camera(), None);
    type_into_palette(&mut window, "above look");
    window.key(Key::Enter);
    assert!(window.app().moved_camera().unwrap().elevation > 1.5);
    assert!(!window.has(Role::TextInput, "Find an action"), "it closes");
    type_into_palette(&mut window, "show gradient");
    window.key(Key::Enter);
    assert_eq!(window.app().drawn_views()[0], ViewKind::GradientFlow);
}

#[test]
fn arrows_choose_and_escape_leaves_everything_as_it_was() {
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
    assert!(!window.has(Role::TextInput, "Find an action"));
}

#[test]
fn letters_typed_there_are_no_keys() {
    let mut window = Window::with_sweep();
    window.press("Top");
    window.key_with(Modifiers::COMMAND, Key::K);
    window.key(Key::R);
    assert!(window.app().moved_camera().is_some());
}

#[test]
fn it_lists_the_keys_and_says_when_nothing_is_called_that() {
    let mut window = Window::with_sweep();
    window.press("Find…");
    assert!(window.says("Ctrl+O"));
    window
        .get(Role::TextInput, "Find an action")
        .type_text("xyzzy");
    window.settle();
    assert!(window.says("No action is called that."));
}
