//! The window's own dialogs for paths.

use egui::{Key, Modifiers, Role};

use crate::{data, window::Window};

fn asked(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.state_mut().use_own_dialogs();
    window.key_with(modifiers, key);
}

/// Replaces what is in the field.
fn write_path(window: &mut Window, path: &str) {
    let field = window.get(Role::TextInput, "Path");
    field.focus();
    window.settle();
    window.key_with(Modifiers::COMMAND, Key::A);
    window.get(Role::TextInput, "Path").type_text(path);
    window.settle();
}

#[test]
fn a_folder_is_opened_by_its_path() {
    let mut window = Window::with_sweep();
    let other = data::losses_only(window.folder.path());
    asked(&mut window, Modifiers::COMMAND, Key::O);
    write_path(&mut window, "/no/such/folder");
    window.press("Open");
    assert!(window.says("/no/such/folder does not exist"));
    // A part of the path is completed by Tab.
    let start = other.display().to_string();
    write_path(&mut window, &start[..start.len() - 2]);
    window.key(Key::Tab);
    let value = window.get(Role::TextInput, "Path").value();
    assert_eq!(value, Some(format!("{start}/")));
    window.press("Open");
    assert_eq!(window.app().title(), "losses - Trainscape");
    assert!(!window.has(Role::TextInput, "Path"));
}

#[test]
fn a_figure_is_written_and_overwritten_after_a_question() {
    let mut window = Window::drawn();
    let path = window.folder.path().join("figure.png");
    let export = |window: &mut Window| {
        asked(window, Modifiers::COMMAND, Key::E);
        write_path(window, &path.display().to_string());
        window.press("Save");
    };
    export(&mut window);
    assert!(window.says("Wrote "));
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"));
    std::fs::write(&path, "before").unwrap();
    export(&mut window);
    assert!(window.says("figure.png exists. Overwrite it?"));
    assert_eq!(std::fs::read(&path).unwrap(), b"before");
    window.press("Overwrite");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn escape_closes_the_dialog() {
    let mut window = Window::with_sweep();
    asked(&mut window, Modifiers::COMMAND, Key::O);
    assert!(window.has(Role::TextInput, "Path"));
    window.key(Key::Escape);
    assert!(!window.has(Role::TextInput, "Path"));
}
