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
        window.press("Export…");
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
fn return_exports() {
    let mut window = Window::drawn();
    let path = window.folder.path().join("figure.svg");
    asked(&mut window, Modifiers::COMMAND, Key::E);
    window.key(Key::Enter);
    write_path(&mut window, &path.display().to_string());
    window.key(Key::Enter);
    assert!(window.says("Wrote "));
    assert!(path.exists());
}

/// The colour of the upper left corner of a PNG.
fn corner(path: &std::path::Path) -> [u8; 3] {
    let picture = image::open(path).unwrap().into_rgb8();
    picture.get_pixel(1, 1).0
}

#[test]
fn the_theme_of_an_export_is_a_choice_with_its_value() {
    let mut window = Window::drawn();
    window.harness.state_mut().use_own_dialogs();
    let path = window.folder.path().join("figure.png");
    let mut corners = Vec::new();
    for theme in ["Paper (white)", "Dark"] {
        window.key_with(Modifiers::COMMAND, Key::E);
        window.press(theme);
        window
            .get(Role::SpinButton, "Width")
            .set_value_accesskit(200.0);
        window.settle();
        window.press("Export…");
        write_path(&mut window, &path.display().to_string());
        window.press("Save");
        corners.push(corner(&path));
        std::fs::remove_file(&path).unwrap();
    }
    assert_eq!(corners[0], [255; 3]);
    assert!(
        corners[1].iter().all(|channel| *channel < 60),
        "{corners:?}"
    );
}

#[test]
fn an_animation_is_written_while_the_window_goes_on() {
    let mut window = Window::drawn();
    window.harness.state_mut().use_own_dialogs();
    window.key_with(Modifiers::COMMAND, Key::E);
    window.press("Animation");
    for (name, value) in [("Width", 160.0), ("Height", 120.0), ("Duration", 0.2)] {
        window
            .get(Role::SpinButton, name)
            .set_value_accesskit(value);
        window.settle();
    }
    assert!(window.says("4 frames"));
    window.press("Export…");
    let path = window.folder.path().join("turn.gif");
    write_path(&mut window, &path.display().to_string());
    window.press("Save");
    window.wait_until_stepping("the animation is written", |window| window.says("Wrote "));
    assert!(std::fs::read(&path).unwrap().starts_with(b"GIF89a"));
    // A name that no format has is an error in the window.
    window.key_with(Modifiers::COMMAND, Key::E);
    window.press("Animation");
    window.press("Steps");
    window.press("Export…");
    write_path(
        &mut window,
        &path.with_extension("txt").display().to_string(),
    );
    window.press("Save");
    window.wait_until_stepping("there is an error", |window| {
        window.says("end the name in .gif")
    });
    assert!(!path.with_extension("txt").exists());
}

/// The size of the picture that the last frame put on the clipboard.
fn copied_size(window: &Window) -> Option<[usize; 2]> {
    let commands = &window.harness.output().platform_output.commands;
    commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyImage(image) => Some(image.size),
        _ => None,
    })
}

#[test]
fn the_dialog_shows_the_page_at_its_size_in_the_chosen_unit() {
    let mut window = Window::drawn();
    window.key_with(Modifiers::COMMAND, Key::E);
    // Eight inches are more than the dialog has room for.
    window.wait_until_says("of the page's size");
    let fitted = window.get(Role::Image, "Preview").rect();
    window.press("Actual size");
    window.wait_until_says("shown as large as the page");
    assert!(window.get(Role::Image, "Preview").rect().width() > fitted.width());
    window.press("Fit");
    window.choose("Unit", "mm");
    let value = |window: &Window, name: &str| {
        window
            .get(Role::SpinButton, name)
            .value()
            .unwrap_or_default()
    };
    assert_eq!(value(&window, "Width"), "203.2");
    let width = window.get(Role::SpinButton, "Width");
    width.set_value_accesskit(89.0);
    window.settle();
    window.wait_until_says("1051 × 1800 pixels");
    // A physical size stays at another resolution.
    let dots = window.get(Role::SpinButton, "Resolution");
    dots.set_value_accesskit(150.0);
    window.settle();
    window.wait_until_says("526 × 900 pixels");
}

#[test]
fn an_image_is_copied_at_the_size_of_its_page() {
    let mut window = Window::drawn();
    window.key_with(Modifiers::COMMAND, Key::E);
    for (name, value) in [("Width", 320.0), ("Height", 200.0)] {
        window
            .get(Role::SpinButton, name)
            .set_value_accesskit(value);
        window.settle();
    }
    window.button("Copy image").click();
    window.wait_until_stepping("the picture is copied", |window| {
        copied_size(window) == Some([320, 200])
    });
    window.settle();
    assert!(window.says("Copied the picture: 320 × 200 pixels"));
}

#[test]
fn the_format_of_the_dialog_names_the_file_and_its_ending_is_added() {
    let mut window = Window::drawn();
    window.harness.state_mut().use_own_dialogs();
    window.key_with(Modifiers::COMMAND, Key::E);
    window.choose("Format", "SVG drawing (.svg)");
    window.press("Export…");
    let offered = window.get(Role::TextInput, "Path").value();
    assert!(offered.is_some_and(|path| path.ends_with("loss-surface.svg")));
    let path = window.folder.path().join("figure");
    write_path(&mut window, &path.display().to_string());
    window.press("Save");
    assert!(window.says("figure.svg"));
    assert!(window.has(Role::Button, "Show in folder"));
    assert!(path.with_extension("svg").exists() && !path.exists());
    // Nobody was asked whether this file may be overwritten.
    window.key_with(Modifiers::COMMAND, Key::E);
    window.press("Export…");
    write_path(&mut window, &path.display().to_string());
    window.press("Save");
    assert!(window.says("figure.svg exists: type its whole name to overwrite it"));
}

#[test]
fn a_table_has_no_page() {
    let mut window = Window::drawn();
    window.key_with(Modifiers::COMMAND, Key::E);
    window.press("3D and data");
    assert!(window.has(Role::SpinButton, "Width"));
    window.choose("Format", "CSV table of what is plotted (.csv)");
    assert!(!window.has(Role::SpinButton, "Width"));
    assert!(window.says("page and theme do not matter"));
}

#[test]
fn escape_closes_the_dialog() {
    let mut window = Window::with_sweep();
    asked(&mut window, Modifiers::COMMAND, Key::O);
    assert!(window.has(Role::TextInput, "Path"));
    window.key(Key::Escape);
    assert!(!window.has(Role::TextInput, "Path"));
}
